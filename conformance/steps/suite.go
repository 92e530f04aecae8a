// Package steps is the one vocabulary of the scenarios: what their sentences mean,
// over raw HTTP and generic JSON. It knows nothing of the code it judges; the
// lifecycle scenarios drive "a provisioner" through the [Provisioner] interface,
// and everything that reaches the target goes through a [Guard], which changes
// nothing but what the run has made itself.
//
// [New] makes a suite, [Suite.Initialize] registers the sentences with godog, and
// [Vocabulary] lists them:
//
//	suite, err := steps.New(steps.Config{Target: target, Provisioner: newProvisioner})
//	status := godog.TestSuite{ScenarioInitializer: suite.Initialize, Options: options}.Run()
package steps

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"github.com/permiso/scimwright/conformance/lint"
)

// Config says what a [Suite] works with.
type Config struct {
	// Target is the SCIM service under test. Required.
	Target *Target
	// Discovery is what the target says about itself. Nil means nothing.
	Discovery *Discovery
	// Provisioner makes the provisioner of one scenario. Nil fails the scenarios
	// that need one.
	Provisioner func(ctx context.Context) (Provisioner, error)
	// Run identifies the run in the names of everything it makes: eight letters or
	// digits in lower case. Empty means random ones.
	Run string
	// MailDomain is the domain of user names and mail addresses. Empty means
	// scimwright.invalid, which cannot receive mail.
	MailDomain string
	// UserAttributes and GroupAttributes are part of every user and group that is made,
	// unless the scenario says otherwise.
	UserAttributes, GroupAttributes map[string]any
	// Settle is how long the target may take to show what it has accepted. Zero
	// means 2 s.
	Settle time.Duration
	// Patience is how long the provisioner may take to deliver a change to an app
	// that is up, retries included. Zero means 30 s.
	Patience time.Duration
	// Tick is how far apart two changes have to be for the target to show that one
	// is later. Zero means 1.1 s, for those that count seconds.
	Tick time.Duration
	// Ledger is where what is made is written down. Nil writes it down nowhere.
	Ledger *LedgerFile
	// ConfirmLater has the target asked about much that was deleted at a time, and not
	// about each by itself. [Suite.Confirm] then has to be called after the last scenario.
	ConfirmLater bool
	// Closed says that the scenarios speak the sentences of this package and no others, in
	// so many words. Then only what a scenario says is defined for it, which is less work.
	Closed bool
	// ReadOnly refuses every write, whatever a scenario wants.
	ReadOnly bool
	// Skip decides by its tags whether a scenario is left out, and returns the reason, ""
	// to run it. Nil runs them all.
	Skip func(tags []string) string
	// OnOutcome is called at the end of each scenario. Nil means nobody listens.
	OnOutcome func(Outcome)
}

// An Outcome is how one scenario ended.
type Outcome struct {
	// ID is that of the check, as [ID] has it.
	ID string
	// Skipped is why the scenario was left out, "" if it was not. Interrupted says that
	// it was since the context of the run had ended.
	Skipped     string
	Interrupted bool
	// Err is nil if everything was as demanded. [IsFailure] tells a verdict from
	// trouble.
	Err error
	// Roots are the checks about what the scenario only makes use of and what the target
	// broke on, the likeliest first: if one of them has failed, that is the reason of
	// this outcome. After a [Violation] they are those about all that was sent: the target
	// has told the scenario whom to touch.
	Roots []string
	// Own says that what went wrong is what this check is about, and no other.
	Own bool
	// Remarks say what is not demanded and would be better otherwise.
	Remarks []string
	// Parts are what was found out about each of several attributes, for a check that
	// goes through what the target publishes.
	Parts []Part
	// Exchanges are all that went over the wire to and from the target, cleanup
	// included, in the order of the answers.
	Exchanges []Exchange
	// Expected is the sentence that did not come true, "" if none was in the way.
	Expected string
	// Sent is the exchange, in Exchanges, whose request that sentence is about. It is
	// -1 if there is none.
	Sent int
	// Leaks lists what the scenario made and could not remove, and what of earlier ones
	// has turned out not to be gone.
	Leaks []Leak
}

// A Part is what was found out about one attribute.
type Part struct {
	// Name is the attribute's path.
	Name string
	// Failure says what is wrong, "" if nothing is.
	Failure string
}

