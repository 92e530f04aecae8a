package steps_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cucumber/godog"

	"github.com/permiso/scimwright/conformance/steps"
)

// afterMany runs scenarios that make one account each, and returns what is left
// according to them and to the question at the end. changes are made in the app after
// as many scenarios as they are told by.
func afterMany(t *testing.T, a *app, scenarios int, changes map[int]func(*app)) []steps.Leak {
	t.Helper()
	var text strings.Builder
	text.WriteString("Feature: f\n")
	for i := range scenarios {
		fmt.Fprintf(&text, "  @TEST-%d\n  Scenario: s\n    * the app already has an account for barbara\n    * the app has exactly one account for barbara\n", i+1)
	}
	var leaks []steps.Leak
	ended := 0
	suite, err := steps.New(steps.Config{
		Target: a.target(t), Settle: 30 * time.Millisecond, ConfirmLater: true,
		OnOutcome: func(o steps.Outcome) {
			if o.Err != nil {
				t.Errorf("%s ended with %v", o.ID, o.Err)
			}
			leaks = append(leaks, o.Leaks...)
			if ended++; changes[ended] != nil {
				a.mu.Lock()
				defer a.mu.Unlock()
				changes[ended](a)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	godog.TestSuite{ScenarioInitializer: suite.Initialize, Options: &godog.Options{
		Format: "progress", Output: io.Discard, Strict: true, FS: fstest.MapFS{"f.feature": {Data: []byte(text.String())}}, Paths: []string{"."},
	}}.Run()
	if ended != scenarios {
		t.Fatalf("%d scenarios ended", ended)
	}
	left, _ := suite.Confirm(t.Context(), leaks)
	return append(leaks, left...)
}

// Of an app that has shown that it deletes and what it lists, one search asks about many.
func TestManyAreConfirmedAtOnce(t *testing.T) {
	a := newApp(t)
	leaks := afterMany(t, a, 40, nil)
	if len(leaks) > 0 || a.left("Users") > 0 {
		t.Errorf("leaks %v, %d users are left", leaks, a.left("Users"))
	}
	if a.missed != 1 {
		t.Errorf("%d of 40 accounts were read to see that they are gone, want the first", a.missed)
	}
}

// Whatever an app begins to do in the middle of a run, what it keeps is noticed.
func TestWhatIsKeptIsNoticedLater(t *testing.T) {
	nothing := func(*app) {}
	for name, c := range map[string]struct {
		change, end func(*app)
		kept        int // of the three that are asked about after the change
	}{
		"it keeps what is deleted":         {func(a *app) { a.softDelete = true }, nothing, 3},
		"it no longer filters":             {func(a *app) { a.noFilter = true }, nothing, 0},
		"it keeps and no longer filters":   {func(a *app) { a.softDelete, a.noFilter = true, true }, nothing, 3},
		"it lists pages of one and keeps":  {func(a *app) { a.pageCap, a.softDelete = 1, true }, nothing, 3},
		"it refuses to delete what it has": {func(a *app) { a.noDelete = true }, nothing, 3},
		"its lists fail at the end":        {nothing, func(a *app) { a.listsAnswer = 500 }, 0},
		"it keeps, and its lists fail":     {func(a *app) { a.softDelete = true }, func(a *app) { a.listsAnswer = 500 }, 3},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			a := newApp(t)
			a.seed("Users", map[string]any{"userName": "ceo@example.com"})
			leaks := afterMany(t, a, 8, map[int]func(*app){5: c.change, 8: c.end})
			if len(leaks) != c.kept || a.left("Users") != c.kept+1 {
				t.Errorf("%d users are left, told of are %v", a.left("Users"), leaks)
			}
		})
	}
}

// Where a search shows nothing, each is asked about by itself, at once.
func TestWithoutASearchEachIsConfirmed(t *testing.T) {
	a := newApp(t)
	a.noFilter, a.softDelete = true, true
	leaks := afterMany(t, a, 4, nil)
	if len(leaks) != 4 {
		t.Errorf("told of are %v, want four", leaks)
	}
}

// What an app makes and tells nobody of is found by the name of the run at its end, and
// removed, or told of.
func TestWhatNobodyWasToldOfIsRemoved(t *testing.T) {
	a := newApp(t)
	a.seed("Users", map[string]any{"userName": "ceo@example.com"})
	a.twins = true
	leaks := afterMany(t, a, 4, nil)
	if len(leaks) > 0 || a.left("Users") != 1 {
		t.Errorf("%d users are left, told of are %v", a.left("Users"), leaks)
	}

	leaks = afterMany(t, a, 4, map[int]func(*app){4: func(a *app) { a.noDelete = true }})
	if len(leaks) != 4 || a.left("Users") != 5 {
		t.Errorf("%d users are left, told of are %v, want the four twins", a.left("Users"), leaks)
	}
}

// An app that wants to know which version is meant is told: whichever it has.
func TestRemovalNamesTheVersionIfItHasTo(t *testing.T) {
	a := newApp(t)
	a.wantsMatch = true
	if leaks := afterMany(t, a, 3, nil); len(leaks) > 0 || a.left("Users") > 0 {
		t.Errorf("%d users are left, told of are %v", a.left("Users"), leaks)
	}
}
