package mocktarget

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// An Expectation describes what a tenant should hold; [Tenant.Expect] compares it
// with what it does hold.
type Expectation struct {
	// Resources are those that have to be there, by the name of their type or of its
	// endpoint: "Users". Of each the attributes that are given are compared, a
	// sub-attribute at a time; those of multi-valued ones in any order. An attribute
	// that is null or [] must have no value. Members are given by userName or
	// displayName, or by id, as text or as the value of an object; other complex
	// values may be given as the text of their value or display.
	Resources map[string][]json.RawMessage `json:"resources" doc:"By type or endpoint, what has to be there; the attributes that are given are compared" example:"{\"Users\":[{\"userName\":\"ann\",\"active\":true}]}"`
	// Keys are, by the name of a type or endpoint, the attribute that tells which
	// resource is meant. Without one it is userName, displayName or externalId, the
	// first that the type has.
	Keys map[string]string `json:"keys,omitempty" doc:"By type or endpoint, the attribute that tells which resource is meant, where that is not userName, displayName or externalId"`
	// Only says too that there are no other resources of the types that Resources
	// names, whose list may be empty.
	Only bool `json:"only,omitempty" doc:"There are no other resources of the types that are named"`
}

// A Comparison is where a tenant and an [Expectation] differ.
type Comparison struct {
	OK bool `json:"ok"`
	// Message tells the differences in lines for people. It is empty if there are
	// none.
	Message    string           `json:"message,omitempty"`
	Missing    []ComparedObject `json:"missing,omitempty"`
	Unexpected []ComparedObject `json:"unexpected,omitempty"`
	Different  []Mismatch       `json:"different,omitempty"`
	// More is how many further differences there are that are not listed.
	More int `json:"more,omitempty"`
}

// A ComparedObject names a resource of a [Comparison].
type ComparedObject struct {
	ResourceType string `json:"resourceType"`
	// Key is the value that tells which resource is meant, such as a userName.
	Key string `json:"key"`
	// ID is that of the resource the tenant holds, "" if it holds none.
	ID string `json:"id,omitempty"`
}

// A Mismatch is an attribute that is not as expected. Of a multi-valued one, Want
// holds the elements that are missing and Got those that should not be there.
type Mismatch struct {
	ComparedObject
	Path string          `json:"path"`
	Want json.RawMessage `json:"want,omitempty"` // nil: no value
	Got  json.RawMessage `json:"got,omitempty"`  // nil: no value
}

// Expect compares what the tenant holds with what it should hold. The error says
// what is wrong with the expectation itself.
func (t *Tenant) Expect(want Expectation) (Comparison, error) {
	e, err := t.model.expectation(want)
	if err != nil {
		return Comparison{}, err
	}
	return e.compare(t.root.Load()), nil
}

// Await compares like [Tenant.Expect] until there is no difference. If ctx ends or
// the tenant is deleted before, the error says so and what is different still, as
// does the comparison.
func (t *Tenant) Await(ctx context.Context, want Expectation) (Comparison, error) {
	e, err := t.model.expectation(want)
	if err != nil {
		return Comparison{}, err
	}
	for {
		changed := t.changed.wait()
		if e.holds(t.root.Load()) {
			return Comparison{OK: true}, nil
		}
		select {
		case <-changed:
			continue
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-t.deleted:
			err = scim.Status(http.StatusGone, "tenant %s has been deleted", t.name)
		}
		last := e.compare(t.root.Load())
		if last.OK {
			return last, nil
		}
		return last, fmt.Errorf("%w; tenant %s does not hold what is expected:\n%s", err, t.name, last.Message)
	}
}

// An expectation is an [Expectation] that has been read.
type expectation struct {
	model *model
	types []*expectedType
	only  bool
	next  int // the place among all resources that is looked at first
}

// An expectedType is what is expected of one type.
type expectedType struct {
	typ       *resourceType
	key       scim.Ref
	resources []expectedResource
	keys      map[string]bool // folded
}

type expectedResource struct {
	key   string // as it was given
	value any    // of the key
	want  *scim.Object
}

// expectation reads an expectation. Attributes that a type does not have are
// refused: what is compared with nothing would always hold, or never.
func (m *model) expectation(want Expectation) (*expectation, error) {
	if len(want.Resources) == 0 {
		return nil, scim.BadRequest("the expectation names no kind of resource, so it would always hold; give resources")
	}
	e := &expectation{model: m, only: want.Only}
	lists := map[*resourceType][]json.RawMessage{}
	for name, list := range want.Resources {
		typ, err := m.named(name)
		if err != nil {
			return nil, err
		}
		lists[typ] = append(lists[typ], list...)
	}
	keys := map[*resourceType]string{}
	for name, key := range want.Keys {
		typ, err := m.named(name)
		if err != nil {
			return nil, err
		}
		keys[typ] = key
	}
	for _, typ := range m.types {
		list, ok := lists[typ]
		if !ok {
			continue
		}
		expected, err := typ.expect(list, keys[typ])
		if err != nil {
			return nil, err
		}
		e.types = append(e.types, expected)
	}
	return e, nil
}

