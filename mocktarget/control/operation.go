package control

import (
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// The size a body may have, and how long it may take to arrive.
const (
	maxBody     = 16 << 20
	maxSeed     = 256 << 20
	bodyTimeout = 5 * time.Minute
)

// operation describes one route below [Path].
func operation(method, path, id, summary string) huma.Operation {
	op := huma.Operation{
		Method: method, Path: Path + path, OperationID: id, Summary: summary,
		MaxBodyBytes: maxBody, BodyReadTimeout: bodyTimeout,
		Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden},
	}
	if method == http.MethodPost || method == http.MethodPatch {
		op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if strings.Contains(path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	if method == http.MethodDelete {
		op.DefaultStatus = http.StatusNoContent
	}
	return op
}

// action describes a route that does something and has nothing to answer.
func action(path, id, summary string) huma.Operation {
	op := operation(http.MethodPost, path, id, summary)
	op.DefaultStatus = http.StatusNoContent
	return op
}

// creating describes a route that answers with what it has made.
func creating(path, id, summary string) huma.Operation {
	op := operation(http.MethodPost, path, id, summary)
	op.DefaultStatus = http.StatusCreated
	return op
}

// conflicting says that there may be something of the kind already.
func conflicting(op huma.Operation) huma.Operation {
	op.Errors = append(op.Errors, http.StatusConflict)
	return op
}

// exporting describes a route that answers with a file.
func exporting(path, id, summary, mediaType string) huma.Operation {
	op := operation(http.MethodGet, path, id, summary)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The file", Content: map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	return op
}

// accepting says what is in a body that is read by hand.
func accepting(op huma.Operation, schema *huma.Schema) huma.Operation {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	return op
}

// schemaOf returns how the OpenAPI document describes a type.
func schemaOf[T any](api huma.API) *huma.Schema {
	t := reflect.TypeFor[T]()
	return api.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}
