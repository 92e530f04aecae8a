package admin

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
)

// problem maps an error of the engine or the store to an answer. What a caller can
// do nothing about is logged and kept from them.
func (s *server) problem(err error, what string) error {
	var bad *provisioner.DirectoryError
	var probe *provisioner.ProbeError
	var moved *provisioner.MovedError
	var endpoint *provisioner.EndpointError
	switch {
	case errors.As(err, &bad):
		details := make([]error, 0, len(bad.Problems))
		for _, p := range bad.Problems {
			details = append(details, &huma.ErrorDetail{Message: p.What, Location: p.Where})
		}
		return huma.Error422UnprocessableEntity(what+" was not saved: "+bad.Error(), details...)
	case errors.As(err, &endpoint):
		return huma.Error422UnprocessableEntity(what + " was not saved: " + err.Error())
	case errors.As(err, &probe):
		return huma.Error502BadGateway(what + " could not start: " + err.Error())
	case errors.As(err, &moved):
		return huma.Error409Conflict(what + " was not started, nothing was changed: " + err.Error())
	case errors.Is(err, provisioner.ErrNotFound):
		return huma.Error404NotFound(what + ": " + without(err, provisioner.ErrNotFound))
	case errors.Is(err, provisioner.ErrConflict):
		return huma.Error409Conflict(what + ": " + without(err, provisioner.ErrConflict))
	default:
		s.config.Log.Error("admin request failed", slog.String("what", what), slog.Any("error", err))
		if s.config.Candid {
			return huma.Error500InternalServerError(what + ": " + err.Error())
		}
		return huma.Error500InternalServerError(what + " could not be done; the server's log says why")
	}
}

// without returns the text of an error without that of the one that says of which kind
// it is, which the status does.
func without(err, kind error) string { return strings.TrimSuffix(err.Error(), ": "+kind.Error()) }

// dropValues keeps problem details from echoing what was sent: it may be a token.
func dropValues(_ huma.Context, _ string, v any) (any, error) {
	if model, ok := v.(*huma.ErrorModel); ok {
		for _, d := range model.Errors {
			d.Value = nil
		}
	}
	return v, nil
}

// noRoute answers requests that no operation takes.
func noRoute(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "/" {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) == 0 {
			writeProblem(w, http.StatusNotFound, "there is nothing at "+r.URL.Path+"; GET /openapi.json lists what there is")
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeProblem(w, http.StatusMethodNotAllowed, r.URL.Path+" takes "+strings.Join(allowed, ", "))
	}
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	// Nobody is left to tell if the connection is gone.
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail})
}
