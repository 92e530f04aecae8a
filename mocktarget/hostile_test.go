package mocktarget_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// After each hostile request the server must still answer, and nothing may have
// been stored.
func TestHostileInput(t *testing.T) {
	c := start(t)
	c.createUser("survivor")
	alive := func(t *testing.T) {
		t.Helper()
		equal(t, "users", c.do("GET", "/Users?count=0", "").want(200).at("totalResults"), 1)
	}
	filter := func(text string) reply {
		t.Helper()
		return c.do("GET", "/Users?filter="+url.QueryEscape(text), "")
	}

	t.Run("a filter of 100,000 parentheses", func(t *testing.T) {
		filter(strings.Repeat("(", 100_000)).wantError(400, "invalidFilter", "8192")
		c.do("GET", "/Users?filter="+strings.Repeat("(", 100_000), "").wantError(400, "invalidFilter")
		c.do("POST", "/Users/.search", search(strings.Repeat("(", 100_000))).wantError(400, "invalidFilter")
		alive(t)
	})
	t.Run("a filter nested 1,000 deep", func(t *testing.T) {
		filter(strings.Repeat("(", 1000)+`userName pr`+strings.Repeat(")", 1000)).wantError(400, "invalidFilter")
		filter(strings.Repeat("not (", 1000)+`userName pr`+strings.Repeat(")", 1000)).wantError(400, "invalidFilter")
		alive(t)
	})
	t.Run("a filter of 1 MB", func(t *testing.T) {
		filter(`userName eq "`+strings.Repeat("x", 1<<20)+`"`).wantError(400, "invalidFilter", "8192")
		alive(t)
	})
	t.Run("a path nested deep", func(t *testing.T) {
		id := c.target.Users()[0].ID()
		c.do("PATCH", "/Users/"+id, patchBody(fmt.Sprintf(`{"op":"remove","path":"emails[%s"}`, strings.Repeat("(", 50_000)))).wantError(400, "invalidPath")
		alive(t)
	})
	t.Run("a long list of terms", func(t *testing.T) {
		terms := strings.TrimSuffix(strings.Repeat(`title co "a" or `, 400), " or ")
		filter(terms).want(200)
		alive(t)
	})
	t.Run("many elements", func(t *testing.T) {
		var emails strings.Builder
		for i := range 20_000 {
			if i > 0 {
				emails.WriteByte(',')
			}
			fmt.Fprintf(&emails, `{"value":"%d@x"}`, i)
		}
		r := c.do("POST", "/Users", user("many", `"emails":[`+emails.String()+`]`)).want(201)
		c.do("PATCH", "/Users/"+r.id(), patchBody(`{"op":"add","path":"emails","value":[`+emails.String()+`]}`)).want(200)
		c.do("DELETE", "/Users/"+r.id(), "").want(204)
		alive(t)
	})
	t.Run("large headers", func(t *testing.T) {
		c.do("GET", "/Users", "", "X-Large: "+strings.Repeat("x", 100_000)).wantError(431, "")
		alive(t)
	})
	t.Run("odd queries", func(t *testing.T) {
		for _, query := range []string{"filter=%zz", "count=ten", "startIndex=1.5", "count=1;x=2"} {
			c.do("GET", "/Users?"+query, "").wantError(400, "invalidValue")
		}
		c.do("GET", "/Users?startIndex=9223372036854775807&count=9223372036854775807", "").want(200)
		c.do("GET", "/Users/%00", "").wantError(404, "")
		c.do("GET", "/Users/"+strings.Repeat("x", 100_000), "").wantError(404, "")
		c.do("GET", "/Users?sortBy="+strings.Repeat("x", 100_000), "").want(200)
		c.do("GET", "//Users", "").want(404)
		alive(t)
	})
	t.Run("bulk", func(t *testing.T) {
		operations := make([]string, 1000)
		for i := range operations { // each refers to the next: a chain as deep as there are operations
			operations[i] = post("/Groups", fmt.Sprint(i), group("chain", fmt.Sprintf(`"members":[{"value":"bulkId:%d"}]`, i+1)))
		}
		operations[999] = post("/Groups", "999", group("end"))
		r := c.do("POST", "/Bulk", bulkBody("", operations...)).want(200)
		equal(t, "results", r.statuses(), strings.TrimSuffix(strings.Repeat("201 ", 1000), " "))
		alive(t)
	})
}

