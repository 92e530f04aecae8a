package steps_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance/steps"
)

// keep gives a line's guard a ledger on disk.
func (l *line) keep() (file *steps.LedgerFile) {
	l.t.Helper()
	name := filepath.Join(l.t.TempDir(), "run.ledger")
	file, err := steps.CreateLedger(name, testRun, l.app.url, time.Unix(1700000000, 0))
	if err != nil {
		l.t.Fatal(err)
	}
	l.guard.Keep(file)
	return file
}

// lines reads the ledger as anybody could, and returns its states in order.
func lines(t *testing.T, name string) (states []string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var l struct{ State, Name string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		states = append(states, strings.TrimSpace(l.State+" "+l.Name))
	}
	return states[1:]
}

// What is about to be made is on the disk when the request arrives.
func TestLedgerIsWrittenBeforeTheCreate(t *testing.T) {
	a := newApp(t)
	l := newLine(t, a)
	file := l.keep()
	var seen []string
	a.onCreate = func() { seen = lines(t, file.Name()) }
	l.create("Users", `{"userName":"`+mine+`barbara"}`)
	if len(seen) != 1 || seen[0] != "intended "+mine+"barbara" {
		t.Errorf("when the create arrived, the ledger held %q", seen)
	}
	if got := lines(t, file.Name()); len(got) != 2 || got[1] != "made" {
		t.Errorf("afterwards it holds %q", got)
	}
}

// Nothing is made that cannot be written down.
func TestLedgerThatCannotBeWritten(t *testing.T) {
	a := newApp(t)
	l := newLine(t, a)
	file := l.keep()
	if err := file.Close(false); err != nil {
		t.Fatal(err)
	}
	status, text := l.send("POST", "/Users", `{"userName":"`+mine+`barbara"}`)
	if status != 502 || !strings.Contains(text, "the ledger cannot be written") || a.left("Users") != 0 {
		t.Errorf("%d %s, %d users", status, text, a.left("Users"))
	}
}

// A run that ends anywhere can be cleaned up after by what is on the disk.
func TestResume(t *testing.T) {
	for name, c := range map[string]struct {
		quirk func(*app)
		// between happens while nobody looks.
		between   func(t *testing.T, l *line, barbara string, file string)
		left      int
		says      string
		untouched bool
	}{
		"plain":            {},
		"lost answer":      {quirk: func(a *app) { a.loseCreates = 1 }},
		"somebody else":    {quirk: func(a *app) { a.impostor, a.echo = "id-1", true }, untouched: true},
		"cut off line":     {between: func(t *testing.T, _ *line, _ string, file string) { tail(t, file, `{"n":9,"sta`) }},
		"deleted by hand":  {between: func(t *testing.T, l *line, id string, _ string) { delete(l.app.resources["Users"], id) }},
		"id is reused":     {between: func(t *testing.T, l *line, id string, _ string) { l.app.resources["Users"][id]["userName"] = "cfo" }, left: 1},
		"renamed":          {between: renamed, left: 1, says: "does not carry the name"},
		"broken reads":     {quirk: func(a *app) { a.readsAnswer = 500 }, untouched: true},
		"no deletes today": {quirk: func(a *app) { a.noDelete = true }, left: 2, says: "DELETE answered 405"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			a := newApp(t)
			ceo := a.seed("Users", map[string]any{"userName": "ceo"})
			l := newLine(t, a)
			file := l.keep()
			if c.quirk != nil {
				c.quirk(a)
			}
			_, body := l.send("POST", "/Users", `{"userName":"`+mine+`barbara"}`)
			l.send("POST", "/Users", `{"userName":"`+mine+`carla"}`)
			var barbara struct{ ID string }
			_ = json.Unmarshal([]byte(body), &barbara)
			if c.between != nil {
				c.between(t, l, barbara.ID, file.Name())
			}
			saved, again, err := steps.OpenLedger(file.Name())
			if err != nil {
				t.Fatal(err)
			}
			leaks := steps.Resume(a.target(t), saved, again).Cleanup(t.Context(), 20*time.Millisecond)
			if got := a.left("Users") - 1; got != c.left || (len(leaks) > 0) != (c.says != "") {
				t.Fatalf("%d users are left, leaks %v", got, leaks)
			}
			if len(leaks) > 0 && !strings.Contains(leaks[0].Reason, c.says) {
				t.Errorf("the leak reads %s, want it to say %q", leaks[0], c.says)
			}
			if a.resources["Users"][ceo] == nil || a.resources["Users"][ceo]["userName"] != "ceo" {
				t.Error("somebody else was touched")
			}
			if err := again.Close(len(leaks) == 0); err != nil {
				t.Fatal(err)
			}
			if saved, file, err := steps.OpenLedger(file.Name()); len(leaks) > 0 && (err != nil || saved.Open() == 0 || file.Close(true) != nil) {
				t.Errorf("what is left is not in the ledger any more: %v", err)
			}
		})
	}
}

// renamed gives barbara, whom the run has had in hand, a name that says nothing.
func renamed(_ *testing.T, l *line, id string, _ string) {
	l.send("GET", "/Users/"+id, "")
	l.app.resources["Users"][id]["userName"] = "nobody"
}

func tail(t *testing.T, name, text string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLedgersThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	head := `{"version":1,"run":"0123abcd","endpoint":"https://x"}` + "\n"
	for says, text := range map[string]string{
		"version 1":              "users: 3\n",
		"does not begin":         `{"version":2,"run":"0123abcd"}` + "\n",
		"eight letters":          `{"version":1,"run":"%"}` + "\n",
		"line 2":                 head + "garbage\n",
		"no line before it":      head + `{"n":1,"state":"made","id":"x"}` + "\n",
		"line 2 is about an ent": head + `{"n":1,"state":"intended","collection":"Schemas","id":"x"}` + "\n",
	} {
		name := filepath.Join(dir, "x.ledger")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := steps.OpenLedger(name); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want an error that says %q", text, err, says)
		}
		if _, err := steps.CreateLedger(name, testRun, "https://x", time.Now()); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("a ledger was written over: %v", err)
		}
	}
	if _, _, err := steps.OpenLedger(filepath.Join(dir, "none")); err == nil {
		t.Error("a ledger that is not there was read")
	}
}
