package elimityserver_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/elimityserver"
	"github.com/permiso/scimwright/provisioner/scim"
)

var update = flag.Bool("update", false, "rewrite testdata/differences.txt, with new differences under a title to be replaced")

// TestDifferences sends the same traffic to both engines, on the same data, and
// holds the differences of the answers, and of what is stored then, to a file that
// explains each of them.
func TestDifferences(t *testing.T) {
	stage := newStage(t)
	found := differences{}
	for _, s := range slices.Concat(script(t), patches(t), []scene{filters(t)}) {
		stage.play(t, s, found)
	}
	known := readExplanations(t)
	if *update {
		known.adopt(found)
		known.write(t)
	}
	for _, problem := range known.compare(found) {
		t.Error(problem)
	}
}

// A stage is a mock with both engines.
type stage struct {
	mock    *mocktarget.Server
	url     string
	tenants int
}

func newStage(t *testing.T) *stage {
	t.Helper()
	frozen := time.Date(2026, 3, 1, 12, 0, 0, 250_000_000, time.UTC)
	mock, err := mocktarget.New(elimityserver.Configure(mocktarget.Config{
		ResourceTypes: resourceTypes(t),
		Token:         token,
		Now:           func() time.Time { return frozen },
		IDs:           func(_, resourceType string, n int) string { return resourceType + "-" + strconv.Itoa(n) },
		Limits:        mocktarget.Limits{Body: 32 << 10, PatchOperations: 5, PageSize: 100, PageMax: 200},
		Journal:       mocktarget.JournalConfig{Off: true},
	}))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mock)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		server.Close()
	})
	return &stage{mock: mock, url: server.URL}
}

// resourceTypes are User, Group and the type of the vectors.
func resourceTypes(t *testing.T) []*scim.ResourceType {
	t.Helper()
	documents := [][]byte{[]byte(long.Replace(
		`{"id":"Thing","name":"Thing","endpoint":"/Things","schema":"$THING","schemaExtensions":[{"schema":"$EXTENSION","required":false}]}`))}
	for _, name := range []string{"thing.schema.json", "thing.extension.json"} {
		data, err := os.ReadFile("../../testdata/vectors/" + name)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, data)
	}
	types, err := mocktarget.ParseResourceTypes(documents...)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// play sends the traffic of a scene to both engines. Each request finds the same data
