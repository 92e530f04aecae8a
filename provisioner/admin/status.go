package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
)

// Status is how an app is doing.
type Status struct {
	App           string     `json:"app"`
	Endpoint      string     `json:"endpoint"`
	State         string     `json:"state" enum:"draft,testing,planning,active,throttled,paused,removing" doc:"As that of an app"`
	Reason        string     `json:"reason,omitempty" doc:"Why work for the app does not go on"`
	Good          bool       `json:"good" doc:"Nobody has to do anything about the app"`
	Converged     int        `json:"converged" doc:"Users and groups with nothing left to do"`
	Pending       int        `json:"pending" doc:"With an attempt ahead"`
	Failing       int        `json:"failing" doc:"Whose last attempt failed, or that need a person"`
	Held          int        `json:"held" doc:"Whose disabling or deleting is held back until somebody approves it"`
	OldestPending *time.Time `json:"oldestPending,omitempty" doc:"When the oldest change came that the app does not have yet"`
	Unsynced      string     `json:"unsynced,omitempty" doc:"Why the app was not given all that a sync would have given it: the newest one could not begin, or none has been started yet"`
	Notice        string     `json:"notice,omitempty" doc:"What somebody should see to in time, such as a token that expires"`
	LastError     *LastError `json:"lastError,omitempty"`
	Finding       string     `json:"finding,omitempty" doc:"What the last audit that could be made has left for somebody to look at"`
	FoundAt       *time.Time `json:"foundAt,omitempty" doc:"When that audit ended"`
	AuditFailure  string     `json:"auditFailure,omitempty" doc:"Why the newest audit failed, if it did. What the last one before it has found is in finding"`
	AuditFailedAt *time.Time `json:"auditFailedAt,omitempty" doc:"When the newest audit failed"`
}

// LastError is the newest of the failures of an app that are still failures.
type LastError struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind" enum:"User,Group"`
	Subject string    `json:"subject" doc:"The directory's id of the user or group"`
	Reason  string    `json:"reason"`
}

func (s *server) registerStatus(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/status", "list-status", "Read how every app is doing"), s.listStatus)
	huma.Register(api, operation(http.MethodGet, "/apps/{app}/status", "get-status", "Read how an app is doing"), s.getStatus)
}

func (s *server) listStatus(ctx context.Context, _ *struct{}) (*body[list[Status]], error) {
	statuses, err := s.config.Store.Statuses(ctx)
	if err != nil {
		return nil, s.problem(err, "the status")
	}
	out := list[Status]{Items: make([]Status, 0, len(statuses))}
	for i := range statuses {
		out.Items = append(out.Items, wireStatus(&statuses[i]))
	}
	return &body[list[Status]]{Body: out}, nil
}

func (s *server) getStatus(ctx context.Context, in *appPath) (*body[Status], error) {
	status, err := s.config.Store.Status(ctx, in.App)
	if err != nil {
		return nil, s.problem(err, "the status of "+in.App)
	}
	return &body[Status]{Body: wireStatus(status)}, nil
}

func wireStatus(s *provisioner.Status) Status {
	out := Status{
		App: s.App, Endpoint: s.Endpoint, State: string(s.State), Reason: s.Reason, Good: s.Good(),
		Converged: s.Converged, Pending: s.Pending, Failing: s.Failing, Held: s.Held, OldestPending: moment(s.OldestPending),
		Unsynced: s.Unsynced, Notice: s.Notice, Finding: s.Finding, AuditFailure: s.AuditFailure, AuditFailedAt: moment(s.AuditFailedAt),
	}
	if s.Finding != "" {
		out.FoundAt = moment(s.FoundAt)
	}
	if e := s.LastError; e != nil {
		out.LastError = &LastError{At: e.At.UTC(), Kind: string(e.Kind), Subject: e.Subject, Reason: e.Reason}
	}
	return out
}
