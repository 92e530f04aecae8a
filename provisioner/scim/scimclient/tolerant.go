package scimclient

import (
	"encoding/json"

	"github.com/permiso/scimwright/provisioner/scim"
)

// tolerate makes texts of the ids in a resource that are numbers, which they are at
// servers that give out those of their tables (RFC 7643 section 3.1 demands strings).
func tolerate(r *scim.Object) *scim.Object {
	textual(r, "id")
	textual(r, "externalId")
	for _, name := range [...]string{"members", "groups"} {
		for _, v := range r.Array(name) {
			if reference, ok := v.(*scim.Object); ok {
				textual(reference, "value")
			}
		}
	}
	if manager := r.Object(scim.EnterpriseUserSchema).Object("manager"); manager != nil {
		textual(manager, "value")
	}
	return r
}

func textual(o *scim.Object, name string) {
	if number, ok := o.Get(name).(json.Number); ok {
		o.Set(name, number.String())
	}
}
