package features_test

import (
	"cmp"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
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

// What is not as it should be: mutants that no check of their area finds, checks that
// find no mutant, mutants that make checks of other areas fail without one being the
// reason of the other, and legal variations that a check minds. Each line has its reason
// behind it.
const mutantsGolden = "testdata/mutants.golden"

// TestMutants runs all scenarios against each deviation of the mock, which a check of
// its area has to find. No other check may mind it, unless it cites the same requirement
// or is blocked by one that has found it. And against each legal variation, which no check may mind.
//
// MUTANTS chooses: areas such as PATCH,GROUP, names of deviations, or "all", which is
// some five minutes of computing on one core. Without it a sample is run, always the same.
func TestMutants(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // much is made and little kept
	run := newMutation(t)
	todo := make(chan deviation.Deviation)
	var wg sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for d := range todo {
				run.judge(t, d)
			}
		})
	}
	for _, d := range run.chosen(os.Getenv("MUTANTS")) {
		todo <- d
	}
	close(todo)
	wg.Wait()
	run.compare(t)
}

// sampled is how many deviations are run where nobody asks for others.
const sampled = 12

// A mutation is a run over the deviations.
type mutation struct {
	server   *mocktarget.Server
	features fs.FS
	checks   []conformance.Check

	mu    sync.Mutex
	notes map[note]string // with what more there is to say
	kills map[string]bool // by check
	// judged are the deviations that are run, whole the areas of which all mutants are.
	judged, whole map[string]bool
}

// A note is something that is not as it should be.
type note struct{ area, what, who string }

func (n note) String() string { return n.area + "\t" + n.what + ": " + n.who }

func newMutation(t *testing.T) *mutation {
	t.Helper()
	document, err := os.ReadFile("testdata/types.json")
	if err != nil {
		t.Fatal(err)
	}
	types, err := mocktarget.ParseResourceTypes(document)
	if err != nil {
		t.Fatal(err)
	}
	server, err := mocktarget.New(mocktarget.Config{
		ResourceTypes: types, Subject: "somebody", Journal: mocktarget.JournalConfig{Off: true},
		Limits: mocktarget.Limits{BulkOperations: 25, BulkBody: 25_000},
	})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := conformance.Parse(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	checks, err := conformance.AllChecks(parsed)
	if err != nil {
		t.Fatal(err)
	}
	checks = slices.DeleteFunc(checks, func(c conformance.Check) bool { return !slices.Contains(c.Tags, "@protocol") })
	return &mutation{server: server, features: parsed, checks: checks, notes: map[note]string{}, kills: map[string]bool{}, judged: map[string]bool{}, whole: map[string]bool{}}
}

// chosen returns the deviations that are run.
func (m *mutation) chosen(choice string) []deviation.Deviation {
	all := deviation.All()
	named := strings.Split(choice, ",")
	switch {
	case choice == "":
		dice := rand.New(rand.NewPCG(1, 2))
		dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:sampled]
	case choice != "all":
		all = slices.DeleteFunc(all, func(d deviation.Deviation) bool {
			return !slices.Contains(named, d.Area) && !slices.Contains(named, d.Name)
		})
	}
	for _, d := range all {
		m.judged[d.Name] = true
	}
	for _, d := range deviation.All() {
		if !d.Legal {
			m.whole[d.Area] = true
		}
	}
	m.whole["LINT"] = true
	for _, d := range deviation.All() {
		if !m.judged[d.Name] {
			delete(m.whole, d.Area)
			delete(m.whole, "LINT")
		}
	}
	return all
}

// judge runs the scenarios against one deviation.
func (m *mutation) judge(t *testing.T, d deviation.Deviation) {
	t.Helper()
	tenant, err := m.server.CreateTenant(d.Name, mocktarget.TenantConfig{Settings: &mocktarget.Settings{Deviations: []string{d.Name}}})
	if err != nil {
		t.Error(err)
		return
	}
	defer m.server.DeleteTenant(d.Name)
	if err := tenant.Seed(strings.NewReader(`{"Users": [{"userName": "somebody"}, {"userName": "somebody else"}]}`)); err != nil {
		t.Error(err)
		return
	}
	report, err := conformance.Run(t.Context(), conformance.Config{
		Handler: m.server, Endpoint: tenant.Path(), Token: m.server.Token(),
		Features: m.features, Select: conformance.Selection{Tags: "@protocol"}, Write: true, Settle: 5 * time.Millisecond, Tick: 2 * time.Millisecond, Timeout: patience,
	})
	if report == nil {
		m.note(note{d.Area, "not judged", d.Name}, err.Error())
		return
	}
	found := map[string]conformance.Result{}
	for _, r := range report.Results {
		if r.Verdict != conformance.Pass && r.Verdict != conformance.Skip {
			found[r.ID] = r
		}
		if r.Area == "LINT" && r.BlockedBy != "" && cites(r.Check, d) { // it has found what a check has found
			m.mu.Lock()
			m.kills[r.ID] = true
			m.mu.Unlock()
		}
	}
	if d.Legal {
		m.legal(d, found)
	} else {
		m.illegal(d, found)
	}
}

