package report_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// The page is used as people do who have no mouse: it says what to look at first, its
// checks are filtered by verdict, area and words, and nothing sticks out on a narrow
// screen.
func TestPageInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("SCIMWRIGHT_CI") != "" {
		t.Fatal("there is no chromium, which this test needs")
	}
	if err != nil {
		t.Skip("there is no chromium to look at the page with")
	}
	r := judge(t, mocktargettest.New(t, mocktargettest.WithJournalTail(0)), "@create,@read,@READ-99,@cursor", true)
	dir := t.TempDir()
	if _, err := report.Write(dir, r, "1.2.3", report.HTML); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WindowSize(1300, 900))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	p := &page{t, ctx}
	p.do(chromedp.Navigate("file://" + filepath.Join(dir, "report.html")))
	all := p.number(shownChecks)
	if all != len(r.Results) {
		t.Errorf("the page shows %d checks, want %d", all, len(r.Results))
	}
	p.is(`document.querySelectorAll(".first li").length`, r.Count(conformance.Fail)+r.Count(conformance.Warn))
	p.is(`document.querySelector("#READ-99").open ? 1 : 0`, 1)
	p.is(`document.querySelectorAll("section tr, .matrix tr").length > 400 ? 1 : 0`, 1)

	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("button[data-verdict=fail]").focus()`), chromedp.KeyEvent(" "))
	p.is(shownChecks, r.Count(conformance.Fail))
	p.do(chromedp.KeyEvent("\t"), chromedp.KeyEvent("\r")) // the next button, pressed as well
	p.is(shownChecks, r.Count(conformance.Fail)+r.Count(conformance.Pass))
	p.do(chromedp.KeyEvent("\x1b"))
	p.is(shownChecks, all)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#area").focus()`), chromedp.KeyEvent("CURSOR"), chromedp.KeyEvent("\r"))
	p.is(shownChecks, inArea(r, "CURSOR"))
	p.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`), chromedp.KeyEvent("\x1b"), chromedp.KeyEvent("/"), chromedp.KeyEvent("elephant"))
	p.is(shownChecks, 1)

	p.do(chromedp.EmulateViewport(420, 800))
	for _, scheme := range []string{"light", "dark"} {
		p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.documentElement.style.colorScheme = %q`, scheme)))
		p.is(`Math.max(0, document.documentElement.scrollWidth - 420)`, 0)
		p.picture(scheme)
	}
}

const shownChecks = `[...document.querySelectorAll(".check")].filter((c) => c.offsetParent !== null).length`

func inArea(r *conformance.Report, area string) int {
	n := 0
	for _, result := range r.Results {
		if result.Area == area {
			n++
		}
	}
	return n
}

// A page is a page in a browser.
type page struct {
	t   *testing.T
	ctx context.Context
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *page) number(expression string) int {
	p.t.Helper()
	n, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return n
}

func (p *page) is(expression string, want int) {
	p.t.Helper()
	if got := p.number(expression); got != want {
		p.t.Errorf("%s is %d, want %d", expression, got, want)
	}
}

// picture writes what can be seen into the folder that SCIMWRIGHT_PICTURES names.
func (p *page) picture(name string) {
	dir := os.Getenv("SCIMWRIGHT_PICTURES")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "report-"+name+".png"), picture, 0o644)
	}
	if err != nil {
		p.t.Error(err)
	}
}
