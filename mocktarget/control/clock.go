package control

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
)

// ClockChange is what a clock shall do.
type ClockChange struct {
	Action string    `json:"action" enum:"freeze,run,set,advance"`
	Time   time.Time `json:"time,omitzero" doc:"What set sets it to"`
	By     string    `json:"by,omitempty" doc:"How far advance moves it, back if negative" example:"1h30m"`
}

type clockRequest struct {
	TenantPath
	Body ClockChange
}

func (a *API) registerClock(api huma.API) {
	const path = "/tenants/{tenant}/clock"
	huma.Register(api, operation(http.MethodGet, path, "read-clock", "Read a tenant's clock"),
		answer(a, func(t *mocktarget.Tenant, _ *TenantPath) (mocktarget.ClockState, error) {
			return t.Clock().State(), nil
		}))
	huma.Register(api, operation(http.MethodPost, path, "adjust-clock", "Stop, start or set a tenant's clock"),
		answer(a, func(t *mocktarget.Tenant, in *clockRequest) (mocktarget.ClockState, error) {
			err := in.Body.apply(t.Clock())
			return t.Clock().State(), err
		}))
}

// apply makes a clock do what is asked.
func (c *ClockChange) apply(clock *mocktarget.Clock) error {
	switch c.Action {
	case "freeze":
		clock.Freeze()
	case "run":
		clock.Run()
	case "set":
		if c.Time.IsZero() {
			return huma.Error422UnprocessableEntity("body.time: say what to set the clock to, such as 2026-01-31T12:00:00Z")
		}
		return moveTo(clock, c.Time)
	case "advance":
		by, err := time.ParseDuration(c.By)
		if err != nil {
			return huma.Error422UnprocessableEntity("body.by is " + quote(c.By) + "; say how far to move the clock, such as 1h30m")
		}
		if to := clock.Now().Add(by); !writable(to) {
			return outOfRange()
		}
		clock.Advance(by)
	}
	return nil
}

// moveTo sets a clock to a time that can be told.
func moveTo(clock *mocktarget.Clock, to time.Time) error {
	if !writable(to) {
		return outOfRange()
	}
	clock.Set(to)
	return nil
}

// writable reports whether timestamps can show a time, and a while after it (RFC 3339
// has years of four digits).
func writable(t time.Time) bool { return t.UTC().Year() > 0 && t.UTC().Year() < 9999 }

func outOfRange() error {
	return huma.Error422UnprocessableEntity("the clock would leave the years 1 to 9998, which timestamps can show")
}
