package mocktarget_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

func TestCursors(t *testing.T) {
	prove(t, []proof{
		{"RFC9865-2-R2+RFC9865-2-R3+RFC9865-2-R6+RFC9865-2-R7+RFC9865-2-R9+RFC9865-2-R10+RFC9865-2-R12+RFC9865-2-R16", cursorWalk},
		{"RFC9865-2-R11", cursorWalkBack},
		{"RFC9865-2-R4+RFC9865-2-R5", cursorWithoutResources},
		{"RFC9865-2-R8+RFC9865-4-R6", cursorPageSizes},
		{"RFC9865-2-R17+RFC9865-2-R18", cursorTotal},
		{"RFC9865-2.1-R1+RFC9865-2.1-R2+RFC9865-2.1-R4", cursorProblems},
		{"RFC9865-2.2-R1", cursorSorted},
		{"RFC9865-2.3-R1+RFC9865-2.4-R2", cursorIsNotForced},
		{"RFC9865-3-R1", cursorSearch},
		{"RFC9865-5.2-R1+RFC9865-5.2-R2", cursorGrantsNothing},
		{"RFC9865-5.2-R4+RFC9865-5.2-R5", cursorForged},
	}, configured(mocktarget.Config{
		Auth:   mocktarget.Auth{Tokens: []mocktarget.BearerToken{{Value: "second-credential"}}},
		Limits: mocktarget.Limits{PageSize: 4, PageMax: 6},
	}))
}

// crowd creates 11 users and returns their ids in the order of creation.
func crowd(c *client) []string {
	users := userSeeds("u", 11)
	c.target.Seed(`{"Users":[` + strings.Join(users, ",") + `]}`)
	var ids []string
	for _, v := range c.target.Users() {
		ids = append(ids, v.ID())
	}
	return ids
}

// page gets one page; cursor is not escaped, which it need not be.
func page(c *client, query, cursor string) reply {
	c.t.Helper()
	return c.do("GET", "/Users?"+query+"&cursor="+cursor, "")
}

// walk follows nextCursor from the first page to the last and returns the pages.
func walk(c *client, query string) []reply {
	c.t.Helper()
	var pages []reply
	for cursor := ""; ; {
		r := page(c, query, cursor).want(200)
		pages = append(pages, r)
		next, more := r.body["nextCursor"]
		if !more {
			return pages
		}
		text, ok := next.(string)
		if !ok || text == "" || len(pages) > 20 {
			c.t.Fatalf("after %d pages nextCursor is %v", len(pages), next)
		}
		cursor = text
	}
}

func ids(pages []reply) []string {
	var all []string
	for _, r := range pages {
		all = append(all, strings.Fields(r.names("id"))...)
	}
	return all
}

func cursorWalk(c *client) {
	want := crowd(c)
	for count, pages := range map[int]int{1: 11, 2: 6, 3: 4, 5: 3, 6: 2} {
		query := fmt.Sprint("count=", count)
		got := walk(c, query)
		equal(c.t, query+": resources", ids(got), want)
		equal(c.t, query+": pages", len(got), pages)
		for i, r := range got {
			equal(c.t, query+": previousCursor of page 1 is there", i > 0, r.body["previousCursor"] != nil)
			equal(c.t, "itemsPerPage", r.at("itemsPerPage"), len(r.resources()))
			if n := len(r.resources()); n != count && i < pages-1 || n > count || n == 0 {
				c.t.Errorf("%s: page %d has %d resources", query, i+1, n)
			}
			for _, name := range []string{"nextCursor", "previousCursor"} {
				cursor, _ := r.body[name].(string)
				if url.QueryEscape(cursor) != cursor || strings.ContainsAny(cursor, "+%") {
					c.t.Errorf("the %s %q has reserved characters", name, cursor)
				}
			}
		}
	}
	// The first page can be asked for in two ways.
	equal(c.t, "?cursor", c.do("GET", "/Users?cursor&count=2", "").want(200).names("id"), page(c, "count=2", "").names("id"))
}

func cursorWalkBack(c *client) {
	want := crowd(c)
	for _, query := range []string{"count=3", "count=3&sortBy=userName&sortOrder=descending"} {
		pages := walk(c, query)
		r := pages[len(pages)-1]
		back := strings.Fields(r.names("id"))
		for r.body["previousCursor"] != nil {
			r = page(c, query, r.body["previousCursor"].(string)).want(200)
			back = append(strings.Fields(r.names("id")), back...)
		}
		equal(c.t, query+": the walk back", back, ids(pages))
		equal(c.t, query+": resources", len(back), len(want))
	}
}

