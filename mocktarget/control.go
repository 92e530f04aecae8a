package mocktarget

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/permiso/scimwright/provisioner/scim"
)

// controlPath is where the server is looked at and steered.
const controlPath = "/_mock/api/v1"

// control makes a handler of the control API. Its errors are JSON objects with the
// member error.
func (s *Server) control(handle func(*Server, *exchange) (*answer, error)) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r)
		a, err := handle(s, x)
		if err != nil {
			wire := x.wireError(err)
			a = controlAnswer(wire.Status, map[string]string{"error": wire.Detail})
		}
		x.respond(a)
	}
}

func controlAnswer(status int, v any) *answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types always encode
	}
	return &answer{status: status, body: body, header: http.Header{"Content-Type": {"application/json"}}}
}

// serveJournal answers GET and DELETE on a tenant's journal. The parameter since
// leaves out entries up to a number, limit keeps only so many of the newest.
func (s *Server) serveJournal(x *exchange) (*answer, error) {
	t, err := s.Lookup(x.pathVariable("tenant"))
	if err != nil {
		return nil, err
	}
	switch x.r.Method {
	case http.MethodDelete:
		t.ClearJournal()
		return &answer{status: http.StatusNoContent}, nil
	case http.MethodGet, http.MethodHead:
	default:
		x.w.Header().Set("Allow", "DELETE, GET, HEAD")
		return nil, scim.Status(http.StatusMethodNotAllowed, "use GET or DELETE")
	}
	values, err := x.query()
	if err != nil {
		return nil, err
	}
	var since uint64
	if text := values.Get("since"); text != "" {
		if since, err = strconv.ParseUint(text, 10, 64); err != nil {
			return nil, scim.Status(http.StatusBadRequest, "since is %q; it must be the seq of an entry", clip(text))
		}
	}
	entries := t.journal.since(since)
	if text := values.Get("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 0 {
			return nil, scim.Status(http.StatusBadRequest, "limit is %q; it must be a number of entries", clip(text))
		}
		entries = entries[max(0, len(entries)-limit):]
	}
	if entries == nil {
		entries = []*Entry{}
	}
	return controlAnswer(http.StatusOK, map[string]any{"tenant": t.name, "entries": entries}), nil
}