func TestHostileBodies(t *testing.T) {
	c := start(t)
	c.createUser("survivor")
	alive := func(t *testing.T) {
		t.Helper()
		equal(t, "users", c.do("GET", "/Users?count=0", "").want(200).at("totalResults"), 1)
	}
	t.Run("JSON nested 10,000 deep", func(t *testing.T) {
		for _, deep := range []string{
			strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
			strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		} {
			c.do("POST", "/Users", user("deep", `"x":`+deep)).wantError(400, "invalidSyntax")
			c.do("POST", "/Users", deep).wantError(400, "invalidSyntax")
		}
		alive(t)
	})
	t.Run("RFC7644-3.12-R20", func(t *testing.T) {
		for _, body := range []string{
			"{", "null", "[]", `"x"`, "{}{}", user("x") + "garbage", `{"userName":"a","username":"b"}`, "\xef\xbb\xbf" + user("bom"),
			"{\"userName\":\"\xff\xfe\"}", `{"userName":"\ud800"}`, "\x00", `{"a":01}`, `{"a":NaN}`, `{'a':1}`, "{\"a\":1,}",
		} {
			r := c.do("POST", "/Users", body)
			r.want(400)
			equal(t, fmt.Sprintf("scimType for %q", body), r.at("scimType"), "invalidSyntax")
		}
		c.do("POST", "/Users", "", "Content-Type: application/scim+json").wantError(400, "invalidSyntax")
		alive(t)
	})
	t.Run("wrong types", func(t *testing.T) {
		for _, more := range []string{
			`"active":"maybe"`, `"emails":{"value":"a@x"}`, `"emails":["a@x"]`, `"name":"x"`, `"title":5`, `"emails":[{"value":5}]`,
			`"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]`, `"title":["x"]`,
			`"` + enterpriseURN + `":{"manager":"x"}`,
		} {
			if r := c.do("POST", "/Users", user("typed", more)); r.status != 400 || r.at("scimType") == nil {
				t.Errorf("%s is answered %d: %s", more, r.status, r.raw)
			}
		}
	})
	t.Run("large bodies", func(t *testing.T) {
		for _, size := range []int{1 << 20, 10 << 20, 64 << 20} {
			body := strings.NewReader(`{"schemas":["` + userURN + `"],"userName":"` + strings.Repeat("x", size) + `"}`)
			for _, chunked := range []bool{false, true} {
				if _, err := body.Seek(0, io.SeekStart); err != nil {
					t.Fatal(err)
				}
				var source io.Reader = body
				if chunked {
					source = io.MultiReader(body) // hides the length
				}
				request, _ := http.NewRequest("POST", c.base+"/Users", source)
				request.Header.Set("Authorization", "Bearer "+c.token)
				request.Header.Set("Content-Type", "application/scim+json")
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Fatalf("%d bytes: %v", size, err)
				}
				answer, _ := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if response.StatusCode != 413 || !strings.Contains(string(answer), errorURN) {
					t.Errorf("%d bytes are answered %d: %s", size, response.StatusCode, answer)
				}
			}
		}
		alive(t)
	})
}

