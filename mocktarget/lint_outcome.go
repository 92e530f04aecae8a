package mocktarget

import (
	"net/http"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// outcome judges what can be told only from the answer, and from the requests
// before.
func (l *linter) outcome() {
	switch status := l.a.status; {
	case status == http.StatusRequestEntityTooLarge && l.x.target.kind == kindBulk:
		l.report(ruleBulkTooLarge, nil, "the bulk request is beyond bulk.maxOperations or bulk.maxPayloadSize; read them from /ServiceProviderConfig and send several requests")
	case l.body == nil:
	case status == http.StatusNotFound && l.x.r.Method == http.MethodPut:
		l.putToCreate()
	case status == http.StatusBadRequest && l.x.r.Method == http.MethodPatch && l.x.noted.refusal == scim.TypeMutability:
		l.immutable()
	case status == http.StatusBadRequest && l.isWrite():
		l.memberNames()
	}
	l.sequence()
}

// putToCreate finds a PUT to an address that the client has made up (RFC 7644
// section 3.5.1). One to a resource that has been deleted meanwhile is right.
func (l *linter) putToCreate() {
	id := l.x.target.id
	for _, name := range []string{"externalId", "userName", "displayName"} {
		if value := l.body.String(name); value != "" && strings.EqualFold(value, id) {
			l.report(rulePutToCreate, nil, "the PUT goes to an address that is made from %s; create the resource with POST and use the id it gets", name)
			return
		}
	}
	if l.x.r.Header.Get("If-None-Match") == "*" {
		l.report(rulePutToCreate, nil, "the PUT has If-None-Match: *, which asks for a new resource; create it with POST")
	}
}

// immutable finds the changes of what is set once in a patch that the server has
// refused for it. A first value may be set.
func (l *linter) immutable() {
	typ := l.target()
	operations := place{name: "Operations"}
	for i, element := range l.body.Array("Operations") {
		op, _ := element.(*scim.Object)
		operation := operations.element(i)
		if text := op.String("path"); text != "" {
			at := operation.member("path")
			l.immutablePath(typ, text, &at)
			continue
		}
		value, _ := op.Get("value").(*scim.Object)
		valueAt := operation.member("value")
		for name := range value.All() {
			at := valueAt.member(name)
			l.immutablePath(typ, name, &at)
		}
	}
}

func (l *linter) immutablePath(typ *resourceType, text string, at *place) {
	path, err := scim.ParsePath(text)
	if err != nil {
		return
	}
	if ref, err := typ.Resolve(path.AttributePath); err == nil && ref.Attribute != nil && ref.Attribute.Mutability == scim.Immutable {
		l.report(rulePatchImmutable, at, "%s is set already and cannot be changed; leave it out", ref)
	}
}

// memberNames finds members that are named by something other than their id, in a
// write that the server has refused.
func (l *linter) memberNames() {
	typ := l.target()
	if typ == nil || typ.members == nil {
		return
	}
	members := place{name: typ.members.Name}
	l.memberList(l.body.Get(typ.members.Name), &members)
	operations := place{name: "Operations"}
	for i, element := range l.body.Array("Operations") {
		o, ok := element.(*scim.Object)
		if !ok {
			continue
		}
		at := operations.element(i)
		valueAt := at.member("value")
		if inner, ok := o.Get("value").(*scim.Object); ok && o.Get("path") == nil {
			membersAt := valueAt.member(typ.members.Name)
			l.memberList(inner.Get(typ.members.Name), &membersAt)
		} else if strings.EqualFold(o.String("path"), typ.members.Name) {
			l.memberList(o.Get("value"), &valueAt)
		}
	}
}

func (l *linter) memberList(v any, at *place) {
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	for i, element := range list {
		o, ok := element.(*scim.Object)
		if !ok {
			continue
		}
		id := o.String("value")
		if _, _, rec := l.state.locate(l.m, id); id == "" || rec != nil || strings.HasPrefix(id, bulkIDPrefix) {
			continue
		}
		if called, found := l.calledSo(id); found {
			inner := at.element(i)
			l.report(ruleMemberNotID, &inner, "the member is named by %s, %s; send the id that the resource got", called, quoted(id))
		}
	}
}

// calledSo returns the attribute by which a resource is called something.
func (l *linter) calledSo(name string) (attribute string, found bool) {
	for _, typ := range l.m.types {
		c := &filterCompiler{typ: typ, root: l.state}
		for _, attribute := range []string{"externalId", "userName", "displayName"} {
			a := typ.Attribute(attribute)
			if a == nil {
				continue
			}
			slots, _ := c.equal(scim.Ref{Attribute: a}, name)
			for _, slot := range slots {
				if rec, ok := l.state.table(typ).records.get(slot); ok && scim.Fold(rec.document.String(attribute)) == scim.Fold(name) {
					return attribute, true
				}
			}
		}
	}
	return "an address", strings.Contains(name, "@")
}
