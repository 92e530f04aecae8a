package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io/fs"
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
	for _, c := range results.Checks {
		if !strings.Contains(texts["report.html"], `id="`+c.ID+`"`) {
			t.Errorf("the page does not show %s", c.ID)
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
	var har struct {
		Log struct {
			Entries []struct {
				Request struct{ URL string }
			}
		}
	}
	if err := json.Unmarshal([]byte(texts["exchanges.har"]), &har); err != nil || len(har.Log.Entries) < 20 || !strings.HasPrefix(har.Log.Entries[0].Request.URL, target.URL()) {
		t.Errorf("the archive has %d entries: %v", len(har.Log.Entries), err)
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
	results := func(verdicts map[string]string) *report.Results {
		r := &report.Results{Version: report.Version}
		for _, id := range []string{"A-01", "A-02", "A-03", "A-04"} {
			if v := verdicts[id]; v != "" {
				r.Checks = append(r.Checks, report.Check{ID: id, Verdict: v, Title: "title " + id, Reason: "reason"})
			}
		}
		return r
	}
	was := results(map[string]string{"A-01": "pass", "A-02": "fail", "A-03": "pass"})
	d := report.Compare(was, results(map[string]string{"A-01": "fail", "A-02": "pass", "A-04": "pass"}))
	var text strings.Builder
	if err := d.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"worse   A-01      pass → fail", "better  A-02      fail → pass", "new     A-04", "gone    A-03"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, text.String())
		}
	}
	if !d.Regressed() || report.Compare(was, was).Regressed() {
		t.Error("a check that fails now is no regression, or nothing is one")
	}
	if _, err := report.Read([]byte(`{"version":99}`)); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("results of a later version give %v", err)
	}
}

// A comment on a pull request has a limit, whatever went wrong.
func TestMarkdownFitsAComment(t *testing.T) {
	r := &conformance.Report{Endpoint: "https://app.example.com/scim/v2"}
	for range 500 {
		r.Results = append(r.Results, conformance.Result{
			Check: conformance.Check{ID: "A-01", Area: "A", Level: conformance.Must, Title: "title"}, Verdict: conformance.Fail,
			Reason:    strings.Repeat("wrong ", 50),
			Exchanges: []steps.Exchange{{Request: steps.Request{Method: "GET", Path: []string{"Users"}}, Answer: &steps.Answer{Status: 200, Body: []byte(`{"schemas":["` + strings.Repeat("x", 9000) + `"]}`)}}},
		})
	}
	text := files(t, r)["report.md"]
	if len(text) > 65_000 || !strings.Contains(text, "There are ") {
		t.Errorf("%d bytes, want at most 65,000 and a word about the rest", len(text))
	}
}
