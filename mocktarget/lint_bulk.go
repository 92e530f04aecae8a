package mocktarget

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// bulk judges the body of a bulk request and each operation in it (RFC 7644 section
// 3.7).
func (l *linter) bulk() {
	l.message(scim.BulkRequestSchema, ruleBulkSchemas)
	if v := l.body.Get("failOnErrors"); v != nil {
		at := place{name: "failOnErrors"}
		if n, ok := v.(json.Number); !ok {
			l.report(ruleWrongType, &at, "failOnErrors is %s; send an integer", kindOf(v))
		} else if strings.Trim(n.String(), "0123456789") != "" {
			l.report(ruleIntegerForm, &at, "failOnErrors is %s; send a positive integer in plain digits", clip(n.String()))
		}
	}
	here := place{name: "Operations"}
	list, _ := l.body.Get("Operations").([]any)
	if len(list) == 0 {
		l.report(ruleBulkOperations, &here, "there are no operations; send an array of at least one")
	}
	ids := l.bulkIDs(list, &here)
	for i, element := range list {
		at := here.element(i)
		o, ok := element.(*scim.Object)
		if !ok {
			l.report(ruleBulkOperations, &at, "the operation is %s; send an object with method, path and data", kindOf(element))
			continue
		}
		l.bulkOperation(o, &at, ids)
	}
}

// bulkIDs returns the bulkIds of the POSTs in a request.
func (l *linter) bulkIDs(list []any, at *place) map[string]bool {
	ids := map[string]bool{}
	for i, element := range list {
		o, ok := element.(*scim.Object)
		if !ok || !strings.EqualFold(o.String("method"), http.MethodPost) {
			continue
		}
		operation := at.element(i)
		here := operation.member("bulkId")
		switch id := o.String("bulkId"); {
		case id == "":
			l.report(ruleBulkIDMissing, &here, "the POST has no bulkId; send one that no other operation has")
		case ids[id]:
			l.report(ruleBulkIDDuplicate, &here, "another POST has the bulkId %s; send one that no other operation has", quoted(id))
		default:
			ids[id] = true
		}
	}
	return ids
}

func (l *linter) bulkOperation(o *scim.Object, at *place, ids map[string]bool) {
	method := o.String("method")
	if !slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, method) {
		here := at.member("method")
		l.report(ruleBulkMethod, &here, "method is %s; send POST, PUT, PATCH or DELETE", quoted(method))
		method = strings.ToUpper(method)
	}
	path := o.String("path")
	t := l.m.target(path)
	here := at.member("path")
	switch {
	case method == http.MethodPost && t.kind != kindCollection:
		l.report(ruleBulkPath, &here, "path is %s; a POST needs the endpoint of a resource type, such as /Users", quoted(path))
	case method != http.MethodPost && t.kind != kindResource:
		l.report(ruleBulkPath, &here, "path is %s; %s needs the path of a resource, such as /Users/ID", quoted(path), clip(method))
	}
	l.bulkReferences(o, at, ids)
	dataAt := at.member("data")
	data, isObject := o.Get("data").(*scim.Object)
	switch {
	case method == http.MethodDelete:
	case !isObject:
		l.report(ruleBulkData, &dataAt, "data is %s; send the body that a single %s would have", kindOf(o.Get("data")), clip(method))
	case t.typ == nil:
	case method == http.MethodPatch:
		l.patch(t.typ, data, &dataAt, writeContext{id: t.id})
	default:
		l.resource(t.typ, data, &dataAt, writeContext{creating: method == http.MethodPost, id: t.id})
	}
}

// bulkReferences looks at how an operation refers to resources that the request
// creates.
func (l *linter) bulkReferences(o *scim.Object, at *place, ids map[string]bool) {
	path := o.String("path")
	here := at.member("path")
	if id := lastSegment(path); strings.Contains(path, "/") && id != "" {
		l.bulkReference(id, &here, ids)
	}
	dataAt := at.member("data")
	l.referencesIn(o.Get("data"), &dataAt, ids, false)
}

// referencesIn walks through data. inReference says that a "value" here names a
// resource: it is of members or of a manager.
func (l *linter) referencesIn(v any, at *place, ids map[string]bool, inReference bool) {
	switch v := v.(type) {
	case []any:
		for i, element := range v {
			here := at.element(i)
			l.referencesIn(element, &here, ids, inReference)
		}
	case *scim.Object:
		path := strings.ToLower(v.String("path"))
		names := inReference || strings.HasPrefix(path, "members") || strings.HasSuffix(path, "manager")
		for name, inner := range v.All() {
			here := at.member(name)
			id, isText := inner.(string)
			switch folded := strings.ToLower(name); {
			case l.m.namesSecret(name):
			case !isText:
				l.referencesIn(inner, &here, ids, folded == "members" || folded == "manager" || folded == "value" && names)
			case folded == "value" && names && ids[id]:
				l.report(ruleBulkReference, &here, "%s is the bulkId of an operation; refer to it as %s", quoted(id), quoted(bulkIDPrefix+id))
			default:
				l.bulkReference(id, &here, ids)
			}
		}
	}
}

// bulkReference judges a string that may be a reference.
func (l *linter) bulkReference(s string, at *place, ids map[string]bool) {
	if len(s) < len(bulkIDPrefix) || !strings.EqualFold(s[:len(bulkIDPrefix)], bulkIDPrefix) {
		return
	}
	switch id := s[len(bulkIDPrefix):]; {
	case !strings.HasPrefix(s, bulkIDPrefix):
		l.report(ruleBulkReference, at, "%s is not a reference; write it as %s", quoted(s), quoted(bulkIDPrefix+id))
	case !ids[id]:
		l.report(ruleBulkReference, at, "%s refers to no POST of the request; send the bulkId of one", quoted(s))
	}
}
