package mocktarget

import (
	"net/http"
	"sync"

	"github.com/permiso/scimwright/provisioner/scim"
)

// subjects remembers which user a credential stands for once POST /Me has made one.
type subjects struct {
	mu  sync.Mutex
	ids map[string]string
}

func (s *subjects) get(credential string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[credential]
}

func (s *subjects) set(credential, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids = map[string]string{}
	}
	s.ids[credential] = id
}

// me answers a request on /Me as one on the user the credential stands for
// (RFC 7644 section 3.11). Location is that user's own URL.
func (x *exchange) me() (*answer, error) {
	if x.selfType() == nil {
		return nil, noUsers()
	}
	id, ok := x.self()
	if !ok {
		return nil, scim.Status(http.StatusNotFound, "the credential stands for no user; POST /Me creates one for it")
	}
	x.target = target{kind: kindResource, typ: x.selfType(), id: id}
	method := x.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	a, err := x.operations[kindResource][method](x)
	if a != nil && a.status != http.StatusNotModified { // there Location would look like a redirect
		a.location = a.contentLocation
	}
	return a, err
}

func noUsers() error {
	return scim.Status(http.StatusNotImplemented, "this service has no users, so /Me stands for nobody")
}

// selfType returns the type of /Me: that of users.
func (x *exchange) selfType() *resourceType {
	for _, typ := range x.tenant.model.types {
		if typ.Schema.ID == scim.UserSchema {
			return typ
		}
	}
	return nil
}

// self returns the id of the user the credential stands for.
func (x *exchange) self() (string, bool) {
	typ := x.selfType()
	if typ == nil {
		return "", false
	}
	root := x.tenant.root.Load()
	for _, subject := range []string{x.tenant.self.get(x.caller.name), x.caller.subject} {
		if subject == "" {
			continue
		}
		if _, rec := root.lookup(typ, subject); rec != nil {
			return rec.id, true
		}
		c := &filterCompiler{typ: typ, root: root}
		ref := scim.Ref{Attribute: typ.Attribute("userName")}
		slots, _ := c.equal(ref, subject)
		for _, slot := range slots {
			if rec, ok := root.table(typ).records.get(slot); ok && scim.Fold(rec.document.String("userName")) == scim.Fold(subject) {
				return rec.id, true
			}
		}
	}
	return "", false
}

// createMe answers POST /Me: it creates a user for the credential.
func (x *exchange) createMe() (*answer, error) {
	typ := x.selfType()
	if typ == nil {
		return nil, noUsers()
	}
	if id, ok := x.self(); ok {
		return nil, scim.Uniqueness("the credential stands for User %s already", id)
	}
	x.target = target{kind: kindCollection, typ: typ}
	a, err := x.create()
	if err == nil {
		x.tenant.self.set(x.caller.name, x.parsed.ID)
	}
	return a, err
}
