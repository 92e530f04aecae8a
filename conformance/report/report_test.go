package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
	"github.com/permiso/scimwright/conformance/steps"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// wrong is a scenario that every right service fails.
const wrong = `
@protocol @read @write
Feature: what nobody does
  Rule: A user is an <elephant> & "more"
    @READ-99 @must @RFC7644-3.4.1-R1
    Scenario: A user has the title of a king
      Given a user barbara
      Then barbara has "title" "King"
`

// judge runs some scenarios against the mock.
func judge(t *testing.T, target *mocktargettest.Target, tags string, write bool) *conformance.Report {
	t.Helper()
	files := fstest.MapFS{"wrong.feature": {Data: []byte(wrong)}}
	err := fs.WalkDir(features.FS, "protocol", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(features.FS, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := conformance.Run(t.Context(), conformance.Config{
		Endpoint: target.URL(), Token: target.Token(), Features: files, Select: conformance.Selection{Tags: tags}, Write: write, Settle: 50 * time.Millisecond, Tick: 5 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var everything = []report.Format{report.JSON, report.JUnit, report.HTML, report.Markdown, report.HAR, report.Badge}

// files writes a report in every format and returns what is in each file.
func files(t *testing.T, r *conformance.Report) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	names, err := report.Write(dir, r, "1.2.3", everything...)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(name)] = string(text)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != len(everything) || len(texts) != len(everything) {
		t.Fatalf("the folder holds %v (%v), reported are %d files", left, err, len(texts))
	}
	return texts
}

func TestEveryFormatTellsTheSame(t *testing.T) {
	target := mocktargettest.New(t)
	r := judge(t, target, "@create,@READ-99", true)
	texts := files(t, r)

	results, err := report.Read([]byte(texts["results.json"]))
	if err != nil {
		t.Fatal(err)
	}
	if s := results.Summary; s.Conclusion != string(conformance.NonConformant) || s.Fail != 1 || s.Pass < 10 || s.Requirements.Exercised == 0 || s.Requirements.Exercised >= s.Requirements.Testable {
		t.Errorf("the summary is %+v", s)
	}
	if len(results.Checks) != len(r.Results) {
		t.Fatalf("%d checks, want %d", len(results.Checks), len(r.Results))
	}
	requests := 0
	for _, c := range results.Checks {
		requests += c.Requests
		if c.Area == "CREATE" && c.Verdict == "pass" && c.Requests == 0 {
			t.Errorf("%s is told to have sent nothing", c.ID)
		}
		if !strings.Contains(texts["report.html"], `id="`+c.ID+`"`) {
			t.Errorf("the page does not show %s", c.ID)
		}
	}
	// What finds out what the target offers is of no check.
	if results.Requests != r.Requests || requests == 0 || requests >= r.Requests {
		t.Errorf("the checks have sent %d requests, and %d of %d are told of", requests, results.Requests, r.Requests)
	}
	for _, name := range []string{"report.html", "report.md"} {
		if !strings.Contains(texts[name], fmt.Sprintf("%d requests", r.Requests)) {
			t.Errorf("%s does not say that %d requests were sent", name, r.Requests)
		}
	}
	for _, name := range []string{"report.html", "report.md", "junit.xml"} {
		if !strings.Contains(texts[name], "READ-99") || !strings.Contains(texts[name], "King") {
			t.Errorf("%s does not say what failed", name)
		}
	}
	if strings.Contains(texts["report.html"], "<elephant>") || strings.Contains(texts["report.md"], "<elephant>") {
		t.Error("a text of a check has become markup")
	}
	if outside := regexp.MustCompile(`(src|href)="?(https?:)?//|@import|url\(`).FindString(texts["report.html"]); outside != "" {
		t.Errorf("the page needs the network: %s", outside)
	}
	if err := xml.Unmarshal([]byte(texts["badge.svg"]), new(struct{})); err != nil || !strings.Contains(texts["badge.svg"], "1 failed") {
		t.Errorf("the badge is %v %s", err, texts["badge.svg"])
	}
	for name, text := range texts {
		if strings.Contains(text, target.Token()) {
			t.Errorf("%s holds the token", name)
		}
	}
}

// The archive has all that its form demands, and requests that can be sent again as they
// stand there.
func TestArchive(t *testing.T) {
	target := mocktargettest.New(t)
	r := judge(t, target, "@FILT-01,@PATCH-01,@DEL-01", true)
	type message struct {
		Headers, Cookies []struct{ Name, Value string }
		BodySize         *int
	}
	var archive struct {
		Log struct {
			Version string
			Creator struct{ Name, Version string }
			Entries []struct {
				StartedDateTime time.Time
				Time            *float64
				Request         struct {
					message
					Method, URL, HTTPVersion string
					QueryString              []struct{ Name, Value string }
					PostData                 *struct{ MimeType, Text string }
				}
				Response struct {
					message
					Status      int
					RedirectURL *string
					Content     *struct{ Size *int }
				}
				Cache   *struct{}
				Timings struct{ Send, Wait, Receive *int }
			}
		}
	}
	if err := json.Unmarshal([]byte(files(t, r)["exchanges.har"]), &archive); err != nil {
		t.Fatal(err)
	}
	log := archive.Log
	if log.Version != "1.2" || log.Creator.Name != "scimwright" || log.Creator.Version != "1.2.3" || len(log.Entries) < 10 {
		t.Fatalf("version %q, by %+v, %d entries", log.Version, log.Creator, len(log.Entries))
	}
	filtered, written := false, false
	for _, e := range log.Entries {
		if e.StartedDateTime.IsZero() || e.Time == nil || e.Request.BodySize == nil || e.Request.Cookies == nil || e.Response.Headers == nil ||
			e.Response.RedirectURL == nil || e.Response.Content == nil || e.Response.Content.Size == nil || e.Cache == nil || e.Timings.Wait == nil {
			t.Errorf("something is missing in %+v", e)
		}
		u, err := url.Parse(e.Request.URL)
		if err != nil || !strings.HasPrefix(e.Request.URL, target.URL()) || strings.ContainsAny(e.Request.URL, "\" ") {
			t.Errorf("the URL is %s: %v", e.Request.URL, err)
			continue
		}
		for _, q := range e.Request.QueryString {
			filtered = filtered || q.Name == "filter" && strings.Contains(q.Value, ` eq "`)
			if u.Query().Get(q.Name) != q.Value {
				t.Errorf("%s has not the %s %q", u, q.Name, q.Value)
			}
		}
		if data := e.Request.PostData; data != nil {
			written = true
			if data.MimeType != "application/scim+json" || !json.Valid([]byte(data.Text)) || *e.Request.BodySize != len(data.Text) {
				t.Errorf("%s %s sends %+v", e.Request.Method, u, data)
			}
		}
	}
	if !filtered || !written {
		t.Error("nothing was filtered, or nothing written")
	}
}

// What was in the target before is nobody's business.
func TestReportsHideWhatWasThereBefore(t *testing.T) {
	target := mocktargettest.New(t)
	target.Seed(`{"Users":[{"userName":"zaphod@beeblebrox.example","displayName":"Zaphod","nickName":"Zappy",
		"password":"hunter2-hunter2","emails":[{"value":"zaphod@beeblebrox.example","type":"work"}]}]}`)
	for name, write := range map[string]bool{"read-only": false, "write": true} {
		t.Run(name, func(t *testing.T) {
			r := judge(t, target, "", write)
			ran := 0
			for _, result := range r.Results {
				if result.Verdict != conformance.Skip {
					ran++
				}
			}
			if ran < 10 {
				t.Fatalf("%d checks ran", ran)
			}
			asked := false
			for _, result := range r.Results {
				for _, x := range result.Exchanges {
					asked = asked || x.Answer != nil && bytes.Contains(x.Answer.Body, []byte("Zappy"))
				}
			}
			if !asked {
				t.Fatal("no check has seen the account, so that nothing can be hidden")
			}
			for file, text := range files(t, r) {
				for _, private := range []string{"eeblebrox", "Zaphod", "Zappy", "hunter2"} {
					if at := strings.Index(text, private); at >= 0 {
						t.Errorf("%s tells of somebody who was there before: …%s…", file, text[max(0, at-120):min(len(text), at+40)])
					}
				}
			}
		})
	}
}

func TestCompare(t *testing.T) {
	results := func(checks ...report.Check) *report.Results {
		return &report.Results{Version: report.Version, Endpoint: "https://app.example.com", Mode: "write", Checks: checks}
	}
	check := func(id, verdict, reason string) report.Check {
		c := report.Check{ID: id, Verdict: verdict, Title: "title " + id, Reason: reason}
		if by, ok := strings.CutPrefix(reason, "blocked by "); ok {
			c.BlockedBy = by
		}
		return c
	}
	was := results(
		check("A-01", "pass", ""), check("A-02", "fail", "POST /Users answered 500"), check("A-03", "pass", ""), check("A-05", "fail", "it has id 2819c223-7f76"),
		check("A-06", "fail", "it answered 404"), check("A-07", "pass", ""), check("A-08", "fail", "wrong"), check("A-09", "warn", "late by 20ms"), check("A-10", "fail", "wrong"),
	)
	now := results(
		check("A-07", "skip", "blocked by A-01"), check("A-01", "fail", "answered 500"), check("A-02", "pass", ""), check("A-04", "pass", ""), check("A-05", "fail", "it has id 4711aa-9f00"),
		check("A-10", "skip", "waived until 2099-01-01"), check("A-06", "fail", "it answered 500"), check("A-08", "skip", "blocked by A-01"), check("A-09", "warn", "late by 31ms"),
	)
	now.Mode, now.Waivers = "read-only", []report.Waiver{{ID: "A-10", State: string(conformance.WaiverUsed)}}
	d := report.Compare(was, now)
	var text strings.Builder
	if err := d.Write(&text); err != nil {
		t.Fatal(err)
	}
	if want := `the mode was write and is read-only
worse   A-01      pass → fail  title A-01: answered 500
worse   A-07      pass → skip  title A-07: blocked by A-01
better  A-02      fail → pass  title A-02
other   A-10      fail → skip  title A-10: waived until 2099-01-01
other   A-06      fail → fail  title A-06: it answered 500
other   A-08      fail → skip  title A-08: blocked by A-01
new     A-04      pass  title A-04
gone    A-03      was pass  title A-03
`; text.String() != want {
		t.Errorf("it says\n%s, want\n%s", text.String(), want)
	}
	if !d.Regressed() || report.Compare(was, was).Regressed() || report.Compare(results(), results(check("A-01", "pass", ""))).Regressed() {
		t.Error("a check that fails now is no regression, or nothing is one")
	}
	if !report.Compare(results(), results(check("A-01", "fail", ""))).Regressed() {
		t.Error("a new check that fails is no regression")
	}
	if _, err := report.Read([]byte(`{"version":99}`)); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("results of a later version give %v", err)
	}
}

// A comment on a pull request has a limit, whatever went wrong.
func TestMarkdownFitsAComment(t *testing.T) {
	r := &conformance.Report{Endpoint: "https://app.example.com/scim/v2"}
	for range 500 {
		r.Leaks = append(r.Leaks, steps.Leak{Kind: steps.KindUser, ID: "2819c223", Name: "scimwright-x", Reason: strings.Repeat("it stays ", 30)})
		r.Results = append(r.Results, conformance.Result{
			Check: conformance.Check{ID: "A-01", Area: "A", Level: conformance.Must, Title: "title"}, Verdict: conformance.Fail,
			Reason:    strings.Repeat("wrong ", 50),
			Exchanges: []steps.Exchange{{Request: steps.Request{Method: "GET", Path: []string{"Users"}}, Answer: &steps.Answer{Status: 200, Body: []byte(`{"schemas":["` + strings.Repeat("x", 9000) + `"]}`)}}},
		})
	}
	text := files(t, r)["report.md"]
	if len(text) > 65_000 || !strings.Contains(text, "There are ") || !strings.Contains(text, "Left behind are 480 more") {
		t.Errorf("%d bytes, want at most 65,000 and a word about the rest", len(text))
	}
}
