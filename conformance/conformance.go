// Package conformance judges a SCIM service by the scenarios of package features.
//
// [Run] looks at the target, selects the checks, runs them one after another and
// returns a [Report]; [ExitCode] turns what it returns into the status of a
// command. Nothing is changed in the target unless [Config.Write] is set, and then
// only what the run itself has made, which it removes again.
//
//	report, err := conformance.Run(ctx, conformance.Config{
//		Endpoint: "https://app.example.com/scim/v2", Token: token,
//		Features: features.FS, Write: true, Provisioner: newProvisioner,
//	})
//	os.Exit(conformance.ExitCode(report, err))
package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"github.com/cucumber/godog"

	"github.com/permiso/scimwright/conformance/lint"
	"github.com/permiso/scimwright/conformance/steps"
)

// Config says what a run judges, and how.
type Config struct {
	// Endpoint is the SCIM base URL of the target, with or without a trailing
	// slash. Required.
	Endpoint string
	// Token is the bearer token. Empty sends no credentials.
	Token string
	// Transport carries requests to the target. Nil means one that verifies TLS.
	Transport http.RoundTripper
	// Handler, if not nil, is judged in this process, without a network. Endpoint may
	// then be just the path at which it serves SCIM, such as "/scim/v2".
	Handler http.Handler
	// Timeout bounds one exchange with the target. Zero means 30 s.
	Timeout time.Duration
	// Rate is how many requests are sent to the target in a second, evenly spaced. Zero
	// sets no limit; a service that others use is spared by 5. A target that answers
	// 429 or 503 with a Retry-After is left alone until then, whatever the rate.
	Rate float64
	// Limit is how long the run may take, cleaning up not counted. Zero sets no limit.
	Limit time.Duration

	// Features holds the feature files, in any folders. Required. Those of package
	// features are the checks of this project; [Join] adds others.
	Features fs.FS
	// Sentences defines sentences beside those of package steps, for scenarios of one's
	// own. It is called for each scenario, as godog's scenario initializers are; the
	// sentences send by [steps.Send]. Nil defines none.
	Sentences func(*godog.ScenarioContext)
	// Select says which checks are made. Empty means the profile [RFC].
	Select Selection
	// Write allows the run to make resources, and to change and delete those.
	// False skips every scenario that writes.
	Write bool
	// StandIn gets everything that the checks send, in the target's place, once the
	// target has told what it offers. The run then shows what it would do and nothing
	// of what the target would answer, and changes nothing. Nil sends it to the target.
	StandIn http.RoundTripper
	// Ledger names the file in which the run writes down what it is about to make, each
	// time before it makes it, so that [Cleanup] can finish what a killed run could not.
	// It must not exist, and is removed when nothing was left behind. Empty means none;
	// a run that does not write needs none.
	Ledger string
	// Waivers are known failures that are not to count for a while.
	Waivers []Waiver
	// Provisioner makes the provisioner that one lifecycle scenario drives. Nil
	// ends those with an error.
	Provisioner func(ctx context.Context) (steps.Provisioner, error)

	// Run identifies the run in the names of what it makes: eight letters or
	// digits in lower case. Empty means random ones.
	Run string
	// MailDomain is the domain of user names and mail addresses. Empty means
	// scimwright.invalid.
	MailDomain string
	// UserAttributes and GroupAttributes are what the target wants of every user and
	// group beyond what its schemas tell, in the form of the body of a create.
	UserAttributes, GroupAttributes map[string]any
	// Settle is how long the target may take to show what it has accepted. Zero
	// means 2 s.
	Settle time.Duration
	// Tick is how far apart two changes have to be for the target to show that one
	// is later. Zero means 1.1 s, for those that count seconds.
	Tick time.Duration
	// Patience is how long the provisioner may take to deliver a change, retries
	// included. Zero means 30 s.
	Patience time.Duration

	// OnPlan is called with the selected checks before the first one runs, OnResult
	// with each result as soon as there is one. Nil means nobody listens.
	OnPlan   func([]Check)
	OnResult func(Result)
	// Now is the clock of the report. Nil means [time.Now].
	Now func() time.Time
}

