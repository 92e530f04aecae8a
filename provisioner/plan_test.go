package provisioner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// TestPlan checks the requests that take an app from what it holds to what is
// desired, as text: a line for each request.
func TestPlan(t *testing.T) {
	const (
		ada  = `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "externalId": "u1", "userName": "ada", "name": {"givenName": "Ada", "familyName": "King"}, "active": true}`
		work = `"emails": [{"value": "ada@acme.example", "type": "work"}]`
	)
	with := func(base, more string) string { return strings.TrimSuffix(base, "}") + ", " + more + "}" }
	enterprise := func(attributes string) string {
		return `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {` + attributes + `}`
	}
	for _, test := range []struct {
		name           string
		acked, desired string
		capabilities   provisioner.Capabilities
		want           []string
	}{
		{name: "nothing known: create", desired: ada, want: []string{"POST create " + compact(t, ada)}},
		{name: "nothing to do", acked: ada, desired: ada},
		{
			name: "one part of a name", acked: ada, desired: strings.Replace(ada, "King", "Lovelace", 1),
			want: []string{`PATCH update [{"op":"replace","path":"name.familyName","value":"Lovelace"}]`},
		},
		{
			name: "a part is taken away", acked: ada, desired: strings.Replace(ada, `, "familyName": "King"`, "", 1),
			want: []string{`PATCH update [{"op":"remove","path":"name.familyName"}]`},
		},
		{
			name: "e-mails are replaced as a whole", acked: with(ada, work), desired: with(ada, strings.Replace(work, "ada@", "al@", 1)),
			want: []string{`PATCH update [{"op":"replace","path":"emails","value":[{"value":"al@acme.example","type":"work"}]}]`},
		},
		{
			name: "e-mails are taken away", acked: with(ada, work), desired: ada,
			want: []string{`PATCH update [{"op":"remove","path":"emails"}]`},
		},
		{
			name: "an extension appears", acked: ada, desired: with(ada, enterprise(`"department": "R&D"`)),
			want: []string{`PATCH update [{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"R&D"}]`},
		},
		{
			name: "a manager is replaced as one", acked: with(ada, enterprise(`"manager": {"value": "r1"}`)), desired: with(ada, enterprise(`"manager": {"value": "r2"}`)),
			want: []string{`PATCH update [{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":"r2"}}]`},
		},
		{
			name: "an extension goes", acked: with(ada, enterprise(`"department": "R&D"`)), desired: ada,
			want: []string{`PATCH update [{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"}]`},
		},
		{
			name: "locking comes first", acked: ada, desired: strings.NewReplacer("King", "Lovelace", `"active": true`, `"active": false`).Replace(ada),
			want: []string{
				`PATCH disable [{"op":"replace","path":"active","value":false}]`,
				`PATCH update [{"op":"replace","path":"name.familyName","value":"Lovelace"}]`,
			},
		},
		{
			name: "opening comes last", acked: strings.Replace(ada, `"active": true`, `"active": false`, 1), desired: strings.Replace(ada, "King", "Lovelace", 1),
			want: []string{
				`PATCH update [{"op":"replace","path":"name.familyName","value":"Lovelace"}]`,
				`PATCH update [{"op":"replace","path":"active","value":true}]`,
			},
		},
		{
			name: "without PATCH everything is one PUT", capabilities: provisioner.Capabilities{}.With(provisioner.UserUpdate, provisioner.FormPut), acked: with(ada, work), desired: strings.Replace(ada, `"active": true`, `"active": false`, 1),
			want: []string{"PUT disable " + compact(t, strings.Replace(ada, `"active": true`, `"active": false`, 1)) + " cleared [emails]"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var acked *scim.Object
			if test.acked != "" {
				acked = parse(t, test.acked)
			}
			writes := provisioner.Plan(provisioner.Desired{Payload: parse(t, test.desired)}, acked, nil, test.capabilities)
			wantLines(t, describe(writes), test.want)
			if n := len(writes); n > 0 && !scim.Equal(writes[n-1].Acked, parse(t, test.desired)) {
				t.Errorf("after the last write the app holds %s, want what is desired", writes[n-1].Acked.AppendJSON(nil))
			}
		})
	}
}

func TestPlanMembers(t *testing.T) { // R11, R13
	group := parse(t, `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "externalId": "g", "displayName": "all"}`)
	members := func(from, to int, prefix string) map[string]string {
		m := map[string]string{}
		for i := from; i < to; i++ {
			m[fmt.Sprintf("u%03d", i)] = fmt.Sprintf("%s%03d", prefix, i)
		}
		return m
	}
	create := provisioner.Plan(provisioner.Desired{Payload: group, Members: members(0, 250, "r")}, nil, nil, provisioner.Capabilities{})
	if len(create) != 3 || len(create[0].Add) != 100 || len(create[1].Add) != 100 || len(create[2].Add) != 50 {
		t.Errorf("creating a group of 250 takes %d requests, want 100 + 100 + 50", len(create))
	}
	last := provisioner.Plan(provisioner.Desired{Payload: group, Members: map[string]string{}}, group, map[string]string{"u": `r"1`}, provisioner.Capabilities{})
	wantLines(t, describe(last), []string{`PATCH update [{"op":"remove","path":"members[value eq \"r\\\"1\"]"}]`})

	// An account that was made again has another id and has to join again.
	again := provisioner.Plan(provisioner.Desired{Payload: group, Members: members(0, 1, "new")}, group, members(0, 1, "old"), provisioner.Capabilities{})
	wantLines(t, describe(again), []string{
		`PATCH update [{"op":"add","path":"members","value":[{"value":"new000"}]}]`,
		`PATCH update [{"op":"remove","path":"members[value eq \"old000\"]"}]`,
	})
}

func describe(writes []provisioner.Write) (lines []string) {
	for _, w := range writes {
		line := fmt.Sprintf("%s %s ", w.Verb, w.Action)
		if w.Verb == provisioner.VerbPatch {
			operations := (&scim.Patch{Operations: w.Operations}).Object().Get("Operations")
			line += string(scim.NewObject(scim.Field{Name: "x", Value: operations}).AppendJSON(nil))
			line = strings.Replace(strings.TrimSuffix(line, "}"), `{"x":`, "", 1)
		} else {
			line += string(w.Payload.AppendJSON(nil))
		}
		if len(w.Cleared) > 0 {
			line += fmt.Sprintf(" cleared %v", w.Cleared)
		}
		lines = append(lines, line)
	}
	return lines
}

func wantLines(t *testing.T, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("requests:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func parse(t *testing.T, text string) *scim.Object {
	t.Helper()
	return attributes(t, "%s", text)
}

func compact(t *testing.T, text string) string { return string(parse(t, text).AppendJSON(nil)) }
