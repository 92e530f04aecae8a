package console_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
	"github.com/permiso/scimwright/provisioner/admin/console"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/store"
)

const apiKey = "correct horse"

// A bench is a service with its page, and a browser to look at it.
type bench struct {
	t      *testing.T
	url    string
	client *admin.Client
	target *mocktargettest.Target
	ctx    context.Context
	// serving is whether requests are answered; otherwise their connection is cut.
	serving atomic.Bool
}

func start(t *testing.T) *bench {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Database: filepath.Join(t.TempDir(), "test.db")})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	engine := provisioner.New(provisioner.Config{Store: s, PrivateNetwork: true, Backoff: provisioner.Backoff{Base: 50 * time.Millisecond}})
	q, err := queue.Start(t.Context(), queue.Config{Store: s, Engine: engine})
	must(t, err)
	t.Cleanup(func() { must(t, q.Stop(context.Background())) })
	api, err := admin.New(admin.Config{Store: s, Steward: engine, Runner: engine, Tester: engine, APIKey: apiKey})
	must(t, err)
	b := &bench{t: t, target: mocktargettest.New(t)}
	b.serving.Store(true)
	page := console.New(api)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !b.serving.Load() {
			panic(http.ErrAbortHandler)
		}
		page.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.url, b.client = server.URL, admin.NewClient(server.URL, apiKey, server.Client())
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put has a user in the directory.
func (b *bench) put(id, userName string) {
	b.t.Helper()
	must(b.t, b.client.PutUser(b.t.Context(), id, admin.Resource{RawMessage: fmt.Appendf(nil, `{"userName": %q, "active": true}`, userName)}))
}

// request asks for a path without a key.
func (b *bench) request(method, path string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, nil)
	must(b.t, err)
	response, err := http.DefaultClient.Do(r)
	must(b.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(b.t, err)
	return response, string(text)
}

// TestPage: what the page is made of is there for everybody and holds nothing, and nothing
// else is.
func TestPage(t *testing.T) {
	b := start(t)
	b.put("u1", "zoe")
	for path, part := range map[string]string{"/": "text/html", "/assets/main.js": "text/javascript", "/assets/console.css": "text/css"} {
		response, text := b.request(http.MethodGet, path)
		h := response.Header
		if response.StatusCode != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), part) || strings.Contains(text, "zoe") || strings.Contains(text, apiKey) {
			t.Errorf("GET %s: %s, %s: %s", path, response.Status, h.Get("Content-Type"), text)
		}
		policy := h.Get("Content-Security-Policy")
		for _, directive := range []string{"default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, directive) {
				t.Errorf("the policy of %s is %q, without %s", path, policy, directive)
			}
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("GET %s has the header %v", path, h)
		}
	}
	for _, path := range []string{"/assets/", "/assets/page.html", "/assets/none.js", "/assets/../console.go"} {
		if response, _ := b.request(http.MethodGet, path); response.StatusCode == http.StatusOK {
			t.Errorf("GET %s is there", path)
		}
	}
	if response, _ := b.request(http.MethodPost, "/"); response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST / answers %s", response.Status)
	}
	for _, path := range []string{"/api/v1/status", "/nowhere"} {
		if response, _ := b.request(http.MethodGet, path); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("GET %s without a key answers %s", path, response.Status)
		}
	}
}

// TestFieldsAreTheSettings: each setting has a field in the form of the page, but for those
// that are written as JSON, and no field is of a setting that there is not.
func TestFieldsAreTheSettings(t *testing.T) {
	text, err := os.ReadFile("page/fields.js")
	must(t, err)
	fields := map[string]bool{"mapping": true, "driftOf": true, "capabilities": true} // as JSON
	for _, row := range regexp.MustCompile(`(?m)^    \["([A-Za-z.]+)", `).FindAllSubmatch(text, -1) {
		fields[string(row[1])] = true
	}
	settings := map[string]bool{}
	var list func(prefix string, of reflect.Type)
	list = func(prefix string, of reflect.Type) {
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if field.Type.Kind() == reflect.Struct && field.Type != reflect.TypeFor[time.Time]() {
				list(prefix+name+".", field.Type)
			} else {
				settings[prefix+name] = true
			}
		}
	}
	list("", reflect.TypeFor[provisioner.Settings]())
	if !maps.Equal(fields, settings) {
		t.Errorf("the form has the fields %q, the settings are %q", slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(settings)))
	}
}

