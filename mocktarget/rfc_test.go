package mocktarget_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// An exchange of testdata/rfc/exchanges.json.
type rfcExchange struct {
	Name, Ref string
	Users     int             // so many more users, J1 and so on
	Given     json.RawMessage // the seed
	Steps     []rfcStep
}

type rfcStep struct {
	Method, Path string
	Headers      map[string]string
	Body         json.RawMessage
	Status       int
	WantHeaders  map[string]any
	Want         any
}

// TestRFCExchanges sends the requests of the RFCs and wants their answers.
func TestRFCExchanges(t *testing.T) {
	data, err := os.ReadFile("../testdata/rfc/exchanges.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []rfcExchange
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			c := start(t)
			if row.Given != nil {
				c.target.Seed(string(row.Given))
			}
			if row.Users > 0 {
				c.target.Seed(manyUsers(row.Users))
			}
			p := pattern{"base": c.base}
			for _, step := range row.Steps {
				p.run(t, c, step)
			}
		})
	}
}

// manyUsers returns a seed of users whose names differ in their number.
func manyUsers(n int) string {
	users := make([]string, n)
	for i := range users {
		users[i] = fmt.Sprintf(`{"userName":"J%d","displayName":"Smith %d"}`, i, i)
	}
	return `{"Users":[` + strings.Join(users, ",") + `]}`
}

// A pattern is what the names in wanted answers stand for so far.
type pattern map[string]string

func (p pattern) run(t *testing.T, c *client, step rfcStep) {
	t.Helper()
	var headers []string
	for name, value := range step.Headers {
		headers = append(headers, name+": "+p.fill(value))
	}
	r := c.do(step.Method, p.fill(step.Path), p.fill(string(step.Body)), headers...).want(step.Status)
	for name, want := range step.WantHeaders {
		p.match(t, r.what+" "+name, r.header.Get(name), want)
	}
	if step.Want != nil {
		p.match(t, r.what, any(r.body), step.Want)
	}
}

// fill puts what names stand for in their place.
func (p pattern) fill(s string) string {
	s = strings.ReplaceAll(s, "{base}", p["base"])
	for name, value := range p {
		// In a body the value is inside a JSON string.
		quoted, _ := json.Marshal(value)
		s = strings.ReplaceAll(s, `"$`+name+`"`, string(quoted))
		s = strings.ReplaceAll(s, "$"+name, value)
	}
	return s
}

// match compares an answer with what is wanted.
func (p pattern) match(t *testing.T, where string, got, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok || !slices.Equal(slices.Sorted(maps.Keys(object)), slices.Sorted(maps.Keys(want))) {
			t.Errorf("%s is %v, want the members %v", where, got, slices.Sorted(maps.Keys(want)))
			return
		}
		// In the order of their names, so that failures are the same each time.
		for _, name := range slices.Sorted(maps.Keys(want)) {
			p.match(t, where+" "+name, object[name], want[name])
		}
	case []any:
		list, ok := got.([]any)
		if len(want) == 1 && want[0] == "..." {
			if !ok || len(list) == 0 {
				t.Errorf("%s is %v, want elements", where, got)
			}
			return
		}
		if !ok || len(list) != len(want) {
			t.Errorf("%s is %v, want %d elements", where, got, len(want))
			return
		}
		for i := range want {
			p.match(t, fmt.Sprint(where, " ", i), list[i], want[i])
		}
	case string:
		p.matchString(t, where, got, want)
	default:
		equal(t, where, got, want)
	}
}

func (p pattern) matchString(t *testing.T, where string, got any, want string) {
	t.Helper()
	text, ok := got.(string)
	if !ok || text == "" {
		t.Errorf("%s is %v, want a string", where, got)
		return
	}
	want = p.fill(want)
	if want == "*" {
		return
	}
	// A name that stands for nothing yet comes last.
	before, name, unbound := strings.Cut(want, "$")
	if !unbound {
		equal(t, where, text, want)
		return
	}
	value, ok := strings.CutPrefix(text, before)
	if !ok || value == "" {
		t.Errorf("%s is %q, want it to begin with %q", where, text, before)
		return
	}
	p[name] = value
}
