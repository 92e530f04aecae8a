package mocktarget

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// An observed is an exchange, or an operation of a bulk request, the way patterns
// look at it.
type observed struct {
	*Operation
	seq    uint64
	entry  *Entry
	inner  bool // an operation of the bulk request that comes before
	method string
	path   string // below the tenant's SCIM service
	status int
}

// String describes it on one line.
func (o *observed) String() string {
	inner := ""
	if o.inner {
		inner = " in bulk"
	}
	return fmt.Sprintf("#%d %s%s", o.seq, o.short(), inner)
}

func (o *observed) short() string { return fmt.Sprintf("%s %s → %d", o.method, o.path, o.status) }

// observe takes entries apart.
func (m *model) observe(entries []*Entry) []*observed {
	list := make([]*observed, 0, len(entries))
	for _, e := range entries {
		list = append(list, &observed{
			Operation: &e.Operation, seq: e.Seq, entry: e, method: e.Request.Method, path: servicePath(e.Request.URL), status: e.Response.Status,
		})
		for i := range e.Operation.Bulk {
			op := &e.Operation.Bulk[i]
			list = append(list, &observed{
				Operation: op, seq: e.Seq, entry: e, inner: true, method: methodOfKind(op.Kind), path: m.bulkPath(op), status: op.Status,
			})
		}
	}
	return list
}

