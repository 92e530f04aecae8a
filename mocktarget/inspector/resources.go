package inspector

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// pageSize is how many resources a page of the list shows.
const pageSize = 50

// A listed is a resource in the list.
type listed struct{ Name, ID, Path, ExternalID, State, Modified string }

// resources renders a page of the resources of a type, by a SCIM filter.
func (i *inspector) resources(r *http.Request) (string, any, error) {
	t, err := i.tenant(r)
	if err != nil {
		return "", nil, err
	}
	values := r.URL.Query()
	data := t.Data()
	var types []string
	for _, rt := range data.ResourceTypes() {
		types = append(types, rt.Name)
	}
	typ := values.Get("type")
	if typ == "" {
		typ = types[0]
	}
	start, _ := strconv.Atoi(values.Get("start"))
	start = max(start, 1)
	shown := map[string]any{"Tenant": url.PathEscape(t.Name()), "Types": types, "Type": typ, "Filter": values.Get("filter"), "Total": 0}
	page, err := data.List(r.Context(), typ, mocktarget.Query{
		Filter: strings.TrimSpace(values.Get("filter")), StartIndex: start, Count: pageSize, ExcludedAttributes: []string{"members"},
	})
	if err != nil {
		shown["Problem"] = detail(err)
		return "resources", shown, nil
	}
	var rows []listed
	for _, o := range page.Resources {
		rows = append(rows, newListed(o))
	}
	shown["Rows"], shown["Total"] = rows, page.TotalResults
	if start > 1 {
		shown["Previous"] = max(1, start-pageSize)
	}
	if next := start + len(rows); len(rows) > 0 && next <= page.TotalResults {
		shown["Next"] = next
	}
	return "resources", shown, nil
}

func newListed(o *scim.Object) listed {
	row := listed{Name: nameOf(o), ID: o.ID(), Path: url.PathEscape(o.ID()), ExternalID: o.ExternalID(), Modified: o.Object("meta").String("lastModified")}
	if active, ok := o.Bool("active"); ok {
		row.State = "disabled"
		if active {
			row.State = "active"
		}
	}
	return row
}

// nameOf returns what people know a resource by.
func nameOf(o *scim.Object) string {
	for _, name := range []string{"userName", "displayName", "name"} {
		if s := o.String(name); s != "" {
			return s
		}
	}
	return o.ID()
}

// detail is the text of an error for people.
func detail(err error) string {
	var wire scim.Error
	if errors.As(err, &wire) {
		return wire.Detail
	}
	return err.Error()
}

// resource renders one resource.
func (i *inspector) resource(r *http.Request) (string, any, error) {
	t, err := i.tenant(r)
	if err != nil {
		return "", nil, err
	}
	o, err := t.Data().Get(r.Context(), variable(r, "type"), variable(r, "id"))
	if err != nil {
		return "", nil, notice{http.StatusNotFound, detail(err)}
	}
	return "resource", map[string]any{"Name": nameOf(o), "Body": indented(o.AppendJSON(nil))}, nil
}
