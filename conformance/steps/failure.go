package steps

import (
	"errors"
	"fmt"
)

// A Failure says that the judged side did not do what a scenario demands. Any
// other error of a step means that the scenario could not be judged.
type Failure struct{ text string }

func (f *Failure) Error() string { return f.text }

// IsFailure reports whether err holds a verdict against the judged side, as
// opposed to trouble in getting to one.
func IsFailure(err error) bool {
	var f *Failure
	return errors.As(err, &f)
}

func failf(format string, args ...any) error {
	return &Failure{text: fmt.Sprintf(format, args...)}
}