// illegal notes what was found out about a deviation.
func (m *mutation) illegal(d deviation.Deviation, found map[string]conformance.Result) {
	killed := false
	var beyond []string
	for _, id := range slices.Sorted(maps.Keys(found)) {
		switch r := found[id]; {
		case names(r.Check, d):
			killed = true
			m.mu.Lock()
			m.kills[id] = true
			m.mu.Unlock()
		case r.Verdict != conformance.Info && !cites(r.Check, d):
			beyond = append(beyond, id)
		}
	}
	if !killed {
		m.note(note{d.Area, "not killed", d.Name}, "")
	}
	if len(beyond) > 0 {
		m.note(note{d.Area, "beyond its area", d.Name}, strings.Join(beyond, " "))
	}
}

// names reports whether a check is about what a deviation breaks: it is of its area, or
// a rule about every answer that cites the same requirement.
func names(c conformance.Check, d deviation.Deviation) bool {
	return c.Area == d.Area || c.Area == "LINT" && cites(c, d)
}

// cites reports whether a check cites a requirement that a deviation breaks.
func cites(c conformance.Check, d deviation.Deviation) bool {
	return slices.ContainsFunc(c.Requirements, func(id string) bool { return slices.Contains(d.Requirements, id) })
}

// legal notes what was said against a legal variation.
func (m *mutation) legal(d deviation.Deviation, found map[string]conformance.Result) {
	var minds []string
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if v := found[id].Verdict; v != conformance.Info {
			minds = append(minds, string(v)+" "+id)
			continue
		}
		m.mu.Lock()
		m.kills[id] = true // what need not be so has no mutant, and something that is otherwise
		m.mu.Unlock()
	}
	if len(minds) > 0 {
		m.note(note{d.Area, "minded although legal", d.Name}, strings.Join(minds, ", "))
	}
}

func (m *mutation) note(n note, more string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notes[n] = more
}

// compare compares the notes with the golden file, as far as both are about what was
// run. With -update it writes the file; reasons are written by hand.
func (m *mutation) compare(t *testing.T) {
	t.Helper()
	for _, c := range m.checks {
		skips := slices.ContainsFunc(allowedSkips, func(tag string) bool { return slices.Contains(c.Tags, tag) })
		if m.whole[c.Area] && !m.kills[c.ID] && !skips {
			m.notes[note{c.Area, "kills nothing", c.ID}] = ""
		}
	}
	want, all := map[string]bool{}, map[string]string{}
	text, err := os.ReadFile(mutantsGolden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		fact, _, _ := strings.Cut(line, "\t— ")
		_, who, _ := strings.Cut(fact, ": ")
		area, _, _ := strings.Cut(fact, "\t")
		if all[fact] = line; m.judged[who] || m.whole[area] && strings.Contains(fact, "kills nothing") {
			want[fact] = true
		}
	}
	for _, n := range slices.SortedFunc(maps.Keys(m.notes), func(a, b note) int { return cmp.Compare(a.String(), b.String()) }) {
		if !want[n.String()] && !*update {
			t.Errorf("%s %s", n, m.notes[n])
		}
		if delete(want, n.String()); all[n.String()] == "" {
			all[n.String()] = n.String()
		}
	}
	for fact := range want {
		if delete(all, fact); !*update {
			t.Errorf("no longer so, take it out of %s: %s", mutantsGolden, fact)
		}
	}
	if *update {
		lines := slices.Sorted(maps.Values(all))
		if err := os.WriteFile(mutantsGolden, []byte(strings.Join(append(lines, ""), "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d notes", len(m.notes))
}