// named returns the type of a name or of an endpoint's name.
func (m *model) named(name string) (*resourceType, error) {
	if typ := m.byName(name); typ != nil {
		return typ, nil
	}
	if typ := m.byListName(name); typ != nil {
		return typ, nil
	}
	return nil, scim.BadRequest("%q is not a kind of resource; use %s", clip(name), m.listNames())
}

func (typ *resourceType) expect(list []json.RawMessage, key string) (*expectedType, error) {
	e := &expectedType{typ: typ, keys: map[string]bool{}}
	var err error
	if e.key, err = typ.keyRef(key); err != nil {
		return nil, err
	}
	for i, text := range list {
		where := fmt.Sprintf("%s[%d]", typ.Endpoint[1:], i)
		want, err := scim.ParseObject(text)
		if err != nil {
			return nil, scim.BadRequest("%s: %s", where, reason(err))
		}
		if err := typ.knows(want); err != nil {
			return nil, scim.BadRequest("%s: %v", where, err)
		}
		value := e.key.Value(want)
		folded, ok := e.fold(value)
		switch {
		case !ok:
			return nil, scim.BadRequest("%s has no %s, which tells what resource is meant", where, e.key)
		case e.keys[folded]:
			return nil, scim.BadRequest("%s: the %s %s is there twice", where, e.key, folded)
		}
		e.keys[folded] = true
		e.resources = append(e.resources, expectedResource{key: keyText(value), value: value, want: want})
	}
	return e, nil
}

// keyRef returns the attribute that tells resources of the type apart.
func (typ *resourceType) keyRef(name string) (scim.Ref, error) {
	if name == "" {
		name = "externalId"
		for _, common := range []string{"displayName", "userName"} {
			if typ.Schema.Attribute(common) != nil {
				name = common
			}
		}
	}
	path, err := scim.ParseAttributePath(name)
	if err != nil {
		return scim.Ref{}, err
	}
	ref, err := typ.Resolve(path)
	switch {
	case err != nil:
		return ref, err
	case ref.Attribute == nil, ref.Attribute.MultiValued, ref.Target().Type == scim.TypeComplex, ref.Target().Returned == scim.ReturnedNever:
		return ref, scim.BadRequest("%s cannot tell one %s from another; name an attribute with one value", ref, typ.Name)
	}
	return ref, nil
}

// fold returns the text under which a value of the key is compared; ok is false if
// it is none.
func (e *expectedType) fold(value any) (key string, ok bool) {
	key, ok = (&index{exact: e.key.Target().CaseExact}).key(value)
	return key, ok && key != ""
}

func keyText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	return string(scim.AppendValue(nil, value))
}

// knows refuses attributes that the type does not have.
func (typ *resourceType) knows(o *scim.Object) error {
	for name, v := range o.All() {
		extension := typ.Extension(name)
		a := typ.Attribute(name)
		switch {
		case extension != nil:
			inner, _ := v.(*scim.Object)
			for name, v := range inner.All() {
				a := extension.Attribute(name)
				if a == nil {
					return fmt.Errorf("%s has no attribute %q", extension.ID, clip(name))
				}
				if err := knowsSub(a, v); err != nil {
					return err
				}
			}
		case a == nil:
			return fmt.Errorf("%s has no attribute %q", typ.Name, clip(name))
		default:
			if err := knowsSub(a, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func knowsSub(a *scim.Attribute, v any) (err error) {
	eachElement(v, func(element any) bool {
		o, _ := element.(*scim.Object)
		for name, inner := range o.All() {
			sub := a.SubAttribute(name)
			if sub == nil {
				err = fmt.Errorf("%s has no sub-attribute %q", a.Name, clip(name))
			} else if problem := knowsSub(sub, inner); problem != nil {
				err = problem
			}
		}
		return err == nil
	})
	return err
}

// mostLines is how many differences a message tells.
const mostLines = 50

// message tells the differences in lines.
func (c *Comparison) message() string {
	var lines []string
	for _, o := range c.Missing {
		lines = append(lines, "missing: "+o.String())
	}
	for _, o := range c.Unexpected {
		lines = append(lines, "unexpected: "+o.String())
	}
	for _, d := range c.Different {
		lines = append(lines, fmt.Sprintf("different: %s: %s: want %s, got %s", d.ComparedObject, d.Path, orNothing(d.Want), orNothing(d.Got)))
	}
	if more := c.More + max(0, len(lines)-mostLines); more > 0 {
		lines = append(lines[:min(len(lines), mostLines)], fmt.Sprintf("and %d more differences", more))
	}
	return strings.Join(lines, "\n")
}

// String returns type, key and id.
func (o ComparedObject) String() string {
	if o.ID == "" {
		return o.ResourceType + " " + o.Key
	}
	return fmt.Sprintf("%s %s (id %s)", o.ResourceType, o.Key, o.ID)
}

func orNothing(text json.RawMessage) string {
	if text == nil {
		return "nothing"
	}
	return clip(string(text))
}
