package mocktarget

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// search answers POST on /.search, of an endpoint or of the base (RFC 7644 section
// 3.4.3): the parameters of a list, in the body.
func (x *exchange) search() (*answer, error) {
	x.did("search", x.target.typ, "")
	body, err := x.decode()
	if err != nil {
		return nil, err
	}
	values, err := searchValues(body)
	if err != nil {
		return nil, err
	}
	q, err := x.planQuery(values)
	if err != nil {
		return nil, err
	}
	return x.run(q)
}

// searchValues turns the body of a search into the parameters of a list.
func searchValues(body *scim.Object) (url.Values, error) {
	known := false
	for _, uri := range body.Schemas() {
		known = known || strings.EqualFold(uri, scim.SearchRequestSchema)
	}
	if !known {
		return nil, scim.InvalidSyntax("/schemas must list %q", scim.SearchRequestSchema)
	}
	values := url.Values{}
	for _, name := range []string{"filter", "sortBy", "sortOrder", "cursor", "startIndex", "count"} {
		v, given := body.Lookup(name)
		isNumber := name == "startIndex" || name == "count"
		switch v := v.(type) {
		case nil:
			if given && name == "cursor" {
				values.Set(name, "")
			}
		case string:
			if isNumber {
				return nil, scim.InvalidValue("/%s must be an integer", name)
			}
			values.Set(name, v)
		case json.Number:
			if !isNumber {
				return nil, scim.InvalidValue("/%s must be a string", name)
			}
			values.Set(name, v.String())
		default:
			return nil, scim.InvalidValue("/%s has the wrong type", name)
		}
	}
	for _, name := range []string{"attributes", "excludedAttributes"} {
		list, err := nameList(body, name)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			values[name] = list
		}
	}
	return values, nil
}

// nameList reads an array of attribute names.
func nameList(body *scim.Object, field string) ([]string, error) {
	var list []string
	switch v := body.Get(field).(type) {
	case nil:
	case []any:
		for _, element := range v {
			name, ok := element.(string)
			if !ok {
				return nil, scim.InvalidValue("/%s must be an array of attribute names", field)
			}
			list = append(list, name)
		}
	default:
		return nil, scim.InvalidValue("/%s must be an array of attribute names", field)
	}
	return list, nil
}
