package steps_test

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cucumber/godog"

	"github.com/permiso/scimwright/conformance/steps"
	"github.com/permiso/scimwright/features"
)

// run runs scenarios against an app and returns how each ended, by check id.
func run(t *testing.T, config steps.Config, options godog.Options) map[string]steps.Outcome {
	t.Helper()
	outcomes := map[string]steps.Outcome{}
	config.OnOutcome = func(o steps.Outcome) { outcomes[o.ID] = o }
	if config.Settle == 0 {
		config.Settle = 50 * time.Millisecond
	}
	if config.Patience == 0 {
		config.Patience = 10 * time.Second
	}
	suite, err := steps.New(config)
	if err != nil {
		t.Fatal(err)
	}
	options.Format, options.Output, options.Strict = "progress", io.Discard, true
	if options.Paths == nil {
		options.Paths = []string{"."}
	}
	godog.TestSuite{
		ScenarioInitializer: suite.Initialize, Options: &options,
	}.Run()
	if len(outcomes) == 0 {
		t.Fatal("no scenario ran")
	}
	return outcomes
}

func pushing(d defect) func(context.Context) (steps.Provisioner, error) {
	return func(context.Context) (steps.Provisioner, error) { return newPusher(d), nil }
}

// scenario runs one scenario of the given sentences against an app.
func scenario(t *testing.T, a *app, provisioner func(context.Context) (steps.Provisioner, error), sentences ...string) steps.Outcome {
	t.Helper()
	return scenarioWith(t, steps.Config{Target: a.target(t), Provisioner: provisioner}, sentences...)
}

func scenarioWith(t *testing.T, config steps.Config, sentences ...string) steps.Outcome {
	t.Helper()
	text := "Feature: f\n  @TEST-01\n  Scenario: s\n"
	for _, s := range sentences {
		text += "    * " + s + "\n"
	}
	all := run(t, config, godog.Options{FS: fstest.MapFS{"f.feature": {Data: []byte(text)}}})
	return all["TEST-01"]
}

func TestPlainProvisionerPassesEveryScenario(t *testing.T) {
	a := newApp(t)
	ceo := a.seed("Users", map[string]any{"userName": "ceo@example.com", "active": true})
	payroll := a.seed("Groups", map[string]any{"displayName": "Payroll", "members": values([]string{ceo})})
	for id, o := range run(t, steps.Config{Target: a.target(t), Provisioner: pushing("")}, godog.Options{FS: features.FS, Tags: "@lifecycle"}) {
		// It takes no settings; what needs some is shown with the one that is shipped.
		if o.Err != nil || o.Skipped != "" && !strings.Contains(o.Skipped, "takes neither settings nor decisions") {
			t.Errorf("%s: %v %s", id, o.Err, o.Skipped)
		}
	}
	if a.left("Users") != 1 || a.left("Groups") != 1 {
		t.Errorf("%d users and %d groups are left, want the 1 and 1 that were there", a.left("Users"), a.left("Groups"))
	}
	for _, w := range a.written() {
		if strings.HasSuffix(w, ceo) || strings.HasSuffix(w, payroll) {
			t.Errorf("what was there before was written to: %s", w)
		}
	}
}

