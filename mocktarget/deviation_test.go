package mocktarget_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance/requirement"
	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/deviation"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// A deviationCase shows one deviation on the wire: the same requests to a tenant that
// goes by the RFCs and to one that deviates, and what of the last answer differs.
type deviationCase struct {
	name string
	// script has a request a line: METHOD PATH BODY | Header: value. In it {2} is the
	// id of what the second request made, {2v} its version, {2U} the id in capitals, and
	// {next} the cursor in the last answer. A body needs no schemas, that
	// of a PATCH is the array of its operations, and "wait" lets a minute pass.
	script string
	// see is "status", "header NAME", "body", or a path into the body such as
	// "Resources/0/id"; "Resources/#" is how many there are.
	see          string
	right, wrong string // "-" is nothing; with ~ before it, what is among the rest
}

// TestDeviations shows that each deviation does what it says, and that the journal
// names it.
func TestDeviations(t *testing.T) {
	target := mocktargettest.New(t, mocktargettest.WithJournalTail(0))
	c := clientOf(t, target)
	for i, test := range deviationCases() {
		t.Run(test.name, func(t *testing.T) {
			right := c.scripted(t, fmt.Sprintf("right-%d", i))
			if got := right.run(test); !test.shows(test.right, got) {
				t.Errorf("without it %s is %s, want %s", test.see, got, test.right)
			}
			wrong := c.scripted(t, fmt.Sprintf("wrong-%d", i), test.name)
			if got := wrong.run(test); !test.shows(test.wrong, got) {
				t.Errorf("with it %s is %s, want %s", test.see, got, test.wrong)
			}
			if !slices.ContainsFunc(wrong.tenant.Journal(), func(e *mocktarget.Entry) bool {
				return slices.Equal(e.Deviations, []string{test.name}) && e.Response.Header.Get("X-Mock-Deviation") == test.name
			}) {
				t.Error("no exchange in the journal names it")
			}
			for _, e := range right.tenant.Journal() {
				if e.Deviations != nil || e.Response.Header.Get("X-Mock-Deviation") != "" {
					t.Errorf("an exchange without deviations names %v", e.Deviations)
				}
			}
		})
	}
}

func deviationCases() []deviationCase {
	return slices.Concat(
		createCases(), valueCases(), readCases(), projectionCases(), replaceCases(), deleteCases(), patchCases(), errorCases(), transportCases(), listCases(),
		filterCases(), cursorCases(), sortCases(), searchCases(), groupCases(), versionCases(), selfCases(),
		discoveryCases(), schemaCases(), authCases(),
		bulkCases(), extensionCases(), robustnessCases(), fieldCases(), legalCases())
}

func (d deviationCase) shows(want, got string) bool {
	if part, ok := strings.CutPrefix(want, "~"); ok {
		return strings.Contains(got, part)
	}
	return want == got
}

// A scripted speaks with one tenant whose clock stands.
type scripted struct {
	client
	tenant *mocktarget.Tenant
	made   []reply
}

