package deviation

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Kind is what a request asks for, by its method and path.
type Kind string

// The kinds of requests.
const (
	Create    Kind = "create"
	Get       Kind = "get"
	List      Kind = "list"   // of an endpoint or of the base
	Search    Kind = "search" // by POST
	Replace   Kind = "replace"
	Patch     Kind = "patch"
	Delete    Kind = "delete"
	Bulk      Kind = "bulk"
	Me        Kind = "me" // in any method
	Config    Kind = "config"
	Types     Kind = "types" // all of them
	Type      Kind = "type"
	Schemas   Kind = "schemas" // all of them
	Schema    Kind = "schema"
	Elsewhere Kind = "" // anything else
)

// A Request is a request as deviations see it. What a hook changes of it in the phase
// of routing is what the server gets to see.
type Request struct {
	Method string
	// Path is below the base URL, such as "/Users/42", percent-encoded.
	Path   string
	Query  url.Values
	Header http.Header
	// Body is what was sent. It is empty until the phase of decoding.
	Body []byte
	// Base is the URL of the service.
	Base string
	// Admitted lets the request in, whatever its credentials.
	Admitted bool
	// Instead is answered in place of carrying the request out, if it is set while
	// routing, and afterwards in place of what came out.
	Instead *Response
	// Now tells the time of the tenant.
	Now func() time.Time
	// Current returns the resource the request is about as a client would read it now,
	// nil if there is none.
	Current func() *scim.Object
	// Memory is what the deviation keeps between the requests to a tenant.
	Memory *Memory

	set     *Set
	changed []string                // names of the deviations that did something
	keep    func(*scim.Object) bool // what a search may return, nil for everything
}

// Kind returns what the request asks for.
func (r *Request) Kind() Kind {
	first, second := r.segments()
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case first == "Me":
		return Me
	case first == "Bulk":
		return Bulk
	case first == "ServiceProviderConfig":
		return Config
	case first == "ResourceTypes" && second == "":
		return Types
	case first == "ResourceTypes":
		return Type
	case first == "Schemas" && second == "":
		return Schemas
	case first == "Schemas":
		return Schema
	case (first == ".search" || second == ".search") && r.Method == http.MethodPost:
		return Search
	case second == "" && reading:
		return List
	case second == "" && r.Method == http.MethodPost:
		return Create
	case second == "":
		return Elsewhere
	case reading:
		return Get
	case r.Method == http.MethodPut:
		return Replace
	case r.Method == http.MethodPatch:
		return Patch
	case r.Method == http.MethodDelete:
		return Delete
	default:
		return Elsewhere
	}
}

// Is reports whether the request is of one of the kinds.
func (r *Request) Is(kinds ...Kind) bool { return slices.Contains(kinds, r.Kind()) }

// Endpoint returns the path of the resource type, such as "/Users".
func (r *Request) Endpoint() string {
	first, _ := r.segments()
	return "/" + first
}

// ID returns the id of the resource the path names, "" if it names none.
func (r *Request) ID() string {
	_, second := r.segments()
	if id, err := url.PathUnescape(second); err == nil {
		return id
	}
	return second
}

func (r *Request) segments() (first, second string) {
	first, second, _ = strings.Cut(strings.Trim(r.Path, "/"), "/")
	return first, second
}

// Edit changes the body, if it is a JSON object.
func (r *Request) Edit(change func(*scim.Object)) {
	if o, err := scim.ParseObjectLenient(r.Body); err == nil {
		change(o)
		r.Body = o.AppendJSON(nil)
	}
}

// Object returns the body, an empty object if it is none.
func (r *Request) Object() *scim.Object {
	o, err := scim.ParseObjectLenient(r.Body)
	if err != nil {
		return scim.NewObject()
	}
	return o
}

// A Response is an answer before it is sent.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Edit changes the body, if it is a JSON object.
func (p *Response) Edit(change func(*scim.Object)) {
	if o, err := scim.ParseObjectLenient(p.Body); err == nil {
		change(o)
		p.Body = o.AppendJSON(nil)
	}
}

// OK reports whether the request was carried out.
func (p *Response) OK() bool { return p.Status >= 200 && p.Status < 300 }

// Fail makes the response an error (RFC 7644 section 3.12).
func (p *Response) Fail(err scim.Error) {
	p.Status, p.Body = err.Status, scim.EncodeError(err)
	p.Header.Set("Content-Type", "application/scim+json")
	for _, name := range []string{"Location", "Content-Location", "ETag"} {
		p.Header.Del(name)
	}
}

// refusal returns an error as a response.
func refusal(err scim.Error) *Response {
	p := &Response{Header: http.Header{}}
	p.Fail(err)
	return p
}

func (p *Response) clone() *Response {
	return &Response{Status: p.Status, Header: p.Header.Clone(), Body: p.Body}
}
