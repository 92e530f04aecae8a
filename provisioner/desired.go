package provisioner

import (
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// Desired is what an app should hold for a subject: nothing, or a resource with
// these attributes and members.
type Desired struct {
	// Payload is the resource without members, nil if the app should hold none.
	Payload *scim.Object
	// Members maps the group's members, by directory id, to their ids in the app.
	// It is nil for users.
	Members map[string]string
	// Missing counts members that the app does not have yet.
	Missing int
	// Reason says why Payload is nil.
	Reason string
}

// DesireUser returns what the app of the work should hold for its user. A user
// who has left the directory, or is disabled, stays in an app that has the
// account, deactivated; an app that does not have it is given none.
func DesireUser(w *Work) Desired {
	if w.User == nil {
		if w.Link.Acked == nil {
			return Desired{Reason: "has left the directory and has no account in the app"}
		}
		payload := w.Link.Acked.Clone()
		payload.Set("active", false)
		return Desired{Payload: payload}
	}
	return Desired{Payload: userPayload(w.User, w.ManagerRemoteID)}
}

// DesireGroup returns what the app of the work should hold for its group:
// everything but members that the app does not have.
func DesireGroup(w *Work) Desired {
	if w.Group == nil {
		return Desired{Reason: "has left the directory", Members: map[string]string{}}
	}
	if !w.App.WantsGroups() {
		return Desired{Reason: "groups are switched off for the app"}
	}
	d := Desired{Payload: groupPayload(w.Group), Members: make(map[string]string, len(w.Members))}
	for _, m := range w.Members {
		if m.RemoteID == "" {
			d.Missing++
			continue
		}
		d.Members[m.Subject] = m.RemoteID
	}
	return d
}

// notProvisioned are attributes that a service provider rules, or that must not
// travel: a password belongs to the identity provider alone.
var notProvisioned = map[string]bool{
	"id": true, "meta": true, "schemas": true, "groups": true, "members": true, "password": true,
}

func userPayload(u *User, managerRemoteID string) *scim.Object {
	p := payload(scim.UserSchema, u.ID, u.Attributes)
	p.Set("active", u.Active())
	if enterprise := p.Object(scim.EnterpriseUserSchema); enterprise.Object("manager") != nil {
		setManager(p, enterprise, managerRemoteID)
	}
	return p
}

// setManager names the manager by the app's own id of them (RFC 7643 section
// 4.3). A manager the app does not have is left out until it does.
func setManager(payload, enterprise *scim.Object, remoteID string) {
	if remoteID != "" {
		enterprise.Set("manager", scim.NewObject(scim.Field{Name: "value", Value: remoteID}))
		return
	}
	enterprise.Delete("manager")
	if enterprise.Len() == 0 {
		payload.Delete(scim.EnterpriseUserSchema)
		payload.Set("schemas", []any{scim.UserSchema})
	}
}

func groupPayload(g *Group) *scim.Object {
	return payload(scim.GroupSchema, g.ID, g.Attributes)
}

// payload returns the attributes an app is sent, with every assigned extension
// listed in "schemas" (RFC 7643 section 3) and externalId set.
func payload(core, id string, attributes *scim.Object) *scim.Object {
	schemas := []any{core}
	p := scim.NewObject(scim.Field{Name: "schemas"}, scim.Field{Name: "externalId", Value: id})
	for name, value := range attributes.All() {
		if notProvisioned[strings.ToLower(name)] || scim.Unassigned(value) {
			continue
		}
		if isURN(name) {
			schemas = append(schemas, name)
		}
		p.Set(name, scim.CloneValue(value))
	}
	p.Set("schemas", schemas)
	return p
}

// isURN tells the key of an extension from an attribute name, which has no colon
// (RFC 7643 sections 2.1 and 3.3).
func isURN(name string) bool { return strings.Contains(name, ":") }
