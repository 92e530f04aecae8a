package deviation

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Set is the deviations that are on for one tenant, and what they remember. A nil Set
// has none.
type Set struct {
	active []member
}

type member struct {
	Deviation
	memory *Memory
}

// New returns a set of the named deviations, nil if there are none, which act in the
// order of the names. The error names one that there is not.
func New(names []string) (*Set, error) {
	if len(names) == 0 {
		return nil, nil
	}
	known := All()
	s := &Set{}
	for _, name := range names {
		i := slices.IndexFunc(known, func(d Deviation) bool { return d.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no deviation %q%s", name, similar(known, name))
		}
		s.active = append(s.active, member{known[i], &Memory{}})
	}
	return s, nil
}

// similar lists names that share most words with one.
func similar(known []Deviation, name string) string {
	var near []string
	for _, d := range known {
		for word := range strings.SplitSeq(name, "-") {
			if len(word) > 3 && strings.Contains(d.Name, word) && len(near) < 5 {
				near = append(near, d.Name)
				break
			}
		}
	}
	if near == nil {
		return ""
	}
	return "; there are " + strings.Join(near, ", ")
}

// Memory is what a deviation keeps between requests. The zero Memory is empty.
type Memory struct {
	mu     sync.Mutex
	values map[string]any
}

// Get returns what was kept under a key, nil if nothing was.
func (m *Memory) Get(key string) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key]
}

// Put keeps a value.
func (m *Memory) Put(key string, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = map[string]any{}
	}
	m.values[key] = value
}

// Change puts what change makes of a value, nil for none, in its place, before anybody
// else sees either, and returns it.
func (m *Memory) Change(key string, change func(any) any) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = map[string]any{}
	}
	m.values[key] = change(m.values[key])
	return m.values[key]
}

// Begin makes a set see to a request. A nil set does not.
func (s *Set) Begin(r Request) *Request {
	if s == nil {
		return nil
	}
	r.set = s
	return &r
}

// Changed returns the names of the deviations that made a difference to the request
// so far.
func (r *Request) Changed() []string {
	if r == nil {
		return nil
	}
	return r.changed
}

// Admits reports whether the request is let in whatever its credentials.
func (r *Request) Admits() bool { return r != nil && r.Admitted }

// Answers reports whether the request has its answer without being carried out.
func (r *Request) Answers() bool { return r != nil && r.Instead != nil }

// each has the deviations that are on do something, and notes which of them made a
// difference to what image shows.
func (r *Request) each(hook func(*Deviation) bool, image func() any) {
	for _, m := range r.set.active {
		r.Memory = m.memory
		before, instead := image(), r.Instead
		if hook(&m.Deviation) && (instead != r.Instead || !reflect.DeepEqual(before, image())) {
			r.note(m.Name)
		}
	}
}

func (r *Request) note(name string) {
	if !slices.Contains(r.changed, name) {
		r.changed = append(r.changed, name)
	}
}

// Route is the first phase.
func (r *Request) Route() {
	if r == nil {
		return
	}
	r.each(func(d *Deviation) bool {
		if d.Route != nil {
			d.Route(r)
		}
		return d.Route != nil
	}, func() any {
		return []any{r.Method, r.Path, r.Query.Encode(), r.Header.Clone(), r.Admitted}
	})
}

// Decode returns the body that the server shall parse.
func (r *Request) Decode(body []byte) []byte {
	if r == nil {
		return body
	}
	r.Body = body
	r.each(func(d *Deviation) bool {
		if d.Decode != nil {
			d.Decode(r)
		}
		return d.Decode != nil
	}, func() any { return bytes.Clone(r.Body) })
	return r.Body
}

// Search changes the parameters of a search.
func (r *Request) Search(values url.Values) {
	if r == nil {
		return
	}
	r.each(func(d *Deviation) bool {
		if d.Search != nil {
			d.Search(r, values)
		}
		return d.Search != nil
	}, func() any {
		c := maps.Clone(values)
		for name, list := range c {
			c[name] = slices.Clone(list)
		}
		return c
	})
}

// Plan changes a patch.
func (r *Request) Plan(p *scim.Patch) {
	if r == nil {
		return
	}
	r.each(func(d *Deviation) bool {
		if d.Plan != nil {
			d.Plan(r, p)
		}
		return d.Plan != nil
	}, func() any { return string(p.Object().AppendJSON(nil)) })
}

// Store changes a document that is about to be stored. before is nil if it is new.
func (r *Request) Store(typ *scim.ResourceType, before, after *scim.Object) {
	if r == nil {
		return
	}
	w := &Write{Request: r, Type: typ, Before: before, After: after}
	r.each(func(d *Deviation) bool {
		if d.Store != nil {
			d.Store(w)
		}
		return d.Store != nil
	}, func() any { return string(after.AppendJSON(nil)) })
}

// Tolerates reports whether a value may be taken although another resource holds it.
func (r *Request) Tolerates(mine, taken string) bool {
	if r == nil {
		return false
	}
	for _, m := range r.set.active {
		r.Memory = m.memory
		if m.Tolerate != nil && m.Tolerate(r, mine, taken) {
			r.note(m.Name)
			return true
		}
	}
	return false
}

// Respond changes an answer: each resource in it, and then the whole.
func (r *Request) Respond(p *Response) {
	if r == nil {
		return
	}
	if r.Instead != nil {
		p.Status, p.Body = r.Instead.Status, r.Instead.Body
		maps.DeleteFunc(p.Header, func(name string, _ []string) bool { return name == "Etag" || strings.HasSuffix(name, "Location") })
		maps.Copy(p.Header, r.Instead.Header)
	}
	for _, m := range r.set.active {
		r.Memory = m.memory
		before := p.clone()
		if m.Project != nil && p.OK() && r.Kind() != Bulk {
			projectAll(p, func(o *scim.Object) { m.Project(r, o) })
		}
		if m.Respond != nil {
			m.Respond(r, p)
		}
		if !reflect.DeepEqual(before, p) {
			r.note(m.Name)
		}
	}
	if len(r.changed) > 0 {
		p.Header.Set("X-Mock-Deviation", strings.Join(r.changed, ", "))
	}
}

// projectAll shows each resource in an answer to a hook. The answer keeps its bytes
// unless the hook changes something.
func projectAll(p *Response, hook func(*scim.Object)) {
	o, err := scim.ParseObjectLenient(p.Body)
	if err != nil {
		return
	}
	was := string(o.AppendJSON(nil))
	if list, isList := o.Lookup("Resources"); isList {
		elements, _ := list.([]any)
		for _, e := range elements {
			if resource, ok := e.(*scim.Object); ok && isResource(resource) {
				hook(resource)
			}
		}
	} else if isResource(o) {
		hook(o)
	}
	if now := o.AppendJSON(nil); string(now) != was {
		p.Body = now
	}
}

// isResource reports whether an object is a resource that clients provision: not a
// message, and not a document of discovery.
func isResource(o *scim.Object) bool {
	for _, uri := range o.Schemas() {
		if strings.HasPrefix(uri, "urn:ietf:params:scim:api:") {
			return false
		}
	}
	switch o.Object("meta").String("resourceType") {
	case "Schema", "ResourceType", "ServiceProviderConfig":
		return false
	}
	return o.ID() != ""
}

// header returns a fresh header of one field.
func header(name, value string) http.Header { return http.Header{name: {value}} }
