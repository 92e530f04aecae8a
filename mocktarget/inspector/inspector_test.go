package inspector_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// A bench is a mock with its page.
type bench struct {
	t      *testing.T
	target *mocktargettest.Target
}

func start(t *testing.T) *bench {
	t.Helper()
	return &bench{t, mocktargettest.New(t)}
}

// request sends a SCIM request.
func (b *bench) request(method, path, body string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.target.URL()+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.target.Token())
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
}

// get reads a page or a fragment.
func (b *bench) get(path string) (status int, body string, header http.Header) {
	b.t.Helper()
	response, err := http.Get(b.target.Origin() + "/_mock" + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Header
}

const (
	ada   = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","password":"open sesame","name":{"familyName":"<script>alert(1)</script>"}}`
	patch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"name.familyName","value":"Lovelace"}]}`
)

func (b *bench) traffic() (id string) {
	b.t.Helper()
	b.request("POST", "/Users", ada)
	id = b.target.Users()[0].ID()
	b.request("PATCH", "/Users/"+id, patch)
	b.request("GET", `/Users?filter=userName+eq+%22ada%22+and+(active+pr+or+not+(title+pr))`, "")
	b.request("GET", "/Users/nobody", "")
	return id
}

// TestFragments checks what each part of the page shows, without a browser.
func TestFragments(t *testing.T) {
	b := start(t)
	id := b.traffic()
	err := b.target.Server().Tenant(mocktarget.DefaultTenant).Configure(func(s *mocktarget.Settings) {
		s.Faults = []fault.Rule{{Name: "bad weather", Kind: fault.Status}}
	})
	if err != nil {
		t.Fatal(err)
	}
	b.request("GET", "/ServiceProviderConfig", "")
	for _, test := range []struct {
		path  string
		want  []string
		never []string
	}{
		{"/", []string{"<title>default", "/scim/v2", "Timeline"}, nil},
		{"/default/timeline", []string{">PATCH<", "/Users/nobody", "404"}, []string{"open sesame"}},
		{"/default/timeline?filter=status+ge+400", []string{"/Users/nobody"}, []string{">PATCH<"}},
		{"/default/timeline?filter=patch", []string{">PATCH<"}, []string{"/Users/nobody"}},
		{"/default/timeline?filter=status+ge", []string{"column"}, []string{">PATCH<"}},
		{"/default/timeline?filter=fault+pr", []string{"ServiceProviderConfig", `title="bad weather"`}, []string{">PATCH<"}},
		{"/default/timeline", []string{`">/Users<`, `title="/scim/v2/Users"`}, nil},
		{"/default/timeline?since=3", []string{`data-seq="4"`}, []string{`data-seq="3"`, "<table"}},
		{"/default/exchanges/1", []string{"created", "&lt;script&gt;", "curl -sS -X &#39;POST&#39;", "$TOKEN"}, []string{"<script>alert", "open sesame"}},
		{"/default/exchanges/2", []string{"name.familyName", "Lovelace", "Patch plan", "changed"}, nil},
		{"/default/exchanges/3", []string{"userName eq &#34;ada&#34;", ">and<", ">or<", ">not<", "title pr"}, nil},
		{"/default/resources", []string{"ada", id, "1 found"}, nil},
		{"/default/resources?filter=userName+eq+%22nobody%22", []string{"No User matches"}, nil},
		{"/default/resources?filter=nonsense", []string{"column"}, nil},
		{"/default/resources?type=Group", []string{"No Group yet"}, nil},
		{"/default/resources/User/" + id, []string{"Lovelace"}, []string{"open sesame"}},
		{"/default/tenants", []string{"default", "/scim/v2", "rfc"}, nil},
		{"/default/clock", []string{"It runs", "Freeze"}, nil},
		{"/default/findings", []string{"findings"}, nil},
	} {
		status, body, _ := b.get(test.path)
		if status != http.StatusOK {
			t.Errorf("GET %s answers %d: %s", test.path, status, body)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(strings.ToLower(body), strings.ToLower(want)) {
				t.Errorf("GET %s shows no %q:\n%s", test.path, want, body)
			}
		}
		for _, never := range test.never {
			if strings.Contains(body, never) {
				t.Errorf("GET %s shows %q:\n%s", test.path, never, body)
			}
		}
	}
	for _, path := range []string{"/nobody/timeline", "/default/exchanges/99", "/default/exchanges/x", "/default/resources/User/x", "/assets/page.html", "/assets/", "/?tenant=nobody"} {
		if status, _, _ := b.get(path); status != http.StatusNotFound {
			t.Errorf("GET %s answers %d, want 404", path, status)
		}
	}
	if _, _, header := b.get("/"); !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the page has the policy %q", header.Get("Content-Security-Policy"))
	}
	if _, err := b.target.Server().Lookup("nobody"); err == nil {
		t.Error("looking at a tenant made it")
	}
}

