package steps_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"github.com/permiso/scimwright/conformance/steps"
	"github.com/permiso/scimwright/features"
)

func wantFailure(t *testing.T, o steps.Outcome, text string) {
	t.Helper()
	if !steps.IsFailure(o.Err) || !strings.Contains(o.Err.Error(), text) {
		t.Errorf("the scenario ended with %v, want a failure that says %q", o.Err, text)
	}
}

func TestTargetsWithTheirOwnWays(t *testing.T) {
	for name, quirk := range map[string]func(*app){
		"no filter":          func(a *app) { a.noFilter = true },
		"no filter, pages":   func(a *app) { a.noFilter, a.pageCap = true, 2 },
		"answers no body":    func(a *app) { a.noEcho = true },
		"eventual":           func(a *app) { a.lag = 2 },
		"deletes hesitantly": func(a *app) { a.failDeletes = 2 },
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			a := newApp(t)
			for range 5 {
				a.seed("Users", map[string]any{"userName": "somebody"})
			}
			quirk(a)
			// However slow the machine is, an app that shows things late gets to do so.
			o := scenarioWith(t, steps.Config{Target: a.target(t), Settle: time.Minute},
				"the app already has an account for barbara",
				"the app has exactly one account for barbara",
				"barbara still has the same account",
				`barbara's account has "displayName" "Made in the app"`,
				"the app already has a group engineers with the members barbara and dan",
				"in the app the group engineers has exactly the members dan and barbara")
			if o.Err != nil || len(o.Leaks) > 0 {
				t.Errorf("the scenario ended with %v, leaks %v", o.Err, o.Leaks)
			}
			if a.left("Users") != 5 || a.left("Groups") != 0 {
				t.Errorf("%d users and %d groups are left", a.left("Users"), a.left("Groups"))
			}
		})
	}
}

func TestLeakIsReported(t *testing.T) {
	a := newApp(t)
	a.softDelete = true
	o := scenario(t, a, nil, "the app already has an account for barbara", "the app has exactly one account for barbara")
	if len(o.Leaks) != 1 || o.Err != nil {
		t.Errorf("leaks %v, error %v: want one leak, and that it changes nothing about what was found", o.Leaks, o.Err)
	}
}

func TestForeignWriteFailsTheScenario(t *testing.T) {
	a := newApp(t)
	ceo := a.seed("Users", map[string]any{"userName": "ceo@example.com"})
	o := scenario(t, a, pushing(prunes), "barbara has an account in the app", "everything is synced", "the app has exactly one account for barbara")
	wantFailure(t, o, "DELETE /Users/"+ceo)
	if a.left("Users") != 1 {
		t.Error("the account that was there before is gone")
	}
}

func TestScenariosThatCannotJudgeAreSkipped(t *testing.T) {
	for id, attribute := range map[string]string{"LIFE-24": "title", "LIFE-07": "externalId", "LIFE-30": "nickName"} {
		a := newApp(t)
		a.forgets = []string{attribute}
		o := run(t, steps.Config{Target: a.target(t), Provisioner: pushing("")}, godog.Options{FS: features.FS, Tags: "@" + id})[id]
		if !strings.Contains(o.Skipped, attribute) || o.Err != nil {
			t.Errorf("%s: skipped %q, error %v; want it skipped for %q", id, o.Skipped, o.Err, attribute)
		}
		if a.left("Users") != 0 {
			t.Errorf("%s left %d users", id, a.left("Users"))
		}
	}
}

func TestSkipIsAsked(t *testing.T) {
	a := newApp(t)
	config := steps.Config{Target: a.target(t), Skip: func(tags []string) string { return "not today, " + steps.ID("", tags) }}
	for id, o := range run(t, config, godog.Options{FS: features.FS}) {
		if o.Skipped != "not today, "+id || o.Err != nil {
			t.Errorf("%s: skipped %q, error %v", id, o.Skipped, o.Err)
		}
	}
	if len(a.written()) > 0 {
		t.Errorf("the app was written to: %v", a.written())
	}
}

// cutShort is a provisioner that ends the run after a number of changes.
type cutShort struct {
	steps.Provisioner
	left *int
	end  context.CancelFunc
}

func (c cutShort) Settle(ctx context.Context) ([]steps.Subject, error) {
	if *c.left--; *c.left == 0 {
		c.end()
	}
	return c.Provisioner.Settle(ctx)
}

func TestInterruptedRunCleansUp(t *testing.T) {
	for _, after := range []int{1, 2, 5} {
		a := newApp(t)
		ctx, cancel := context.WithCancel(t.Context())
		left := after
		provisioner := func(context.Context) (steps.Provisioner, error) {
			return cutShort{newPusher(""), &left, cancel}, nil
		}
		outcomes := run(t, steps.Config{Target: a.target(t), Provisioner: provisioner}, godog.Options{FS: features.FS, DefaultContext: ctx})
		interrupted := 0
		for _, o := range outcomes {
			if o.Skipped == "the run was interrupted" {
				interrupted++
			}
		}
		if interrupted == 0 {
			t.Errorf("after %d: no scenario was left out", after)
		}
		if a.left("Users") != 0 || a.left("Groups") != 0 {
			t.Errorf("after %d: %d users and %d groups are left", after, a.left("Users"), a.left("Groups"))
		}
	}
}

