package provisioner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestAbreast: the first failure is returned and ends the others, and a panic goes on
// where it can be caught.
func TestAbreast(t *testing.T) {
	list := make([]int, 1000)
	for i := range list {
		list[i] = i
	}
	failure := errors.New("no")
	waits := func(ctx context.Context, i int) error {
		if i == 7 {
			return failure
		}
		<-ctx.Done()
		return ctx.Err()
	}
	if err := abreast(t.Context(), 8, list, waits); err != failure {
		t.Errorf("it returns %v, want the failure", err)
	}
	panics := func(ctx context.Context, i int) error {
		if i == 7 {
			panic("seven")
		}
		<-ctx.Done()
		return ctx.Err()
	}
	defer func() {
		if p := fmt.Sprint(recover()); !strings.HasPrefix(p, "seven\n") || !strings.Contains(p, "TestAbreast") {
			t.Errorf("it panics with %q, want what a call has panicked with, and where", p)
		}
	}()
	t.Errorf("it returns %v, want a panic", abreast(t.Context(), 8, list, panics))
}
