package provisioner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// abreast calls f for each of a list, up to n at a time, until one of the calls fails.
// It returns that error once all have ended. If a call panics, so does abreast.
func abreast[T any](ctx context.Context, n int, list []T, f func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan T)
	panics := make(chan string, min(n, len(list)))
	var working sync.WaitGroup
	for range min(n, len(list)) {
		working.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					panics <- fmt.Sprintf("%v\n\n%s", p, debug.Stack())
					cancel(errors.New("a call has panicked"))
				}
			}()
			for item := range next {
				if err := f(ctx, item); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, item := range list {
		select {
		case next <- item:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	close(next)
	working.Wait()
	if len(panics) > 0 {
		panic(<-panics)
	}
	return context.Cause(ctx)
}
