package elimityserver

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// What the library's parser gets to see. It recurses without a limit and
// overflows the stack, which no recover stops, at some 100,000 parentheses.
const (
	maxExpression = scim.MaxFilterLength // bytes
	maxNesting    = scim.MaxFilterDepth
)

// guard refuses requests whose filter or PATCH paths could harm the library. It
// leaves everything else that is wrong with them to the library.
func guard(r *http.Request, body []byte) *scim.Error {
	if harmful(r.URL.Query().Get("filter")) || strings.HasSuffix(r.URL.Path, "/.search") && harmful(searchFilter(body)) {
		err := scim.InvalidFilter("the filter is longer than %d bytes or nested deeper than %d", maxExpression, maxNesting)
		return &err
	}
	if r.Method != http.MethodPatch {
		return nil
	}
	for _, op := range operations(body) {
		if harmful(op.Path) || harmfulKeys(op.Value) {
			err := scim.InvalidPath("a path is longer than %d bytes or nested deeper than %d", maxExpression, maxNesting)
			return &err
		}
	}
	return nil
}

// searchFilter returns the filter of a search request, decoded as the library does.
func searchFilter(body []byte) string {
	var request struct{ Filter string }
	if json.Unmarshal(body, &request) != nil {
		return ""
	}
	return request.Filter
}

// An operation is the part of a PATCH operation that the guard looks at.
type operation struct {
	Path  string
	Value any
}

// operations decodes a PATCH body exactly as the library does, so that the two
// never see different paths. What it cannot decode the library refuses too.
func operations(body []byte) []operation {
	var request struct {
		Schemas    []string
		Operations []json.RawMessage
	}
	if decode(body, &request) != nil {
		return nil
	}
	ops := make([]operation, 0, len(request.Operations))
	for _, raw := range request.Operations {
		var op struct {
			Op string
			operation
		}
		if decode(raw, &op) != nil {
			break
		}
		ops = append(ops, op.operation)
	}
	return ops
}

func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(v)
}

// harmfulKeys reports names in a value that are harmful; without a path the
// library takes the names in a value for paths.
func harmfulKeys(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if harmful(name) || harmfulKeys(value) {
				return true
			}
		}
	case []any:
		for _, value := range v {
			if harmfulKeys(value) {
				return true
			}
		}
	}
	return false
}

// harmful reports whether a filter or path is too long or nested too deep.
// Brackets inside string literals do not count.
func harmful(expression string) bool {
	if len(expression) > maxExpression {
		return true
	}
	depth, quoted := 0, false
	for i := 0; i < len(expression); i++ {
		switch c := expression[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			if depth++; depth > maxNesting {
				return true
			}
		case c == ')' || c == ']':
			depth--
		}
	}
	return false
}

func writeError(w http.ResponseWriter, e scim.Error) {
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(e.Status)
	_, _ = w.Write(scim.EncodeError(e)) // nobody is left to tell
}
