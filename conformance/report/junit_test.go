package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
)

// junitForm is what build servers know of JUnit's XML: the attributes of each element,
// those that it must have with a "!", and the elements inside.
var junitForm = map[string]struct{ attributes, inside string }{
	"testsuites": {"name time tests! failures! errors!", "testsuite"},
	"testsuite":  {"name! tests! failures! errors! time! skipped timestamp!", "testcase"},
	"testcase":   {"name! classname! time!", "skipped error failure system-out"},
	"skipped":    {"message", ""},
	"error":      {"message type", ""},
	"failure":    {"message type", ""},
	"system-out": {"", ""},
}

// An element is an element of JUnit's XML with those inside it.
type element struct {
	name       string
	attributes map[string]string
	inside     []*element
}

func (e *element) number(t *testing.T, name string) int {
	t.Helper()
	n, err := strconv.Atoi(e.attributes[name])
	if err != nil {
		t.Errorf("%s has the %s %q, want a number", e.name, name, e.attributes[name])
	}
	return n
}

// all returns the elements of a name, at any depth.
func (e *element) all(name string) []*element {
	var found []*element
	for _, x := range e.inside {
		if x.name == name {
			found = append(found, x)
		}
		found = append(found, x.all(name)...)
	}
	return found
}

// parse reads XML and checks each element against the form.
func parse(t *testing.T, text string) *element {
	t.Helper()
	root := &element{}
	open := []*element{root}
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root.inside[0]
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attributes: map[string]string{}}
			form, known := junitForm[e.name]
			for _, a := range token.Attr {
				e.attributes[a.Name.Local] = a.Value
				if !slices.Contains(strings.Fields(strings.ReplaceAll(form.attributes, "!", "")), a.Name.Local) {
					t.Errorf("%s has the attribute %s", e.name, a.Name.Local)
				}
			}
			for _, name := range strings.Fields(form.attributes) {
				if must, is := strings.CutSuffix(name, "!"); is && e.attributes[must] == "" {
					t.Errorf("%s lacks the attribute %s", e.name, must)
				}
			}
			parent := open[len(open)-1]
			if !known || parent != root && !slices.Contains(strings.Fields(junitForm[parent.name].inside), e.name) {
				t.Errorf("%s stands in %s", e.name, parent.name)
			}
			parent.inside = append(parent.inside, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

// A report with each verdict is JUnit's XML as build servers read it, and its totals are
// those of its cases.
func TestJUnitIsValidAndCounts(t *testing.T) {
	r := &conformance.Report{Endpoint: "https://app.example.com/scim/v2", Started: time.Now(), Duration: time.Second}
	for i, v := range []conformance.Verdict{conformance.Pass, conformance.Fail, conformance.Warn, conformance.Info, conformance.Skip, conformance.Error, conformance.Fail} {
		area := []string{"ONE", "TWO"}[i%2]
		r.Results = append(r.Results, conformance.Result{
			Check:   conformance.Check{ID: area + "-0" + strconv.Itoa(i), Area: area, Level: conformance.Must, Title: "a <title> & more"},
			Verdict: v, Reason: "because \x00 of \x1b[31m this", Duration: 1234 * time.Millisecond, Sent: -1,
		})
	}
	top := parse(t, files(t, r)["junit.xml"])
	count := func(e *element, name string) int { return len(e.all(name)) }
	for _, e := range append(top.all("testsuite"), top) {
		if e.number(t, "tests") != count(e, "testcase") || e.number(t, "failures") != count(e, "failure") || e.number(t, "errors") != count(e, "error") {
			t.Errorf("%s %s counts %v", e.name, e.attributes["name"], e.attributes)
		}
		if want := strconv.FormatFloat(1.234*float64(count(e, "testcase")), 'f', 3, 64); e.attributes["time"] != want {
			t.Errorf("%s has the time %s, want %s", e.name, e.attributes["time"], want)
		}
	}
	for _, s := range top.all("testsuite") {
		if s.number(t, "skipped") != count(s, "skipped") || !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`).MatchString(s.attributes["timestamp"]) {
			t.Errorf("the suite is %v", s.attributes)
		}
	}
	if count(top, "testcase") != 7 || count(top, "failure") != 2 || count(top, "error") != 1 || count(top, "skipped") != 1 || count(top, "system-out") != 2 {
		t.Errorf("the file has %d cases, %d failures, %d errors, %d skipped", count(top, "testcase"), count(top, "failure"), count(top, "error"), count(top, "skipped"))
	}
}
