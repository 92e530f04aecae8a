package mocktarget_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

// last returns the newest entry of a tenant's journal.
func last(t *testing.T, tenant *mocktarget.Tenant) *mocktarget.Entry {
	t.Helper()
	entries := tenant.Journal()
	if len(entries) == 0 {
		t.Fatal("the journal is empty")
	}
	return entries[len(entries)-1]
}

// journalText returns all that a tenant's journal holds.
func journalText(t *testing.T, tenant *mocktarget.Tenant) string {
	t.Helper()
	var b strings.Builder
	if err := mocktarget.WriteJSONL(&b, tenant.Journal()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// lines tells changes in lines: what changed, and where it differs.
func lines(changes []mocktarget.Change) string {
	var b strings.Builder
	for _, c := range changes {
		kind := "changed"
		switch {
		case c.Before == nil:
			kind = "made"
		case c.After == nil:
			kind = "deleted"
		}
		fmt.Fprintf(&b, "%s %s %s\n", c.ResourceType, c.ID, kind)
		for _, d := range c.Differences {
			fmt.Fprintf(&b, "  %s: %s → %s", d.Path, orDash(d.Before), orDash(d.After))
			if d.More > 0 {
				fmt.Fprintf(&b, " and %d more", d.More)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func orDash(text json.RawMessage) string {
	if text == nil {
		return "-"
	}
	return string(text)
}

func unindent(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, "\n"), "\t", "")
}

func TestChanges(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	c.target.Seed(`{"Users":[
		{"id":"u1","userName":"ann","name":{"givenName":"Ann","familyName":"Lee"},"password":"f1rst-Word",
			"emails":[{"value":"a@x.example","type":"work"},{"value":"b@x.example","type":"home"}],
			"` + enterpriseURN + `":{"department":"Sales","employeeNumber":"7"}},
		{"id":"u2","userName":"bob"},{"id":"u3","userName":"cy"}],
		"Groups":[{"id":"g1","displayName":"Staff","members":[{"value":"u1"},{"value":"u2"}]},{"id":"g2","displayName":"All","members":[{"value":"g1"},{"value":"u2"}]}]}`)
	member := func(id string) string {
		return fmt.Sprintf(`{"value":%q,"$ref":"%s/Users/%s","type":"User"}`, id, c.base, id)
	}
	for _, test := range []struct{ name, method, path, body, want string }{
		{"attributes", "PATCH", "/Users/u1", patchBody(
			`{"op":"replace","path":"name.familyName","value":"Ray"}`,
			`{"op":"add","path":"title","value":"CEO"}`,
			`{"op":"remove","path":"`+enterpriseURN+`:department"}`,
			`{"op":"replace","path":"emails[type eq \"home\"].value","value":"c@x.example"}`,
		), `
			User u1 changed
			  name.familyName: "Lee" → "Ray"
			  emails: [{"value":"b@x.example","type":"home"}] → [{"value":"c@x.example","type":"home"}]
			  ` + enterpriseURN + `:department: "Sales" → -
			  title: - → "CEO"
			`},
		{"a whole extension", "PATCH", "/Users/u1", patchBody(`{"op":"remove","path":"` + enterpriseURN + `"}`), `
			User u1 changed
			  ` + enterpriseURN + `: {"employeeNumber":"7"} → -
			`},
		{"order", "PATCH", "/Users/u1", patchBody(`{"op":"replace","path":"emails","value":[{"value":"c@x.example","type":"home"},{"value":"a@x.example","type":"work"}]}`), `
			User u1 changed
			  emails: [{"value":"a@x.example","type":"work"},{"value":"c@x.example","type":"home"}] → [{"value":"c@x.example","type":"home"},{"value":"a@x.example","type":"work"}]
			`},
		{"a secret", "PATCH", "/Users/u1", patchBody(`{"op":"replace","path":"password","value":"s3cond-Word"}`), `
			User u1 changed
			  password: "***" → "***"
			`},
		{"no secret any more", "PATCH", "/Users/u1", patchBody(`{"op":"remove","path":"password"}`), `
			User u1 changed
			  password: "***" → -
			`},
		{"nothing", "PATCH", "/Users/u1", patchBody(`{"op":"replace","path":"title","value":"CEO"}`), ``},
		{"refused", "PATCH", "/Users/u1", patchBody(`{"op":"replace","path":"title","value":"X"}`, `{"op":"remove","path":"userName"}`), ``},
		{"a read", "GET", "/Users/u1", "", ``},
		{"a member comes", "PATCH", "/Groups/g1", patchBody(`{"op":"add","path":"members","value":[{"value":"u3"},{"value":"u1"}]}`), `
			Group g1 changed
			  members: - → [` + member("u3") + `]
			`},
		{"a member is told otherwise", "PATCH", "/Groups/g1", patchBody(`{"op":"add","path":"members","value":[{"value":"u3","display":"Cy"}]}`), `
			Group g1 changed
			  members: [` + member("u3") + `] → [` + strings.TrimSuffix(member("u3"), "}") + `,"display":"Cy"}]
			`},
		{"members are replaced", "PUT", "/Groups/g1", group("Staff", `"members":[{"value":"u1"},{"value":"u2"}]`), `
			Group g1 changed
			  members: [` + strings.TrimSuffix(member("u3"), "}") + `,"display":"Cy"}] → -
			`},
		{"a member comes and goes", "PATCH", "/Groups/g1", patchBody(
			`{"op":"add","path":"members","value":[{"value":"u3"}]}`, `{"op":"remove","path":"members[value eq \"u3\"]"}`), ``},
		{"a member goes and comes", "PATCH", "/Groups/g1", patchBody(
			`{"op":"remove","path":"members[value eq \"u1\"]"}`, `{"op":"add","path":"members","value":[{"value":"u1"}]}`), ``},
		{"a name and a member", "PATCH", "/Groups/g1", patchBody(
			`{"op":"replace","path":"displayName","value":"Crew"}`, `{"op":"remove","path":"members[value eq \"u1\"]"}`), `
			Group g1 changed
			  displayName: "Staff" → "Crew"
			  members: [` + member("u1") + `] → -
			`},
		{"a delete takes memberships along", "DELETE", "/Users/u2", "", `
			Group g1 changed
			  members: [` + member("u2") + `] → -
			Group g2 changed
			  members: [` + member("u2") + `] → -
			User u2 deleted
			`},
		{"a group goes with its members", "DELETE", "/Groups/g2", "", `
			Group g2 deleted
			  members: [{"value":"g1","$ref":"` + c.base + `/Groups/g1","type":"Group"}] → -
			`},
		{"a bulk", "POST", "/Bulk", bulkBody("",
			`{"method":"PATCH","path":"/Users/u1","data":`+patchBody(`{"op":"replace","path":"title","value":"Chair"}`)+`}`,
			`{"method":"PATCH","path":"/Users/u1","data":`+patchBody(`{"op":"replace","path":"nickName","value":"A"}`)+`}`,
			`{"method":"DELETE","path":"/Users/u3"}`), `
			User u1 changed
			  title: "CEO" → "Chair"
			  nickName: - → "A"
			User u3 deleted
			`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.do(test.method, test.path, test.body)
			if got := lines(last(t, tenant).Changes); got != unindent(test.want) {
				t.Errorf("changes are\n%swant\n%s", got, unindent(test.want))
			}
		})
	}

	t.Run("a resource that is made", func(t *testing.T) {
		made := c.createUser("dora", `"password":"th1rd-Word","title":"password keeper"`)
		changes := last(t, tenant).Changes
		equal(t, "changes", lines(changes), "User "+made.id()+" made\n")
		var after map[string]any
		if err := json.Unmarshal(changes[0].After, &after); err != nil {
			t.Fatal(err)
		}
		equal(t, "userName", after["userName"], "dora")
		equal(t, "title", after["title"], "password keeper")
		equal(t, "version", at(after, "meta", "version"), made.header.Get("ETag"))
		equal(t, "Location", at(after, "meta", "location"), made.header.Get("Location"))
	})
	t.Run("made and deleted", func(t *testing.T) {
		c.do("POST", "/Bulk", bulkBody("", post("/Users", "b", user("ed")), `{"method":"DELETE","path":"/Users/bulkId:b"}`)).want(200)
		equal(t, "changes", lines(last(t, tenant).Changes), "")
	})
	if text := journalText(t, tenant); strings.Contains(text, "-Word") {
		t.Error("the journal shows a password")
	}
}

func TestChangesMaskSecrets(t *testing.T) {
	types, err := mocktarget.ParseResourceTypes([]byte(deviceTypes))
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, configured(mocktarget.Config{ResourceTypes: types}))
	device := func(code string) string {
		return `{"schemas":["urn:example:Device"],"serial":"s","pin":"p1n-Word","code":"` + code + `"}`
	}
	made := c.do("POST", "/Devices", device("c0de-Word")).want(201)
	if after := string(last(t, c.tenant()).Changes[0].After); !strings.Contains(after, `"code":"***"`) {
		t.Errorf("the code is not masked: %s", after)
	}
	c.do("PUT", "/Devices/"+made.id(), device("0ther-Word")).want(200)
	equal(t, "changes", lines(last(t, c.tenant()).Changes), "Device "+made.id()+" changed\n  code: \"***\" → \"***\"\n")
	if text := journalText(t, c.tenant()); strings.Contains(text, "-Word") {
		t.Errorf("the journal shows a secret: %s", text)
	}
}

func TestChangesAreBounded(t *testing.T) {
	t.Run("in bytes", func(t *testing.T) {
		c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{ChangeBytes: 2000}}))
		var posts []string
		for i := range 20 {
			posts = append(posts, post("/Users", fmt.Sprint(i), user(fmt.Sprintf("%d%s", i, strings.Repeat("x", 500)))))
		}
		c.do("POST", "/Bulk", bulkBody("", posts...)).want(200)
		e := last(t, c.tenant())
		equal(t, "changes", len(e.Changes), 3)
		equal(t, "omitted", e.ChangesOmitted, 17)
	})
	t.Run("in members", func(t *testing.T) {
		c := start(t)
		var users, members []string
		for i := range 1200 {
			users = append(users, fmt.Sprintf(`{"id":"u%d","userName":"u%d"}`, i, i))
			members = append(members, fmt.Sprintf(`{"value":"u%d"}`, i))
		}
		c.target.Seed(`{"Users":[` + strings.Join(users, ",") + `]}`)
		made := c.createGroup("All", `"members":[`+strings.Join(members, ",")+`]`)
		equal(t, "more", last(t, c.tenant()).Changes[0].Differences[0].More, 200)
		c.do("DELETE", "/Groups/"+made.id(), "").want(204)
		equal(t, "more", last(t, c.tenant()).Changes[0].Differences[0].More, 200)
	})
	t.Run("by the size of the journal", func(t *testing.T) {
		c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{Bytes: 4000, BodyBytes: 1}}))
		made := c.createUser("x", `"title":"`+strings.Repeat("x", 1000)+`"`)
		for range 5 {
			c.do("DELETE", "/Users/"+made.id(), "")
			made = c.createUser("x", `"title":"`+strings.Repeat("x", 1000)+`"`)
		}
		if n := len(c.tenant().Journal()); n > 3 {
			t.Errorf("%d entries are kept, though two or three fill the journal", n)
		}
	})
	t.Run("off", func(t *testing.T) {
		c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{Off: true}}))
		c.createUser("x")
		equal(t, "entries", len(c.tenant().Journal()), 0)
	})
}