// Run judges a target. A failed check is part of the report, not an error.
//
// The error is nil if at least one check ran. Otherwise it is a [*ConfigError]; a
// [*NothingError] if no check was left to run; a [*TargetError] if the target
// cannot be reached, refuses the token, is no SCIM service, or stops answering. If ctx
// ends, the scenario under way is cleaned up, the rest is skipped, and the error is that
// of ctx; a [*LimitError] if the run took longer than it may. A scenario that wants to
// touch what the run did not make ends the run with a [*StoppedError]. The report is nil
// only before anything was selected.
func Run(ctx context.Context, config Config) (*Report, error) {
	r, err := newRun(config)
	if err != nil {
		return nil, err
	}
	config = r.config
	if err := r.load(); err != nil {
		return nil, err
	}
	if config.OnPlan != nil {
		config.OnPlan(r.checks)
	}
	if !r.anyLeft() {
		for i := range r.checks {
			r.record(i, r.skipResult(i))
		}
		reason := r.skip(r.checks[0].Tags)
		return r.report(), &NothingError{Reason: reason, ReadOnly: reason == readOnly}
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	if config.StandIn != nil {
		r.target = r.target.Through(config.StandIn)
	}
	if config.Limit > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, config.Limit, &LimitError{config.Limit})
		defer cancel()
		ctx = limited
	}
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(nil)
	if err := r.openLedger(); err != nil {
		return nil, err
	}
	err = errors.Join(r.judge(ctx), r.closeLedger())
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	report := r.report()
	if err != nil {
		report.breakOff(err)
		return report, err
	}
	if !r.ran() {
		return report, &NothingError{Reason: report.Results[0].Reason}
	}
	return report, nil
}

// newRun returns a run that has not begun.
func newRun(config Config) (*run, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Run == "" {
		config.Run = steps.NewRun()
	}
	if err := config.through(); err != nil {
		return nil, err
	}
	target, err := steps.NewTarget(steps.TargetConfig{
		Endpoint: config.Endpoint, Token: config.Token, Transport: config.Transport, Timeout: config.Timeout, Rate: config.Rate,
	})
	if err != nil {
		return nil, &ConfigError{Err: err}
	}
	r := &run{config: config, started: config.Now()}
	r.target = target.Watch(func(q *steps.Request, a *steps.Answer) {
		r.preflight = append(r.preflight, steps.Exchange{Request: *q, Fate: steps.FateForwarded, Answer: a})
	})
	return r, nil
}

// A run is one run under way.
type run struct {
	config  Config
	target  *steps.Target
	started time.Time
	// all are the checks there are; checks are those selected: the scenarios, and then
	// the rules about every answer.
	all, checks []Check
	scenarios   int
	chosen      *chosen
	// discovery is what the target says about itself.
	discovery *steps.Discovery
	// byID finds a check by its id.
	byID map[string]int
	// missing says why a capability cannot be used, by the tag that needs it.
	missing map[string]string

	results []Result
	done    []bool
	// stop ends the run early. stopped is why, if a check has wanted too much.
	stop    context.CancelCauseFunc
	stopped *StoppedError
	// linter sees every exchange; seen are those that it was shown, preflight those
	// before it was there.
	linter    *lint.Linter
	seen      []steps.Exchange
	during    []string // which check each of them was made for
	preflight []steps.Exchange
	// held are failures that may turn out to have another check as their reason.
	held  []held
	leaks []steps.Leak
	begun time.Time
	// ledger is nil for a run that keeps none.
	ledger *steps.LedgerFile
}

// openLedger makes the file in which the run writes down what it makes.
func (r *run) openLedger() (err error) {
	if r.config.Ledger == "" || !r.config.Write || r.config.StandIn != nil {
		return nil
	}
	if r.ledger, err = steps.CreateLedger(r.config.Ledger, r.config.Run, r.target.Endpoint(), r.started); err != nil {
		return &ConfigError{Err: err}
	}
	return nil
}

func (r *run) closeLedger() error {
	if r.ledger == nil {
		return nil
	}
	return r.ledger.Close(len(r.leaks) == 0)
}

func (r *run) options(ctx context.Context) *godog.Options {
	return &godog.Options{
		FeatureContents: []godog.Feature{{Name: "checks.feature", Contents: script(r.inOrder())}},
		Format:          "progress", Output: io.Discard, Strict: true, NoColors: true, DefaultContext: ctx,
	}
}