// A Suite holds what the scenarios of one run share.
type Suite struct {
	config Config
	// patterns are the compiled patterns of the vocabulary, in its order.
	patterns []*regexp.Regexp
	// aboutProvisioners is how many of them, the first ones, are about a provisioner.
	aboutProvisioners int
	// removals is nil unless they are confirmed later.
	removals *removals
}

var (
	runForm = regexp.MustCompile(`^[a-z0-9]{8}$`)
	idTag   = regexp.MustCompile(`^@[A-Z]+-[0-9]+$`)
)

// New returns a suite. It fails if the configuration cannot work.
func New(config Config) (*Suite, error) {
	if config.Target == nil {
		return nil, errors.New("steps: Config.Target is nil")
	}
	if config.Run == "" {
		config.Run = NewRun()
	}
	if !runForm.MatchString(config.Run) {
		return nil, fmt.Errorf("steps: the run %q is not eight letters or digits in lower case", config.Run)
	}
	if config.MailDomain == "" {
		config.MailDomain = "scimwright.invalid"
	}
	if config.Settle <= 0 {
		config.Settle = 2 * time.Second
	}
	if config.Tick <= 0 {
		config.Tick = 1100 * time.Millisecond
	}
	if config.Discovery == nil {
		config.Discovery = &Discovery{Published: &lint.Published{}}
	}
	if config.Patience <= 0 {
		config.Patience = 30 * time.Second
	}
	s := &Suite{config: config}
	if config.ConfirmLater {
		s.removals = newRemovals()
	}
	for _, d := range Vocabulary() {
		s.patterns = append(s.patterns, regexp.MustCompile(d.Pattern))
		if !d.Protocol {
			s.aboutProvisioners++
		}
	}
	return s, nil
}

// NewRun returns a random identifier for a run.
func NewRun() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// ID returns the id of the check that a scenario is: the one among its tags, such as
// "LIFE-01", or its title if there is none.
func ID(title string, tags []string) string {
	if id := tagged(tags); id != "" {
		return id
	}
	return title
}

// tagged returns the check id among tags, "" if there is none.
func tagged(tags []string) string {
	at := slices.IndexFunc(tags, idTag.MatchString)
	if at < 0 {
		return ""
	}
	return tags[at][1:]
}

// Initialize registers the vocabulary for one scenario. It is what godog calls a
// scenario initializer.
func (s *Suite) Initialize(sc *godog.ScenarioContext) {
	state := &scenario{suite: s, people: map[string]*person{}, groups: map[string]*group{}}
	state.client = newClient(state)
	sc.Before(func(ctx context.Context, pickle *godog.Scenario) (context.Context, error) {
		if s.config.Closed {
			s.define(sc, state, func(pattern *regexp.Regexp) bool {
				return slices.ContainsFunc(pickle.Steps, func(step *godog.Step) bool { return pattern.MatchString(step.Text) })
			})
		}
		return state.begin(ctx, pickle)
	})
	sc.After(state.end)
	sc.StepContext().Before(func(ctx context.Context, step *godog.Step) (context.Context, error) {
		state.client.step = step.Text
		return ctx, nil
	})
	if !s.config.Closed {
		s.define(sc, state, func(*regexp.Regexp) bool { return true })
	}
}

// define tells godog the sentences of a scenario, those of the vocabulary that it needs.
func (s *Suite) define(sc *godog.ScenarioContext, state *scenario, needs func(*regexp.Regexp) bool) {
	var needed []int
	for i, pattern := range s.patterns {
		if needs(pattern) {
			needed = append(needed, i)
		}
	}
	if len(needed) == 0 {
		return
	}
	all, first := protocolWords(state), s.aboutProvisioners
	if needed[0] < first {
		all, first = append(provisionerWords(state), all...), 0
	}
	for _, i := range needed {
		d := all[i-first]
		if d.Claim {
			d.handler = state.client.conditional(d.handler)
		}
		sc.Step(s.patterns[i], d.handler)
	}
}

