package scim_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
	"pgregory.net/rapid"
)

type patchBase struct {
	Type     string
	Resource *scim.Object
}

type patchVector struct {
	Name, Base, Ref, Error, Detail string
	Operations                     json.RawMessage
	// Then holds the attributes of the base that change, null for those that go.
	Then *scim.Object
}

func (v patchVector) patch(t testing.TB) (*scim.Patch, error) {
	return scim.ParsePatch(object(t, fmt.Sprintf(`{"schemas": [%q], "Operations": %s}`, scim.PatchOpSchema, v.Operations)))
}

func loadPatches(t testing.TB) (map[string]patchBase, []patchVector) {
	var bases map[string]patchBase
	load(t, "patch/bases.json", &bases)
	var vectors []patchVector
	load(t, "patch/apply.json", &vectors)
	return bases, vectors
}

func TestPatchVectors(t *testing.T) {
	bases, vectors := loadPatches(t)
	types := types(t)
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			base := bases[v.Base]
			before := text(base.Resource)
			next, changed, err := apply(t, types[base.Type], v, base.Resource)
			if got := text(base.Resource); got != before {
				t.Errorf("the resource was changed in place:\n%s\nbefore\n%s", got, before)
			}
			if v.Error != "" {
				checkError(t, err, 400, v.Error, v.Detail)
				if next != nil || changed {
					t.Errorf("an error, and yet %s, %v", text(next), changed)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := base.Resource.Clone()
			for name, value := range v.Then.All() {
				want.Set(name, value)
			}
			if !scim.Equal(next, want) {
				t.Errorf("got\n%s\nwant\n%s", text(next), text(want))
			}
			if changed != (v.Then.Len() > 0) {
				t.Errorf("changed is %v", changed)
			}
			for name, value := range next.All() {
				if scim.Unassigned(value) {
					t.Errorf("%s is left unassigned", name)
				}
			}
		})
	}
}

func apply(t testing.TB, rt *scim.ResourceType, v patchVector, current *scim.Object) (*scim.Object, bool, error) {
	p, err := v.patch(t)
	if err != nil {
		return nil, false, err
	}
	return rt.Apply(p, current)
}

// TestPatchTwice applies every patch of the vectors again to its outcome. Sets and
// removals settle at once; the vectors that add values do as well, since they are
// there the second time.
func TestPatchTwice(t *testing.T) {
	bases, vectors := loadPatches(t)
	types := types(t)
	// These undo or redo their own work each time.
	moving := map[string]bool{"remove a member and add another": true, "remove, then add": true, "add, then change by brackets": true}
	for _, v := range vectors {
		if v.Error != "" || moving[v.Name] {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			base := bases[v.Base]
			once, _, err := apply(t, types[base.Type], v, base.Resource)
			if err != nil {
				t.Fatal(err)
			}
			twice, changed, err := apply(t, types[base.Type], v, once)
			if e, ok := err.(scim.Error); ok && e.ScimType == scim.TypeNoTarget {
				return // the first time took away what the brackets selected
			}
			if err != nil || changed || !scim.Equal(once, twice) {
				t.Errorf("the second time: %v, changed %v\n%s\nafter the first\n%s", err, changed, text(twice), text(once))
			}
		})
	}
}

// TestPatchSequences strings patches of the vectors together at random: each
// outcome is valid, unchanged by a failure, and its patch does the same when it is
// sent as one.
func TestPatchSequences(t *testing.T) {
	bases, vectors := loadPatches(t)
	types := types(t)
	rapid.Check(t, func(rt *rapid.T) {
		base := bases[rapid.SampledFrom([]string{"user", "plain", "employee", "thing", "extthing", "group"}).Draw(rt, "base")]
		typ := types[base.Type]
		whole := &scim.Patch{}
		current := base.Resource
		for range rapid.IntRange(1, 6).Draw(rt, "n") {
			v := rapid.SampledFrom(vectors).Draw(rt, "v")
			if bases[v.Base].Type != base.Type {
				continue
			}
			p, err := v.patch(t)
			if err != nil {
				continue
			}
			before := text(current)
			next, changed, err := typ.Apply(p, current)
			if text(current) != before {
				rt.Fatalf("%s changed its resource", v.Name)
			}
			if err != nil {
				continue
			}
			if changed == scim.Equal(next, current) {
				rt.Fatalf("%s: changed is %v for\n%s\nfrom\n%s", v.Name, changed, text(next), before)
			}
			if _, err := typ.Validate(next, next); err != nil {
				rt.Fatalf("%s leaves an invalid resource: %v\n%s", v.Name, err, text(next))
			}
			whole.Operations = append(whole.Operations, p.Operations...)
			current = next
		}
		atOnce, _, err := typ.Apply(whole, base.Resource)
		if err != nil || !scim.Equal(atOnce, current) {
			rt.Fatalf("one by one\n%s\nat once %v\n%s", text(current), err, text(atOnce))
		}
		// The same with an operation at the end that cannot be: nothing happens.
		whole.Operations = append(whole.Operations, scim.Operation{Op: scim.OpRemove, PathText: "nosuch"})
		if next, _, err := typ.Apply(whole, base.Resource); err == nil || next != nil {
			rt.Fatalf("a patch with a bad operation went through: %s", text(next))
		}
	})
}

