package inspector_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget/inspector"
)

// command returns the curl command that the page offers for an exchange.
func (b *bench) command(seq int) string {
	b.t.Helper()
	_, body, _ := b.get(fmt.Sprintf("/default/exchanges/%d", seq))
	found := regexp.MustCompile(`data-copy="([^"]*)"`).FindStringSubmatch(body)
	if found == nil {
		b.t.Fatalf("there is no command in %s", body)
	}
	return html.UnescapeString(found[1])
}

// TestCurlSendsItAgain runs the commands that the page offers, and looks whether the
// mock sees the same request as before.
func TestCurlSendsItAgain(t *testing.T) {
	_, err := exec.LookPath("curl")
	if err != nil && os.Getenv("SCIMWRIGHT_CI") != "" {
		t.Fatal("there is no curl, which this test needs")
	}
	if err != nil {
		t.Skip("there is no curl to send the commands with")
	}
	b := start(t)
	for _, send := range []struct{ method, path, body string }{
		{"POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"o'neil \"x\" $HOME"}`},
		{"GET", `/Users?filter=emails[type%20eq%20%22work%22]`, ""},
		{"HEAD", "/Users", ""},
		{"PUT", "/Users/nobody", "@/etc/hostname"},
		{"DELETE", "/Users/nobody", ""},
	} {
		b.request(send.method, send.path, send.body)
	}
	sent := b.target.Journal()
	for i, before := range sent {
		run := exec.CommandContext(t.Context(), "sh", "-c", b.command(i+1))
		run.Env = []string{"TOKEN=" + b.target.Token(), "HOME=/nowhere"}
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", run, err, out)
		}
		entries := b.target.Journal()
		after := entries[len(entries)-1]
		if len(entries) != len(sent)+i+1 || after.Request.Method != before.Request.Method || after.Request.URL != before.Request.URL ||
			after.Request.Body != before.Request.Body || after.Caller != before.Caller {
			t.Errorf("%s\nhas sent %+v\nbut it was %+v", run, after.Request, before.Request)
		}
		for _, name := range []string{"Accept", "Content-Type"} {
			if was, is := before.Request.Header[name], after.Request.Header[name]; fmt.Sprint(was) != fmt.Sprint(is) {
				t.Errorf("%s\nhas sent %s %q, but it was %q", run, name, is, was)
			}
		}
	}
}

// TestCurlGoesToTheService has the page at another address than the service.
func TestCurlGoesToTheService(t *testing.T) {
	b := start(t)
	b.request("GET", "/Users", "")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1/default/exchanges/1", nil)
	w := httptest.NewRecorder()
	inspector.New(b.target.Server(), "/api").ServeHTTP(w, r)
	if text := html.UnescapeString(w.Body.String()); !strings.Contains(text, "'"+b.target.URL()+"/Users'") {
		t.Errorf("the command does not go to %s: %s", b.target.URL(), text)
	}
}

// TestWholeResources looks at exchanges that made and deleted resources: one is shown
// as it is, and as it was.
func TestWholeResources(t *testing.T) {
	b := start(t)
	b.target.Seed(`{"Users":[{"id":"a/b","userName":"slash"}]}`)
	b.request("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":1,"Operations":[`+
		`{"method":"POST","path":"/Users","bulkId":"x","data":`+ada+`},{"method":"DELETE","path":"/Users/nobody"},{"method":"DELETE","path":"/Users/a%2Fb"}]}`)
	b.request("DELETE", "/Users/a%2Fb", "")
	for path, wants := range map[string][]string{
		"/default/exchanges/1": {`<pre class="is">`, `&#34;userName&#34;: &#34;ada&#34;`, ">201<", ">404<", "not carried out"},
		"/default/exchanges/2": {`<pre class="was">`, `&#34;userName&#34;: &#34;slash&#34;`},
	} {
		_, body, _ := b.get(path)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("GET %s shows no %q:\n%s", path, want, body)
			}
		}
		if strings.Contains(body, "open sesame") {
			t.Errorf("GET %s shows a password:\n%s", path, body)
		}
	}
}

// TestOddIDs follows the link to a resource whose id has a slash.
func TestOddIDs(t *testing.T) {
	b := start(t)
	b.target.Seed(`{"Users":[{"id":"a/b","userName":"slash"}]}`)
	_, body, _ := b.get("/default/resources")
	link := regexp.MustCompile(`data-open="([^"]*)"`).FindStringSubmatch(body)[1]
	if status, body, _ := b.get("/" + link); status != http.StatusOK || !strings.Contains(body, "slash") {
		t.Errorf("%s: %d %s", link, status, body)
	}
}