// browser starts Chromium on the page. Without one the test is skipped, or fails
// where SCIMWRIGHT_CI says that nothing may be left out.
func (b *bench) browser() context.Context {
	b.t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("SCIMWRIGHT_CI") != "" {
		b.t.Fatal("there is no chromium, which these tests need")
	}
	if err != nil {
		b.t.Skip("there is no chromium to look at the page with")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true), chromedp.WindowSize(1360, 840))
	ctx, cancel := chromedp.NewExecAllocator(b.t.Context(), options...)
	b.t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	b.t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	b.t.Cleanup(cancel)
	b.do(ctx, chromedp.Navigate(b.target.Origin()+"/_mock/"), chromedp.WaitVisible("#rows"))
	return ctx
}

func (b *bench) do(ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// until waits until an expression of the page is true. A page that is being left has
// no answer.
func (b *bench) until(ctx context.Context, expression string) {
	b.t.Helper()
	for tries := 0; tries < 600; tries++ {
		if is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")")); err == nil && is {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	b.t.Fatalf("%s did not come about (%v); the page shows\n%s", expression, err, text)
}

// click presses the first element that a selector finds, once there is one. The page
// may replace it at any moment, so that this has to be one step.
func (b *bench) click(ctx context.Context, selector string) {
	b.t.Helper()
	b.until(ctx, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e?.click(); return !!e })()`, selector))
}

// answer fills in the dialog that a button has opened.
func (b *bench) answer(ctx context.Context, text string) {
	b.t.Helper()
	b.do(ctx, chromedp.SendKeys("dialog input", text), chromedp.KeyEvent("\r"))
}

// shoot keeps a picture of the page in the folder that SCIMWRIGHT_PICTURES names.
func (b *bench) shoot(ctx context.Context, name string) {
	b.t.Helper()
	dir := os.Getenv("SCIMWRIGHT_PICTURES")
	if dir == "" {
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// TestTimelineIsLive looks at the page while requests come in: rows appear, keys
// move and open them, the drawer explains them.
func TestTimelineIsLive(t *testing.T) {
	b := start(t)
	ctx := b.browser()
	b.until(ctx, `document.querySelector("#live").classList.contains("on")`)
	b.traffic()
	b.until(ctx, `document.querySelectorAll("#rows tr").length === 4`)
	b.until(ctx, `document.querySelector("#rows tr").dataset.seq === "4"`)
	b.do(ctx, chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("\r"))
	b.until(ctx, `!document.querySelector("#drawer").hidden && document.querySelector("#drawer .tree") !== null`)
	b.shoot(ctx, "timeline-light")
	b.do(ctx, chromedp.KeyEvent("j"))
	b.until(ctx, `document.querySelector("#drawer").innerText.includes("name.familyName")`)
	b.do(ctx, chromedp.KeyEvent("d"))
	b.shoot(ctx, "exchange-dark")
	b.do(ctx, chromedp.KeyEvent("\x1b"))
	b.until(ctx, `document.querySelector("#drawer").hidden`)

	b.do(ctx, chromedp.SendKeys("#filter", "status ge 400"))
	b.until(ctx, `document.querySelectorAll("#rows tr").length === 1`)
	b.request("GET", "/Users", "")
	b.request("GET", "/Groups/nobody", "")
	b.until(ctx, `document.querySelectorAll("#rows tr").length === 2`)
	b.do(ctx, chromedp.Click("#pause"))
	b.request("GET", "/Groups/nobody2", "")
	b.do(ctx, chromedp.Click("#pause"))
	b.until(ctx, `document.querySelectorAll("#rows tr").length === 3`)
	for _, problem := range b.target.Journal() {
		if problem.Response.Status >= 500 {
			t.Errorf("the mock answered %d", problem.Response.Status)
		}
	}
}

// TestButtonsSteerTheMock clicks through tenants and clock.
func TestButtonsSteerTheMock(t *testing.T) {
	b := start(t)
	b.traffic()
	ctx := b.browser()
	view := func(name string) { b.click(ctx, `nav [data-view="`+name+`"]`) }
	yes := func() { b.click(ctx, `dialog [value="yes"]`) }

	view("resources")
	b.click(ctx, `tr[data-open*="/resources/User/"]`)
	b.until(ctx, `document.querySelector("#drawer").innerText.includes("Lovelace")`)
	b.shoot(ctx, "resources-light")

	view("tenants")
	b.click(ctx, `[data-act="POST snapshots"]`)
	b.answer(ctx, "before")
	b.until(ctx, `document.querySelector("#main").innerText.includes("before")`)
	b.click(ctx, `[data-act="POST reset"]`)
	yes()
	b.until(ctx, `document.querySelector(".card dd")?.innerText === "0"`)
	b.click(ctx, `[data-act="POST snapshots/before/restore"]`)
	yes()
	b.until(ctx, `document.querySelector(".card dd")?.innerText === "1"`)
	b.click(ctx, `[data-act="POST fork"]`)
	b.answer(ctx, "copy")
	b.until(ctx, `document.body.dataset.tenant === "copy"`)
	if copied := b.target.Tenant("copy").Users(); len(copied) != 1 {
		t.Errorf("the fork holds %d users, want 1", len(copied))
	}

	view("tenants")
	b.until(ctx, `document.querySelectorAll(".card").length === 2`)
	b.shoot(ctx, "tenants-light")
	b.target.Server().Tenant("late")
	b.until(ctx, `(() => {
		const tenants = document.querySelector("#tenant");
		tenants.dispatchEvent(new PointerEvent("pointerenter"));
		return [...tenants.options].some((o) => o.value === "late");
	})()`)
	view("clock")
	b.click(ctx, `[data-body*="freeze"]`)
	b.until(ctx, `document.querySelector("#main").innerText.includes("stands still")`)
	before := b.target.Server().Tenant("copy").Clock().Now()
	b.click(ctx, `[data-body*="1h"]`)
	b.until(ctx, fmt.Sprintf(`document.querySelector(".clock")?.innerText === %q`, before.Add(time.Hour).UTC().Format(time.RFC3339)))
	b.shoot(ctx, "clock-light")
	b.do(ctx, chromedp.Navigate(b.target.Origin()+"/_mock/?tenant=default#findings"))
	b.until(ctx, `document.querySelector("#main .finding") !== null`)
	b.shoot(ctx, "findings-light")
}

// TestNarrowScreen opens an exchange where there is no room for two columns, in the
// other colours.
func TestNarrowScreen(t *testing.T) {
	b := start(t)
	b.traffic()
	ctx := b.browser()
	b.click(ctx, "#theme")
	for _, view := range []string{"resources", "findings", "tenants", "clock", "timeline"} {
		b.click(ctx, `nav [data-view="`+view+`"]`)
		b.until(ctx, `document.querySelector("#main").children.length > 0`)
		b.shoot(ctx, view+"-dark")
	}
	b.do(ctx, chromedp.EmulateViewport(420, 800))
	b.until(ctx, `document.querySelectorAll("#rows tr").length === 4`)
	b.until(ctx, `document.documentElement.scrollWidth <= innerWidth && document.querySelector("header").scrollWidth <= innerWidth`)
	b.shoot(ctx, "narrow-dark")
	b.click(ctx, `[data-open$="/exchanges/2"]`)
	b.until(ctx, `(() => { const r = document.querySelector("#drawer").getBoundingClientRect(); return r.width > 300 && r.right <= innerWidth })()`)
	b.shoot(ctx, "narrow-exchange-dark")
	b.click(ctx, "[data-close]")
	b.until(ctx, `document.querySelector("#main").getBoundingClientRect().width > 300`)
}