// load reads and selects the checks.
func (r *run) load() error {
	if r.config.Features == nil {
		return &ConfigError{Err: fmt.Errorf("conformance: Config.Features is nil")}
	}
	if err := r.choose(); err != nil {
		return err
	}
	r.byID = make(map[string]int, len(r.checks))
	for i, c := range r.checks {
		r.byID[c.ID] = i
	}
	r.results = make([]Result, len(r.checks))
	r.done = make([]bool, len(r.checks))
	return nil
}

// choose selects the checks.
func (r *run) choose() (err error) {
	if err = checkExpression(r.config.Select.Tags); err != nil {
		return &ConfigError{Err: err}
	}
	if r.all, err = AllChecks(r.config.Features); err != nil {
		return &ConfigError{Err: err}
	}
	if r.chosen, err = r.config.Select.choose(r.all); err != nil {
		return &ConfigError{Err: err}
	}
	if name := r.chosen.readOnly(); name != "" && r.config.Write {
		return &ConfigError{Err: fmt.Errorf("the profile %s never writes, and writing is allowed: leave out one of the two", name)}
	}
	if err := checkWaivers(r.config.Waivers, r.all); err != nil {
		return &ConfigError{Err: err}
	}
	rules := false
	for _, c := range r.all {
		switch {
		case !r.chosen.has(&c):
			continue
		case c.pickle == nil:
			rules = true
		default:
			r.scenarios++
		}
		r.checks = append(r.checks, c)
	}
	switch {
	case r.scenarios > 0:
		return nil
	case len(r.all) == len(lintChecks()):
		return &NothingError{Reason: "the feature files hold no scenario"}
	case rules:
		return &NothingError{Reason: "the selection holds nothing but rules about every answer, and no scenario that would bring one: select some too"}
	default:
		return &NothingError{Reason: fmt.Sprintf("no scenario matches the selection (%s)", r.config.Select)}
	}
}

const readOnly = "read-only: the run may not write to the target"

// mostLeaks is how much may be left behind before a run makes nothing more.
const mostLeaks = 3

// deletions are the checks that say whether the target deletes users and groups. They
// are made whatever is left behind: one of them is the reason.
var deletions = [...]string{"DEL-01", "DEL-09"}

// leaky says why nothing more is made, "" as long as something may be.
func (r *run) leaky() string {
	if len(r.leaks) < mostLeaks {
		return ""
	}
	return fmt.Sprintf("left out: %d resources that the run has made could not be removed, so that it makes no more", len(r.leaks))
}

// skip returns why a scenario with these tags is left out, "" if it is not.
func (r *run) skip(tags []string) string {
	for _, tag := range tags {
		if tag == "@write" && !r.config.Write {
			return readOnly
		}
		if tag == "@write" && !slices.Contains(deletions[:], steps.ID("", tags)) && r.leaky() != "" {
			return r.leaky()
		}
		if why := r.missing[tag]; why != "" {
			return why
		}
	}
	return ""
}

func (r *run) anyLeft() bool {
	for _, c := range r.checks[:r.scenarios] {
		if r.skip(c.Tags) == "" {
			return true
		}
	}
	return false
}

// judge runs the scenarios.
func (r *run) judge(ctx context.Context) error {
	r.begun = r.config.Now()
	r.linter = lint.New(r.discovery.Published)
	r.lookAt(r.preflight, "")
	suite, err := r.suite(r.outcome)
	if err != nil {
		return err
	}
	status := godog.TestSuite{Name: "scimwright", ScenarioInitializer: r.initialize(suite), Options: r.options(ctx)}.Run()
	if status > 1 {
		return &ConfigError{Err: fmt.Errorf("the scenarios could not be started (godog status %d)", status)}
	}
	leaks, exchanges := suite.Confirm(ctx, r.leaks)
	r.leaks = append(r.leaks, leaks...)
	r.lookAt(exchanges, "")
	r.settle(true)
	for i := range r.scenarios {
		if !r.done[i] {
			r.record(i, Result{Check: r.checks[i], Verdict: Error, Reason: "the scenario has no steps", Sent: -1})
		}
	}
	r.lintResults()
	return nil
}