// browse starts Chromium on the page. Without one the test is skipped, or fails where
// SCIMWRIGHT_CI says that nothing may be left out.
func (b *bench) browse() {
	b.t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("SCIMWRIGHT_CI") != "" {
		b.t.Fatal("there is no chromium, which these tests need")
	}
	if err != nil {
		b.t.Skip("there is no chromium to look at the page with")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true), chromedp.WindowSize(1280, 800))
	ctx, cancel := chromedp.NewExecAllocator(b.t.Context(), options...)
	b.t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	b.t.Cleanup(cancel)
	b.ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	b.t.Cleanup(cancel)
	b.do(chromedp.Navigate(b.url+"/"), chromedp.WaitVisible("#key"))
}

func (b *bench) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, steps...))
}

// until waits until an expression of the page is true.
func (b *bench) until(expression string) {
	b.t.Helper()
	for range 600 {
		if is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")")); err == nil && is {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	b.shoot("failed-" + b.t.Name())
	b.t.Fatalf("%s did not come about (%v); the page shows\n%s", expression, err, text)
}

// shows waits until a part of the page has a text.
func (b *bench) shows(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("[...document.querySelectorAll(%q)].some((e) => e.innerText.includes(%q))", selector, text))
}

// click presses the first button or link of a text, in a part of the page, once there is
// one. The page may replace it at any moment, so that this has to be one step.
func (b *bench) click(within, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`(() => {
		const all = [...document.querySelectorAll(%q)].flatMap((e) => [...e.querySelectorAll("button, a, summary")]);
		const e = all.find((e) => e.innerText.trim().startsWith(%q) && !e.disabled);
		e?.click();
		return !!e;
	})()`, within, text))
}

