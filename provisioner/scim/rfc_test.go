package scim_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
)

// TestRFCAttributes holds the embedded schemas against those of RFC 7643 section
// 8.7, attribute by attribute.
func TestRFCAttributes(t *testing.T) {
	var rows []struct {
		Schema, Path, Is                string
		CanonicalValues, ReferenceTypes []string
	}
	load(t, "../rfc/attributes.json", &rows)
	var want, got []string
	for _, row := range rows {
		want = append(want, strings.Join([]string{row.Schema, row.Path, row.Is, strings.Join(row.CanonicalValues, ","), strings.Join(row.ReferenceTypes, ",")}, " "))
	}
	for _, s := range append([]*scim.Schema{scim.User(), scim.Group(), scim.EnterpriseUser()}, scim.DiscoverySchemas()...) {
		for _, a := range everyAttribute(s.Attributes) {
			got = append(got, strings.Join([]string{s.Name, a.Path(), characteristics(a), strings.Join(a.CanonicalValues, ","), strings.Join(a.ReferenceTypes, ",")}, " "))
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("there is no attribute: %s", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("no row says: %s", line)
		}
	}
}

func everyAttribute(attributes []*scim.Attribute) (all []*scim.Attribute) {
	for _, a := range attributes {
		all = append(append(all, a), everyAttribute(a.Sub)...)
	}
	return all
}

// characteristics returns what defines an attribute, in words.
func characteristics(a *scim.Attribute) string {
	pick := func(b bool, yes, no string) string {
		if b {
			return yes
		}
		return no
	}
	return strings.Join([]string{
		a.Type, pick(a.MultiValued, "many", "one"), pick(a.Required, "required", "optional"), pick(a.CaseExact, "exact", "folded"),
		a.Mutability, a.Returned, a.Uniqueness,
	}, " ")
}

// TestRFCResources sends the resources of the RFCs as a client would, and reads them
// as they are kept.
func TestRFCResources(t *testing.T) {
	var rows []struct {
		Name, Ref, Type string
		Dropped         []string
		Resource        *scim.Object
	}
	load(t, "../rfc/resources.json", &rows)
	types := types(t)
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			rt := types[row.Type]
			kept, err := rt.Validate(row.Resource, nil)
			if err != nil {
				t.Fatalf("%s: %v", row.Ref, err)
			}
			want := row.Resource.Clone()
			for _, path := range row.Dropped {
				drop(t, rt, want, path)
			}
			if !scim.Equal(kept, want) {
				t.Errorf("%s is kept as\n%s\nwant\n%s", row.Ref, text(kept), text(want))
			}
			again, err := rt.Validate(row.Resource, row.Resource)
			if err != nil || !scim.Equal(again.Get("id"), row.Resource.Get("id")) || !scim.Equal(again.Get("meta"), row.Resource.Get("meta")) {
				t.Errorf("%s replaced by itself: %s, %v", row.Ref, text(again), err)
			}
			if read := object(t, text(row.Resource)); !scim.Equal(read, row.Resource) {
				t.Errorf("%s written and read is %s", row.Ref, text(read))
			}
		})
	}
}

// drop takes an attribute out of a resource.
func drop(t *testing.T, rt *scim.ResourceType, o *scim.Object, path string) {
	t.Helper()
	p, err := scim.ParseAttributePath(path)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := rt.Resolve(p)
	if err != nil {
		t.Fatal(err)
	}
	if ref.Extension != nil {
		o = o.Object(ref.Extension.ID)
	}
	if ref.Sub != nil {
		o = o.Object(ref.Attribute.Name)
	}
	if !o.Delete(ref.Target().Name) {
		t.Fatalf("there is no %s to drop", path)
	}
}

type rfcMessage struct {
	Name, Ref string
	Message   *scim.Object
	Is        struct {
		Total, Start, Items, Resources int
		Next, Previous                 string
	}
}

// TestRFCMessages reads the messages of the RFCs and writes them again.
func TestRFCMessages(t *testing.T) {
	var messages struct {
		Lists, Errors, Configs, ResourceTypes []rfcMessage
	}
	load(t, "../rfc/messages.json", &messages)
	for _, m := range messages.Lists {
		t.Run(m.Name, func(t *testing.T) { checkRFCList(t, m) })
	}
	for _, m := range messages.Errors {
		t.Run(m.Name+" "+m.Ref, func(t *testing.T) {
			e, ok := scim.ParseError(m.Message.AppendJSON(nil))
			if written := object(t, string(scim.EncodeError(e))); !ok || !scim.Equal(written, m.Message) {
				t.Errorf("%s is read as %+v, %v", text(m.Message), e, ok)
			}
		})
	}
	for _, m := range messages.Configs {
		t.Run(m.Name, func(t *testing.T) {
			c, err := scim.ParseServiceProviderConfig(m.Message.AppendJSON(nil))
			if err != nil {
				t.Fatal(err)
			}
			m.Message.Delete("meta")
			if !scim.Equal(c.Object(), m.Message) {
				t.Errorf("%s is written as %s", text(m.Message), text(c.Object()))
			}
		})
	}
	ours := map[string]*scim.ResourceType{"User": scim.UserType(), "Group": scim.GroupType()}
	for _, m := range messages.ResourceTypes {
		t.Run(m.Name, func(t *testing.T) {
			rt := *ours[m.Message.ID()]
			rt.Description = m.Message.String("description")
			for i := range rt.Extensions {
				rt.Extensions[i].Required = true // in the example
			}
			m.Message.Delete("meta")
			if !scim.Equal(rt.Object(), m.Message) {
				t.Errorf("%s is ours as %s", text(m.Message), text(rt.Object()))
			}
		})
	}
}

func checkRFCList(t *testing.T, m rfcMessage) {
	l, err := scim.ParseListResponse(m.Message.AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	got := m.Is
	got.Total, got.Start, got.Items, got.Resources = l.TotalResults, l.StartIndex, l.ItemsPerPage, len(l.Resources)
	got.Next, got.Previous = l.NextCursor, l.PreviousCursor
	if got != m.Is {
		t.Errorf("read as %+v, want %+v", got, m.Is)
	}
	if m.Message.Get("itemsPerPage") == nil {
		m.Message.Set("itemsPerPage", json.Number("0")) // we always say
	}
	if written := object(t, string(l.AppendJSON(nil))); !scim.Equal(written, m.Message) {
		t.Errorf("%s is written as %s", text(m.Message), text(written))
	}
}