// servicePath returns the path of a URL below the SCIM service of a tenant,
// unescaped: /Users/7 of /t/acme/scim/v2/Users/7?attributes=id.
func servicePath(address string) string {
	path, _, _ := strings.Cut(address, "?")
	if rest, ok := strings.CutPrefix(path, "/t/"); ok {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	if rest, ok := strings.CutPrefix(path, "/scim"); ok {
		first, below, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		if path = rest; isVersion(first) {
			path = "/" + below
		}
	}
	if unescaped, err := url.PathUnescape(path); err == nil {
		path = unescaped
	}
	return path
}

// A matcher is a pattern ready for use: what it asks of each field.
type matcher struct {
	Pattern
	checks []fieldCheck
	inner  bool // looks into bulk requests
}

// A fieldCheck compares one field. It returns what was found and whether it fits.
type fieldCheck struct {
	field, want string
	test        func(*observed) (got string, ok bool)
}

func newMatcher(p Pattern) (*matcher, error) {
	if p.Times != nil && (p.AtLeast != nil || p.AtMost != nil) {
		return nil, errors.New("give times, or atLeast and atMost, not both")
	}
	for _, n := range []*int{p.Times, p.AtLeast, p.AtMost} {
		if n != nil && *n < 0 {
			return nil, fmt.Errorf("%d is no number of exchanges", *n)
		}
	}
	m := &matcher{Pattern: p, inner: p.Kind != "" || p.ResourceType != "" || p.ID != "" || p.PatchOp != "" || p.PatchPath != ""}
	m.text("method", p.Method, strings.EqualFold, func(o *observed) string { return o.method })
	m.text("path", p.Path, wildPath, func(o *observed) string { return o.path })
	if p.Kind != "" && !slices.Contains(operationKinds(), p.Kind) {
		return nil, fmt.Errorf("there is no kind %q; use %s", clip(p.Kind), strings.Join(operationKinds(), ", "))
	}
	m.text("kind", p.Kind, equalText, func(o *observed) string { return o.Kind })
	m.text("resourceType", p.ResourceType, strings.EqualFold, func(o *observed) string { return o.ResourceType })
	m.text("id", p.ID, equalText, func(o *observed) string { return o.ID })
	if err := m.filter(); err != nil {
		return nil, err
	}
	m.patch()
	if p.Status != 0 {
		m.text("status", strconv.Itoa(p.Status), equalText, func(o *observed) string { return strconv.Itoa(o.status) })
	}
	if p.BodyContains != "" {
		m.checks = append(m.checks, fieldCheck{"bodyContains", p.BodyContains, func(o *observed) (string, bool) {
			return "a body without it", strings.Contains(o.entry.Request.Body, p.BodyContains)
		}})
	}
	m.text("run", p.Run, equalText, func(o *observed) string { return o.entry.Run })
	return m, nil
}

func equalText(want, got string) bool { return want == got }

// text adds a check of a field if the pattern gives it.
func (m *matcher) text(field, want string, equal func(want, got string) bool, get func(*observed) string) {
	if want == "" {
		return
	}
	m.checks = append(m.checks, fieldCheck{field, want, func(o *observed) (string, bool) {
		got := get(o)
		return strconv.Quote(got), equal(want, got)
	}})
}

func (m *matcher) filter() error {
	if m.Filter == "" {
		return nil
	}
	e, err := scim.ParseFilter(m.Filter)
	if err != nil {
		return err
	}
	m.text("filter", scim.FormatFilter(e), equalText, func(o *observed) string { return o.Filter })
	return nil
}

// patch adds the checks of PATCH operations: if both op and path are given, one
// operation has to fit both.
func (m *matcher) patch() {
	var fields, wants []string
	if m.PatchOp != "" {
		fields, wants = append(fields, "patchOp"), append(wants, m.PatchOp)
	}
	path := m.PatchPath
	if path != "" {
		if parsed, err := scim.ParsePath(path); err == nil {
			path = scim.FormatPath(parsed)
		}
		fields, wants = append(fields, "patchPath"), append(wants, path)
	}
	if len(fields) == 0 {
		return
	}
	m.checks = append(m.checks, fieldCheck{strings.Join(fields, " and "), strings.Join(wants, " "), func(o *observed) (string, bool) {
		var got []string
		for _, step := range o.Patch {
			for _, at := range step.paths() {
				if (m.PatchOp == "" || strings.EqualFold(m.PatchOp, step.Op)) && (path == "" || wild(strings.ToLower(path), strings.ToLower(at))) {
					return "", true
				}
				got = append(got, strconv.Quote(strings.TrimSpace(step.Op+" "+at)))
			}
		}
		if len(got) == 0 {
			return "no patch", false
		}
		return clip(strings.Join(got, ", ")), false
	}})
}

// paths returns what a step is about: its path, or without one the attributes of its
// value.
func (s *PatchStep) paths() []string {
	if s.Path != "" {
		return []string{s.Path}
	}
	var value map[string]json.RawMessage
	if json.Unmarshal(s.Value, &value) != nil || len(value) == 0 {
		return []string{""}
	}
	var paths []string
	for name := range value {
		paths = append(paths, name)
	}
	slices.Sort(paths)
	return paths
}

// fits reports whether an exchange is one the pattern describes.
func (m *matcher) fits(o *observed) bool {
	if o.inner && !m.inner {
		return false
	}
	for _, check := range m.checks {
		if _, ok := check.test(o); !ok {
			return false
		}
	}
	return true
}

// miss tells how an exchange differs from the pattern; ok is false if it fits, or in
// nothing at all.
func (m *matcher) miss(o *observed) (miss NearMiss, ok bool) {
	if o.inner && !m.inner {
		return miss, false
	}
	miss.Seq, miss.Exchange = o.seq, o.short()
	for _, check := range m.checks {
		if got, ok := check.test(o); ok {
			miss.Matched = append(miss.Matched, check.field)
		} else {
			miss.Differences = append(miss.Differences, fmt.Sprintf("%s: want %q, got %s", check.field, check.want, got))
		}
	}
	return miss, len(miss.Matched) > 0 && len(miss.Differences) > 0
}

// bounds returns how many exchanges have to fit, and that in words.
func (m *matcher) bounds() (least, most int, words string) {
	switch {
	case m.Times != nil:
		return *m.Times, *m.Times, fmt.Sprintf("exactly %d", *m.Times)
	case m.AtLeast != nil && m.AtMost != nil:
		return *m.AtLeast, *m.AtMost, fmt.Sprintf("%d to %d", *m.AtLeast, *m.AtMost)
	case m.AtLeast != nil:
		return *m.AtLeast, math.MaxInt, fmt.Sprintf("at least %d", *m.AtLeast)
	case m.AtMost != nil:
		return 0, *m.AtMost, fmt.Sprintf("at most %d", *m.AtMost)
	default:
		return 1, math.MaxInt, "at least 1"
	}
}

// String describes the pattern on one line.
func (m *matcher) String() string {
	if len(m.checks) == 0 {
		return "any exchange"
	}
	parts := make([]string, len(m.checks))
	for i, check := range m.checks {
		parts[i] = check.field + " " + check.want
	}
	return strings.Join(parts, ", ")
}

// wildPath compares a path with a pattern segment by segment. A segment ** stands
// for any number of them.
func wildPath(pattern, path string) bool {
	split := func(s string) []string { return strings.Split(strings.Trim(s, "/"), "/") }
	return wildSegments(split(pattern), split(path))
}

func wildSegments(pattern, path []string) bool {
	p, at := 0, 0
	star, from := -1, 0 // the last ** and where what it stands for ends
	for at < len(path) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			star, from = p, at
			p++
		case p < len(pattern) && wild(pattern[p], path[at]):
			p++
			at++
		case star >= 0:
			from++
			p, at = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == "**" {
		p++
	}
	return p == len(pattern)
}

// wild compares a text with a pattern in which * is any text.
func wild(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, parts[last])
}

// methodOfKind returns the method of a kind of operation in a bulk request.
func methodOfKind(kind string) string {
	switch kind {
	case "create":
		return http.MethodPost
	case "replace":
		return http.MethodPut
	case "patch":
		return http.MethodPatch
	case "delete":
		return http.MethodDelete
	default:
		return ""
	}
}

// bulkPath returns the path of an operation in a bulk request.
func (m *model) bulkPath(op *Operation) string {
	typ := m.byName(op.ResourceType)
	switch {
	case typ == nil:
		return ""
	case op.Kind == "create":
		return typ.Endpoint
	default:
		return typ.Endpoint + "/" + op.ID
	}
}
