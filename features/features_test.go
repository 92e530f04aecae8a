package features_test

import (
	"context"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"github.com/permiso/scimwright/cmd/scimwright/cli"
	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/lint"
	"github.com/permiso/scimwright/conformance/requirement"
	"github.com/permiso/scimwright/conformance/steps"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/elimityserver"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// TestLifecycle runs every lifecycle scenario against two servers, the mock and
// one that we did not write, through the engine in this process and through the
// daemon's API. A scenario that is skipped there is a mistake.
func TestLifecycle(t *testing.T) {
	targets := map[string]func(testing.TB) (endpoint, token string){"mock": mock, "elimity": elimity}
	drivers := map[string]func(context.Context) (steps.Provisioner, error){
		"engine": cli.NewEngineDriver, "daemon": cli.NewDaemonDriver,
	}
	for target, start := range targets {
		for driver, provisioner := range drivers {
			t.Run(target+"/"+driver, func(t *testing.T) {
				t.Parallel()
				endpoint, token := start(t)
				lifecycle(t, endpoint, token, provisioner)
			})
		}
	}
}

func mock(t testing.TB) (endpoint, token string) {
	target := mocktargettest.New(t)
	return target.URL(), target.Token()
}

func elimity(t testing.TB) (endpoint, token string) {
	target := mocktargettest.New(t, mocktargettest.WithConfig(elimityserver.Configure(mocktarget.Config{})))
	return target.URL(), target.Token()
}

func lifecycle(t *testing.T, endpoint, token string, provisioner func(context.Context) (steps.Provisioner, error)) {
	t.Helper()
	target, err := steps.NewTarget(steps.TargetConfig{Endpoint: endpoint, Token: token, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	suite, err := steps.New(steps.Config{
		Target: target, Provisioner: provisioner, Patience: time.Minute,
		OnOutcome: func(o steps.Outcome) {
			if o.Skipped != "" {
				t.Errorf("a scenario was skipped: %s", o.Skipped)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	// godog reports a failed scenario as a failed subtest.
	godog.TestSuite{
		ScenarioInitializer: suite.Initialize,
		Options: &godog.Options{
			FS: features.FS, Paths: []string{"lifecycle"}, Strict: true, TestingT: t,
			Format: "progress", Output: io.Discard, DefaultContext: t.Context(),
		},
	}.Run()
}

var idForm = regexp.MustCompile(`^[A-Z]+-[0-9]{2,3}$`)

func TestEveryScenarioIsACheck(t *testing.T) {
	checks, err := conformance.Checks(features.FS, "")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]conformance.Check{}
	perFile := map[string]int{}
	for _, c := range checks {
		at := c.File + ": " + c.Title
		if !idForm.MatchString(c.ID) {
			t.Errorf("%s: %q is not an id like LIFE-01", at, c.ID)
		}
		if first, taken := seen[c.ID]; taken {
			t.Errorf("%s: %s is the id of %q", at, c.ID, first.Title)
		}
		seen[c.ID] = c
		levels := slices.DeleteFunc(slices.Clone(c.Tags), func(tag string) bool {
			return tag != "@must" && tag != "@should" && tag != "@may"
		})
		if len(levels) != 1 {
			t.Errorf("%s: has the levels %v, want one", at, levels)
		}
		if c.Rule == "" {
			t.Errorf("%s: stands under no rule", at)
		}
		perFile[c.File]++
		if strings.HasPrefix(c.File, "protocol/") {
			wantProtocol(t, at, c)
		}
		if strings.HasPrefix(c.File, "lifecycle/") && !(c.Area == "LIFE" && slices.Contains(c.Tags, "@lifecycle") && slices.Contains(c.Tags, "@write")) {
			t.Errorf("%s: a lifecycle scenario has an id LIFE-… and the tags @lifecycle and @write, not %v", at, c.Tags)
		}
	}
	builtOn := map[string][]string{}
	for _, c := range checks {
		builtOn[c.ID] = c.After
	}
	for _, r := range lint.Rules() {
		builtOn[r.ID] = r.After
	}
	for id, others := range builtOn {
		for _, other := range others {
			if _, known := builtOn[other]; !known {
				t.Errorf("%s comes after %s, which is no check", id, other)
			}
		}
	}
	for _, event := range []string{"create", "update", "group_add", "disable"} {
		if n := perFile["lifecycle/"+event+".feature"]; n < 5 {
			t.Errorf("%d scenarios for %s, want at least 5", n, event)
		}
	}
}

// A check that comes after itself, by way of others, would never know which of them is the
// reason of a failure.
func TestNoCheckComesAfterItself(t *testing.T) {
	checks, err := conformance.AllChecks(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	after := map[string][]string{}
	for _, c := range checks {
		after[c.ID] = c.After
	}
	done := map[string]bool{}
	var visit func(id string, way []string)
	visit = func(id string, way []string) {
		if at := slices.Index(way, id); at >= 0 {
			t.Errorf("%s comes after itself: %s", id, strings.Join(way[at:], " after "))
			return
		}
		if done[id] {
			return
		}
		for _, other := range after[id] {
			visit(other, append(slices.Clone(way), id))
		}
		done[id] = true
	}
	for _, c := range checks {
		visit(c.ID, nil)
	}
}

// wantProtocol checks the tags of a scenario about the protocol.
func wantProtocol(t *testing.T, at string, c conformance.Check) {
	t.Helper()
	if !slices.Contains(c.Tags, "@protocol") {
		t.Errorf("%s: lacks the tag @protocol", at)
	}
	if len(c.Requirements) == 0 {
		t.Errorf("%s: cites no requirement", at)
	}
	for _, id := range c.Requirements {
		if r, known := requirement.Get(id); !known || !r.Subject.Binds(requirement.Server) {
			t.Errorf("%s: %s is no requirement on servers", at, id)
		}
	}
}

// Every sentence of the vocabulary is spoken in a scenario.
func TestVocabularyIsUsed(t *testing.T) {
	var text strings.Builder
	err := fs.WalkDir(features.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := features.FS.ReadFile(path)
		for line := range strings.Lines(string(data)) {
			keyword, sentence, _ := strings.Cut(strings.TrimSpace(line), " ")
			if slices.Contains([]string{"Given", "When", "Then", "And", "But", "*"}, keyword) {
				text.WriteString(sentence + "\n")
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range steps.Vocabulary() {
		if !regexp.MustCompile(`(?m)` + d.Pattern).MatchString(text.String()) {
			t.Errorf("no scenario says anything like %q", d.Example)
		}
	}
}

// Whoever asks about a check is told why it matters and how to mend it, in a few lines.
func TestEveryCheckIsExplained(t *testing.T) {
	checks, err := conformance.AllChecks(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	if len(checks) < 380 {
		t.Fatalf("%d checks, want all of them", len(checks))
	}
	for _, c := range checks {
		for label, text := range map[string]string{"Why:": c.Why, "Fix:": c.Fix} {
			if n := len(text); n < 20 || n > 480 || !strings.HasSuffix(text, ".") {
				t.Errorf("%s (%s): the text after %q has %d letters and should be a few sentences: %s", c.ID, c.File, label, n, text)
			}
		}
	}
}
