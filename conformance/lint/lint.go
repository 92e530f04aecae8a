// Package lint looks at every answer of a SCIM service, whatever it was asked for, and
// says what is wrong with it: each kind of finding is a [Rule] with an id of its own.
// It reads bytes and generic JSON, and what the service publishes about itself.
//
//	linter := lint.New(lint.Publish(resourceTypes, schemas))
//	for _, x := range exchanges {
//		linter.Look(x)
//	}
//	for _, rule := range lint.Rules() {
//		fmt.Println(rule.ID, linter.Findings(rule.ID))
//	}
package lint

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// An Exchange is a request to the service and its answer.
type Exchange struct {
	Method string
	// Path holds the segments below the base URL.
	Path  []string
	Query url.Values
	// Accept is the request's header field, "" if it has none.
	Accept string
	// Sent is the body of the request.
	Sent   []byte
	Status int
	Header http.Header
	Body   []byte
}

// name says what was asked for, for a message; ids are not told.
func (x *Exchange) name() string {
	path := "/" + strings.Join(x.Path, "/")
	if len(x.Path) > 1 && !discovery(x.Path[0]) && x.Path[1] != ".search" {
		path = "/" + x.Path[0] + "/{id}"
	}
	return x.Method + " " + path
}

func discovery(endpoint string) bool {
	return endpoint == "ServiceProviderConfig" || endpoint == "ResourceTypes" || endpoint == "Schemas"
}

// projected reports whether the request asked for a part of the attributes.
func (x *Exchange) projected() bool {
	for name := range x.Query {
		if strings.EqualFold(name, "attributes") || strings.EqualFold(name, "excludedAttributes") {
			return true
		}
	}
	return strings.Contains(strings.ToLower(string(x.Sent)), `attributes"`) && len(x.Path) > 0 && x.Path[len(x.Path)-1] == ".search"
}

// A Finding is what a rule has found in one answer.
type Finding struct {
	// Exchange says which request it was, without ids.
	Exchange string
	// Look counts the calls of [Linter.Look] before the one that showed the exchange.
	Look int
	// Detail says what is wrong, in names and types: it has no values of resources.
	Detail string
}

// A Linter collects what is wrong with the answers of one service. It is not safe for
// use by several goroutines at once.
type Linter struct {
	published *Published
	looks     int
	looked    map[string]int
	findings  map[string][]Finding
}

// New returns a linter for a service that publishes this about itself.
func New(published *Published) *Linter {
	return &Linter{published: published, looked: map[string]int{}, findings: map[string][]Finding{}}
}

// Looked returns how many answers a rule was about so far.
func (l *Linter) Looked(rule string) int { return l.looked[rule] }

// Findings returns what a rule has found so far, oldest first.
func (l *Linter) Findings(rule string) []Finding { return l.findings[rule] }

// An answer is an exchange under the eyes of the rules.
type answer struct {
	*Exchange
	published *Published
	// body is the parsed JSON of the answer, nil if it is none.
	body any
	// resources are the SCIM resources in it, of users, groups and other types.
	resources []found
}

// A found is a resource in an answer.
type found struct {
	object map[string]any
	// typ is its published type, nil if unknown.
	typ *ResourceType
	// endpoint is where its type is served, "" if unknown.
	endpoint string
}

// Look applies all rules to an answer.
func (l *Linter) Look(x Exchange) {
	a := &answer{Exchange: &x, published: l.published}
	if d := json.NewDecoder(bytes.NewReader(x.Body)); true {
		d.UseNumber()
		if d.Decode(&a.body) != nil {
			a.body = nil
		}
	}
	a.resources = a.find()
	for _, r := range rules {
		if !r.about(a) {
			continue
		}
		l.looked[r.ID]++
		if detail := r.look(a); detail != "" {
			l.findings[r.ID] = append(l.findings[r.ID], Finding{Exchange: x.name(), Look: l.looks, Detail: detail})
		}
	}
	l.looks++
}

// find returns the resources of an answer: the one, or those of a list.
func (a *answer) find() []found {
	o, ok := a.body.(map[string]any)
	if !ok || a.Status < 200 || a.Status > 299 || len(a.Path) == 0 || discovery(a.Path[0]) || a.Path[0] == "Bulk" {
		return nil
	}
	objects := []map[string]any{o}
	if isMessage(o, "ListResponse") {
		objects = nil
		list, _ := get(o, "Resources").([]any)
		for _, e := range list {
			if r, ok := e.(map[string]any); ok {
				objects = append(objects, r)
			}
		}
	}
	var all []found
	for _, r := range objects {
		f := found{object: r, typ: a.published.Type(a.Path[0])}
		if f.typ == nil { // at the root, or at /Me
			f.typ = a.published.named(text(get(get(r, "meta"), "resourceType")))
		}
		if f.typ != nil {
			f.endpoint = f.typ.lastSegment()
		}
		all = append(all, f)
	}
	return all
}

// named returns the resource type of a name, nil if there is none.
func (p *Published) named(name string) *ResourceType {
	for i := range p.Types {
		if name != "" && strings.EqualFold(p.Types[i].Name, name) {
			return &p.Types[i]
		}
	}
	return nil
}

// get returns a member of an object without regard to letter case.
func get(v any, name string) any {
	o, _ := v.(map[string]any)
	if member, ok := o[name]; ok {
		return member
	}
	for k, member := range o {
		if strings.EqualFold(k, name) {
			return member
		}
	}
	return nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

const messages = "urn:ietf:params:scim:api:messages:2.0:"

// isMessage reports whether an object says that it is a message of SCIM.
func isMessage(o map[string]any, name string) bool {
	list, _ := get(o, "schemas").([]any)
	for _, s := range list {
		if strings.EqualFold(text(s), messages+name) {
			return true
		}
	}
	return false
}
