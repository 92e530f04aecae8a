package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
)

// A Runner starts and stops what is done about all of an app. [provisioner.Engine] is one.
type Runner interface {
	// StartSync starts a full pass over an app; see [provisioner.Engine.StartSync].
	StartSync(ctx context.Context, app, by string, wait time.Duration) (*provisioner.Run, error)
	// Run returns a run and how far it is.
	Run(ctx context.Context, id int64) (*provisioner.Run, provisioner.RunProgress, error)
	// StartAudit starts to compare what an app holds with what it should.
	StartAudit(ctx context.Context, app, by string, repair bool) (*provisioner.Run, error)
	// CancelRun stops a run.
	CancelRun(ctx context.Context, id int64) (*provisioner.Run, error)
	// PlanSync finds out what a full pass would do, and StartPlanned does exactly that.
	PlanSync(ctx context.Context, app string) (*provisioner.SyncPlan, error)
	StartPlanned(ctx context.Context, plan, now *provisioner.SyncPlan, by string, wait time.Duration) (*provisioner.Run, error)
}

// RunInput is the body that starts a run.
type RunInput struct {
	By          string `json:"by,omitempty" maxLength:"100" doc:"Who asks, for others to read"`
	WaitSeconds *int   `json:"waitSeconds,omitempty" minimum:"0" maximum:"86400" doc:"How long attempts that fail are waited for. Default: 60"`
	// Plan is a plan as it was read.
	Plan json.RawMessage `json:"plan,omitempty" doc:"Do exactly what this plan says, or refuse if the world has moved. Default: do whatever is to be done"`
}

// AuditInput is the body that starts an audit.
type AuditInput struct {
	By     string `json:"by,omitempty" maxLength:"100" doc:"Who asks, for others to read"`
	Repair bool   `json:"repair,omitempty" doc:"Set back what others have changed, whatever the settings report only, and make again what the app does not have any more"`
}

// Run is a full pass over an app.
type Run struct {
	ID       int64               `json:"id"`
	App      string              `json:"app"`
	Kind     string              `json:"kind" enum:"sync,audit"`
	By       string              `json:"by,omitempty" doc:"Who asked for it"`
	State    string              `json:"state" enum:"running,done,cancelled,failed" doc:"done: everything was tried. cancelled: somebody stopped it. failed: it could not go on, see error"`
	Started  time.Time           `json:"started"`
	Finished *time.Time          `json:"finished,omitempty"`
	Progress Progress            `json:"progress"`
	Error    string              `json:"error,omitempty"`
	Result   *provisioner.Result `json:"result,omitempty" doc:"What a sync did, once it has ended"`
	Audit    *provisioner.Audit  `json:"audit,omitempty" doc:"What an audit found, once it has ended"`
}

// Progress is how far a run is.
type Progress struct {
	Ready  bool `json:"ready" doc:"Everything the run is about has been found"`
	Marked int  `json:"marked" doc:"Users and groups the run is about"`
	Done   int  `json:"done"`
	Active int  `json:"active" doc:"With an attempt ahead"`
	Failed int  `json:"failed" doc:"Whose last attempt failed"`
	Held   int  `json:"held" doc:"Held back until somebody approves it"`
}

func (s *server) registerRuns(api huma.API) {
	start := operation(http.MethodPost, "/apps/{app}/runs", "start-run", "Push the whole current state to an app. A run that is under way takes up what has changed")
	start.DefaultStatus = http.StatusAccepted
	start.Errors = append(start.Errors, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusBadGateway)
	start.MaxBodyBytes = maxGroupBody
	huma.Register(api, start, s.startRun)
	audit := operation(http.MethodPost, "/apps/{app}/audits", "start-audit", "Compare what an app holds with what it was given. It is a run: see there how far it is, and what it found")
	audit.DefaultStatus = http.StatusAccepted
	audit.Errors = append(audit.Errors, http.StatusConflict)
	huma.Register(api, audit, s.startAudit)
	plan := operation(http.MethodPost, "/apps/{app}/plan", "plan-sync", "Find out what a run would do, and do nothing. The app is read")
	plan.Errors = append(plan.Errors, http.StatusBadGateway)
	huma.Register(api, plan, s.planSync)
	huma.Register(api, operation(http.MethodGet, "/apps/{app}/runs", "list-runs", "List the runs of an app, newest first"), s.listRuns)
	huma.Register(api, operation(http.MethodGet, "/apps/{app}/runs/{run}", "get-run", "Read how far a run is and what it did"), s.getRun)
	huma.Register(api, operation(http.MethodPost, "/apps/{app}/runs/{run}/cancel", "cancel-run", "Stop a run; what has not been tried stays as it was"), s.cancelRun)
}

type startRun struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Body *RunInput
}

// defaultWait is how long a run repeats what fails.
const defaultWait = time.Minute