func cursorWithoutResources(c *client) {
	crowd(c)
	for _, count := range []string{"0", "-1", "-1000"} {
		r := page(c, "count="+count, "").want(200)
		equal(c.t, "resources", len(r.resources()), 0)
		equal(c.t, "totalResults", r.at("totalResults"), 11)
		equal(c.t, "nextCursor", r.at("nextCursor"), nil)
		equal(c.t, "previousCursor", r.at("previousCursor"), nil)
	}
	none := page(c, "filter="+url.QueryEscape(`userName eq "nobody"`), "").want(200)
	equal(c.t, "no match", []any{none.at("totalResults"), len(none.resources()), none.at("nextCursor")}, []any{0, 0, nil})
}

func cursorPageSizes(c *client) {
	crowd(c)
	config := c.do("GET", "/ServiceProviderConfig", "").at("pagination")
	for _, query := range []string{"", "cursor="} {
		equal(c.t, query+": page without count", len(c.do("GET", "/Users?"+query, "").want(200).resources()), at(config, "defaultPageSize"))
		equal(c.t, query+": page with a large count", len(c.do("GET", "/Users?count=1000&"+query, "").want(200).resources()), at(config, "maxPageSize"))
	}
	equal(c.t, "a walk without count", len(walk(c, "")), 3)
}

func cursorTotal(c *client) {
	want := crowd(c)
	for query, total := range map[string]int{"count=2": len(want), "count=2&filter=" + url.QueryEscape(`userName ge "u05"`): 6} {
		pages := walk(c, query)
		for _, r := range pages {
			equal(c.t, query+": totalResults", r.at("totalResults"), total)
		}
		equal(c.t, query+": resources", len(ids(pages)), total)
	}
}

func cursorProblems(c *client) {
	crowd(c)
	cursor := page(c, "count=2", "").at("nextCursor").(string)
	for query, want := range map[string]string{
		"cursor=not-a-cursor": "invalidCursor", "cursor=%00": "invalidCursor", "cursor=" + cursor + "x": "invalidCursor", "cursor=" + cursor[1:]: "invalidCursor",
		"cursor=" + cursor + "&count=3": "invalidCount", "cursor=" + cursor + "&count=abc": "invalidCount", "cursor=&count=1.5": "invalidCount",
		"cursor=" + cursor + "&filter=" + url.QueryEscape("title pr"): "invalidCursor", "cursor=" + cursor + "&sortBy=userName": "invalidCursor",
		"cursor=" + cursor + "&startIndex=1": "invalidCursor", "cursor=&startIndex=1": "invalidCursor",
	} {
		r := c.do("GET", "/Users?"+query, "")
		r.wantError(400, want)
		equal(c.t, "resources in an error", r.at("Resources"), nil)
	}
	c.do("GET", "/Groups?cursor="+cursor, "").wantError(400, "invalidCursor")
	equal(c.t, "without count", c.do("GET", "/Users?cursor="+cursor, "").want(200).names("id"), "u02 u03")
	equal(c.t, "a second time", page(c, "count=2", cursor).want(200).names("id"), "u02 u03")
}

func cursorSorted(c *client) {
	c.target.Seed(`{"Users":[{"userName":"d"},{"userName":"B"},{"userName":"a","title":"x"},{"userName":"C"},{"userName":"e","title":"X"}]}`)
	for query, want := range map[string]string{
		"sortBy=userName": "a B C d e", "sortBy=userName&sortOrder=descending": "e d C B a", "sortBy=title": "a e d B C", "sortBy=meta.created": "d B a C e",
	} {
		for _, count := range []string{"1", "2", "4"} {
			var names []string
			for _, r := range walk(c, query+"&count="+count) {
				names = append(names, strings.Fields(r.names("userName"))...)
			}
			equal(c.t, query+" by "+count, strings.Join(names, " "), want)
		}
	}
}

// cursorIsNotForced: who does not ask for cursors gets pages by index, always.
func cursorIsNotForced(c *client) {
	crowd(c)
	equal(c.t, "method", c.do("GET", "/ServiceProviderConfig", "").at("pagination", "defaultPaginationMethod"), "index")
	first := c.do("GET", "/Users", "").want(200)
	for range 3 {
		equal(c.t, "the list", c.do("GET", "/Users", "").raw, first.raw)
	}
	equal(c.t, "startIndex", first.at("startIndex"), 1)
	equal(c.t, "nextCursor", first.at("nextCursor"), nil)
}

