package features_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/deviation"
)

// What is not as it should be yet: mutants that no check of their area finds, checks
// that find no mutant, mutants that make checks of other areas fail without one being
// the reason of the other, and legal variations that a check minds. The file shrinks.
const mutantsGolden = "testdata/mutants.golden"

// TestMutants runs the scenarios against each deviation of the mock, which a check of
// its area has to find, and against each legal variation, which no check may mind. A
// mutant meets the checks of its area and the roots of all others. MUTANTS names areas,
// such as PATCH,GROUP.
func TestMutants(t *testing.T) {
	areas := os.Getenv("MUTANTS")
	if areas == "" {
		t.Skip("MUTANTS names no areas: all of them are many minutes of computing")
	}
	run := newMutation(t)
	todo := make(chan deviation.Deviation)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for d := range todo {
				run.judge(t, d)
			}
		})
	}
	for _, d := range deviation.All() {
		if slices.Contains(strings.Split(areas, ","), d.Area) {
			todo <- d
		}
	}
	close(todo)
	wg.Wait()
	run.compare(t)
}

// A mutation is a run over the deviations.
type mutation struct {
	server *mocktarget.Server
	checks []conformance.Check
	tags   map[string]string // of the feature, by area

	mu    sync.Mutex
	kills map[string]bool // by check
	notes []string
	areas map[string]bool // that were run
}

func newMutation(t *testing.T) *mutation {
	document, err := os.ReadFile("testdata/types.json")
	if err != nil {
		t.Fatal(err)
	}
	types, err := mocktarget.ParseResourceTypes(document)
	if err != nil {
		t.Fatal(err)
	}
	server, err := mocktarget.New(mocktarget.Config{ResourceTypes: types, Journal: mocktarget.JournalConfig{Off: true}})
	if err != nil {
		t.Fatal(err)
	}
	checks, err := conformance.Checks(features.FS, "@protocol")
	if err != nil {
		t.Fatal(err)
	}
	m := &mutation{server: server, checks: checks, tags: map[string]string{}, kills: map[string]bool{}, areas: map[string]bool{}}
	for _, c := range checks {
		name := strings.TrimSuffix(c.File[strings.LastIndexByte(c.File, '/')+1:], ".feature")
		m.tags[c.Area] = "@" + name
	}
	return m
}

// judge runs the scenarios against one deviation.
func (m *mutation) judge(t *testing.T, d deviation.Deviation) {
	tag, known := m.tags[d.Area]
	if !known {
		t.Errorf("%s: no check is of the area %s", d.Name, d.Area)
		return
	}
	tenant, err := m.server.CreateTenant(d.Name, mocktarget.TenantConfig{Settings: &mocktarget.Settings{Deviations: []string{d.Name}}})
	if err != nil {
		t.Error(err)
		return
	}
	defer m.server.DeleteTenant(d.Name)
	report, err := conformance.Run(t.Context(), conformance.Config{
		Endpoint: "http://127.0.0.1" + tenant.Path(), Token: m.server.Token(), Transport: inProcess{m.server},
		Features: features.FS, Select: conformance.Selection{Tags: "@protocol && " + tag + ",@root"}, Write: true, Settle: 5 * time.Millisecond, Tick: 2 * time.Millisecond,
	})
	if report == nil {
		m.note(d.Area, "not judged: %s: %v", d.Name, err)
		return
	}
	found := map[string]conformance.Result{}
	for _, r := range report.Results {
		if r.Verdict != conformance.Pass && r.Verdict != conformance.Skip {
			found[r.ID] = r
		}
	}
	if d.Legal {
		m.legal(d, found)
		return
	}
	m.illegal(d, found)
}

// illegal notes what was found out about a deviation.
func (m *mutation) illegal(d deviation.Deviation, found map[string]conformance.Result) {
	m.mu.Lock()
	m.areas[d.Area] = true
	killed, beyond := false, map[string]bool{}
	for id, r := range found {
		if r.Area == d.Area {
			killed, m.kills[id] = true, true
		} else {
			beyond[r.Area] = true
		}
	}
	m.mu.Unlock()
	if !killed {
		m.note(d.Area, "not killed: %s", d.Name)
	}
	if len(beyond) > 0 {
		m.note(d.Area, "beyond its area: %s: %s", d.Name, strings.Join(slices.Sorted(maps.Keys(beyond)), " "))
	}
}

// legal notes what was said against a legal variation.
func (m *mutation) legal(d deviation.Deviation, found map[string]conformance.Result) {
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if v := found[id].Verdict; v != conformance.Info {
			m.note(d.Area, "minded although legal: %s: %s %s", d.Name, v, id)
		}
	}
}

func (m *mutation) note(area, format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notes = append(m.notes, area+"\t"+fmt.Sprintf(format, args...))
}

// compare compares the notes with those in the golden file, of the areas that were run.
func (m *mutation) compare(t *testing.T) {
	for _, c := range m.checks {
		if m.areas[c.Area] && !m.kills[c.ID] && !slices.ContainsFunc(allowedSkips, func(tag string) bool { return slices.Contains(c.Tags, tag) }) {
			m.note(c.Area, "kills nothing: %s", c.ID)
		}
	}
	slices.Sort(m.notes)
	text, err := os.ReadFile(mutantsGolden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	var elsewhere, want []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if area, _, _ := strings.Cut(line, "\t"); m.areas[area] {
			want = append(want, line)
		} else if line != "" {
			elsewhere = append(elsewhere, line)
		}
	}
	if *update {
		all := append(elsewhere, m.notes...)
		slices.Sort(all)
		if err := os.WriteFile(mutantsGolden, []byte(strings.Join(all, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, line := range m.notes {
		if !slices.Contains(want, line) {
			t.Errorf("not in %s: %s", mutantsGolden, line)
		}
	}
	for _, line := range want {
		if !slices.Contains(m.notes, line) && !strings.Contains(line, "\tbeyond its area") {
			t.Errorf("no longer so, take it out of %s: %s", mutantsGolden, line)
		}
	}
	t.Logf("%d notes", len(m.notes))
}

// inProcess carries requests to a handler without a socket.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.RequestURI, in.Host = r.URL.RequestURI(), r.URL.Host
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, in)
	response := w.Result()
	response.Request = r
	return response, nil
}
