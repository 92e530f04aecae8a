package provisioner_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

var update = flag.Bool("update", false, "write what the code does into the golden files")

// TestPlan checks the requests that take an app from what it holds to what is
// desired. Each file in testdata/plan is a case: what the app holds, what is desired,
// what is known of the app, and the requests.
func TestPlan(t *testing.T) {
	files, err := filepath.Glob("testdata/plan/*.txt")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d cases (%v), want at least 25", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, want, _ := strings.Cut(string(text), "-- requests --\n")
			c := readCase(t, head)
			writes := provisioner.Plan(c.desired, c.acked, c.members, c.capabilities)
			got := describe(writes)
			if *update {
				if err := os.WriteFile(file, []byte(head+"-- requests --\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("requests:\n%swant:\n%s", got, want)
			}
			c.checkResult(t, writes)
		})
	}
}

// planCase is one case of TestPlan.
type planCase struct {
	acked        *scim.Object
	desired      provisioner.Desired
	members      map[string]string
	capabilities provisioner.Capabilities
}

// readCase reads the sections of a case: text up to a line "-- name --" belongs to
// the name before it.
func readCase(t *testing.T, text string) (c planCase) {
	t.Helper()
	var name string
	sections := map[string][]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(rest, " --")
			sections[name] = nil
		} else if line != "" {
			sections[name] = append(sections[name], line)
		}
	}
	members := func(section string) map[string]string {
		lines, ok := sections[section]
		if !ok {
			return nil
		}
		m := map[string]string{}
		for _, line := range lines {
			subject, id, _ := strings.Cut(line, " ")
			m[subject] = id
		}
		return m
	}
	if lines, ok := sections["app holds"]; ok {
		c.acked = parse(t, strings.Join(lines, "\n"))
	}
	c.desired = provisioner.Desired{Payload: parse(t, strings.Join(sections["desired"], "\n")), Members: members("desired members")}
	c.members = members("members in the app")
	for _, line := range sections["capabilities"] {
		name, value, _ := strings.Cut(line, " ")
		if err := provisioner.Capability(name).Check(value); err != nil {
			t.Fatal(err)
		}
		c.capabilities = c.capabilities.With(provisioner.Capability(name), value)
	}
	return c
}

// checkResult follows the requests: what the app holds in the end needs no other.
func (c *planCase) checkResult(t *testing.T, writes []provisioner.Write) {
	t.Helper()
	acked, members := c.acked, maps.Clone(c.members)
	for _, w := range writes {
		acked = w.Acked
		if members == nil {
			members = map[string]string{}
		}
		for subject, id := range w.Remove {
			if members[subject] == id {
				delete(members, subject)
			}
		}
		maps.Copy(members, w.Add)
	}
	if acked == nil && c.capabilities.Is(provisioner.Groups, provisioner.GroupsMembersOnly) {
		return // it cannot be made
	}
	if again := provisioner.Plan(c.desired, acked, members, c.capabilities); len(again) > 0 {
		t.Errorf("after all requests there are more:\n%s", describe(again))
	}
}

// describe shows each request by its verb, what it does and its form, and then its
// body.
func describe(writes []provisioner.Write) string {
	var b strings.Builder
	for _, w := range writes {
		fmt.Fprintf(&b, "%s %s (%s)\n", w.Verb, w.Action, w.Form)
		switch w.Verb {
		case provisioner.VerbPatch:
			for _, op := range (&scim.Patch{Operations: w.Operations}).Object().Array("Operations") {
				fmt.Fprintf(&b, "\t%s\n", op.(*scim.Object).AppendJSON(nil))
			}
		default:
			fmt.Fprintf(&b, "\t%s\n", w.Payload.AppendJSON(nil))
			for _, v := range []struct {
				what    string
				members map[string]string
			}{{"with", w.Add}, {"without", w.Remove}} {
				if len(v.members) > 0 {
					fmt.Fprintf(&b, "\t%s members %v\n", v.what, v.members)
				}
			}
		}
	}
	return b.String()
}

func TestPlanChunks(t *testing.T) { // R13
	group := parse(t, `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "externalId": "g", "displayName": "all"}`)
	everybody := map[string]string{}
	for i := range 250 {
		everybody[fmt.Sprintf("u%03d", i)] = fmt.Sprintf("r%03d", i)
	}
	create := provisioner.Plan(provisioner.Desired{Payload: group, Members: everybody}, nil, nil, provisioner.Capabilities{})
	if len(create) != 3 || len(create[0].Add) != 100 || len(create[1].Add) != 100 || len(create[2].Add) != 50 {
		t.Errorf("creating a group of 250 takes %d requests, want 100 + 100 + 50", len(create))
	}
	leave := provisioner.Plan(provisioner.Desired{Payload: group, Members: map[string]string{}}, group, everybody, provisioner.Capabilities{}.With(provisioner.MaxMembersPerOp, "120"))
	if len(leave) != 3 || len(leave[0].Remove) != 120 || len(leave[0].Operations) != 120 || len(leave[2].Remove) != 10 {
		t.Errorf("emptying a group of 250 takes %d requests, want 120 + 120 + 10", len(leave))
	}
}

func parse(t *testing.T, text string) *scim.Object {
	t.Helper()
	return attributes(t, "%s", text)
}
