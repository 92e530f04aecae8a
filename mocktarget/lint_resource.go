package mocktarget

import (
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// scimURN begins the URNs that are registered for SCIM, messageURN those of messages.
const (
	scimURNPrefix    = "urn:ietf:params:scim:"
	messageURNPrefix = scimURNPrefix + "api:messages:"
)

// message judges the schemas of a message of the protocol, which must be one URN.
func (l *linter) message(want string, missing ruleID) {
	l.messageAt(l.body, nil, want, missing)
}

func (l *linter) messageAt(o *scim.Object, at *place, want string, missing ruleID) {
	v, given := o.Lookup("schemas")
	here := at.member("schemas")
	list, isList := v.([]any)
	if given && v != nil && !isList {
		l.report(ruleArrayExpected, &here, "schemas is %s; send an array: [%q]", kindOf(v), want)
		list = []any{v}
	}
	close := false
	for i, element := range list {
		uri, _ := element.(string)
		inner := here.element(i)
		switch {
		case uri == want:
			return
		case l.schemaText(uri, &inner):
			close = true
		case strings.EqualFold(uri, want), len(uri) >= len(messageURNPrefix) && strings.EqualFold(uri[:len(messageURNPrefix)], messageURNPrefix):
			l.report(ruleMessageURN, &inner, "the URN of the message is %s; write it exactly: %q", quoted(uri), want)
			close = true
		}
	}
	if !close {
		l.report(missing, &here, "schemas does not say what the body is; send [%q]", want)
	}
}

// schemaText judges the text of a schema URI and reports whether it is wrong.
func (l *linter) schemaText(uri string, at *place) bool {
	trimmed := strings.TrimSpace(uri)
	if unwrapped, wrapped := unquote(trimmed); wrapped {
		l.report(ruleQuotedLiteral, at, "the URN is in quotation marks inside of the string; send %s", quoted(unwrapped))
		return true
	}
	if len(trimmed) < len(scimURNPrefix) || !strings.EqualFold(trimmed[:len(scimURNPrefix)], scimURNPrefix) {
		return false
	}
	class, name, _ := strings.Cut(trimmed[len(scimURNPrefix):], ":")
	if trimmed != uri || !strings.EqualFold(class, "schemas") && !strings.EqualFold(class, "api") || name == "" || strings.HasPrefix(name, ":") {
		l.report(ruleUrnMalformed, at, "%s is not a URN of SCIM; it begins with %q or %q and has a name behind it", quoted(uri), scimURNPrefix+"schemas:", scimURNPrefix+"api:")
		return true
	}
	return false
}

// resource judges a whole resource, in POST or PUT.
func (l *linter) resource(typ *resourceType, o *scim.Object, at *place, c writeContext) {
	l.schemas(typ, o, at)
	l.identity(typ, o, at, c)
	for name, v := range o.All() {
		here := at.member(name)
		switch a, x := typ.Attribute(name), typ.Extension(name); {
		case a != nil && a.Name == "schemas", a != nil && a.Mutability == scim.ReadOnly:
		case a != nil:
			l.value(a, v, &here)
		case x != nil:
			l.extension(x, v, &here)
		default:
			l.unknownName(typ, name, &here, ruleDottedName, ruleAttributeUnknown)
		}
	}
	l.required(typ, o, at)
	if nick, user := o.String("nickName"), o.String("userName"); typ.Schema.ID == scim.UserSchema && nick != "" && strings.EqualFold(nick, user) {
		here := at.member("nickName")
		l.report(ruleNicknameIsUserName, &here, "nickName repeats the userName; send the name somebody is called by, or none")
	}
}

// schemas judges the schemas of a resource (RFC 7643 section 3).
func (l *linter) schemas(typ *resourceType, o *scim.Object, at *place) {
	v, _ := o.Lookup("schemas")
	here := at.member("schemas")
	list, isList := v.([]any)
	if v != nil && !isList {
		l.report(ruleArrayExpected, &here, "schemas is %s; send an array: [%q]", kindOf(v), typ.Schema.ID)
		return
	}
	if len(list) == 0 {
		l.report(ruleSchemasMissing, &here, "the resource does not declare its schemas; send [%q] and the URNs of extensions that have attributes in it", typ.Schema.ID)
		return
	}
	base, repaired := false, false
	listed := map[string]bool{}
	for i, element := range list {
		inner := here.element(i)
		uri, isText := element.(string)
		folded := strings.ToLower(uri)
		x := typ.Extension(uri)
		switch {
		case !isText:
			l.report(ruleWrongType, &inner, "the schema is %s; send its URN as a string", kindOf(element))
		case listed[folded]:
			l.report(ruleSchemasDuplicate, &inner, "%s is listed twice; list it once", quoted(uri))
		case strings.EqualFold(uri, typ.Schema.ID):
			base = true
		case l.schemaText(uri, &inner):
			repaired = true
		case x == nil:
			l.report(ruleSchemasUnknown, &inner, "%s is not a schema of %s; /ResourceTypes lists those there are", quoted(uri), typ.Name)
		case scim.Unassigned(o.Get(x.ID)):
			l.report(ruleSchemasUnused, &inner, "%s is listed and nothing of it is there; leave it out", quoted(uri))
		}
		listed[folded] = true
	}
	if !base && !repaired {
		l.report(ruleSchemasBaseMissing, &here, "schemas does not list %q, which every %s has", typ.Schema.ID, typ.Name)
	}
	for _, x := range typ.Extensions {
		if container, ok := o.Get(x.Schema.ID).(*scim.Object); ok && container.Len() > 0 && !listed[strings.ToLower(x.Schema.ID)] {
			l.report(ruleSchemasUnlisted, &here, "the resource has attributes of %q; list it in schemas", x.Schema.ID)
		}
	}
}

// identity judges what a client says of what the server sets.
func (l *linter) identity(typ *resourceType, o *scim.Object, at *place, c writeContext) {
	for name, v := range o.All() {
		a := typ.Attribute(name)
		if a == nil || a.Mutability != scim.ReadOnly || scim.Unassigned(v) {
			continue
		}
		here := at.member(name)
		switch {
		case a == typ.groups:
			l.groupsOf(typ, v, &here, c)
		case a.Name == "id" && c.creating:
			l.report(ruleIDChosen, &here, "the create has an id; leave it out, the server chooses one: what you call the resource goes into externalId")
		case a.Name == "id" && c.id != "" && v != any(c.id):
			l.report(ruleIDDiffers, &here, "the body has another id than the URL, and is not read; send the id you were given, or none")
		case c.creating:
			l.report(ruleServerAttributeSent, &here, "%s is set by the server and is not read; leave it out of a create", a.Name)
		}
	}
}

// groupsOf judges the groups of a user. What a client was shown it may send back
// (RFC 7644 section 3.5.1), but not more.
func (l *linter) groupsOf(typ *resourceType, v any, at *place, c writeContext) {
	const advice = "groups follows from the members of groups; change members of the Group"
	if c.creating {
		l.report(ruleUserGroupsWritten, at, "a create has groups; "+advice)
		return
	}
	slot, rec := l.state.lookup(typ, c.id)
	if rec == nil {
		return
	}
	held := map[string]bool{}
	view := presenter{root: l.state, base: l.x.base}
	for _, element := range view.groups(typ, slot) {
		if o, ok := element.(*scim.Object); ok {
			held[o.String("value")] = true
		}
	}
	list, _ := v.([]any)
	for i, element := range list {
		if o, ok := element.(*scim.Object); ok && !held[o.String("value")] {
			inner := at.element(i)
			l.report(ruleUserGroupsWritten, &inner, "a PUT has a group that the user is not in; "+advice)
		}
	}
}

// extension judges the object that an extension's attributes are in.
func (l *linter) extension(x *scim.Schema, v any, at *place) {
	if v == nil {
		return
	}
	o, ok := v.(*scim.Object)
	if !ok {
		l.report(ruleWrongType, at, "the extension is %s; send an object of its attributes", kindOf(v))
		return
	}
	for name, inner := range o.All() {
		here := at.member(name)
		if a := x.Attribute(name); a != nil {
			l.value(a, inner, &here)
			continue
		}
		l.report(ruleAttributeUnknown, &here, "%s has no attribute %s; /Schemas lists those there are", x.ID, quoted(name))
	}
}

// unknownName says what is wrong with the name of a member that is no attribute.
func (l *linter) unknownName(typ *resourceType, name string, at *place, dotted, unknown ruleID) {
	path, err := scim.ParseAttributePath(name)
	if err != nil {
		l.report(unknown, at, "there is no attribute %s; /Schemas lists those there are", quoted(name))
		return
	}
	ref, err := typ.Resolve(path)
	switch {
	case strings.EqualFold(name, typ.Schema.ID):
		l.report(ruleExtensionMisplaced, at, "the core schema has no object of its own; write its attributes at the top")
	case err == nil && ref.Extension != nil:
		l.report(ruleExtensionMisplaced, at, "%s is one name; write an object %q that has %q in it", quoted(name), ref.Extension.ID, ref.Attribute.Name)
	case err == nil && ref.Sub != nil:
		l.report(dotted, at, "%s is one name; write an object %q that has %q in it", quoted(name), ref.Attribute.Name, ref.Sub.Name)
	case err == nil:
		l.report(ruleExtensionMisplaced, at, "%s is written with its URN; in a resource write %q", quoted(name), ref.Attribute.Name)
	case path.URIPrefix == nil:
		if full, found := qualified(typ, path); found {
			l.report(ruleExtensionMisplaced, at, "%s belongs to an extension; write it into the object that is named after the extension: %s", quoted(name), full)
			return
		}
		l.report(unknown, at, "there is no attribute %s; /Schemas lists those there are", quoted(name))
	default:
		l.report(ruleSchemasUnknown, at, "%s is not a schema of %s; /ResourceTypes lists those there are", quoted(name), typ.Name)
	}
}

// required looks for what every resource of the type has (RFC 7643 section 7).
func (l *linter) required(typ *resourceType, o *scim.Object, at *place) {
	for _, a := range typ.Schema.Attributes {
		l.requiredOf(a, o, at)
	}
	for _, x := range typ.Extensions {
		here := at.member(x.Schema.ID)
		container := o.Object(x.Schema.ID)
		if container.Len() == 0 {
			if x.Required {
				l.report(ruleExtensionRequired, &here, "every %s has attributes of this extension; send them", typ.Name)
			}
			continue
		}
		for _, a := range x.Schema.Attributes {
			l.requiredOf(a, container, &here)
		}
	}
}

func (l *linter) requiredOf(a *scim.Attribute, o *scim.Object, at *place) {
	if a.Required && a.Mutability != scim.ReadOnly && !strings.EqualFold(a.Name, "id") && !scim.Present(o.Get(a.Name)) {
		here := at.member(a.Name)
		l.report(ruleRequiredMissing, &here, "%s is required; give it a value", a.Name)
	}
}