// value draws a value that an attribute may hold, of few so that they meet.
func value(a *scim.Attribute) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch a.Type {
		case scim.TypeBoolean:
			return rapid.Bool().Draw(t, a.Name)
		case scim.TypeInteger, scim.TypeDecimal:
			return json.Number(rapid.SampledFrom([]string{"0", "7", "-7"}).Draw(t, a.Name))
		case scim.TypeComplex:
			o := scim.NewObject()
			for _, sub := range a.Sub {
				// Of several elements one at most may be primary: another test's matter.
				if sub.Name == "primary" || sub.Mutability == scim.ReadOnly || !sub.Required && rapid.Bool().Draw(t, "no "+sub.Name) {
					continue
				}
				o.Set(sub.Name, value(sub).Draw(t, sub.Name))
			}
			return o
		case scim.TypeReference:
			return rapid.SampledFrom([]string{"urn:a", "urn:A", "https://example.com/b"}).Draw(t, a.Name)
		case scim.TypeBinary:
			return rapid.SampledFrom([]string{"QUJD", "qujd"}).Draw(t, a.Name)
		case scim.TypeDateTime:
			return rapid.SampledFrom([]string{"2026-01-02T03:04:05Z", "2026-01-02T04:04:05+01:00"}).Draw(t, a.Name)
		default:
			return rapid.SampledFrom([]string{"a", "A", "b", "\u00e7", "c\u0327", "work"}).Draw(t, a.Name)
		}
	})
}

// TestAddIsIdempotent adds drawn values to any attribute, then again: nothing changes
// the second time.
func TestAddIsIdempotent(t *testing.T) {
	types := types(t)
	rapid.Check(t, func(t *rapid.T) {
		rt := types[rapid.SampledFrom([]string{"User", "Group", "Thing"}).Draw(t, "type")]
		var attributes []*scim.Attribute
		for _, a := range rt.Schema.Attributes {
			if a.Mutability != scim.ReadOnly {
				attributes = append(attributes, a)
			}
		}
		a := rapid.SampledFrom(attributes).Draw(t, "attribute")
		current := scim.NewObject()
		for _, required := range rt.Schema.Attributes {
			if required.Required {
				current.Set(required.Name, "x")
			}
		}
		add := func(current *scim.Object, v any) (*scim.Object, bool, error) {
			op := scim.Operation{Op: "add", PathText: a.Name, Value: v, HasValue: true}
			if whole := rapid.Bool().Draw(t, "without a path"); whole {
				op.PathText, op.Value = "", scim.NewObject(scim.Field{Name: a.Name, Value: v})
			}
			return rt.Apply(&scim.Patch{Operations: []scim.Operation{op}}, current)
		}
		v := value(a).Draw(t, "value")
		if a.MultiValued && rapid.Bool().Draw(t, "many") {
			v = rapid.SliceOfN(value(a), 0, 20).Draw(t, "values")
		}
		once, _, err := add(current, v)
		if err != nil {
			if a.Name == "owners" {
				return // an owner needs a value
			}
			t.Fatalf("adding to %s: %v", a.Name, err)
		}
		twice, changed, err := add(once, v)
		if err != nil || changed || !scim.Equal(once, twice) {
			t.Fatalf("added to %s again (%v):\n%s\nafter\n%s", a.Name, err, text(twice), text(once))
		}
	})
}

// TestAddInAnyOrder adds elements that differ in value or type, then again in another
// order.
func TestAddInAnyOrder(t *testing.T) {
	user := scim.UserType()
	rapid.Check(t, func(t *rapid.T) {
		element := rapid.Custom(func(t *rapid.T) any {
			o := scim.NewObject(scim.Field{Name: "value", Value: rapid.SampledFrom([]string{"a@x", "A@X", "b@x", "ç@x"}).Draw(t, "value")})
			if kind := rapid.SampledFrom([]string{"", "work", "WORK", "home"}).Draw(t, "type"); kind != "" {
				o.Set("type", kind)
			}
			return o
		})
		values := rapid.SliceOfN(element, 1, 20).Draw(t, "values")
		add := func(current *scim.Object, values []any) (*scim.Object, bool) {
			next, changed, err := user.Apply(&scim.Patch{Operations: []scim.Operation{{Op: "add", PathText: "emails", Value: values, HasValue: true}}}, current)
			if err != nil {
				t.Fatal(err)
			}
			return next, changed
		}
		once, _ := add(scim.NewObject(scim.Field{Name: "userName", Value: "u"}), values)
		twice, changed := add(once, rapid.Permutation(values).Draw(t, "again"))
		if changed || !scim.Equal(once, twice) {
			t.Fatalf("added again:\n%s\nafter\n%s", text(twice), text(once))
		}
	})
}

