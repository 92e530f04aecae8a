package scim_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/elimity-com/scim/schema"
	"github.com/permiso/scimwright/provisioner/scim"
)

func sameMemory(a, b string) bool { return unsafe.StringData(a) == unsafe.StringData(b) }

// TestSchemas checks the embedded schemas for what RFC 7643 and its errata demand
// of every definition.
func TestSchemas(t *testing.T) {
	all := append([]*scim.Schema{scim.User(), scim.Group(), scim.EnterpriseUser()}, scim.DiscoverySchemas()...)
	for _, s := range all {
		if s.ID == "" || s.Name == "" || s.Description == "" {
			t.Errorf("%s lacks a name or description", s.ID)
		}
		var walk func(attributes []*scim.Attribute, parent *scim.Attribute)
		walk = func(attributes []*scim.Attribute, parent *scim.Attribute) {
			for _, a := range attributes {
				at := s.ID + ":" + a.Path()
				if a.Description == "" || a.Parent != parent || a.URN != s.ID {
					t.Errorf("%s: description %q, parent %v, schema %s", at, a.Description, a.Parent, a.URN)
				}
				if (a.Type == scim.TypeComplex) != (len(a.Sub) > 0) {
					t.Errorf("%s is %s with %d parts", at, a.Type, len(a.Sub))
				}
				if a.Type == scim.TypeComplex && parent != nil && s.ID != scim.SchemaSchema {
					t.Errorf("%s is complex inside a complex attribute", at)
				}
				if (a.Type == scim.TypeReference) != (len(a.ReferenceTypes) > 0) {
					t.Errorf("%s is %s with reference types %v", at, a.Type, a.ReferenceTypes)
				}
				if (a.Type == scim.TypeReference || a.Type == scim.TypeBinary) && !a.CaseExact {
					t.Errorf("%s is %s without caseExact", at, a.Type)
				}
				walk(a.Sub, a)
			}
		}
		walk(s.Attributes, nil)

		printed := s.Object().AppendJSON(nil)
		again, err := scim.ParseSchema(printed)
		if err != nil || text(again.Object()) != string(printed) {
			t.Errorf("%s does not survive printing: %v", s.ID, err)
		}
		file := filepath.Join("schemas", map[string]string{
			scim.UserSchema: "user", scim.GroupSchema: "group", scim.EnterpriseUserSchema: "enterprise_user",
			scim.ServiceProviderConfigSchema: "service_provider_config", scim.ResourceTypeSchema: "resource_type", scim.SchemaSchema: "schema",
		}[s.ID]+".json")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var theirs schema.Schema
		if err := json.Unmarshal(data, &theirs); err != nil || theirs.ID != s.ID || len(theirs.Attributes) != len(s.Attributes) {
			t.Errorf("%s: elimity-com/scim reads %d attributes of %d: %v", file, len(theirs.Attributes), len(s.Attributes), err)
		}
	}
}

