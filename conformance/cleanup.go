package conformance

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/permiso/scimwright/conformance/steps"
)

// CleanupConfig says what [Cleanup] works with.
type CleanupConfig struct {
	// Ledger names the file that the run has written. Required.
	Ledger string
	// Token, Transport, Timeout, Rate and Settle are as in [Config].
	Token     string
	Transport http.RoundTripper
	Timeout   time.Duration
	Rate      float64
	Settle    time.Duration
}

// A Cleaned is what a cleanup has found and done.
type Cleaned struct {
	// Endpoint and Run are those of the run that wrote the ledger.
	Endpoint, Run string
	// Open is how many entries of the ledger the target might still have held.
	Open int
	// Leaks lists what is still there.
	Leaks []steps.Leak
}

// Cleanup removes what a run has left behind that could not do so itself, by its
// ledger: what it had made, and what it was about to make when it ended. Nothing is
// removed that does not carry the run's name. The ledger is removed when nothing is
// left; otherwise Cleanup can be called again.
//
// The error is a [*ConfigError] if the ledger cannot be read, a [*TargetError] if the
// target does not answer or refuses the token, and that of ctx if it ends.
func Cleanup(ctx context.Context, config CleanupConfig) (*Cleaned, error) {
	saved, file, err := steps.OpenLedger(config.Ledger)
	if err != nil {
		return nil, &ConfigError{Err: err}
	}
	cleaned := &Cleaned{Endpoint: saved.Endpoint, Run: saved.Run, Open: saved.Open()}
	err = cleanUp(ctx, config, saved, file, cleaned)
	return cleaned, errors.Join(err, file.Close(err == nil && len(cleaned.Leaks) == 0))
}

func cleanUp(ctx context.Context, config CleanupConfig, saved *steps.SavedLedger, file *steps.LedgerFile, cleaned *Cleaned) error {
	target, err := steps.NewTarget(steps.TargetConfig{
		Endpoint: saved.Endpoint, Token: config.Token, Transport: config.Transport, Timeout: config.Timeout, Rate: config.Rate,
	})
	if err != nil {
		return &ConfigError{Err: err}
	}
	r := &run{config: Config{Token: config.Token}, target: target}
	answer, err := r.reach(ctx)
	if err == nil {
		err = r.wantObject(ctx, answer)
	}
	if err != nil {
		return err
	}
	settle := config.Settle
	if settle <= 0 {
		settle = 2 * time.Second
	}
	cleaned.Leaks = steps.Resume(target, saved, file).Cleanup(ctx, settle)
	return context.Cause(ctx)
}
