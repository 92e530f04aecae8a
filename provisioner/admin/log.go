package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
)

// LogEntry is one attempt at a user or group of an app.
type LogEntry struct {
	ID          int64      `json:"id"`
	At          time.Time  `json:"at"`
	Kind        string     `json:"kind" enum:"User,Group"`
	Subject     string     `json:"subject" doc:"The directory's id of the user or group"`
	Name        string     `json:"name,omitempty" doc:"What people call it"`
	Action      string     `json:"action" doc:"What was tried: create, adopt, update, disable, delete, leave, hold, skip or none"`
	OK          bool       `json:"ok" doc:"Whether the app now holds what was desired"`
	Requests    int        `json:"requests"`
	Status      int        `json:"status,omitempty" doc:"HTTP status of the last answer; none if there was no answer"`
	Cause       string     `json:"cause,omitempty" doc:"What went wrong"`
	NextAttempt *time.Time `json:"nextAttempt,omitempty" doc:"When it is tried again"`
	DurationMS  int64      `json:"durationMs"`
	Exchanges   []Exchange `json:"exchanges,omitempty" doc:"Requests and answers without secrets; only where one entry is read"`
}

// Exchange is one request of an attempt and its answer.
type Exchange struct {
	provisioner.Exchange
	Curl string `json:"curl" doc:"A shell command that sends the request again, with $TOKEN for the token"`
}

func (s *server) registerLog(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/apps/{app}/log", "list-log", "Read what was tried and what came of it, newest first"), s.listLog)
	huma.Register(api, operation(http.MethodGet, "/apps/{app}/log/{entry}", "get-log-entry", "Read an attempt with its requests and answers"), s.getLogEntry)
}

type logQuery struct {
	App     string `path:"app" maxLength:"60" doc:"Name of the app"`
	Kind    string `query:"kind" enum:"User,Group" doc:"Only users, or only groups"`
	Subject string `query:"subject" doc:"Only the user or group of this directory id"`
	Failed  bool   `query:"failed" doc:"Only attempts that failed"`
	Before  int64  `query:"before" minimum:"0" doc:"Only entries with a lower id: the next page"`
	After   int64  `query:"after" minimum:"0" doc:"Only entries with a higher id, oldest first"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

func (s *server) listLog(ctx context.Context, in *logQuery) (*body[list[LogEntry]], error) {
	if _, err := s.config.Store.App(ctx, in.App); err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	entries, err := s.config.Store.Log(ctx, provisioner.LogQuery{
		App: in.App, Kind: provisioner.Kind(in.Kind), Subject: in.Subject, Failed: in.Failed,
		Before: in.Before, After: in.After, Limit: in.Limit,
	})
	if err != nil {
		return nil, s.problem(err, "the log of "+in.App)
	}
	out := list[LogEntry]{Items: make([]LogEntry, 0, len(entries))}
	for i := range entries {
		out.Items = append(out.Items, wireLogEntry(&entries[i]))
	}
	return &body[list[LogEntry]]{Body: out}, nil
}

type logEntryPath struct {
	App   string `path:"app" maxLength:"60" doc:"Name of the app"`
	Entry int64  `path:"entry" doc:"Id of the entry"`
}

func (s *server) getLogEntry(ctx context.Context, in *logEntryPath) (*body[LogEntry], error) {
	entry, err := s.config.Store.LogEntry(ctx, in.App, in.Entry)
	if err != nil {
		return nil, s.problem(err, "the log entry")
	}
	return &body[LogEntry]{Body: wireLogEntry(entry)}, nil
}

func wireLogEntry(e *provisioner.LogEntry) LogEntry {
	out := LogEntry{
		ID: e.ID, At: e.At.UTC(), Kind: string(e.Kind), Subject: e.Subject, Name: e.Name, Action: string(e.Action), OK: e.OK,
		Requests: e.Requests, Status: e.Status, Cause: e.Cause, NextAttempt: moment(e.NextAttempt), DurationMS: e.Duration.Milliseconds(),
	}
	for i := range e.Exchanges {
		out.Exchanges = append(out.Exchanges, Exchange{Exchange: e.Exchanges[i], Curl: e.Exchanges[i].Curl()})
	}
	return out
}

// moment returns a time for an answer, nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