// stuck is a provisioner that never gets anywhere.
type stuck struct {
	settle error
	blocks bool
}

func (stuck) Connect(context.Context, string, string) error { return nil }
func (stuck) Send(context.Context, steps.Change) error      { return nil }
func (stuck) Sync(context.Context) error                    { return nil }
func (stuck) Close() error                                  { return nil }
func (s stuck) Settle(ctx context.Context) ([]steps.Subject, error) {
	if s.blocks {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return []steps.Subject{{Kind: steps.KindUser, ID: "u", State: "pending"}}, s.settle
}

func TestProvisionerThatGetsNowhere(t *testing.T) {
	sentences := []string{"barbara is added to the directory", "the app has exactly one account for barbara"}
	give := func(p steps.Provisioner, err error) func(context.Context) (steps.Provisioner, error) {
		return func(context.Context) (steps.Provisioner, error) { return p, err }
	}
	for want, p := range map[string]stuck{"still pending": {}, "not done": {blocks: true}} {
		config := steps.Config{Target: newApp(t).target(t), Provisioner: give(p, nil), Patience: 100 * time.Millisecond}
		wantFailure(t, scenarioWith(t, config, sentences...), want)
	}
	for name, provisioner := range map[string]func(context.Context) (steps.Provisioner, error){
		"broken":     give(stuck{settle: errors.New("the store is gone")}, nil),
		"not there":  give(nil, errors.New("no such provisioner")),
		"none given": nil,
	} {
		o := scenario(t, newApp(t), provisioner, sentences...)
		if o.Err == nil || steps.IsFailure(o.Err) {
			t.Errorf("%s: the scenario ended with %v, want an error that is no verdict", name, o.Err)
		}
	}
}

func TestSentencesThatMakeNoSense(t *testing.T) {
	for name, sentences := range map[string][]string{
		"unknown sentence": {"barbara sings"},
		"unknown person":   {"barbara's account is active"},
		"not in directory": {"barbara joins the group engineers"},
		"not a list":       {"the group engineers is added to the directory with the members barbara, and"},
		"nothing sent":     {"the same change arrives again"},
		"nothing before":   {"barbara is added to the directory", "barbara still has the same account"},
		"nothing to clear": {"barbara is added to the directory", `barbara's "title" is cleared`},
		"added twice":      {"barbara is added to the directory", "barbara is added to the directory"},
	} {
		o := scenario(t, newApp(t), pushing(""), sentences...)
		if o.Err == nil || steps.IsFailure(o.Err) {
			t.Errorf("%s: the scenario ended with %v, want an error that is no verdict", name, o.Err)
		}
	}
}

func TestAssertionsCanFail(t *testing.T) {
	const (
		account = "the app already has an account for barbara"
		group   = "the app already has a group engineers with the member barbara"
		dan     = "the app already has an account for dan"
		added   = "carla is added to the directory"
	)
	for _, c := range []struct {
		want      string
		sentences []string
	}{
		{"is not disabled", []string{account, "barbara's account is disabled"}},
		{"can still use", []string{account, "barbara cannot use the app"}},
		{`has no "title"`, []string{account, `barbara's account has "title" "Director"`}},
		{`"Made in the app"`, []string{account, `barbara's account has "displayName" "Barbara"`}},
		{"and should have", []string{account, `barbara's account has "email" "babs"`}},
		{"still has", []string{account, `barbara's account has no "name.givenName"`}},
		{"should have none", []string{account, "the app has no account for barbara"}},
		{"should not", []string{group, "the app has no group engineers"}},
		{"should not: 1", []string{group, "in the app the group engineers has exactly no members"}},
		{"lacks dan", []string{dan, group, "in the app the group engineers has exactly the members barbara and dan"}},
		{"not reported at all", []string{account, "barbara is reported as not delivered"}},
		{"as if it had been delivered", []string{added, "carla is reported as not delivered"}},
		{"no account was created", []string{account, "barbara is added to the directory", "barbara's account was created under the directory's id"}},
		{"written to 0 times", []string{account, "the app is written to exactly once"}},
		{"written to 1 times", []string{added, "the app is written to exactly twice"}},
		{"written to 1 times", []string{added, "nothing is written to the app"}},
		{"was written to", []string{account, "barbara is added to the directory", "barbara's account is left alone"}},
		{"something was deleted", []string{"the group engineers is in the app with no members", "the group engineers leaves the directory", "nothing was ever deleted in the app"}},
	} {
		wantFailure(t, scenario(t, newApp(t), pushing(""), c.sentences...), c.want)
	}
}