// Clients that never end their headers must not keep others from being served, and
// are cut off.
func TestHalfOpenConnections(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Limits: mocktarget.Limits{HeaderTimeout: 100 * time.Millisecond}}))
	address := strings.TrimPrefix(c.target.Origin(), "http://")
	slow := make([]net.Conn, 1000)
	for i := range slow {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		slow[i] = conn
		defer conn.Close()
		if _, err := conn.Write([]byte("GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	c.do("GET", "/Users", "").want(200)
	for _, conn := range slow { // ends only when the server closes them all
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("a connection without a complete header stays open")
		}
	}

	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/scim+json\r\nContent-Length: 100\r\n\r\n{", c.token)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	equal(t, "status for a body cut short", response.StatusCode, 400)
}

// Sixty-four clients do everything at once; at the end the indexes agree with the
// resources. With -race this also finds data races.
func TestMixedTraffic(t *testing.T) {
	c := start(t)
	groupID := c.createGroup("everybody").id()
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			steps := []struct{ method, path, body string }{
				{"POST", "/Users", user(fmt.Sprintf("user%d", i), fmt.Sprintf(`"emails":[{"value":"e%d@x.org"}]`, i))},
				{"GET", "/Users?filter=" + url.QueryEscape(fmt.Sprintf(`userName eq "user%d"`, i)), ""},
				{"GET", "/Users?sortBy=userName&count=5", ""},
				{"GET", "/Users?filter=" + url.QueryEscape(`emails.value co "@x"`) + "&count=3", ""},
				{"GET", "/Groups/" + groupID, ""},
				{"GET", "/Schemas", ""},
			}
			var id string
			for round := range 5 {
				for _, s := range steps {
					r, err := c.try(s.method, s.path, s.body)
					if err != nil {
						t.Error(err)
						return
					}
					if s.method == "POST" && round == 0 {
						id, _ = r.body["id"].(string)
					} else if r.status != 200 && s.method == "GET" {
						t.Errorf("%s %s answered %d: %s", s.method, s.path, r.status, r.raw)
					}
				}
				for _, body := range []string{
					patchBody(`{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`),
					patchBody(`{"op":"remove","path":"members[value eq \"` + id + `\"]"}`),
					patchBody(`{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`),
				} {
					if r, err := c.try("PATCH", "/Groups/"+groupID, body); err != nil || r.status != 204 {
						t.Errorf("PATCH answered %d: %v %s", r.status, err, r.raw)
					}
				}
				r, err := c.try("PATCH", "/Users/"+id, patchBody(fmt.Sprintf(`{"op":"replace","path":"title","value":"r%d"}`, round)))
				if err != nil || r.status != 200 {
					t.Errorf("PATCH answered %d: %v %s", r.status, err, r.raw)
				}
			}
			if i%2 == 0 {
				if r, err := c.try("DELETE", "/Users/"+id, ""); err != nil || r.status != 204 {
					t.Errorf("DELETE answered %d: %v", r.status, err)
				}
			}
		})
	}
	wg.Wait()
	equal(t, "users", len(c.target.Users()), 32)
	equal(t, "members", len(c.target.Groups()[0].Array("members")), 32)
	for i := range 64 {
		equal(t, fmt.Sprintf("user%d", i), c.filter("/Users", fmt.Sprintf(`emails.value eq "e%d@x.org" and title eq "r4"`, i)).at("totalResults"), i%2)
	}
}

func TestTenantLimit(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Limits: mocktarget.Limits{Tenants: 2}}))
	c.do("GET", c.target.Origin()+"/t/second/scim/v2/Users", "").want(200)
	c.do("GET", c.target.Origin()+"/t/third/scim/v2/Users", "").wantError(403, "", "2")
	c.do("GET", "/Users", "").want(200)
}

func TestSequentialIDs(t *testing.T) {
	ids := func() string {
		c := start(t, mocktargettest.WithSequentialIDs())
		return c.createUser("a").id() + " " + c.createUser("b").id() + " " + c.createGroup("a").id()
	}
	first := ids()
	equal(t, "ids of the second run", ids(), first)
	if parts := strings.Fields(first); parts[0] == parts[1] || parts[0] == parts[2] {
		t.Errorf("the ids are not different: %s", first)
	}
}
