package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/permiso/scimwright/conformance/lint"
)

// A Discovery is what a target says about itself (RFC 7644 section 4).
type Discovery struct {
	// Config is /ServiceProviderConfig, nil if it cannot be read.
	Config map[string]any
	// Published are /ResourceTypes and /Schemas.
	Published *lint.Published
}

// Discover reads what a target says about itself. What it does not serve is missing;
// an error means that it did not answer.
func Discover(ctx context.Context, target *Target) (*Discovery, error) {
	var bodies [3][]byte
	for i, path := range []string{"ServiceProviderConfig", "ResourceTypes", "Schemas"} {
		answer, err := target.Get(ctx, nil, path)
		if err != nil {
			return nil, err
		}
		if answer.Status == http.StatusOK {
			bodies[i] = answer.Body
		}
	}
	return &Discovery{
		Config:    (&Answer{Body: bodies[0]}).object(),
		Published: lint.Publish(bodies[1], bodies[2]),
	}, nil
}

// Supports reports whether the target advertises a capability such as "patch" or
// "pagination.cursor", and whether it says anything about it.
func (d *Discovery) Supports(capability string) (supported, known bool) {
	for _, path := range []string{capability + ".supported", capability} {
		if b, ok := pick(d.Config, path).(bool); ok {
			return b, true
		}
	}
	return false, false
}

// longestTimeout is how long a cursor may be good for so that a scenario waits for its end.
const longestTimeout = 10 * time.Second

// CursorTimeout returns for how long a cursor is good (RFC 9865 section 4), or why nobody
// waits for that.
func (d *Discovery) CursorTimeout() (timeout time.Duration, why string) {
	n, _ := pick(d.Config, "pagination.cursorTimeout").(json.Number)
	seconds, err := n.Int64()
	switch timeout = time.Duration(seconds) * time.Second; {
	case err != nil || seconds <= 0:
		return 0, "not advertised: /ServiceProviderConfig does not say for how long a cursor is good"
	case timeout > longestTimeout:
		return 0, fmt.Sprintf("nothing to look at: a cursor is good for %s, and a check waits for %s at most", timeout, longestTimeout)
	}
	return timeout, ""
}
