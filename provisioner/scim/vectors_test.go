package scim_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
)

// load reads a file of test vectors.
func load(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// thingType is a resource type with an attribute of every type and characteristic.
func thingType(t testing.TB) *scim.ResourceType {
	t.Helper()
	schema := func(name string) *scim.Schema {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "vectors", name))
		if err != nil {
			t.Fatal(err)
		}
		s, err := scim.ParseSchema(data)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return &scim.ResourceType{
		ID: "Thing", Name: "Thing", Endpoint: "/Things", Schema: schema("thing.schema.json"),
		Extensions: []scim.Extension{{Schema: schema("thing.extension.json")}},
	}
}

func types(t testing.TB) map[string]*scim.ResourceType {
	return map[string]*scim.ResourceType{"User": scim.UserType(), "Group": scim.GroupType(), "Thing": thingType(t)}
}

// object reads an object from JSON text.
func object(t testing.TB, text string) *scim.Object {
	t.Helper()
	o, err := scim.ParseObject([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

// text returns an object as JSON.
func text(o *scim.Object) string { return string(o.AppendJSON(nil)) }

// checkError checks status, keyword and a part of the detail of an error.
func checkError(t *testing.T, err error, status int, scimType, detail string) {
	t.Helper()
	var e scim.Error
	switch {
	case !errors.As(err, &e):
		t.Errorf("error %v (%T), want a scim.Error", err, err)
	case e.Status != status || string(e.ScimType) != scimType:
		t.Errorf("error %d %q (%s), want %d %q", e.Status, e.ScimType, e.Detail, status, scimType)
	case !strings.Contains(e.Detail, detail):
		t.Errorf("detail %q, want it to contain %q", e.Detail, detail)
	}
}

func statusOf(scimType string) int {
	if scimType == "sensitive" {
		return 403
	}
	return 400
}