// fill gives a field a value, as typing does.
func (b *bench) fill(selector, value string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e) return false;
		e.value = %q;
		e.dispatchEvent(new Event("input", { bubbles: true }));
		e.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})()`, selector, value))
}

// open enters the key.
func (b *bench) open() {
	b.t.Helper()
	b.fill("#key", apiKey)
	b.click(".signin", "Open")
	b.until(`!document.querySelector("#key") && document.querySelector("#live").classList.contains("on")`)
}

// shoot keeps a picture of the page in the folder that SCIMWRIGHT_PICTURES names.
func (b *bench) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("SCIMWRIGHT_PICTURES")
	if dir == "" {
		return
	}
	must(b.t, os.MkdirAll(dir, 0o755))
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	must(b.t, err)
	must(b.t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644))
}

// TestFromKeyToSync enters a wrong and the right key, connects an app, tests it, looks at
// the plan and has it carried out.
func TestFromKeyToSync(t *testing.T) {
	b := start(t)
	for i := range 3 {
		b.put(fmt.Sprint("u", i), fmt.Sprintf("person%d@acme.example", i))
	}
	b.browse()
	b.shoot("key-light")
	b.fill("#key", "wrong")
	b.click(".signin", "Open")
	b.shows(".problem", "refuses the key")
	if stored, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`sessionStorage.length + localStorage.length`)); err != nil || stored != 0 {
		t.Errorf("a key that is refused leaves %d things behind, %v", stored, err)
	}
	b.open()
	b.shows("[role=status]", "No app is connected")

	b.click("main", "Connect an app")
	b.fill("#name", "chat")
	b.fill("#endpoint", b.target.URL())
	b.fill("#token", "another-token")
	b.until(`document.querySelector("#set-preset").options.length > 3`)
	b.shoot("connect-light")
	b.click("form.settings", "Connect")
	b.click("main", "Test the connection")
	b.shows("main section", "refuses the token")
	b.fill("#auth", "token")
	b.fill("#token", b.target.Token())
	b.click("form.settings", "Save")
	b.click("dialog", "Save")
	b.shows("main", "Saved.")
	b.click("main", "Test the connection")
	b.shows("main section", "can be provisioned")
	b.shoot("settings-light")

	b.click("#tabs", "Plan")
	b.click("main", "Make the plan")
	b.shows("main table", "person2@acme.example")
	b.shoot("plan-light")
	b.click("main", "Sync exactly this")
	b.click("dialog", "Sync")
	b.shows(".figures", "converged\n3")
	b.shows("main table", "3 created")
	b.shoot("summary-light")
	if n := len(b.target.Users()); n != 3 {
		t.Errorf("the app has %d users, want 3", n)
	}
	b.click("main table", "") // the run
	b.shows("#drawer", "requests")
	b.click("main", "Audit")
	b.shows("main table", "3 checked")
	b.click("main", "Pause")
	b.fill("dialog input", "it is being moved")
	b.click("dialog", "Pause")
	b.shows(".finding", "it is being moved")
	b.shows(".title .chip.bad", "paused")
	b.click("main", "Sync")
	b.shows("main .problem", "resume it first")
	b.shoot("paused-light")
	b.click("main", "Resume")
	b.shows(".title .chip.good", "active")
	b.do(chromedp.Navigate(b.url+"/#/apps/nobody"), chromedp.Reload())
	b.shows("main", "There is no app nobody")
	b.click("header", "Forget key")
	b.until(`document.querySelector("#key") && sessionStorage.length === 0 && document.querySelector("#drawer").hidden`)
}

// TestFailureIsReadAndDecided has an account that is in the way, whose name is hostile,
// reads about it in the log and takes it over.
func TestFailureIsReadAndDecided(t *testing.T) {
	b := start(t)
	hostile := `<img src=x onerror="window.ran=1">`
	_, err := b.client.PutApp(t.Context(), "wiki", admin.AppInput{Endpoint: b.target.URL(), Token: b.target.Token()})
	must(t, err)
	b.target.Seed(fmt.Sprintf(`{"Users": [{"userName": %q, "externalId": "old-9", "displayName": "<script>window.ran=1</script>"}]}`, hostile))
	b.put("u9", hostile)
	b.browse()
	b.open()
	b.shows("main table", "failing")
	b.shows("main .chip.bad", "1")
	b.shows("[role=status]", "needs somebody")
	b.shoot("apps-light")
	b.click("main table", "wiki")
	b.shows(".finding", "u9")
	b.shoot("failing-light")

	b.click("#tabs", "Log")
	b.until(`document.querySelector("main tbody button")`)
	b.click("main tbody", "")
	b.shows("#drawer", "GET")
	b.shows("#drawer", "Copy as curl")
	b.shows("#drawer pre", "<script>window.ran=1</script>")
	b.shoot("log-light")

	b.click("#tabs", "Users and groups")
	b.shows("main table", "conflict")
	b.click("main tbody", hostile)
	b.click("#drawer", "What it should hold")
	b.shows("#drawer pre", `"externalId": "u9"`)
	b.click("#drawer", "Adopt")
	b.fill("dialog input", "nowhere")
	b.click("dialog", "Look at it")
	b.shows("#drawer .problem", "nowhere")
	b.click("#drawer", "Adopt")
	b.fill("dialog input", b.target.Users()[0].ID())
	b.click("dialog", "Look at it")
	b.shows("dialog pre", "<script>")
	b.shoot("adopt-light")
	b.click("dialog", "Adopt it")
	b.click("dialog", "Take it from old-9")
	b.shows("main", "Nobody has to decide")
	b.click("#tabs", "Summary")
	b.shows(".figures", "converged\n1")
	if user := b.target.Users()[0]; user.ExternalID() != "u9" {
		t.Errorf("the account is %s's", user.ExternalID())
	}
	if ran, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`window.ran === 1 || document.querySelector("img") !== null`)); err != nil || ran {
		t.Errorf("a text became HTML, %v", err)
	}
}

// TestHeldIsDecided holds goodbyes back, lets one through and keeps the others, and
// removes the app.
func TestHeldIsDecided(t *testing.T) {
	b := start(t)
	_, err := b.client.PutApp(t.Context(), "hr", admin.AppInput{Endpoint: b.target.URL(), Token: b.target.Token(), Settings: &provisioner.Settings{
		Guard: provisioner.Guard{Max: 7}, DriftOf: map[string]provisioner.DriftPolicy{"title": provisioner.DriftEnforce},
	}})
	must(t, err)
	for i := range 4 {
		b.put(fmt.Sprint("u", i), fmt.Sprintf("person%d@acme.example", i))
	}
	b.browse()
	b.open()
	b.shows("main table", "converged")
	b.until(`document.querySelector(".apps tbody tr").cells[2].innerText === "4"`)
	b.click("main", "Hold back all goodbyes")
	b.fill("dialog input", "the HR system is being moved")
	b.click("dialog", "Hold back")
	b.shows(".finding", "is being moved")
	for i := range 3 {
		must(t, b.client.DeleteUser(t.Context(), fmt.Sprint("u", i)))
	}
	b.until(`document.querySelector(".apps tbody tr").cells[5].innerText === "3"`)
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/apps/hr/held"`))
	b.until(`document.querySelectorAll("main tbody input").length === 3`)
	b.do(chromedp.Click("main tbody input"))
	b.shoot("held-light")
	b.click("main", "Approve selected (1)")
	b.shows("dialog", "1 to disable")
	b.shoot("approve-light")
	b.click("dialog", "Approve 1")
	b.click("main", "Reject all (2)")
	b.click("dialog", "Reject 2")
	b.shows("main", "Nothing is held back")

	b.click("#tabs", "Settings")
	b.fill("#set-pins", "u2\nu0")
	b.click("form.settings", "Save")
	b.shows("dialog", "Nothing changes")
	b.click("dialog", "Save")
	b.shows("main", "Saved.")
	app, err := b.client.App(t.Context(), "hr")
	must(t, err)
	if is := app.Settings; is.Guard.Max != 7 || is.DriftOf["title"] != provisioner.DriftEnforce || !slices.Equal(is.Pins, []string{"u2", "u0"}) || is.Preset != "" || is.Groups != "" {
		t.Errorf("the settings are saved as %+v", is)
	}
	b.fill("#set-scope-groups", "nobody-has-this")
	b.click("form.settings", "Save")
	b.shows("dialog", "Who would lose something")
	b.shoot("impact-light")
	b.click("dialog", "Cancel")
	b.click("main", "Remove the app")
	b.shows("dialog", "in use")
	b.shoot("remove-light")
	b.do(chromedp.Click(`dialog input[value="leave"]`))
	b.click("dialog", "Remove")
	b.shows("main", "hr is removed")
	active := 0
	for _, user := range b.target.Users() {
		if is, _ := user.Bool("active"); is {
			active++
		}
	}
	if active != 3 {
		t.Errorf("%d accounts are active, want all but the one that was let go", active)
	}
}