// Confirm finds out whether everything is gone that the scenarios have deleted, if that
// was left for later, and removes what the target has made beside that and told nobody.
// Of what the scenarios could not remove it is told by left. It returns what is left
// beyond that, and what went over the wire.
func (s *Suite) Confirm(ctx context.Context, left []Leak) (leaks []Leak, exchanges []Exchange) {
	if s.removals == nil {
		return nil, nil
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	guard := NewGuard(s.config.Target.Watch(func(r *Request, a *Answer) {
		exchanges = append(exchanges, Exchange{Request: *r, Fate: FateForwarded, Answer: a})
	}), s.config.Run)
	guard.Keep(s.config.Ledger)
	leaks = s.removals.confirm(clean, guard, s.config.Settle)
	leaks = append(leaks, s.removals.strays(clean, guard, slices.Concat(left, leaks), s.config.Settle)...)
	return leaks, exchanges
}

func tagNames(pickle *godog.Scenario) []string {
	tags := make([]string, len(pickle.Tags))
	for i, t := range pickle.Tags {
		tags[i] = t.Name
	}
	return tags
}

// cleanupTime bounds the cleanup of one scenario, beside what the pace of the run
// takes. It has a clock of its own, so that an interrupted run cleans up as well.
const cleanupTime = 60 * time.Second

// interruption says why a scenario was left out, or cut short, when the run's context
// ended.
func interruption(ctx context.Context) string {
	const interrupted = "the run was interrupted"
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return interrupted + ": " + cause.Error()
	}
	return interrupted
}

// A scenario holds the state of one scenario.
type scenario struct {
	suite *Suite
	// prefix begins every name that the scenario makes.
	prefix string
	guard  *Guard
	tape   Tape
	// wire and driver are nil until a step needs a provisioner.
	wire   *Wire
	driver Provisioner

	people map[string]*person
	groups map[string]*group
	// settings are those that the app was given last.
	settings Settings
	// last is the change that was sent last.
	last Change
	// restless says that something has happened since everything was quiet; mark
	// is where the tape stood when it began.
	restless bool
	mark     int
	subjects []Subject
	// impatient says that waiting for a retry has been in vain once.
	impatient bool
	// interrupted says that it did not begin since the run had ended.
	interrupted bool
	// uniques counts the texts that were made up for attributes that the target wants.
	uniques int
	skipped string

	client *client
	mu     sync.Mutex
	// exchanges are all with the target; mu guards them.
	exchanges []Exchange
	remarks   []string
	parts     []Part
	// blemish is a failure that did not keep the scenario from going on, blemished the
	// sentence that it is about.
	blemish   error
	blemished string
	// regretted is the first sentence about what would be better that did not come true,
	// regrets the exchange that it is about.
	regretted string
	regrets   int
}

// see takes down an exchange with the target.
func (s *scenario) see(r *Request, a *Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exchanges = append(s.exchanges, Exchange{Request: *r, Fate: FateForwarded, Answer: a})
}

// lastSent returns the exchange that the scenario has come to: the last that a
// sentence has sent, otherwise the last write, and -1 if nothing was sent.
func (s *scenario) lastSent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, err := s.client.last(); err == nil {
		for i := range slices.Backward(s.exchanges) {
			if r := &s.exchanges[i].Request; r.Method == last.request.Method && r.path() == last.request.path() && bytes.Equal(r.Body, last.request.Body) {
				return i
			}
		}
	}
	for i := range slices.Backward(s.exchanges) {
		if s.exchanges[i].Request.writes() {
			return i
		}
	}
	return len(s.exchanges) - 1
}

// remark takes down what is no failure and would be better otherwise.
func (s *scenario) remark(format string, args ...any) {
	s.remarks = append(s.remarks, fmt.Sprintf(format, args...))
}

func (s *scenario) begin(ctx context.Context, pickle *godog.Scenario) (context.Context, error) {
	tags := tagNames(pickle)
	if s.suite.config.Skip != nil {
		s.skipped = s.suite.config.Skip(tags)
	}
	if s.skipped == "" && ctx.Err() != nil {
		s.skipped, s.interrupted = interruption(ctx), true
	}
	if s.skipped != "" {
		return ctx, godog.ErrSkip
	}
	key := strings.ToLower(tagged(tags))
	if key == "" {
		key = "x" + NewRun()
	}
	s.prefix = marker(s.suite.config.Run) + key + "-"
	s.guard = NewGuard(s.suite.config.Target.Watch(s.see), s.suite.config.Run)
	s.guard.readOnly = s.suite.config.ReadOnly
	s.guard.removals = s.suite.removals
	s.guard.Keep(s.suite.config.Ledger)
	return context.WithValue(ctx, scenarioKey{}, s), nil
}

