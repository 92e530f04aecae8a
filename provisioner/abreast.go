package provisioner

import (
	"context"
	"sync"
)

// abreast calls f for each of a list, up to n at a time, until one of the calls fails.
// It returns that error once all have ended.
func abreast[T any](ctx context.Context, n int, list []T, f func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan T)
	var working sync.WaitGroup
	for range min(n, len(list)) {
		working.Go(func() {
			for item := range next {
				if err := f(ctx, item); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, item := range list {
		if ctx.Err() != nil {
			break
		}
		next <- item
	}
	close(next)
	working.Wait()
	return context.Cause(ctx)
}