// in both: those that "rfc" was left with.
func (s *stage) play(t *testing.T, scene scene, found differences) {
	t.Helper()
	seeded := s.tenant(t, mocktarget.OwnEngine)
	if err := seeded.SeedObject(scene.seed); err != nil {
		t.Fatal(err)
	}
	state := seeded.Snapshot()
	for _, e := range scene.exchanges {
		own, theirs := s.tenant(t, mocktarget.OwnEngine), s.tenant(t, elimityserver.Name)
		own.Restore(state)
		theirs.Restore(state)
		a, b := s.send(t, own, e), s.send(t, theirs, e)
		found.compare(e, a, b)
		if state = own.Snapshot(); a.status < 300 && b.status < 300 && e.method != "GET" {
			found.compareValues(e, "stored ", stored(t, own), stored(t, theirs))
		}
		for _, tenant := range []*mocktarget.Tenant{own, theirs} {
			if err := s.mock.DeleteTenant(tenant.Name()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// tenant returns a tenant that nobody has used.
func (s *stage) tenant(t *testing.T, engine string) *mocktarget.Tenant {
	t.Helper()
	s.tenants++
	tenant := s.mock.Tenant("t" + strconv.Itoa(s.tenants))
	if err := tenant.Configure(func(s *mocktarget.Settings) { s.Engine = engine }); err != nil {
		t.Fatal(err)
	}
	return tenant
}

// send returns the answer to a request, with BASE in the place of the tenant's URL.
func (s *stage) send(t *testing.T, tenant *mocktarget.Tenant, e exchange) reply {
	t.Helper()
	c := client{t: t, base: s.url + tenant.Path(), token: token}
	r := c.do(e.method, e.path, e.body, e.header...)
	for _, values := range r.header {
		for i := range values {
			values[i] = strings.ReplaceAll(values[i], c.base, "BASE")
		}
	}
	if r.body != nil {
		r.body = decode(t, strings.ReplaceAll(r.raw, c.base, "BASE"))
	}
	return r
}

// stored returns what a tenant holds as JSON values.
func stored(t *testing.T, tenant *mocktarget.Tenant) any {
	t.Helper()
	var all []any
	for _, rt := range tenant.Data().ResourceTypes() {
		for _, o := range tenant.Resources(rt.Name) {
			all = append(all, decode(t, strings.ReplaceAll(string(o.AppendJSON(nil)), tenant.Path(), "BASE")))
		}
	}
	return all
}

func decode(t *testing.T, text string) (v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// differences are what differs, in the words of the file, and the names of the
// exchanges where it does.
type differences map[string][]string

func (d differences) add(e exchange, where string, own, theirs any) {
	switch {
	case own == nil && !empty(theirs):
		theirs = "present"
	case theirs == nil && !empty(own):
		own = "present"
	}
	key := where + ": " + shown(own) + " | " + shown(theirs)
	if !slices.Contains(d[key], e.name) {
		d[key] = append(d[key], e.name)
	}
}

// empty reports whether a value counts as none.
func empty(v any) bool {
	list, isList := v.([]any)
	return v == nil || v == "" || isList && len(list) == 0
}

// shown writes a value on one line.
func shown(v any) string {
	const most = 160
	text, ok := v.(string)
	switch {
	case v == nil:
		return "nothing"
	case v == "":
		return `""`
	case !ok:
		b, err := json.Marshal(v)
		if err != nil {
			panic(err) // it was decoded from JSON
		}
		text = short.Replace(string(b))
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// short puts the short names of URNs back.
var short = strings.NewReplacer(
	scim.EnterpriseUserSchema, "$ENTERPRISE", scim.UserSchema, "$USER", scim.GroupSchema, "$GROUP",
	"urn:example:params:scim:schemas:test:1.0:Thing", "$THING", "urn:example:params:scim:schemas:test:my_ext:1.0", "$EXTENSION",
)

// outcomeMark begins a difference in the outcome of one exchange.
const outcomeMark = "to “"

// compare notes how two answers differ: in the outcome, otherwise in the look.
func (d differences) compare(e exchange, own, theirs reply) {
	if a, b := own.outcome(e), theirs.outcome(e); a != b {
		d.add(e, outcomeMark+e.name+"”", a, b)
		return
	}
	if e.found {
		return
	}
	for _, name := range []string{"Location", "Content-Location", "Etag", "Content-Type", "Allow", "Www-Authenticate"} {
		if a, b := header(own, name), header(theirs, name); a != b {
			d.add(e, "header "+name, a, b)
		}
	}
	d.compareValues(e, "", own.body, theirs.body)
}

// header returns the value of a header field, nil if there is none.
func header(r reply, name string) any {
	if values := r.header.Values(name); len(values) > 0 {
		return strings.Join(values, ", ")
	}
	return nil
}

// outcome says in short what an answer means: its status, of an error the keyword,
// whether it is a list, and of a search with found the resources.
func (r reply) outcome(e exchange) string {
	outcome := strconv.Itoa(r.status)
	if keyword, ok := r.at("scimType").(string); ok && r.status >= 400 {
		outcome += " " + keyword
	}
	list, ok := r.at("Resources").([]any)
	switch {
	case ok && e.found:
		ids := make([]string, len(list))
		for i := range list {
			ids[i] = fmt.Sprint(r.at("Resources", i, "id"))
		}
		outcome += " [" + strings.Join(ids, " ") + "]"
	case ok:
		outcome += " a list"
	}
	return outcome
}

// compareValues compares two JSON values; where names the place, with * for any place
// in an array. What texts for people say is not compared.
func (d differences) compareValues(e exchange, where string, own, theirs any) {
	if name := where[strings.LastIndexByte(where, '/')+1:]; (name == "detail" || name == "description") && !empty(own) && !empty(theirs) {
		return
	}
	switch a := own.(type) {
	case map[string]any:
		if b, ok := theirs.(map[string]any); ok {
			names := maps.Clone(a)
			maps.Copy(names, b)
			for _, name := range slices.Sorted(maps.Keys(names)) {
				d.compareValues(e, where+"/"+short.Replace(name), a[name], b[name])
			}
			return
		}
	case []any:
		if b, ok := theirs.([]any); ok && len(a) == len(b) {
			b = d.align(e, where, a, b)
			for i := range a {
				d.compareValues(e, where+"/*", a[i], b[i])
			}
			return
		}
	}
	if shown(own) != shown(theirs) {
		d.add(e, where, own, theirs)
	}
}

// align returns the elements of b in the order of a, if both are the same resources in
// another order, which is one difference then.
func (d differences) align(e exchange, where string, a, b []any) []any {
	at := map[string]any{}
	var ids [2][]string
	for k, list := range [][]any{a, b} {
		for _, v := range list {
			o, _ := v.(map[string]any)
			id, ok := o["id"].(string)
			if !ok {
				return b
			}
			ids[k] = append(ids[k], short.Replace(id))
			if k == 1 {
				at[id] = v
			}
		}
	}
	if slices.Equal(ids[0], ids[1]) || !slices.Equal(slices.Sorted(slices.Values(ids[0])), slices.Sorted(slices.Values(ids[1]))) {
		return b
	}
	d.add(e, "the order of "+where, strings.Join(ids[0], " "), strings.Join(ids[1], " "))
	aligned := make([]any, len(a))
	for i, v := range a {
		aligned[i] = at[v.(map[string]any)["id"].(string)]
	}
	return aligned
}