type scenarioKey struct{}

// end stops the provisioner, then the wire, then removes what the scenario made,
// however it went.
func (s *scenario) end(ctx context.Context, pickle *godog.Scenario, stepErr error) (context.Context, error) {
	out := Outcome{ID: ID(pickle.Name, tagNames(pickle)), Skipped: s.skipped, Interrupted: s.interrupted, Sent: -1}
	switch {
	case stepErr != nil && ctx.Err() != nil && out.Skipped == "":
		out.Skipped, out.Interrupted = interruption(ctx), true // what a step saw of it is no verdict
	case IsFailure(stepErr):
		if out.Skipped = s.client.unsupported(ctx); out.Skipped == "" {
			out.Err = stepErr
		}
	case !errors.Is(stepErr, godog.ErrSkip):
		out.Err = stepErr
	}
	switch {
	case out.Err != nil:
		out.Expected, out.Sent = s.client.sentence(), s.lastSent()
	case s.blemish != nil && out.Skipped == "":
		out.Err, out.Expected, out.Sent = s.blemish, s.blemished, s.lastSent()
	case s.regretted != "":
		out.Expected, out.Sent = s.regretted, s.regrets
	}
	if out.Err != nil || len(s.remarks) > 0 {
		out.Roots = s.roots(out.Err)
		out.Own = slices.Contains(s.named(out.Err), out.ID)
	}
	var problems []error
	if s.driver != nil {
		if err := s.driver.Close(); err != nil {
			problems = append(problems, fmt.Errorf("stopping the provisioner: %w", err))
		}
	}
	if s.wire != nil {
		if err := s.wire.Close(); err != nil {
			problems = append(problems, fmt.Errorf("stopping the wire: %w", err))
		}
	}
	if refused := s.tape.since(0, func(x *Exchange) bool { return x.Fate == FateRefused }); len(refused) > 0 {
		problems = append(problems, failf("the provisioner tried to change what this run did not make: %s", explain(refused[0])))
	}
	if s.guard != nil {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.guard.timeFor())
		defer cancel()
		out.Leaks = s.guard.Cleanup(clean, s.suite.config.Settle)
		if s.suite.removals.many() {
			out.Leaks = append(out.Leaks, s.suite.removals.confirm(clean, s.guard, s.suite.config.Settle)...)
		}
	}
	// A violation weighs more than what a step saw of it.
	hookErr := errors.Join(problems...)
	if hookErr != nil {
		out.Err = errors.Join(hookErr, out.Err)
	}
	out.Remarks, out.Parts, out.Exchanges = s.remarks, s.parts, s.exchanges
	if s.suite.config.OnOutcome != nil {
		s.suite.config.OnOutcome(out)
	}
	return ctx, hookErr
}

func explain(x Exchange) string {
	text := x.Request.Method + " " + x.Request.path()
	if x.Answer == nil {
		return text
	}
	if detail := x.Answer.object().text("detail"); detail != "" {
		return detail
	}
	return fmt.Sprintf("%s answered %d", text, x.Answer.Status)
}

// skip ends the scenario without a verdict.
func (s *scenario) skip(format string, args ...any) error {
	s.skipped = fmt.Sprintf(format, args...)
	return godog.ErrSkip
}

// connect starts wire and provisioner, once.
func (s *scenario) connect(ctx context.Context) error {
	if s.driver != nil {
		return nil
	}
	if s.suite.config.Provisioner == nil {
		return errors.New("the scenario needs a provisioner and the run has none")
	}
	if err := s.startWire(); err != nil {
		return err
	}
	driver, err := s.suite.config.Provisioner(ctx)
	if err != nil {
		return fmt.Errorf("starting the provisioner: %w", err)
	}
	s.driver = driver
	if err := driver.Connect(ctx, s.wire.Endpoint(), s.wire.Token()); err != nil {
		return fmt.Errorf("connecting the provisioner to the app: %w", err)
	}
	return nil
}

func (s *scenario) startWire() error {
	if s.wire != nil {
		return nil
	}
	wire, err := StartWire(s.guard, &s.tape)
	if err != nil {
		return err
	}
	s.wire = wire
	return nil
}
