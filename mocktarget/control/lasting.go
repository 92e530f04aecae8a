package control

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
)

type controllerKey struct{}

// lasting lets an operation take its own connection out of the server's time limits
// with [withoutLimits].
func lasting(op huma.Operation) huma.Operation {
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		_, w := humamux.Unwrap(ctx)
		next(huma.WithValue(ctx, controllerKey{}, http.NewResponseController(w)))
	})
	return op
}

// withoutLimits takes the time limits off a request that is meant to last. Its body
// must have been read.
func withoutLimits(ctx context.Context) {
	c := ctx.Value(controllerKey{}).(*http.ResponseController)
	// A writer that cannot do it has no limits either.
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Time{})
}
