package control

import (
	"context"
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

func (a *API) registerClock(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/clock", "read-clock", "Read a tenant's clock"), a.readClock)
	huma.Register(api, operation(http.MethodPost, "/tenants/{tenant}/clock", "adjust-clock", "Stop, start or set a tenant's clock"), a.adjustClock)
}

func (a *API) readClock(_ context.Context, in *TenantPath) (*body[mocktarget.ClockState], error) {
	t, err := a.tenant(*in)
	if err != nil {
		return nil, err
	}
	return &body[mocktarget.ClockState]{Body: t.Clock().State()}, nil
}

func (a *API) adjustClock(ctx context.Context, in *struct {
	TenantPath
	Body ClockChange
}) (*body[mocktarget.ClockState], error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	switch clock, change := t.Clock(), in.Body; change.Action {
	case "freeze":
		clock.Freeze()
	case "run":
		clock.Run()
	case "set":
		if change.Time.IsZero() {
			return nil, huma.Error422UnprocessableEntity("body.time: say what to set the clock to, such as 2026-01-31T12:00:00Z")
		}
		clock.Set(change.Time)
	case "advance":
		by, err := time.ParseDuration(change.By)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity("body.by is " + quote(change.By) + "; say how far to move the clock, such as 1h30m")
		}
		clock.Advance(by)
	}
	return a.readClock(ctx, &in.TenantPath)
}