// Each defect is found, and found by a check that is about it.
func TestDefectsAreFound(t *testing.T) {
	found := map[defect][]string{
		neverDisables:     {"LIFE-71", "LIFE-72", "LIFE-78", "LIFE-79", "LIFE-81"},
		deletesInstead:    {"LIFE-71", "LIFE-72", "LIFE-79"},
		deletesLeavers:    {"LIFE-72", "LIFE-123"},
		duplicatesOnRetry: {"LIFE-11"},
		neverRetries:      {"LIFE-09", "LIFE-10", "LIFE-11", "LIFE-32", "LIFE-56", "LIFE-81"},
		wipesEmails:       {"LIFE-26", "LIFE-22"},
		repeatsWrites:     {"LIFE-04", "LIFE-05", "LIFE-28", "LIFE-50", "LIFE-75"},
		neverClears:       {"LIFE-24"},
		renamesByCreate:   {"LIFE-23", "LIFE-101"},
		ignoresExisting:   {"LIFE-06", "LIFE-29", "LIFE-79"},
		takesOver:         {"LIFE-07", "LIFE-161"},
		createsDisabled:   {"LIFE-77"},
		reopens:           {"LIFE-74"},
		forgetsLast:       {"LIFE-47"},
		ousts:             {"LIFE-52", "LIFE-53"},
		needsGroups:       {"LIFE-58"},
		hidesFailures:     {"LIFE-07", "LIFE-59"},
		dropsAccents:      {"LIFE-03", "LIFE-25"},
		deletesGroups:     {"LIFE-55"},
		wrongID:           {"LIFE-02"},
		neverRenamesGroup: {"LIFE-48"},
		prunes:            {"LIFE-05"},
		namesManagers:     {"LIFE-151", "LIFE-153"},
	}
	for d, ids := range found {
		t.Run(strings.ReplaceAll(string(d), " ", "_"), func(t *testing.T) {
			a := newApp(t)
			a.seed("Users", map[string]any{"userName": "ceo@example.com", "active": true})
			tags := "@" + strings.Join(ids, ",@")
			config := steps.Config{Target: a.target(t), Provisioner: pushing(d), Patience: 300 * time.Millisecond}
			for id, o := range run(t, config, godog.Options{FS: features.FS, Tags: tags}) {
				if !steps.IsFailure(o.Err) {
					t.Errorf("%s ended with %v, want a failure", id, o.Err)
				}
				if len(o.Leaks) > 0 {
					t.Errorf("%s left %v", id, o.Leaks)
				}
			}
			if a.left("Users") != 1 || a.left("Groups") != 0 {
				t.Errorf("%d users and %d groups are left, want 1 and 0", a.left("Users"), a.left("Groups"))
			}
		})
	}
}

func TestVocabulary(t *testing.T) {
	docs := steps.Vocabulary()
	patterns := map[string]*regexp.Regexp{}
	for _, d := range docs {
		patterns[d.Pattern] = regexp.MustCompile(d.Pattern)
	}
	for _, d := range docs {
		if d.Meaning == "" || !strings.HasSuffix(d.Meaning, ".") {
			t.Errorf("%q has no meaning", d.Example)
		}
		matching := slices.DeleteFunc(slices.Clone(docs), func(other steps.Doc) bool {
			return !patterns[other.Pattern].MatchString(d.Example)
		})
		if len(matching) != 1 || matching[0] != d {
			t.Errorf("the example %q matches %d patterns, want its own alone", d.Example, len(matching))
		}
	}
	protocol := 0
	for _, d := range docs {
		if d.Protocol {
			protocol++
		}
	}
	if protocol > 60 || len(docs)-protocol > 60 {
		t.Errorf("%d patterns for the protocol and %d for provisioners are too many to learn", protocol, len(docs)-protocol)
	}
}

func TestNewChecksItsConfig(t *testing.T) {
	target := newApp(t).target(t)
	for name, config := range map[string]steps.Config{
		"no target":  {},
		"run short":  {Target: target, Run: "abc"},
		"run spaces": {Target: target, Run: "ab cd ef"},
	} {
		if _, err := steps.New(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestNewTargetNamesTheMistake(t *testing.T) {
	for endpoint, want := range map[string]string{
		"":                          "no endpoint",
		"app.example.com/scim":      "not an absolute",
		"ftp://app.example.com":     "not an absolute",
		"https://u:p@example.com":   "credentials",
		"https://example.com/?a=b":  "query",
		"https://exa mple.com/scim": "not a URL",
	} {
		_, err := steps.NewTarget(steps.TargetConfig{Endpoint: endpoint})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewTarget(%q) = %v, want it to say %q", endpoint, err, want)
		}
	}
	target, err := steps.NewTarget(steps.TargetConfig{Endpoint: "https://example.com/scim/v2/"})
	if err != nil || target.Endpoint() != "https://example.com/scim/v2" {
		t.Errorf("the trailing slash stays: %v %v", target, err)
	}
}
