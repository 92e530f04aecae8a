package mocktarget

import (
	"regexp"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// patch judges the body of a PATCH (RFC 7644 section 3.5.2).
func (l *linter) patch(typ *resourceType, o *scim.Object, at *place, c writeContext) {
	l.messageAt(o, at, scim.PatchOpSchema, rulePatchSchemas)
	here := at.member("Operations")
	list, _ := o.Get("Operations").([]any)
	if len(list) == 0 {
		l.report(rulePatchOperations, &here, "there are no operations; send an array of at least one")
	}
	for i, element := range list {
		inner := here.element(i)
		op, ok := element.(*scim.Object)
		if !ok {
			l.report(rulePatchOperations, &inner, "the operation is %s; send an object with op, path and value", kindOf(element))
			continue
		}
		l.patchStep(&patchStep{typ: typ, o: op, at: &inner, context: c})
	}
	if typ.members != nil && len(list) >= fewMembers {
		l.oneByOne(typ, list, &here)
	}
}

// oneByOne finds patches that spell out an operation for each member.
func (l *linter) oneByOne(typ *resourceType, list []any, at *place) {
	count := map[string]int{}
	for _, element := range list {
		op, _ := element.(*scim.Object)
		values, _ := op.Get("value").([]any)
		if strings.EqualFold(op.String("path"), typ.members.Name) && len(values) == 1 {
			count[strings.ToLower(op.String("op"))]++
		}
	}
	for _, op := range []string{scim.OpAdd, scim.OpRemove} {
		if count[op] >= fewMembers {
			l.report(ruleOperationsOneByOne, at, "%d operations %s one member each; one operation can have many", count[op], op)
		}
	}
}

// A patchStep is one operation of a PATCH as lint sees it.
type patchStep struct {
	typ     *resourceType
	o       *scim.Object
	at      *place
	context writeContext
	op      string // folded; "" if it is not one
}

func (l *linter) patchStep(s *patchStep) {
	s.op = l.patchOp(s)
	value, hasValue := s.o.Lookup("value")
	at := s.at.member("value")
	switch s.op {
	case scim.OpAdd:
		if !hasValue {
			l.report(rulePatchAddValue, s.at, "the add has no value; send what to add")
		}
	case scim.OpReplace:
		if !hasValue {
			l.report(rulePatchReplaceValue, s.at, "the replace has no value; send the new value, or a remove")
		}
	}
	switch path := s.o.Get("path").(type) {
	case nil:
		l.pathless(s, value, hasValue, &at)
	case string:
		l.patchPath(s, path, value, hasValue, &at)
	default:
		here := s.at.member("path")
		l.report(rulePatchPath, &here, "path is %s; send a string", kindOf(path))
	}
}

// patchOp judges op and returns it in lower case, "" if it is none.
func (l *linter) patchOp(s *patchStep) string {
	at := s.at.member("op")
	v, given := s.o.Lookup("op")
	op, isText := v.(string)
	folded := strings.ToLower(op)
	switch {
	case !given || v == nil:
		l.report(rulePatchOp, s.at, `op is missing; send "add", "replace" or "remove"`)
	case !isText:
		l.report(rulePatchOp, &at, `op is %s; send "add", "replace" or "remove"`, kindOf(v))
	case folded == "move" || folded == "copy" || folded == "test":
		l.report(rulePatchJSONPatch, &at, `op is %s, which JSON Patch has and SCIM has not; send "add", "replace" or "remove"`, quoted(op))
	case folded != scim.OpAdd && folded != scim.OpReplace && folded != scim.OpRemove:
		l.report(rulePatchOp, &at, `op is %s; send "add", "replace" or "remove"`, quoted(op))
	default:
		if op != folded {
			l.report(rulePatchOpCase, &at, "op is %s; send %q, some servers compare exactly", quoted(op), folded)
		}
		return folded
	}
	return ""
}

// pathless judges an operation without a path: its value is an object of
// attributes.
func (l *linter) pathless(s *patchStep, value any, hasValue bool, at *place) {
	if s.op == scim.OpRemove {
		l.report(rulePatchRemovePath, s.at, "the remove has no path; say with one what to remove")
		return
	}
	if !hasValue {
		return // reported already
	}
	o, ok := value.(*scim.Object)
	if !ok || o.Len() == 0 {
		l.report(rulePatchPathlessValue, at, "the operation has no path and its value is %s; send an object of attributes, or a path", emptyOr(value))
		return
	}
	for name, v := range o.All() {
		here := at.member(name)
		switch a, x := s.typ.Attribute(name), s.typ.Extension(name); {
		case a != nil && a.Name == "schemas":
		case a != nil && a.Mutability == scim.ReadOnly:
			l.readOnly(s, a, v, &here)
		case a != nil:
			l.value(a, v, &here)
		case x != nil:
			l.extension(x, v, &here)
		default:
			l.pathlessName(s.typ, name, &here)
		}
	}
}

// pathlessName judges a name in the value of an operation without path that is no
// attribute. Some clients write paths there.
func (l *linter) pathlessName(typ *resourceType, name string, at *place) {
	path, err := scim.ParsePath(name)
	if err == nil {
		_, err = typ.Resolve(path.AttributePath)
	}
	if err == nil {
		l.report(rulePatchDottedKey, at, "%s is a path in the place of a name; send it as the path of an operation of its own, or nest the value", quoted(name))
		return
	}
	l.unknownName(typ, name, at, rulePatchDottedKey, rulePatchUnknownAttribute)
}

func emptyOr(v any) string {
	if o, ok := v.(*scim.Object); ok && o.Len() == 0 {
		return "an empty object"
	}
	return kindOf(v)
}

// jsonPointer matches paths that JSON Patch has: pointers and places in an array.
var jsonPointer = regexp.MustCompile(`^/|\[[0-9]+\]`)

// patchPath judges an operation with a path.
func (l *linter) patchPath(s *patchStep, text string, value any, hasValue bool, at *place) {
	here := s.at.member("path")
	if jsonPointer.MatchString(text) {
		l.report(rulePatchJSONPatch, &here, `path is %s, which is how JSON Patch names a place; send an attribute such as emails[type eq "work"].value`, l.shownFilter(text))
		return
	}
	path, err := scim.ParsePath(text)
	if err != nil {
		l.brokenPath(text, &here)
		return
	}
	ref, ok := l.resolve([]*resourceType{s.typ}, path.AttributePath, &here, rulePatchUnknownAttribute)
	if !ok || ref.Extension == nil && ref.Attribute == nil {
		return
	}
	if ref.Attribute == nil {
		if s.op != scim.OpRemove && hasValue {
			l.extension(ref.Extension, value, at)
		}
		return
	}
	selected := path.ValueExpression != nil
	if selected {
		l.valueFilter(ref.Attribute, path.ValueExpression, &here)
	}
	if path.SubAttribute != nil {
		if ref.Sub = ref.Attribute.SubAttribute(*path.SubAttribute); ref.Sub == nil {
			l.report(rulePatchUnknownAttribute, &here, "%s has no sub-attribute %s; /Schemas lists those there are", ref.Attribute.Path(), quoted(*path.SubAttribute))
			return
		}
	}
	if l.protected(s, ref, value, &here) {
		return
	}
	if s.op == scim.OpRemove {
		l.removal(ref, selected, value, &here, at)
		return
	}
	if hasValue {
		l.patchValue(s, ref, selected, value, at)
	}
}

// brokenPath says why a path cannot be read. What is wrong in its brackets is wrong
// with a filter.
func (l *linter) brokenPath(text string, at *place) {
	_, rest, found := strings.Cut(text, "[")
	if i := strings.LastIndexByte(rest, ']'); found && i > 0 {
		if f := faultOf(rest[:i]); f != faultOther {
			l.brokenFilter(f, l.shownFilter(text), at)
			return
		}
	}
	l.report(rulePatchPath, at, `path is %s; send name, name.sub or URN:name, with [filter] behind the name of a multi-valued attribute`, l.shownFilter(text))
}

// protected judges changes of what a client cannot change, and reports whether the
// target is such.
func (l *linter) protected(s *patchStep, ref scim.Ref, value any, at *place) bool {
	switch {
	case ref.Attribute.Mutability == scim.ReadOnly:
		l.readOnly(s, ref.Attribute, value, at)
	case ref.Sub != nil && ref.Sub.Mutability == scim.ReadOnly:
		l.readOnly(s, ref.Sub, value, at)
	case ref.Sub != nil && ref.Sub.Mutability == scim.Immutable && s.op != "":
		l.report(rulePatchImmutable, at, "%s cannot be changed once it is set; remove the value and add another one", ref)
	default:
		return false
	}
	return true
}

func (l *linter) readOnly(s *patchStep, a *scim.Attribute, value any, at *place) {
	switch {
	case a == s.typ.groups || a.Parent != nil && a.Parent == s.typ.groups:
		l.report(ruleUserGroupsWritten, at, "the patch changes groups, which follows from the members of groups; change members of the Group")
	case a.Name == "id" && value == any(s.context.id):
		// That changes nothing: some clients name the resource in each patch.
	default:
		l.report(rulePatchReadOnly, at, "%s is readOnly; leave it out", a.Path())
	}
}

// removal judges a remove with a path.
func (l *linter) removal(ref scim.Ref, selected bool, value any, at, valueAt *place) {
	target := ref.Target()
	if target.Required && ref.Sub == nil && !selected {
		l.report(rulePatchRequiredRemoved, at, "%s is required and cannot be removed; replace it", target.Name)
	}
	if !scim.Unassigned(value) && ref.Sub == nil && target.MultiValued && !selected {
		l.report(rulePatchRemoveValue, valueAt, `the remove lists values; servers that do not read value there remove all of %s: send a path such as %s[value eq "…"]`, target.Name, target.Name)
	}
}

// patchValue judges the value that an operation gives its target.
func (l *linter) patchValue(s *patchStep, ref scim.Ref, selected bool, value any, at *place) {
	target := ref.Target()
	if s.op == scim.OpReplace && ref.Sub != nil && ref.Attribute.MultiValued && ref.Sub.Name == "display" {
		l.report(rulePatchDisplay, s.at, "the patch replaces a display, which cannot be changed; remove the value and add another one")
	}
	_, isList := value.([]any)
	_, isObject := value.(*scim.Object)
	switch {
	case value == nil:
	case target.Type == scim.TypeComplex && !isList && !isObject:
		l.report(rulePatchComplexValue, at, "%s is complex and its value is %s; send an object of its sub-attributes", target.Path(), kindOf(value))
	case selected && ref.Sub == nil:
		l.one(target, value, at)
	default:
		l.value(target, value, at)
	}
}
