package mocktarget

import (
	"net/http"
	"net/url"

	"github.com/permiso/scimwright/mocktarget/deviation"
	"github.com/permiso/scimwright/provisioner/scim"
)

// deviate lets the deviations of the tenant see a request that is routed, and routes it
// again if they made another one of it. The original is kept for the journal.
func (x *exchange) deviate() {
	if x.tenant == nil || x.deviant != nil {
		return
	}
	u := *x.r.URL
	values, err := url.ParseQuery(u.RawQuery)
	x.deviant = x.settings.deviations.Begin(deviation.Request{
		Method: x.r.Method, Path: x.rest, Query: values, Header: x.r.Header.Clone(), Base: x.base, Now: x.tenant.clock.Now, Current: x.current,
	})
	d := x.deviant
	if d == nil {
		return
	}
	d.Route()
	if len(d.Changed()) == 0 {
		return
	}
	r := x.r.Clone(x.r.Context())
	if err == nil {
		u.RawQuery = d.Query.Encode()
	}
	r.Method, r.URL, r.Header = d.Method, &u, d.Header
	x.asked, x.askedFor, x.r = x.r, x.target, r
	if d.Path != x.rest {
		x.rest, x.target = d.Path, x.tenant.model.target(d.Path)
	}
}

// current returns the resource that the request is about, nil if there is none.
func (x *exchange) current() *scim.Object {
	if x.target.kind != kindResource {
		return nil
	}
	held, err := x.tenant.lookup(x.target.typ, x.target.id)
	if err != nil {
		return nil
	}
	return presenter{root: held.root, base: x.base}.present(held.typ, held.slot, held.rec, scim.Projection{}).Clone()
}

// distort lets the deviations see an answer whose header fields are h. From here on the
// exchange is the one that the client began.
func (x *exchange) distort(a *answer, h http.Header) *answer {
	if x.asked != nil {
		x.r, x.target = x.asked, x.askedFor
	}
	if x.deviant == nil {
		return a
	}
	p := &deviation.Response{Status: a.status, Header: h, Body: a.body}
	x.deviant.Respond(p)
	distorted := *a
	distorted.status, distorted.body = p.Status, p.Body
	return &distorted
}