func cursorSearch(c *client) {
	crowd(c)
	var found []string
	cursor := ""
	for range 5 {
		r := c.do("POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q],"cursor":%q,"count":3}`, searchURN, cursor)).want(200)
		got := page(c, "count=3", cursor).want(200)
		equal(c.t, "the page by GET", got.names("id"), r.names("id"))
		found = append(found, strings.Fields(r.names("id"))...)
		if cursor, _ = r.at("nextCursor").(string); cursor == "" {
			break
		}
		equal(c.t, "the page by GET with this cursor", page(c, "count=3", cursor).want(200).names("id"),
			c.do("POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q],"cursor":%q}`, searchURN, cursor)).want(200).names("id"))
	}
	equal(c.t, "found", len(found), 11)
	c.do("POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q],"cursor":"x"}`, searchURN)).wantError(400, "invalidCursor")
	c.do("POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q],"cursor":7}`, searchURN)).wantError(400, "invalidValue", "cursor")
}

// cursorGrantsNothing: each page is for whoever asks for it now.
func cursorGrantsNothing(c *client) {
	crowd(c)
	cursor := page(c, "count=2", "").at("nextCursor").(string)
	c.do("GET", "/Users?count=2&cursor="+cursor, "", "Authorization: ").wantError(401, "")
	c.do("GET", "/Users?count=2&cursor="+cursor, "", "Authorization: Bearer wrong").wantError(401, "")
	r := c.do("GET", "/Users?count=2&cursor="+cursor, "", "Authorization: Bearer second-credential").want(200)
	equal(c.t, "what another one may see as well", r.names("id"), "u02 u03")
	other := clientOf(c.t, c.target.Tenant("cursor-foreign"))
	other.target.Seed(`{"Users":[{"id":"theirs","userName":"theirs"}]}`)
	page(other, "count=2", cursor).wantError(400, "invalidCursor")
}

// cursorForged: a cursor does not tell what it says, a change of any character is
// noticed, and the error is the same whether a cursor is forged or somebody else's.
func cursorForged(c *client) {
	crowd(c)
	cursor := page(c, "count=2", "").at("nextCursor").(string)
	plain, _ := base64.RawURLEncoding.DecodeString(cursor)
	for _, word := range []string{"count\":", "proof", "\"e\":1"} {
		if strings.Contains(cursor, word) || strings.Contains(string(plain), word) {
			c.t.Errorf("the cursor %s shows %q", cursor, word)
		}
	}
	forged := page(c, "count=2", "forged")
	forged.wantError(400, "invalidCursor")
	for i := range cursor {
		changed := []byte(cursor)
		changed[i] = "AB"[slices.Index([]bool{cursor[i] != 'A', cursor[i] == 'A'}, true)]
		equal(c.t, fmt.Sprint("character ", i, " changed"), page(c, "count=2", string(changed)).want(400).raw, forged.raw)
	}
	other := clientOf(c.t, c.target.Tenant("cursor-other"))
	other.target.Seed(`{"Users":[` + strings.Join(userSeeds("x", 3), ",") + `]}`)
	foreign := page(other, "count=2", "").at("nextCursor").(string)
	equal(c.t, "a cursor of another tenant", page(c, "count=2", foreign).want(400).raw, forged.raw)
}

func TestCursorExpiry(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := start(t, configured(mocktarget.Config{
		Now: func() time.Time { return now }, Limits: mocktarget.Limits{CursorTimeout: time.Minute},
	}))
	crowd(c)
	seconds := c.do("GET", "/ServiceProviderConfig", "").at("pagination", "cursorTimeout")
	equal(t, "cursorTimeout", seconds, 60)
	cursor := page(c, "count=2", "").at("nextCursor").(string)
	t.Run("RFC9865-4-R7", func(t *testing.T) {
		var found []string
		for next := cursor; next != ""; { // the walk as a whole may take longer
			now = now.Add(time.Minute)
			r := page(c, "count=2", next).want(200)
			found = append(found, r.names("id"))
			next, _ = r.at("nextCursor").(string)
		}
		equal(t, "found", len(strings.Fields(strings.Join(found, " "))), 9)
	})
	t.Run("RFC9865-2.1-R3", func(t *testing.T) {
		page(c, "count=2", cursor).wantError(400, "expiredCursor")
		again := page(c, "count=2", "").want(200).at("nextCursor").(string)
		now = now.Add(time.Minute + time.Millisecond)
		page(c, "count=2", again).wantError(400, "expiredCursor")
	})
}
