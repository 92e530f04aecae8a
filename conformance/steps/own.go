package steps

import (
	"context"
	"errors"
)

// Send sends a request for a sentence that is not of this package, to the target and by
// the guard of the scenario, whose context ctx is. Sentences that follow can be about
// the answer, like "the answer has status 200". The error is a [*Violation] if the
// request would touch what the run did not make.
func Send(ctx context.Context, r *Request) (*Answer, error) {
	s, ok := ctx.Value(scenarioKey{}).(*scenario)
	if !ok {
		return nil, errors.New("steps: Send was called without the context of a scenario")
	}
	if r.Header != nil {
		s.client.header = r.Header.Clone()
	}
	if err := s.client.send(ctx, r); err != nil {
		return nil, err
	}
	last, err := s.client.last()
	return last.answer, err
}

// Expand replaces what stands in braces in a sentence, such as {barbara.id} or {run}, for
// one that is not of this package. In a body, text is escaped as JSON wants it.
func Expand(ctx context.Context, text string, inJSON bool) (string, error) {
	s, ok := ctx.Value(scenarioKey{}).(*scenario)
	if !ok {
		return "", errors.New("steps: Expand was called without the context of a scenario")
	}
	return s.client.expand(text, inJSON)
}

// Failf returns the error of a sentence that is not so: a verdict against the target. Any
// other error means that the scenario could not be judged.
func Failf(format string, args ...any) error { return failf(format, args...) }
