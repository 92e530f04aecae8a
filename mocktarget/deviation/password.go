package deviation

import (
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// passwords are about where passwords show (RFC 7643 section 4.1.1).
func passwords() []Deviation {
	return []Deviation{
		{Name: "password-in-create", Summary: "The answer to a create has the password.", Requirements: ids("7643-4.1.1-R15", "7643-7-R20"),
			Respond: echoOn(Create, "password")},
		{Name: "password-in-read", Summary: "A read has the password.", Requirements: ids("7643-4.1.1-R15", "7643-7-R20"),
			Decode: keepPassword, Project: showPassword(Get, "")},
		{Name: "password-in-list", Summary: "A list has passwords.", Requirements: ids("7643-4.1.1-R15", "7643-7-R20"),
			Decode: keepPassword, Project: showPassword(List, "")},
		{Name: "password-in-search", Summary: "A search has passwords.", Requirements: ids("7643-4.1.1-R15", "7643-7-R20"),
			Decode: keepPassword, Project: showPassword(Search, "")},
		{Name: "password-in-replace", Summary: "The answer to PUT has the password.", Requirements: ids("7643-4.1.1-R15", "7643-7-R20"),
			Decode: keepPassword, Project: showPassword(Replace, "")},
		{Name: "password-in-patch", Summary: "The answer to PATCH has the password.", Requirements: ids("7643-4.1.1-R15", "7643-7-R20"),
			Decode: keepPassword, Project: showPassword(Patch, "")},
		{Name: "password-on-request", Summary: "A read that asks for the password gets it.", Requirements: ids("7643-4.1.1-R15", "7643-7-R20"),
			Decode: keepPassword, Project: func(r *Request, o *scim.Object) {
				if strings.Contains(r.Query.Get("attributes"), "password") {
					showPassword(r.Kind(), "")(r, o)
				}
			}},
		{Name: "password-hash-in-read", Summary: "A read has a hash in place of the password.", Requirements: ids("7643-4.1.1-R15"),
			Decode: keepPassword, Project: showPassword(Get, "$2a$10$1234567890123456789012")},
	}
}

// keepPassword remembers the password that a user is given, and showPassword shows it,
// or something in its place, in answers of one kind.
func keepPassword(r *Request) {
	o := r.Object()
	password, name := o.String("password"), o.String("userName")
	for _, op := range elements(o, "Operations") {
		if op.String("path") == "password" {
			password, name = op.String("value"), r.Current().String("userName")
		}
	}
	if password != "" && name != "" {
		r.Memory.Put(strings.ToLower(name), password)
	}
}

func showPassword(kind Kind, mask string) func(*Request, *scim.Object) {
	return func(r *Request, o *scim.Object) {
		name := o.String("userName")
		if name == "" {
			name = r.Current().String("userName")
		}
		password, known := r.Memory.Get(strings.ToLower(name)).(string)
		if !known || r.Kind() != kind {
			return
		}
		if mask != "" {
			password = mask
		}
		o.Set("password", password)
	}
}
