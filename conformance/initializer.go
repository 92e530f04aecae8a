package conformance

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/permiso/scimwright/conformance/steps"
)

// Initializer returns what a project's own godog suite needs to speak of a SCIM service:
// an initializer that defines the sentences of package steps. It looks at the target
// first, and fails like [Run] if that is no SCIM service.
//
// Each scenario of the suite may only change what it has made itself, which is removed
// when it ends, and is left out if it has a tag that needs what the target does not
// offer, such as @needs-bulk, or @write without [Config.Write]. Of config, what is about
// features, selection, reports and the ledger means nothing here.
//
//	scim, err := conformance.Initializer(ctx, conformance.Config{Handler: app, Endpoint: "/scim/v2", Token: token, Write: true})
//	suite := godog.TestSuite{
//		ScenarioInitializer: func(sc *godog.ScenarioContext) { scim(sc); sc.Step(`^an invoice is sent$`, anInvoiceIsSent) },
//		Options:             &godog.Options{Paths: []string{"features"}, TestingT: t, DefaultContext: ctx},
//	}
func Initializer(ctx context.Context, config Config) (func(*godog.ScenarioContext), error) {
	r, err := newRun(config)
	if err != nil {
		return nil, err
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	suite, err := r.suite(nil)
	if err != nil {
		return nil, err
	}
	return suite.Initialize, nil
}

// suite returns the vocabulary for the run.
func (r *run) suite(onOutcome func(steps.Outcome)) (*steps.Suite, error) {
	suite, err := steps.New(steps.Config{
		Target: r.target, Discovery: r.discovery, Provisioner: r.config.Provisioner, Run: r.config.Run,
		MailDomain: r.config.MailDomain, UserAttributes: r.config.UserAttributes, GroupAttributes: r.config.GroupAttributes,
		Settle: r.config.Settle, Tick: r.config.Tick, Patience: r.config.Patience,
		Ledger: r.ledger, ReadOnly: !r.config.Write, Skip: r.skip, OnOutcome: onOutcome, ConfirmLater: onOutcome != nil,
		Closed: onOutcome != nil && r.config.Sentences == nil,
	})
	if err != nil {
		return nil, &ConfigError{Err: err}
	}
	return suite, nil
}

// initialize defines the sentences of a scenario: ours, and then those of the
// configuration.
func (r *run) initialize(suite *steps.Suite) func(*godog.ScenarioContext) {
	return func(sc *godog.ScenarioContext) {
		suite.Initialize(sc)
		if r.config.Sentences != nil {
			r.config.Sentences(sc)
		}
	}
}