// Each exchange is charged with what it changed itself, whatever others do meanwhile.
func TestChangesOfConcurrentRequests(t *testing.T) {
	c := start(t)
	c.target.Seed(`{"Users":[{"id":"u1","userName":"ann"}]}`)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 25 {
				patch := func(part string) string {
					return patchBody(fmt.Sprintf(`{"op":"replace","path":"title","value":"%d-%d%s"}`, i, n, part))
				}
				method, path, body := "PATCH", "/Users/u1", patch("")
				if i%2 == 0 {
					method, path, body = "POST", "/Bulk", bulkBody("", `{"method":"PATCH","path":"/Users/u1","data":`+patch("a")+`}`,
						post("/Users", "b", user(fmt.Sprintf("u%d-%d", i, n))), `{"method":"PATCH","path":"/Users/u1","data":`+patch("b")+`}`)
				}
				if r, err := c.try(method, path, body); err != nil || r.status != 200 {
					t.Errorf("%s: %d, %v", method, r.status, err)
				}
			}
		})
	}
	all.Wait()
	after := map[string]string{} // titles by those they replaced
	for _, e := range c.tenant().Journal() {
		made := 0
		for _, change := range e.Changes {
			if change.Before == nil {
				made++
				continue
			}
			title := change.Differences[0]
			if len(change.Differences) != 1 || title.Path != "title" || !strings.Contains(e.Request.Body, string(title.After)) {
				t.Errorf("exchange %d sent %s and is charged with\n%s", e.Seq, e.Request.Body, lines(e.Changes))
			}
			after[orDash(title.Before)] = orDash(title.After)
		}
		if want := map[string]int{"bulk": 1}[e.Operation.Kind]; made != want {
			t.Errorf("exchange %d made %d users, want %d", e.Seq, made, want)
		}
	}
	at, steps := "-", 0
	for ; after[at] != ""; at = after[at] {
		steps++
	}
	equal(t, "changes from the first title to the last", steps, len(after))
}
