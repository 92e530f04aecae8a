package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerAppState(api huma.API) {
	huma.Register(api, operation(http.MethodPost, "/apps/{app}/pause", "pause-app", "Stop all work for an app; what changes meanwhile is kept"), s.pauseApp)
	huma.Register(api, operation(http.MethodPost, "/apps/{app}/resume", "resume-app", "Go on with an app, whatever paused it; one whose first sync is still to come is a draft again"), s.resumeApp)
}

type pauseApp struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"For others to read"`
	}
}

func (s *server) pauseApp(ctx context.Context, in *pauseApp) (*body[App], error) {
	var reason string
	if in.Body != nil {
		reason = in.Body.Reason
	}
	if err := s.config.Steward.Pause(ctx, in.App, reason); err != nil {
		return nil, s.problem(err, "pausing "+in.App)
	}
	return s.getApp(ctx, &appPath{App: in.App})
}

func (s *server) resumeApp(ctx context.Context, in *appPath) (*body[App], error) {
	if err := s.config.Steward.Resume(ctx, in.App); err != nil {
		return nil, s.problem(err, "resuming "+in.App)
	}
	return s.getApp(ctx, in)
}