func (c *client) scripted(t *testing.T, name string, deviations ...string) *scripted {
	t.Helper()
	tenant, err := c.target.Server().CreateTenant(name, mocktarget.TenantConfig{
		Settings: &mocktarget.Settings{Deviations: deviations},
		Clock:    mocktarget.ClockState{Frozen: true, Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{client: *c.on(tenant), tenant: tenant}
	s.http = &http.Client{Transport: c.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	s.client.t = t
	return s
}

func (s *scripted) run(test deviationCase) string {
	for line := range strings.Lines(test.script) {
		line = strings.Trim(line, "\n\t")
		if line == "wait" {
			s.tenant.Clock().Advance(time.Minute)
			continue
		}
		line, fields, _ := strings.Cut(line, " | ")
		method, rest, _ := strings.Cut(s.fill(line), " ")
		path, body, _ := strings.Cut(rest, " ")
		var headers []string
		if fields != "" {
			headers = strings.Split(s.fill(fields), " | ")
		}
		r, err := s.try(method, escapeQuery(path), envelope(method, path, body), headers...)
		if err != nil && r.status == 0 {
			s.t.Fatalf("%s: %v", line, err)
		}
		s.made = append(s.made, r)
	}
	return s.shown(s.made[len(s.made)-1], test.see)
}

var placeholder = regexp.MustCompile(`\{(\d+)([vU]?)\}`)

func (s *scripted) fill(line string) string {
	if len(s.made) > 0 {
		next, _ := s.made[len(s.made)-1].body["nextCursor"].(string)
		line = strings.ReplaceAll(line, "{next}", next)
	}
	line = strings.ReplaceAll(line, "{token}", s.token)
	return placeholder.ReplaceAllStringFunc(line, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		n, _ := strconv.Atoi(parts[1])
		switch parts[2] {
		case "v":
			return s.made[n-1].header.Get("ETag")
		case "U":
			return strings.ToUpper(s.idOf(s.made[n-1]))
		}
		return s.idOf(s.made[n-1])
	})
}

func (s *scripted) idOf(r reply) string {
	id, _ := r.body["id"].(string)
	if location := r.header.Get("Content-Location"); location != "" {
		id = location[strings.LastIndexByte(location, '/')+1:]
	}
	if len(id) != len("00000000-0000-0000-0000-000000000000") {
		return "" // of a document of discovery
	}
	return id
}

// shown returns a part of a reply, with names in the place of ids and of the base URL.
func (s *scripted) shown(r reply, see string) string {
	var text string
	name, isHeader := strings.CutPrefix(see, "header ")
	switch {
	case see == "status":
		text = strconv.Itoa(r.status)
	case see == "body":
		text = r.raw
	case isHeader:
		text = r.header.Get(name)
	default:
		text = render(r.body, strings.Split(see, "/"))
	}
	if text == "" {
		return "-"
	}
	for i, made := range s.made {
		if id := s.idOf(made); id != "" && i < len(s.made) {
			text = strings.ReplaceAll(text, id, fmt.Sprintf("{%d}", i+1))
		}
	}
	return strings.ReplaceAll(text, s.base, "BASE")
}

func render(v any, path []string) string {
	for i, step := range path {
		switch held := v.(type) {
		case map[string]any:
			v = held[step]
		case []any:
			if step == "#" {
				return strconv.Itoa(len(held))
			}
			if step == "*" { // of each
				var all []string
				for _, element := range held {
					all = append(all, render(element, path[i+1:]))
				}
				return strings.Join(all, " ")
			}
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(held) {
				return ""
			}
			v = held[n]
		default:
			return ""
		}
	}
	switch v := v.(type) {
	case nil:
		return ""
	case map[string]any, []any:
		text, _ := json.Marshal(v)
		return string(text)
	default:
		return fmt.Sprint(v)
	}
}

// escapeQuery encodes the values in the query of a path that is written plainly.
func escapeQuery(path string) string {
	path, query, _ := strings.Cut(path, "?")
	if query == "" {
		return path
	}
	var parts []string
	for part := range strings.SplitSeq(query, "&") {
		name, value, has := strings.Cut(part, "=")
		if name == "filter" { // a space would end the path
			value = strings.ReplaceAll(value, "_", " ")
		}
		if part = name; has {
			part += "=" + url.QueryEscape(value)
		}
		parts = append(parts, part)
	}
	return path + "?" + strings.Join(parts, "&")
}

// envelope completes a body with the schemas that go with method and path.
func envelope(method, path, body string) string {
	urn := userURN
	switch {
	case method == "PATCH":
		urn = patchURN
	case strings.HasSuffix(path, "/.search"):
		urn = searchURN
	case strings.HasPrefix(path, "/Bulk"):
		urn = bulkURN
	case strings.HasPrefix(path, "/Groups"):
		urn = groupURN
	}
	switch {
	case strings.HasPrefix(body, "[") && (method == "PATCH" || urn == bulkURN):
		return fmt.Sprintf(`{"schemas":[%q],"Operations":%s}`, urn, body)
	case body == "{}":
		return fmt.Sprintf(`{"schemas":[%q]}`, urn)
	case strings.HasPrefix(body, `{"`) && !strings.Contains(body, `"schemas"`):
		return fmt.Sprintf(`{"schemas":[%q],%s`, urn, body[1:])
	default:
		return body
	}
}

// TestDeviationTable: names, areas and requirements are what they should be, and each
// deviation is shown on the wire.
func TestDeviationTable(t *testing.T) {
	shown := map[string]bool{"duplicate-race-lost": true} // by TestRaceIsLost
	for _, test := range deviationCases() {
		shown[test.name] = true
	}
	form := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	seen := map[string]bool{}
	broken, legal := 0, 0
	for _, d := range deviation.All() {
		if !form.MatchString(d.Name) || seen[d.Name] {
			t.Errorf("%q is no name, or one that is there twice", d.Name)
		}
		seen[d.Name] = true
		if !strings.HasSuffix(d.Summary, ".") || d.Area == "" {
			t.Errorf("%s: area %q, summary %q", d.Name, d.Area, d.Summary)
		}
		for _, id := range d.Requirements {
			if _, known := requirement.Get(id); !known {
				t.Errorf("%s: there is no requirement %s", d.Name, id)
			}
		}
		switch {
		case d.Legal:
			legal++
		case len(d.Requirements) == 0:
			t.Errorf("%s: breaks no requirement", d.Name)
		default:
			broken++
		}
		if !shown[d.Name] {
			t.Errorf("%s: nothing shows it on the wire", d.Name)
		}
	}
	t.Logf("%d deviations and %d legal variations", broken, legal)
}

// TestDeviationSettings: settings that name no deviation there is are refused, over HTTP
// too, and change nothing.
func TestDeviationSettings(t *testing.T) {
	c := start(t)
	settings, asJSON := c.target.Origin()+"/_mock/api/v1/tenants/default/settings", "Content-Type: application/json"
	c.do("PATCH", settings, `{"deviations":["meta-mising"]}`, asJSON).want(400)
	equal(t, "resourceType", c.createUser("a").at("meta", "resourceType"), "User")
	r := c.do("PATCH", settings, `{"deviations":["meta-missing"]}`, asJSON).want(200)
	equal(t, "deviations", r.at("deviations", 0), "meta-missing")
	equal(t, "meta", c.createUser("b").at("meta"), nil)
	if _, err := mocktarget.New(mocktarget.Config{Settings: mocktarget.Settings{Deviations: []string{"meta-mising"}}}); err == nil || !strings.Contains(err.Error(), "meta-missing") {
		t.Errorf("the error is %v, want the name that is meant in it", err)
	}
}
