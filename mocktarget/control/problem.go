package control

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner/scim"
)

// problem returns what went wrong, if anything did, as an answer: with the status of
// a SCIM error, or, if that is only about a part of what was sent, as a request that
// cannot be done.
func problem(err error) error {
	switch err := err.(type) {
	case nil:
		return nil
	case huma.StatusError:
		return err
	case scim.Error:
		return huma.NewError(err.Status, err.Detail)
	default:
		return huma.Error422UnprocessableEntity(err.Error())
	}
}

// plain says in the detail of a problem what else would only stand in its list, and
// keeps it from echoing what was sent: it may be a token.
func plain(_ huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	var found []string
	for _, d := range model.Errors {
		d.Value = nil
		found = append(found, strings.TrimPrefix(d.Location+": "+d.Message, ": "))
	}
	if len(found) > 0 {
		model.Detail = strings.Join(found, "; ")
	}
	return model, nil
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	// Nobody is left to tell if the connection is gone.
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail})
}

// quote shows what a client sent, shortened.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}
