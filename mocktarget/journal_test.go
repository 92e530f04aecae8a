package mocktarget_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

func TestJournal(t *testing.T) {
	c := start(t)
	made := c.createUser("ann", `"password":"p4ss-Word"`)
	c.do("PATCH", "/Users/"+made.id(), patchBody(`{"op":"Replace","path":"Title","value":"x"}`, `{"op":"replace","path":"password","value":"n3w-Word"}`)).want(200)
	c.filter("/Users", `USERNAME eq ann`).want(400)
	c.filter("/Users", `userName EQ "ann"`).want(200)
	c.filter("/Users", `password eq "f1lter-Word"`).want(403)
	c.do("POST", "/Users/.search", search(`password eq "s3arch-Word"`)).want(200)
	c.do("POST", "/Users", user("broken", `"pass\u0077ord":"esc4ped-Word"`)).want(201)
	c.do("POST", "/Users", `{"userName":"x","PassWord":"malf0rmed-Word"`).want(400)
	c.do("GET", "/Users", "", "Authorization: Bearer wr0ng-Word").want(401)
	c.do("POST", "/Bulk", bulkBody("", post("/Users", "b", user("bulked", `"password":"bulk3d-Word"`)))).want(200)
	c.do("PATCH", "/Users/"+made.id(), patchBody(`{"op":"add","value":{"`+userURN+`:password":"urn3d-Word","title":"y"}}`)).want(200)
	c.do("GET", "/Nope", "").want(404)
	for _, filter := range []string{`password eq 'quot3d-Word'`, `password eq "op3n-Word`, `password eq unquot3d-Word`, `(password "x" "plac3d-Word"`} {
		c.filter("/Users", filter).want(400)
		c.do("POST", "/Users/.search", search(filter)).want(400)
	}

	entries := c.target.Journal()
	equal(t, "entries", len(entries), 20)
	equal(t, "kind of the first", entries[0].Operation.Kind, "create")
	equal(t, "id of the first", entries[0].Operation.ID, made.id())
	equal(t, "method", entries[0].Request.Method, "POST")
	equal(t, "URL", entries[0].Request.URL, "/scim/v2/Users")
	equal(t, "status", entries[0].Response.Status, 201)
	equal(t, "ETag", entries[0].Response.Header.Get("ETag"), made.header.Get("ETag"))
	equal(t, "response", entries[0].Response.Body, made.raw)
	equal(t, "patch", fmt.Sprintf("%s %s %s", entries[1].Operation.Patch[0].Op, entries[1].Operation.Patch[0].Path, entries[1].Operation.Patch[0].Value), `replace Title "x"`)
	equal(t, "filter", entries[3].Operation.Filter, `userName eq "ann"`)
	equal(t, "bulk", entries[9].Operation.Bulk[0].Kind, "create")
	if !strings.Contains(entries[0].Request.Body, `"password":"***"`) {
		t.Errorf("the password is not masked in place: %s", entries[0].Request.Body)
	}
	for i, e := range entries {
		equal(t, "seq", e.Seq, i+1)
		if text := fmt.Sprintf("%+v", e); strings.Contains(text, "-Word") || strings.Contains(text, c.token) {
			t.Errorf("entry %d shows a secret: %s", i+1, text)
		}
	}

	c.target.ClearJournal()
	equal(t, "entries after clearing", len(c.target.Journal()), 0)
	c.do("GET", "/Users", "").want(200)
	equal(t, "numbers go on", c.target.Journal()[0].Seq, 21)
}

// TestJournalHidesOddSecrets puts secrets where clients put them by mistake.
func TestJournalHidesOddSecrets(t *testing.T) {
	c := start(t)
	made := c.createUser("ann", `"password":"p4ss-Word"`)
	for _, target := range []string{
		"/Users?access%5Ftoken=x-Word", "/Users?token=x-Word", "/Users?API_key=x-Word", "/Users?acc%65ss_token=x-Word",
		"/Users?f%69lter=password%20eq%20x-Word", "/Users?filter=passw%256Frd%20eq%20%22x-Word%22", "/Users?a;filter=password%20eq%20x-Word",
		"/Users?q=password%20eq%20%22x-Word%22",
	} {
		c.do("GET", target, "")
	}
	for _, operation := range []string{
		`{"op":"remove","path":"emails[password eq \"x-Word\"]"}`,
		`{"op":"replace","path":"password[value eq \"x-Word\"]","value":"x-Word"}`,
		`{"op":"replace","value":"{\"password\":\"x-Word\"}"}`,
	} {
		c.do("PATCH", "/Users/"+made.id(), patchBody(operation)).want(400)
	}
	c.do("POST", "/Users/.search", `{"schemas":["`+searchURN+`"],"filter":["password eq \"x-Word\""]}`).want(400)
	c.do("GET", "/Users", "", "X-Api-Key: x-Word", "X-Auth-Token: x-Word").want(200)
	c.do("POST", c.target.Origin()+"/oauth/token", "grant_type=password&client%5Fsecret=x-Word&refresh_token=x-Word",
		"Content-Type: Application/X-WWW-Form-Urlencoded ; charset=utf-8").want(404)
	c.do("GET", "/Users?attributes=password", "").want(200)

	entries := c.target.Journal()
	for i, e := range entries {
		if text := fmt.Sprintf("%+v", e); strings.Contains(text, "-Word") {
			t.Errorf("entry %d shows a secret: %s", i+1, text)
		}
	}
	equal(t, "URL that names a secret and holds none", entries[len(entries)-1].Request.URL, "/scim/v2/Users?attributes=password")
}

func TestJournalIsBounded(t *testing.T) {
	t.Run("operations", func(t *testing.T) {
		c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{Bytes: 30_000, BodyBytes: 100, ChangeBytes: 1}}))
		id := c.createUser("ann").id()
		for i := range 8 {
			c.do("PATCH", "/Users/"+id, patchBody(fmt.Sprintf(`{"op":"replace","path":"title","value":"%d%s"}`, i, strings.Repeat("x", 8000)))).want(200)
		}
		if entries := c.target.Journal(); len(entries) > 3 {
			t.Errorf("%d entries with operations of 8000 bytes are kept in 30,000 bytes", len(entries))
		}
	})
	t.Run("entries", func(t *testing.T) {
		c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{Entries: 3}}))
		for range 5 {
			c.do("GET", "/Users", "").want(200)
		}
		entries := c.target.Journal()
		equal(t, "entries", len(entries), 3)
		equal(t, "oldest", entries[0].Seq, 3)
	})
	t.Run("bytes", func(t *testing.T) {
		c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{Bytes: 20_000, BodyBytes: 5000}}))
		for i := range 6 {
			c.createUser(fmt.Sprintf("%d%s", i, strings.Repeat("x", 8000)))
		}
		entries := c.target.Journal()
		if len(entries) == 0 || len(entries) > 2 {
			t.Errorf("%d entries are kept, want 1 or 2", len(entries))
		}
		last := entries[len(entries)-1]
		equal(t, "kept", len(last.Request.Body), 5000)
		equal(t, "truncated", last.Request.Truncated, true)
		if last.Request.Size < 8000 {
			t.Errorf("the size is %d", last.Request.Size)
		}
	})
	t.Run("off", func(t *testing.T) {
		c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{Off: true}}))
		c.createUser("x")
		equal(t, "entries", len(c.target.Journal()), 0)
	})
}