// TestNarrowAndGone looks at every view where there is little room, in the other colours,
// and has the service go away and come back.
func TestNarrowAndGone(t *testing.T) {
	b := start(t)
	_, err := b.client.PutApp(t.Context(), "a-name-that-is-long-enough-to-be-cut", admin.AppInput{Endpoint: b.target.URL(), Token: b.target.Token()})
	must(t, err)
	b.put("somebody-with-an-id-that-is-as-long-as-a-uuid-is", "somebody.with.a.long.name@subsidiary.acme.example")
	b.target.Seed(`{"Users": [{"userName": "eve", "externalId": "old-9"}]}`)
	b.put("u9", "eve")
	b.browse()
	b.do(chromedp.EmulateViewport(390, 800))
	b.open()
	b.click("header", "◐")
	fits := func(name string) {
		b.t.Helper()
		b.until(`document.documentElement.scrollWidth <= innerWidth && ["header", "main"].every((s) => document.querySelector(s).scrollWidth <= innerWidth)`)
		b.shoot(name + "-narrow")
	}
	b.until(`document.querySelector(".apps tbody tr").cells[4].innerText.startsWith("1")`)
	fits("apps")
	b.click("main table", "a-name")
	b.shows(".figures", "failing")
	for _, view := range []string{"Users and groups", "Held", "Log", "Plan", "Foreign", "Settings", "Summary"} {
		b.click("#tabs", view)
		b.until(fmt.Sprintf(`document.querySelector("#tabs [aria-current]").innerText === %q && document.querySelector(".title .chip")`, view))
		if view == "Log" {
			b.click("main tbody", "")
			b.until(`(() => { const r = document.querySelector("#drawer").getBoundingClientRect(); return r.width > 300 && r.right <= innerWidth })()`)
			b.shoot("entry-narrow")
			b.do(chromedp.KeyEvent("\x1b"))
			b.until(`document.querySelector("#drawer").hidden`)
		}
		if view == "Summary" {
			b.shows(".figures", "failing")
		}
		fits(view)
	}

	// Nothing is asked for while nobody looks.
	quiet, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`(() => {
		const ask = window.fetch;
		window.calls = 0;
		window.fetch = (...asked) => { calls++; return ask(...asked); };
		Object.defineProperty(document, "hidden", { value: true, configurable: true });
		document.dispatchEvent(new Event("visibilitychange"));
		dispatchEvent(new Event("hashchange"));
		return calls === 0;
	})()`))
	if err != nil || !quiet {
		t.Errorf("the page asks the service while it is hidden, %v", err)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`delete document.hidden; document.dispatchEvent(new Event("visibilitychange"))`))
	b.shows(".figures", "failing")
	b.until("calls > 0")

	b.serving.Store(false)
	b.shows("#trouble", "does not answer")
	b.serving.Store(true)
	b.until(`document.querySelector("#trouble").innerText === "" && document.querySelector("#live").classList.contains("on")`)
	b.do(chromedp.EmulateViewport(1280, 800))
	b.shoot("summary-dark")
}
