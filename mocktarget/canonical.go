package mocktarget

import (
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// canonicalize writes values the way RFC 7643 section 4.1.2 recommends to keep
// them: the domain of an e-mail address in lower case, instant-messaging addresses
// without white space and in lower case.
func canonicalize(typ *resourceType, document *scim.Object) {
	if typ.Schema.ID != scim.UserSchema {
		return
	}
	eachValue(document, "emails", func(address string) string {
		at := strings.LastIndexByte(address, '@')
		return address[:at+1] + strings.ToLower(address[at+1:])
	})
	eachValue(document, "ims", func(address string) string {
		return strings.ToLower(strings.Join(strings.Fields(address), ""))
	})
}

// eachValue rewrites the value of each element of a multi-valued attribute.
func eachValue(document *scim.Object, name string, rewrite func(string) string) {
	list := document.Array(name)
	for i, element := range list {
		o, ok := element.(*scim.Object)
		if !ok {
			continue
		}
		if value, ok := o.Get("value").(string); ok && rewrite(value) != value {
			o = o.Clone()
			o.Set("value", rewrite(value))
			list[i] = o
		}
	}
}
