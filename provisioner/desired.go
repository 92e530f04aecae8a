package provisioner

import (
	"maps"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Presence says whether an app should have a subject's resource and, if not, why
// not: the reason decides which farewell the resource is given, see [Deprovision].
type Presence string

// The presences.
const (
	// Present: the app should have the resource, in use.
	Present Presence = "present"
	// Disabled: the person is disabled in the directory.
	Disabled Presence = "disabled"
	// NoAccess: the subject is in the directory and the app is not, or no longer,
	// given it: a person out of the app's scope, a group that is not selected.
	NoAccess Presence = "no access"
	// Left: the subject has left the directory.
	Left Presence = "left"
	// Removed: the app is being removed.
	Removed Presence = "removed"
	// Absent: the app should hold nothing and holds nothing that needs a farewell.
	Absent Presence = "absent"
)

// Leaving reports whether a resource that the app has is due a farewell.
func (p Presence) Leaving() bool {
	switch p {
	case Disabled, NoAccess, Left, Removed:
		return true
	default:
		return false
	}
}

// Desired is what an app should hold for a subject, and why.
type Desired struct {
	Presence Presence
	// Reason says in a few words, to be read behind a name, why Presence is not
	// Present.
	Reason string
	// Create says whether the app is given the resource if it does not have it.
	Create bool
	// Problem says what of the resource the app is known to refuse, and what to do,
	// "" if nothing. A resource with a problem is not worth a request.
	Problem string
	// Initial is the resource as a create makes it: Payload and the attributes that
	// the app is given once. Nil means just Payload.
	Initial *scim.Object
	// Payload is the resource without members. For a person who is leaving it is the
	// account as it is once it is disabled: what the directory says with active set
	// to false if they are Disabled, or else what the app is known to hold. It is nil
	// for what is Absent and for groups that are leaving.
	Payload *scim.Object
	// Members maps the group's members, by directory id, to their ids in the app.
	// It is nil for users.
	Members map[string]string
	// Missing counts members that the app should have and does not have yet.
	Missing int

	mapping *mapping // nil for groups
}

// equal reports whether an app is to hold the same, whatever the reason.
func (d *Desired) equal(other *Desired) bool {
	return d.Presence == other.Presence && d.Create == other.Create && d.Problem == other.Problem && d.Missing == other.Missing &&
		maps.Equal(d.Members, other.Members) && scim.Equal(d.Payload, other.Payload) && scim.Equal(d.Initial, other.Initial)
}

// initial returns the body of a create, without members.
func (d *Desired) initial() *scim.Object {
	if d.Initial == nil {
		return d.Payload
	}
	return d.Initial
}

// managed returns what an app is known to hold less the attributes that are nobody's
// business once the resource is made.
func (d *Desired) managed(acked *scim.Object) *scim.Object {
	if d.mapping == nil {
		return acked
	}
	return d.mapping.withoutCreateOnly(acked)
}

// DesireUser returns what the app of the work should hold for its user. Somebody
// who is Disabled is not Absent even if no account of theirs is known: the app may
// have one from before, and that has to be disabled.
func DesireUser(w *Work) Desired {
	d := Desired{Presence: Present, Create: true}
	switch {
	case w.User == nil:
		d = Desired{Presence: Left, Reason: "has left the directory"}
	case w.NoAccess:
		d = Desired{Presence: NoAccess, Reason: "has no access to the app"}
	case !w.User.Active():
		d = Desired{Presence: Disabled, Reason: "is disabled", Create: w.App.Settings.CreateDisabled}
	}
	switch {
	case d.Presence == Present, d.Presence == Disabled:
		b, err := w.App.blueprint()
		if err != nil {
			d.Problem = "the settings of the app are damaged: " + err.Error()
			return d
		}
		d.mapping = b.mapping
		d.Payload, d.Initial = b.mapping.payload(w.User, w.ManagerRemoteID)
		if d.Presence == Present {
			d.Problem = unmet(b.demands, d.Initial)
		}
	case !w.mayExist():
		return Desired{Presence: Absent, Reason: d.Reason}
	case w.Link.Acked != nil:
		d.Payload = w.Link.Acked.Clone()
		d.Payload.Set("active", false)
	}
	return d
}

// DesireGroup returns what the app of the work should hold for its group:
// everything but members that the app does not have.
func DesireGroup(w *Work) Desired {
	switch {
	case !w.App.WantsGroups():
		return Desired{Presence: Absent, Reason: "groups are switched off for the app"}
	case w.Group == nil:
		return w.without(Left, "has left the directory")
	case !w.App.Gives(w.Group.ID):
		return w.without(NoAccess, "is not one of the groups that the app is given")
	}
	d := Desired{Presence: Present, Create: true, Payload: groupPayload(w.Group), Members: make(map[string]string, len(w.Members))}
	for _, m := range w.Members {
		switch {
		case !w.App.KeepsMember(m.Presence()) && !w.farewellAhead(m):
		case m.RemoteID != "":
			d.Members[m.Subject] = m.RemoteID
		case m.Presence() == Present:
			d.Missing++
		}
	}
	return d
}

// without is a group that the app should not have.
func (w *Work) without(presence Presence, reason string) Desired {
	if !w.mayExist() {
		presence = Absent
	}
	return Desired{Presence: presence, Reason: reason, Members: map[string]string{}}
}

// mayExist reports whether the app has a resource of the subject, or could have one
// of which an answer that got lost would have told.
func (w *Work) mayExist() bool { return w.Link.RemoteID != "" || w.Link.Ambiguous }

// notProvisioned are attributes that a service provider rules, or that must not
// travel: a password belongs to the identity provider alone.
var notProvisioned = map[string]bool{
	"id": true, "meta": true, "schemas": true, "groups": true, "members": true, "password": true,
}

// setManager names the manager by the app's own id of them (RFC 7643 section
// 4.3). A manager the app does not have is left out until it does.
func setManager(enterprise *scim.Object, remoteID string) {
	if remoteID == "" {
		enterprise.Delete("manager")
		return
	}
	enterprise.Set("manager", scim.NewObject(scim.Field{Name: "value", Value: remoteID}))
}

// groupPayload returns what an app is given of a group. Its displayName is the
// directory's, which is what the groups claim of OIDC carries.
func groupPayload(g *Group) *scim.Object {
	p := scim.NewObject(scim.Field{Name: "schemas"}, scim.Field{Name: "externalId", Value: g.ID})
	for name, value := range g.Attributes.All() {
		copyAttribute(p, name, value)
	}
	listSchemas(p, scim.GroupSchema)
	return p
}

func copyAttribute(to *scim.Object, name string, value any) {
	if !notProvisioned[strings.ToLower(name)] && !scim.Unassigned(value) {
		to.Set(name, scim.CloneValue(value))
	}
}

// listSchemas lists every assigned extension in "schemas" behind the core schema
// (RFC 7643 section 3).
func listSchemas(payload *scim.Object, core string) {
	schemas := []any{core}
	var empty []string
	for name, value := range payload.All() {
		switch {
		case !isURN(name):
		case scim.Unassigned(value):
			empty = append(empty, name)
		default:
			schemas = append(schemas, name)
		}
	}
	for _, name := range empty {
		payload.Delete(name)
	}
	payload.Set("schemas", schemas)
}

// isURN tells the key of an extension from an attribute name, which has no colon
// (RFC 7643 sections 2.1 and 3.3).
func isURN(name string) bool { return strings.Contains(name, ":") }
