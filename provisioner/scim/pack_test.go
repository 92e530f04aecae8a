package scim_test

import (
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
)

// packed returns an object as a packing of its type keeps it.
func packed(rt *scim.ResourceType, o *scim.Object) scim.Packed {
	p := scim.NewPacking(rt)
	return p.Packed(string(p.Append(nil, o)))
}

// checkPacked wants an object to come out of a packing as it went in, as a whole and
// field by field.
func checkPacked(t *testing.T, rt *scim.ResourceType, o *scim.Object) {
	t.Helper()
	p := packed(rt, o)
	if got, want := text(p.Object()), text(o); got != want {
		t.Errorf("unpacked %s, want %s", got, want)
	}
	for name, v := range o.All() {
		if got, want := scim.AppendValue(nil, p.Get(strings.ToUpper(name))), scim.AppendValue(nil, v); string(got) != string(want) {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
		if got, want := p.String(name), o.String(name); got != want {
			t.Errorf("%s is the string %q, want %q", name, got, want)
		}
		if got, want := text(p.Part(name).Object()), text(scim.NewObject()); o.Object(name) == nil && got != want {
			t.Errorf("%s is the object %s, want an empty one", name, got)
		}
		if part := o.Object(name); part != nil && text(p.Part(name).Object()) != text(part) {
			t.Errorf("%s is the object %s, want %s", name, text(p.Part(name).Object()), text(part))
		}
	}
	if p.Get("no such field") != nil {
		t.Error("a field that is not there has a value")
	}
}

func TestPack(t *testing.T) {
	rt := scim.UserType()
	long := strings.Repeat("long ", 1000)
	for _, body := range []string{
		`{}`,
		`{"schemas":["` + scim.UserSchema + `","` + scim.EnterpriseUserSchema + `","urn:other"],"userName":"ä"}`,
		`{"emails":[{"value":"a@x","type":"work","primary":true},{"type":"other","primary":false},{}],"active":false}`,
		`{"name":{"givenName":"","familyName":"work"},"userName":"userName","nickName":"` + long + `"}`,
		`{"unknown":{"` + long + `":[1,-2.5e10,null,[[]],"x",true]},"":"empty name","` + long + `":{}}`,
		`{"` + scim.EnterpriseUserSchema + `":{"department":"d","manager":{"value":"m"}},"title":null,"x509Certificates":[]}`,
	} {
		checkPacked(t, rt, object(t, body))
	}
	if got := text(packed(rt, nil).Object()); got != "{}" {
		t.Errorf("nothing unpacked is %s", got)
	}
	if got := text(scim.Packed{}.Object()); got != "{}" {
		t.Errorf("the zero Packed is %s", got)
	}
	if got := text(packed(rt, scim.NewObject(scim.Field{Name: "n", Value: 5}, scim.Field{Name: "m", Value: map[string]any{"k": []any{1.5}}})).Object()); got != `{"n":5,"m":{"k":[1.5]}}` {
		t.Errorf("Go values unpacked are %s", got)
	}
}

// Objects of one packing are == exactly if they say the same in the same order.
func TestPackedComparable(t *testing.T) {
	p := scim.NewPacking(scim.UserType())
	pack := func(body string) scim.Packed { return p.Packed(string(p.Append(nil, object(t, body)))) }
	if one, other := pack(`{"userName":"a","title":"b"}`), pack(`{"userName":"a","title":"b"}`); one != other {
		t.Error("equal objects are different")
	}
	if pack(`{"userName":"a","title":"b"}`) == pack(`{"userName":"a","title":"c"}`) {
		t.Error("different objects are equal")
	}
}

// Unpacking gives the caller an object of its own.
func TestUnpackedIsOwn(t *testing.T) {
	p := packed(scim.UserType(), object(t, `{"emails":[{"value":"a"}]}`))
	first := p.Object()
	first.Array("emails")[0].(*scim.Object).Set("value", "b")
	if got := text(p.Object()); got != `{"emails":[{"value":"a"}]}` {
		t.Errorf("a change of what was unpacked shows: %s", got)
	}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte(`{"schemas":["x"],"emails":[{"value":"a","type":"work"}],"n":1.50,"o":{"p":{}}}`))
	types := types(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := scim.ParseObject(body)
		if err != nil {
			return
		}
		for _, rt := range types {
			checkPacked(t, rt, o)
		}
	})
}
