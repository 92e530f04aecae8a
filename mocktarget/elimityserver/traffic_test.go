package elimityserver_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A scene is traffic that begins with the same data in both engines.
type scene struct {
	seed      *scim.Object
	exchanges []exchange
}

// An exchange is one request of a scene.
type exchange struct {
	name, method, path, body string
	header                   []string // "Name: value"
	// found compares which resources are found, not how they look: for searches of
	// which there are hundreds.
	found bool
}

// script reads traffic.txt.
func script(t *testing.T) []scene {
	t.Helper()
	text, err := os.ReadFile("testdata/traffic.txt")
	if err != nil {
		t.Fatal(err)
	}
	var seed *scim.Object
	var scenes []scene
	for block := range strings.SplitSeq(long.Replace(string(text)), "\n\n") {
		block = strings.Trim(block, "\n")
		head, rest, _ := strings.Cut(block, "\n")
		title, isScene := strings.CutPrefix(head, "== ")
		name, isExchange := strings.CutPrefix(head, "# ")
		switch {
		case isScene:
			if rest != "" {
				if seed, err = scim.ParseObject([]byte(rest)); err != nil {
					t.Fatalf("%s: %v", title, err)
				}
			}
			scenes = append(scenes, scene{seed: seed})
		case isExchange && len(scenes) > 0:
			last := &scenes[len(scenes)-1]
			last.exchanges = append(last.exchanges, parseExchange(t, name, rest))
		default:
			t.Fatalf("traffic.txt: what is this?\n%s", block)
		}
	}
	return scenes
}

// long has the short names that the script has for long texts.
var long = strings.NewReplacer(
	"$USER", scim.UserSchema, "$GROUP", scim.GroupSchema, "$ENTERPRISE", scim.EnterpriseUserSchema,
	"$PATCH", scim.PatchOpSchema, "$SEARCH", scim.SearchRequestSchema, "$BULK", scim.BulkRequestSchema,
	"$LARGE", strings.Repeat("x", 40<<10), "$LONG", strings.Repeat("x", 9<<10), "$DEEP", strings.Repeat("(", 65)+"userName pr"+strings.Repeat(")", 65),
	"$THING", "urn:example:params:scim:schemas:test:1.0:Thing", "$EXTENSION", "urn:example:params:scim:schemas:test:my_ext:1.0",
)

func parseExchange(t *testing.T, name, text string) exchange {
	t.Helper()
	e := exchange{name: name}
	line, rest, _ := strings.Cut(text, "\n")
	var ok bool
	if e.method, e.path, ok = strings.Cut(line, " "); !ok {
		t.Fatalf("traffic.txt: %s: no method and path in %q", name, line)
	}
	e.path = strings.NewReplacer(" ", "%20", `"`, "%22", "[", "%5B", "]", "%5D", `\`, "%5C").Replace(e.path)
	for rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
		line, rest, _ = strings.Cut(rest, "\n")
		e.header = append(e.header, line)
	}
	e.body = rest
	return e
}

// vector reads a file of the project's test vectors.
func vector[T any](t *testing.T, name string) (into T) {
	t.Helper()
	data, err := os.ReadFile("../../testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return into
}

// filters are the filters of the vectors, on the resources that these name.
func filters(t *testing.T) scene {
	s := scene{seed: scim.NewObject()}
	for typ, resources := range object(t, string(vector[json.RawMessage](t, "filter/resources.json"))).All() {
		var list []any
		for _, resource := range resources.(*scim.Object).All() {
			list = append(list, resource)
		}
		s.seed.Set(typ+"s", list)
	}
	add := func(typ, filter string) {
		s.exchanges = append(s.exchanges, exchange{
			name: typ + " filter " + oneLine(filter), method: "GET", path: "/" + typ + "s?filter=" + url.QueryEscape(filter), found: true,
		})
	}
	for _, row := range vector[[]struct{ Type, Filter string }](t, "filter/match.json") {
		add(row.Type, row.Filter)
	}
	for _, row := range vector[[]struct{ Filter string }](t, "filter/parse.json") {
		add("User", row.Filter)
	}
	return s
}

// patches are the patches of the vectors, each on its own resource.
func patches(t *testing.T) []scene {
	bases := vector[map[string]struct {
		Type     string
		Resource json.RawMessage
	}](t, "patch/bases.json")
	var scenes []scene
	for _, row := range vector[[]struct {
		Name, Base string
		Operations json.RawMessage
	}](t, "patch/apply.json") {
		base := bases[row.Base]
		resource := object(t, string(base.Resource))
		scenes = append(scenes, scene{seed: withMembers(resource, base.Type), exchanges: []exchange{{
			name: "patch: " + row.Name, method: "PATCH", path: "/" + base.Type + "s/" + resource.ID(),
			body: fmt.Sprintf(`{"schemas":[%q],"Operations":%s}`, scim.PatchOpSchema, row.Operations),
		}}})
	}
	return scenes
}

// withMembers returns a seed of a resource and of the users that groups of the vectors
// refer to.
func withMembers(resource *scim.Object, typ string) *scim.Object {
	var users []any
	for _, id := range []string{"2819c223-7f76-453a-919d-413861904646", "902c246b-6245-4190-8e05-00816be7344a", "new", "08e1d05d"} {
		users = append(users, scim.NewObject(scim.Field{Name: "id", Value: id}, scim.Field{Name: "userName", Value: "user " + id}))
	}
	if typ == "User" {
		return scim.NewObject(scim.Field{Name: "Users", Value: append(users, resource)})
	}
	return scim.NewObject(scim.Field{Name: "Users", Value: users}, scim.Field{Name: typ + "s", Value: []any{resource}})
}

func object(t *testing.T, text string) *scim.Object {
	t.Helper()
	o, err := scim.ParseObject([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

// oneLine shows a filter in a line of the file.
func oneLine(filter string) string {
	const most = 120
	text := strings.NewReplacer("\n", "⏎", "\t", "⇥", " ", " ").Replace(short.Replace(filter))
	if len(text) > most {
		return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:most], ""), len(filter))
	}
	return text
}
