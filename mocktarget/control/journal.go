package control

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// Journal is what is kept of a tenant's exchanges, oldest first.
type Journal struct {
	Items []*mocktarget.Entry `json:"items" nullable:"false"`
	Last  uint64              `json:"last" doc:"Number of the newest exchange there has been, for the next since"`
}

// JournalQuery selects exchanges.
type JournalQuery struct {
	Since  uint64 `query:"since" doc:"Only exchanges numbered above it"`
	Limit  int    `query:"limit" minimum:"0" doc:"Only so many of the newest; 0 is no limit"`
	Method string `query:"method" doc:"Only requests with this method" example:"PATCH"`
	Status string `query:"status" pattern:"^[1-5]([0-9][0-9]|xx)$" patternDescription:"a status such as 404, or a class such as 4xx" doc:"Only answers with this status or class" example:"4xx"`
	Kind   string `query:"kind" doc:"Only operations of this kind, such as create, get, list, search, replace, patch, delete, bulk"`
	Type   string `query:"type" doc:"Only operations on this type of resource" example:"User"`
}

// selects reports whether the query asks for an exchange.
func (q *JournalQuery) selects(e *mocktarget.Entry) bool {
	status := strconv.Itoa(e.Response.Status)
	if class, ok := strings.CutSuffix(q.Status, "xx"); ok {
		status = status[:1] + q.Status[len(class):]
	}
	return (q.Method == "" || strings.EqualFold(q.Method, e.Request.Method)) &&
		(q.Status == "" || q.Status == status) &&
		(q.Kind == "" || strings.EqualFold(q.Kind, e.Operation.Kind)) &&
		(q.Type == "" || strings.EqualFold(q.Type, e.Operation.ResourceType))
}

// entries returns what a query selects, oldest first.
func (q *JournalQuery) entries(t *mocktarget.Tenant) []*mocktarget.Entry {
	entries, _ := t.JournalSince(q.Since)
	entries = slices.DeleteFunc(entries, func(e *mocktarget.Entry) bool { return !q.selects(e) })
	if q.Limit > 0 && len(entries) > q.Limit {
		entries = entries[len(entries)-q.Limit:]
	}
	return entries
}

type journalRequest struct {
	TenantPath
	JournalQuery
	Brief bool `query:"brief" doc:"Leave header fields, bodies and changes out"`
}

type exportRequest struct {
	TenantPath
	JournalQuery
}

type entryPath struct {
	TenantPath
	Seq uint64 `path:"seq" minimum:"1" doc:"Number of the exchange"`
}

func (a *API) registerJournal(api huma.API) {
	const path = "/tenants/{tenant}/journal"
	huma.Register(api, operation(http.MethodGet, path, "read-journal", "Read what was asked and answered"), answer(a, readJournal))
	huma.Register(api, operation(http.MethodDelete, path, "clear-journal", "Forget what was asked and answered, and the findings; the numbers go on"),
		acting(a, func(t *mocktarget.Tenant, _ *TenantPath) error { t.ClearJournal(); return nil }))
	huma.Register(api, operation(http.MethodGet, path+"/{seq}", "read-entry", "Read one exchange"), answer(a, readEntry))
	huma.Register(api, exporting(path+".jsonl", "export-jsonl", "Export the journal as lines of JSON", "application/jsonl"),
		a.export("jsonl", "application/jsonl", mocktarget.WriteJSONL))
	huma.Register(api, exporting(path+".har", "export-har", "Export the journal as HTTP Archive 1.2, for a browser's network view", "application/json"),
		a.export("har", "application/json", mocktarget.WriteHAR))
}

func readJournal(t *mocktarget.Tenant, in *journalRequest) (Journal, error) {
	out := Journal{Last: t.LastMark().Seq, Items: in.entries(t)}
	if out.Items == nil {
		out.Items = []*mocktarget.Entry{}
	}
	if in.Brief {
		for i, e := range out.Items {
			out.Items[i] = brief(e)
		}
	}
	return out, nil
}

func readEntry(t *mocktarget.Tenant, in *entryPath) (*mocktarget.Entry, error) {
	if entries, _ := t.JournalSince(in.Seq - 1); len(entries) > 0 && entries[0].Seq == in.Seq {
		return entries[0], nil
	}
	return nil, scim.Status(http.StatusNotFound, "exchange %d is not in the journal: it was not yet, was dropped or forgotten", in.Seq)
}

// export makes an operation that answers with a file of the exchanges that are asked
// for.
func (a *API) export(suffix, mediaType string, write func(io.Writer, []*mocktarget.Entry) error) func(context.Context, *exportRequest) (*huma.StreamResponse, error) {
	return func(_ context.Context, in *exportRequest) (*huma.StreamResponse, error) {
		t, err := a.server.Lookup(in.Tenant)
		if err != nil {
			return nil, problem(err)
		}
		entries := in.entries(t)
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			ctx.SetHeader("Content-Type", mediaType)
			ctx.SetHeader("Content-Disposition", `attachment; filename="`+t.Name()+"."+suffix+`"`)
			_ = write(ctx.BodyWriter(), entries) // the reader may have left
		}}, nil
	}
}