func (s *server) startRun(ctx context.Context, in *startRun) (*body[Run], error) {
	by, wait := "", defaultWait
	var plan *provisioner.SyncPlan
	if in.Body != nil {
		by = in.Body.By
		if in.Body.WaitSeconds != nil {
			wait = time.Duration(*in.Body.WaitSeconds) * time.Second
		}
		if len(in.Body.Plan) > 0 {
			var err error
			if plan, err = provisioner.ReadPlan(in.Body.Plan); err != nil {
				return nil, huma.Error422UnprocessableEntity("the plan cannot be used: " + err.Error())
			}
			if plan.App != in.App {
				return nil, huma.Error422UnprocessableEntity("the plan is for the app " + plan.App)
			}
		}
	}
	var run *provisioner.Run
	var err error
	if plan != nil {
		run, err = s.config.Runner.StartPlanned(ctx, plan, nil, by, wait)
	} else {
		run, err = s.config.Runner.StartSync(ctx, in.App, by, wait)
	}
	if err != nil {
		return nil, s.problem(err, "the sync of "+in.App)
	}
	return s.readRun(ctx, run.ID)
}

type startAudit struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Body *AuditInput
}

func (s *server) startAudit(ctx context.Context, in *startAudit) (*body[Run], error) {
	var of AuditInput
	if in.Body != nil {
		of = *in.Body
	}
	run, err := s.config.Runner.StartAudit(ctx, in.App, of.By, of.Repair)
	if err != nil {
		return nil, s.problem(err, "the audit of "+in.App)
	}
	return s.readRun(ctx, run.ID)
}

func (s *server) planSync(ctx context.Context, in *appPath) (*body[provisioner.SyncPlan], error) {
	plan, err := s.config.Runner.PlanSync(ctx, in.App)
	if err != nil {
		return nil, s.problem(err, "the plan for "+in.App)
	}
	return &body[provisioner.SyncPlan]{Body: *plan}, nil
}

type runsQuery struct {
	App   string `path:"app" maxLength:"60" doc:"Name of the app"`
	Kind  string `query:"kind" enum:"sync,audit" doc:"Runs of this kind only"`
	State string `query:"state" enum:"running,done,cancelled,failed" doc:"Runs in this state only: the first audit that is done is the last that could be made"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"20"`
}

func (s *server) listRuns(ctx context.Context, in *runsQuery) (*body[list[Run]], error) {
	if _, err := s.config.Store.App(ctx, in.App); err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	runs, err := s.config.Store.Runs(ctx, provisioner.RunQuery{
		App: in.App, Kind: provisioner.RunKind(in.Kind), State: provisioner.RunState(in.State), Limit: in.Limit,
	})
	if err != nil {
		return nil, s.problem(err, "the runs of "+in.App)
	}
	out := list[Run]{Items: make([]Run, 0, len(runs))}
	for i := range runs {
		p, err := s.config.Store.RunProgress(ctx, &runs[i])
		if err != nil {
			return nil, s.problem(err, "the runs of "+in.App)
		}
		out.Items = append(out.Items, wireRun(&runs[i], p))
	}
	return &body[list[Run]]{Body: out}, nil
}

type runPath struct {
	App string `path:"app" maxLength:"60" doc:"Name of the app"`
	Run int64  `path:"run" doc:"Id of the run"`
}

// mustBeOf refuses a run that is another app's.
func (s *server) mustBeOf(ctx context.Context, in *runPath) error {
	run, err := s.config.Store.Run(ctx, in.Run)
	if err == nil && run.App != in.App {
		return huma.Error404NotFound("the run is of another app than " + in.App)
	}
	if err != nil {
		return s.problem(err, "the run")
	}
	return nil
}

func (s *server) getRun(ctx context.Context, in *runPath) (*body[Run], error) {
	if err := s.mustBeOf(ctx, in); err != nil {
		return nil, err
	}
	return s.readRun(ctx, in.Run)
}

func (s *server) cancelRun(ctx context.Context, in *runPath) (*body[Run], error) {
	if err := s.mustBeOf(ctx, in); err != nil {
		return nil, err
	}
	if _, err := s.config.Runner.CancelRun(ctx, in.Run); err != nil {
		return nil, s.problem(err, "cancelling the run")
	}
	return s.readRun(ctx, in.Run)
}

func (s *server) readRun(ctx context.Context, id int64) (*body[Run], error) {
	run, progress, err := s.config.Runner.Run(ctx, id)
	if err != nil {
		return nil, s.problem(err, "the run")
	}
	return &body[Run]{Body: wireRun(run, progress)}, nil
}

func wireRun(r *provisioner.Run, p provisioner.RunProgress) Run {
	return Run{
		ID: r.ID, App: r.App, Kind: string(r.Kind), By: r.By, State: string(r.State), Started: r.Started.UTC(), Finished: moment(r.Finished),
		Progress: Progress{Ready: r.Ready, Marked: p.Marked, Done: p.Done(), Active: p.Active, Failed: p.Failed, Held: p.Held},
		Error:    r.Error, Result: r.Result, Audit: r.Audit,
	}
}
