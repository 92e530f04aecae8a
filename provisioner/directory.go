package provisioner

import (
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Kind says what a subject is. Its text is the SCIM resource type's name.
type Kind string

// The kinds of subject.
const (
	KindUser  Kind = "User"
	KindGroup Kind = "Group"
)

// Endpoint returns the SCIM endpoint of the kind, such as "/Users" (RFC 7644
// section 3.2).
func (k Kind) Endpoint() string {
	if k == KindGroup {
		return "/Groups"
	}
	return "/Users"
}

// A User is a person in the directory.
type User struct {
	// ID is the directory's own id, stable for life. Apps see it as externalId
	// unless Attributes carry another one.
	ID string
	// Attributes are SCIM core and extension attributes (RFC 7643 sections 4.1
	// and 4.3) without id, meta and groups. A manager is named by directory id.
	Attributes *scim.Object
}

// Active reports whether the person may use apps; a user without the attribute
// may.
func (u *User) Active() bool {
	active, ok := u.Attributes.Bool("active")
	return active || !ok
}

// Manager returns the directory id of the user's manager, "" if there is none.
func (u *User) Manager() string {
	return u.Attributes.Object(scim.EnterpriseUserSchema).Object("manager").String("value")
}

// A Group is a group of users in the directory.
type Group struct {
	// ID is the directory's own id, stable for life.
	ID string
	// Attributes are SCIM core attributes (RFC 7643 section 4.2) without id,
	// meta and members.
	Attributes *scim.Object
	// Members are the directory ids of the users in the group, Groups those of the
	// groups in it: apps see everybody in those as members of this one.
	Members []string
	Groups  []string
}

// A Directory is everybody and every group there is.
type Directory struct {
	Users  []User
	Groups []Group
}

// A Key names the link between an app and a subject.
type Key struct {
	App     string
	Kind    Kind
	Subject string
}

func (k Key) String() string {
	return k.App + "/" + strings.ToLower(string(k.Kind)) + "s/" + k.Subject
}