// TestSchemaFacts pins characteristics that clients depend on.
func TestSchemaFacts(t *testing.T) {
	types := types(t)
	for _, tt := range []struct {
		typ, path, want string
	}{
		{"User", "userName", "string one required folded readWrite default server"},
		{"User", "password", "string one optional folded writeOnly never none"},
		{"User", "active", "boolean one optional folded readWrite default none"},
		{"User", "emails", "complex many optional folded readWrite default none"},
		{"User", "emails.value", "string one optional folded readWrite default none"},
		{"User", "emails.primary", "boolean one optional folded readWrite default none"},
		{"User", "groups", "complex many optional folded readOnly default none"},
		{"User", "groups.$ref", "reference one optional exact readOnly default none"},
		{"User", "profileUrl", "reference one optional exact readWrite default none"},
		{"User", "photos.value", "reference one optional exact readWrite default none"},
		{"User", "x509Certificates.value", "binary one optional exact readWrite default none"},
		{"User", "id", "string one optional exact readOnly always server"},
		{"User", "externalId", "string one optional exact readWrite default none"},
		{"User", "schemas", "reference many required folded readWrite always none"},
		{"User", "meta.created", "dateTime one optional folded readOnly default none"},
		{"User", "meta.version", "string one optional exact readOnly default none"},
		{"User", "meta.resourceType", "string one optional exact readOnly default none"},
		{"User", scim.EnterpriseUserSchema + ":manager.value", "string one optional exact readWrite default none"},
		{"User", scim.EnterpriseUserSchema + ":manager.displayName", "string one optional folded readOnly default none"},
		{"Group", "displayName", "string one required folded readWrite default none"},
		{"Group", "members.value", "string one optional folded immutable default none"},
		{"Group", "members.type", "string one optional folded immutable default none"},
		{"Group", "members.$ref", "reference one optional exact immutable default none"},
		{"Thing", "tags", "string many optional folded readWrite default none"},
		{"Thing", "notes", "string one optional folded readWrite request none"},
	} {
		p, err := scim.ParseAttributePath(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := types[tt.typ].Resolve(p)
		if err != nil {
			t.Errorf("%s: %v", tt.path, err)
			continue
		}
		a := ref.Target()
		pick := func(b bool, yes, no string) string {
			if b {
				return yes
			}
			return no
		}
		got := strings.Join([]string{
			a.Type, pick(a.MultiValued, "many", "one"), pick(a.Required, "required", "optional"), pick(a.CaseExact, "exact", "folded"), a.Mutability, a.Returned, a.Uniqueness,
		}, " ")
		if got != tt.want {
			t.Errorf("%s is %s, want %s", tt.path, got, tt.want)
		}
	}
	if inner := scim.DiscoverySchemas()[2].Attribute("attributes").SubAttribute("subAttributes").SubAttribute("referenceTypes"); inner == nil || !inner.MultiValued || inner.Path() != "attributes.subAttributes.referenceTypes" {
		t.Errorf("the schema of schemas lacks the third level: %+v", inner)
	}
}

func TestParseSchemaRefuses(t *testing.T) {
	for in, detail := range map[string]string{
		`{`:                                  "line 1",
		`{"attributes": []}`:                 "/id is missing: it must be a URI",
		`{"id": 5}`:                          "/id is 5: it must be a URI",
		`{"id": "Thing"}`:                    `/id is "Thing": it must be a URI`,
		`{"id": "urn:x y"}`:                  `/id is "urn:x y": it must be a URI`,
		`{"id": "urn:x:[a]"}`:                `/id is "urn:x:[a]": it must be a URI`,
		`{"id": "urn:x", "name": 5}`:         "/name must be a string",
		`{"id": "urn:x", "description": []}`: "/description must be a string",
		`{"id": "urn:x", "attributes": {}}`:  "/attributes must be an array",
	} {
		_, err := scim.ParseSchema([]byte(in))
		checkError(t, err, 400, string(err.(scim.Error).ScimType), detail)
	}
	for attributes, detail := range map[string]string{
		`5`:               "/attributes/0 must be an object",
		`{}`:              "/attributes/0/name is missing: a name is",
		`{"name": 5}`:     "/attributes/0/name is 5: a name is",
		`{"name": ""}`:    `/attributes/0/name is "": a name is`,
		`{"name": "a b"}`: `/attributes/0/name is "a b": a name is`,
		`{"name": "1a"}`:  `/attributes/0/name is "1a": a name is`,
		`{"name": "é"}`:   `/attributes/0/name is "é": a name is`,
		`{"name": "a"}, {"name": "b"}, {"name": "A"}`:                                       `/attributes/2/name is "A", which another`,
		`{"name": "a", "type": "money"}`:                                                    `/attributes/0/type is "money": it must be one of string, boolean`,
		`{"name": "a", "type": "String"}`:                                                   `/attributes/0/type is "String"`,
		`{"name": "a", "type": 5}`:                                                          `/attributes/0/type is 5`,
		`{"name": "a", "mutability": "sometimes"}`:                                          `/attributes/0/mutability is "sometimes": it must be one of readOnly`,
		`{"name": "a", "returned": "maybe"}`:                                                `/attributes/0/returned is "maybe": it must be one of always`,
		`{"name": "a", "uniqueness": "often"}`:                                              `/attributes/0/uniqueness is "often": it must be one of none`,
		`{"name": "a", "multiValued": "true"}`:                                              "/attributes/0/multiValued must be true or false",
		`{"name": "a", "required": 1}`:                                                      "/attributes/0/required must be true or false",
		`{"name": "a", "caseExact": []}`:                                                    "/attributes/0/caseExact must be true or false",
		`{"name": "a", "canonicalValues": "x"}`:                                             "/attributes/0/canonicalValues must be an array of strings",
		`{"name": "a", "canonicalValues": ["x", 1]}`:                                        "/attributes/0/canonicalValues must be an array of strings",
		`{"name": "a", "referenceTypes": {}}`:                                               "/attributes/0/referenceTypes must be an array of strings",
		`{"name": "a", "description": 5}`:                                                   "/attributes/0/description must be a string",
		`{"name": "a", "type": "complex"}`:                                                  "/attributes/0/subAttributes is missing",
		`{"name": "a", "type": "complex", "subAttributes": []}`:                             "/attributes/0/subAttributes is missing",
		`{"name": "a", "type": "complex", "subAttributes": 5}`:                              "/attributes/0/subAttributes must be an array",
		`{"name": "a", "subAttributes": [{"name": "b"}]}`:                                   "/attributes/0/subAttributes belongs to",
		`{"name": "a", "type": "complex", "subAttributes": [{"name": "b"}, {"name": "B"}]}`: `/attributes/0/subAttributes/1/name is "B"`,
		`{"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "complex", "subAttributes": [{"name": "c", "type": "x"}]}]}`: `/attributes/0/subAttributes/0/subAttributes/0/type is "x"`,
	} {
		_, err := scim.ParseSchema([]byte(`{"id": "urn:x", "attributes": [` + attributes + `]}`))
		checkError(t, err, 400, "invalidValue", detail)
	}
	s, err := scim.ParseSchema([]byte(`{"id": "urn:x", "attributes": [{"name": "a"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	a := s.Attribute("A")
	if got := fmt.Sprint(a.Name, a.Type, a.MultiValued, a.Required, a.CaseExact, a.Mutability, a.Returned, a.Uniqueness, a.URN); got != "astringfalse false falsereadWritedefaultnoneurn:x" {
		t.Errorf("defaults: %s", got)
	}
	if s.Source().ID != "urn:x" {
		t.Errorf("source %q", s.Source().ID)
	}
}

func TestResourceTypeObject(t *testing.T) {
	if got, want := text(scim.UserType().Object()), `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"id":"User","name":"User","description":"An account of a person.","endpoint":"/Users","schema":"urn:ietf:params:scim:schemas:core:2.0:User","schemaExtensions":[{"schema":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","required":false}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := text(scim.GroupType().Object()); strings.Contains(got, "schemaExtensions") || !strings.Contains(got, `"endpoint":"/Groups"`) {
		t.Errorf("got %s", got)
	}
}

func TestProject(t *testing.T) {
	types := types(t)
	user := object(t, `{"schemas": ["s"], "id": "1", "externalId": "e", "userName": "u", "name": {"givenName": "g", "familyName": "f"}, "emails": [{"value": "a", "type": "work"}, {"type": "home"}], "password": "p",
		"meta": {"created": "c", "version": "v"}, "unknown": 1, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "d", "manager": {"value": "m", "displayName": "n"}}}`)
	thing := object(t, `{"schemas": ["s"], "id": "1", "name": "n", "label": "l", "notes": "o", "secret": "x", "parts": [{"value": "v", "pin": "1"}, {"pin": "2"}], "box": {"label": "b"}}`)
	const x = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for _, tt := range []struct {
		typ                  string
		attributes, excluded string
		want                 string
	}{
		{"User", "", "", `{"schemas":["s"],"id":"1","externalId":"e","userName":"u","name":{"givenName":"g","familyName":"f"},"emails":[{"value":"a","type":"work"},{"type":"home"}],"meta":{"created":"c","version":"v"},"` + x + `":{"department":"d","manager":{"value":"m","displayName":"n"}}}`},
		{"User", "userName", "", `{"schemas":["s"],"id":"1","userName":"u"}`},
		{"User", "USERNAME, name.GIVENNAME", "", `{"schemas":["s"],"id":"1","userName":"u","name":{"givenName":"g"}}`},
		{"User", "urn:ietf:params:scim:schemas:core:2.0:User:userName", "", `{"schemas":["s"],"id":"1","userName":"u"}`},
		{"User", "emails.value", "", `{"schemas":["s"],"id":"1","emails":[{"value":"a"}]}`},
		{"User", "emails.value,emails", "", `{"schemas":["s"],"id":"1","emails":[{"value":"a","type":"work"},{"type":"home"}]}`},
		{"User", "password", "", `{"schemas":["s"],"id":"1"}`},
		{"User", "meta.version", "", `{"schemas":["s"],"id":"1","meta":{"version":"v"}}`},
		{"User", x, "", `{"schemas":["s"],"id":"1","` + x + `":{"department":"d","manager":{"value":"m","displayName":"n"}}}`},
		{"User", x + ":department", "", `{"schemas":["s"],"id":"1","` + x + `":{"department":"d"}}`},
		{"User", x + ":manager.value", "", `{"schemas":["s"],"id":"1","` + x + `":{"manager":{"value":"m"}}}`},
		{"User", "urn:ietf:params:scim:schemas:core:2.0:User", "", `{"schemas":["s"],"id":"1","userName":"u","name":{"givenName":"g","familyName":"f"},"emails":[{"value":"a","type":"work"},{"type":"home"}]}`},
		{"User", "nosuch", "", `{"schemas":["s"],"id":"1"}`},
		{"User", "", "userName,id,schemas,password", `{"schemas":["s"],"id":"1","externalId":"e","name":{"givenName":"g","familyName":"f"},"emails":[{"value":"a","type":"work"},{"type":"home"}],"meta":{"created":"c","version":"v"},"` + x + `":{"department":"d","manager":{"value":"m","displayName":"n"}}}`},
		{"User", "", "name.givenName,emails.value,meta," + x, `{"schemas":["s"],"id":"1","externalId":"e","userName":"u","name":{"familyName":"f"},"emails":[{"type":"work"},{"type":"home"}]}`},
		{"User", "", "name.givenName,name.familyName,emails,meta,externalId," + x + ":manager", `{"schemas":["s"],"id":"1","userName":"u","` + x + `":{"department":"d"}}`},
		{"User", "", "nosuch,urn:ietf:params:scim:schemas:core:2.0:User," + x, `{"schemas":["s"],"id":"1","externalId":"e","meta":{"created":"c","version":"v"}}`},
		{"User", "", " , ", `{"schemas":["s"],"id":"1","externalId":"e","userName":"u","name":{"givenName":"g","familyName":"f"},"emails":[{"value":"a","type":"work"},{"type":"home"}],"meta":{"created":"c","version":"v"},"` + x + `":{"department":"d","manager":{"value":"m","displayName":"n"}}}`},
		{"Thing", "", "", `{"schemas":["s"],"id":"1","name":"n","label":"l","parts":[{"value":"v"}],"box":{"label":"b"}}`},
		{"Thing", "name", "", `{"schemas":["s"],"id":"1","name":"n","label":"l"}`},
		{"Thing", "notes", "", `{"schemas":["s"],"id":"1","label":"l","notes":"o"}`},
		{"Thing", "", "label,name,box.label", `{"schemas":["s"],"id":"1","label":"l","parts":[{"value":"v"}]}`},
		{"Thing", "parts.pin,secret", "", `{"schemas":["s"],"id":"1","label":"l"}`},
	} {
		p, err := types[tt.typ].ParseProjection([]string{tt.attributes}, []string{tt.excluded})
		if err != nil {
			t.Errorf("%+v: %v", tt, err)
			continue
		}
		o := map[string]*scim.Object{"User": user, "Thing": thing}[tt.typ]
		before := text(o)
		got := types[tt.typ].Project(o, p)
		if text(got) != tt.want {
			t.Errorf("attributes %q, excluded %q:\n%s\nwant\n%s", tt.attributes, tt.excluded, text(got), tt.want)
		}
		if text(o) != before {
			t.Error("the resource was changed")
		}
		for name := range got.All() {
			if a := types[tt.typ].Attribute(name); a != nil && !p.Wants(a) {
				t.Errorf("attributes %q, excluded %q: %s is returned but not wanted", tt.attributes, tt.excluded, name)
			}
		}
		if p.Asked() != (tt.attributes != "") {
			t.Errorf("attributes %q: asked is %v", tt.attributes, p.Asked())
		}
	}
	_, err := types["User"].ParseProjection([]string{"userName"}, []string{"name"})
	checkError(t, err, 400, "invalidValue", "exclude each other")
	_, err = types["User"].ParseProjection([]string{"userName,a b"}, nil)
	checkError(t, err, 400, "invalidValue", "column 2")

	written := scim.Projection{Written: object(t, `{"NOTES": "o"}`)}
	if got := types["Thing"].Project(thing, written); got.Get("notes") != "o" {
		t.Errorf("what is returned on request does not come back where it was written: %s", text(got))
	}
	members := scim.Group().Attribute("members")
	p, err := types["Group"].ParseProjection(nil, []string{"members"})
	if err != nil || p.Wants(members) || !(scim.Projection{}).Wants(members) {
		t.Errorf("members are wanted though excluded: %v", err)
	}
}

func TestListResponse(t *testing.T) {
	l := &scim.ListResponse{TotalResults: 7, StartIndex: 3, ItemsPerPage: 1, Resources: []*scim.Object{object(t, `{"id": "a"}`)}}
	if got, want := string(l.AppendJSON(nil)), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"itemsPerPage":1,"startIndex":3,"Resources":[{"id":"a"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	l = &scim.ListResponse{TotalResults: -1, NextCursor: `n"`, PreviousCursor: "p"}
	if got, want := string(l.AppendJSON(nil)), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"itemsPerPage":0,"previousCursor":"p","nextCursor":"n\"","Resources":[]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for body, want := range map[string]string{
		`{"totalResults": 7, "startIndex": 3, "itemsPerPage": 2, "Resources": [{"id": "a"}, {"id": "b"}]}`: "7 3 2 [a b]",
		`{"totalResults": "7", "startIndex": "3", "itemsPerPage": "2", "Resources": null}`:                 "7 3 2 []",
		`{"totalResults": 0}`:                    "0 0 0 []",
		`{"resources": [{"id": "a"}, 5]}`:        "-1 0 0 [a]",
		`{"totalResults": 1.5, "Resources": []}`: "-1 0 0 []",
	} {
		got, err := scim.ParseListResponse([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		var ids []string
		for _, r := range got.Resources {
			ids = append(ids, r.ID())
		}
		if s := fmt.Sprint(got.TotalResults, got.StartIndex, got.ItemsPerPage, ids); s != want {
			t.Errorf("%s: %s, want %s", body, s, want)
		}
	}
	for _, body := range []string{"", "[]", `{"id": "a"}`, "<html>"} {
		_, err := scim.ParseListResponse([]byte(body))
		checkError(t, err, 400, "invalidSyntax", "")
	}
}

func TestServiceProviderConfig(t *testing.T) {
	c := &scim.ServiceProviderConfig{
		DocumentationURI: "https://example.com/doc", Patch: true, Bulk: true, BulkMaxOperations: 1000, BulkMaxPayloadSize: 1 << 20, Filter: true, FilterMaxResults: 200, Sort: true, ETag: true,
		Pagination:            &scim.Pagination{Cursor: true, Index: true, DefaultMethod: "index", DefaultPageSize: 100, MaxPageSize: 1000, CursorTimeout: 3600},
		AuthenticationSchemes: []scim.AuthenticationScheme{{Type: "oauthbearertoken", Name: "n", Description: "d", SpecURI: "https://example.com/s", DocumentationURI: "https://example.com/a", Primary: true}, {Type: "httpbasic"}},
	}
	printed := c.Object().AppendJSON(nil)
	again, err := scim.ParseServiceProviderConfig(printed)
	if err != nil || text(again.Object()) != string(printed) || !again.Patch || again.ChangePassword || *again.Pagination != *c.Pagination || !slices.Equal(again.AuthenticationSchemes, c.AuthenticationSchemes) {
		t.Errorf("%s is read as %+v, %v", printed, again, err)
	}
	valid := &scim.ResourceType{Name: "SPC", Schema: scim.DiscoverySchemas()[0]}
	for name := range c.Object().All() {
		if valid.Attribute(name) == nil {
			t.Errorf("the document has %q, which its schema does not", name)
		}
	}
	got, err := scim.ParseServiceProviderConfig([]byte("\ufeff" + `{"patch": {"supported": "true"}, "bulk": {"supported": true, "maxOperations": "5"}, "filter": null, "etag": {}, "authenticationSchemes": [5, {"primary": "True"}]}`))
	if err != nil || !got.Patch || !got.Bulk || got.BulkMaxOperations != 5 || got.Filter || got.ETag || got.Pagination != nil || len(got.AuthenticationSchemes) != 1 || !got.AuthenticationSchemes[0].Primary {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := scim.ParseServiceProviderConfig([]byte("[]")); err == nil {
		t.Error("an array is read")
	}
}