func TestParsePatch(t *testing.T) {
	for body, scimType := range map[string]string{
		`{"Operations": [{"op": "add", "path": "a", "value": 1}]}`:                                                                   "invalidSyntax",
		`{"schemas": [], "Operations": [{"op": "add", "path": "a", "value": 1}]}`:                                                    "invalidSyntax",
		`{"schemas": ["urn:x"], "Operations": [{"op": "add", "path": "a", "value": 1}]}`:                                             "invalidSyntax",
		`{"schemas": "urn:ietf:params:scim:api:messages:2.0:PatchOp", "Operations": [{"op": "add", "path": "a", "value": 1}]}`:       "invalidSyntax",
		`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`:                                                             "invalidSyntax",
		`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": {"op": "add", "path": "a", "value": 1}}`:       "invalidSyntax",
		`{"schemas": ["urn:x", "urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "a"}]}`:        "invalidValue",
		`{"schemas": ["urn:x", "urn:ietf:params:scim:api:messages:2.0:PATCHOP"], "operations": [{"OP": "aDD", "value": null}]}`:      "",
		`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "remove"}]}`:                           "noTarget",
		`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "remove", "path": "emails[a pr].b"}]}`: "",
	} {
		p, err := scim.ParsePatch(object(t, body))
		if scimType != "" {
			checkError(t, err, 400, scimType, "")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		again, err := scim.ParsePatch(p.Object())
		if err != nil || text(again.Object()) != text(p.Object()) {
			t.Errorf("%s printed is %s, %v", body, text(p.Object()), err)
		}
	}
	path, err := scim.ParsePath(`emails[type eq "work"].value`)
	if err != nil {
		t.Fatal(err)
	}
	p := &scim.Patch{Operations: []scim.Operation{{Op: "add", Path: &path, Value: nil, HasValue: true}}}
	if got, want := text(p.Object()), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"emails[type eq \"work\"].value","value":null}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestPatchManyElements adds a long list to a long list: looking each element up
// must not take longer for that.
func TestPatchManyElements(t *testing.T) {
	const n = 20_000
	list := func(from int, typ string) []any {
		values := make([]any, n)
		for i := range values {
			values[i] = scim.NewObject(scim.Field{Name: "locality", Value: fmt.Sprint(from + i)}, scim.Field{Name: "type", Value: typ})
		}
		return values
	}
	user := scim.NewObject(scim.Field{Name: "userName", Value: "u"})
	for i, want := range []int{n, n + n/2, n + n/2} {
		next, _, err := scim.UserType().Apply(&scim.Patch{Operations: []scim.Operation{
			{Op: "add", PathText: "addresses", Value: list(min(i, 1)*n/2, "work"), HasValue: true},
		}}, user)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(next.Array("addresses")); got != want {
			t.Errorf("%d addresses, want %d", got, want)
		}
		user = next
	}
}

// TestPatchManyTypes has elements that differ in type alone.
func TestPatchManyTypes(t *testing.T) {
	const n = 30_000
	values := make([]any, n)
	for i := range values {
		values[i] = scim.NewObject(scim.Field{Name: "value", Value: "a"}, scim.Field{Name: "type", Value: fmt.Sprint(i)})
	}
	add := scim.Operation{Op: "add", PathText: "emails", Value: values, HasValue: true}
	user := scim.NewObject(scim.Field{Name: "userName", Value: "u"})
	next, _, err := scim.UserType().Apply(&scim.Patch{Operations: []scim.Operation{add, add}}, user)
	if err != nil || len(next.Array("emails")) != n {
		t.Errorf("%d emails, want %d: %v", len(next.Array("emails")), n, err)
	}
	remove := scim.Operation{Op: "remove", PathText: "emails", Value: values[1:], HasValue: true}
	next, _, err = scim.UserType().Apply(&scim.Patch{Operations: []scim.Operation{add, remove}}, user)
	if err != nil || len(next.Array("emails")) != 1 {
		t.Errorf("%d emails are left, want 1: %v", len(next.Array("emails")), err)
	}
}
