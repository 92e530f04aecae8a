package mocktarget_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/scim"
)

// object reads a resource that a test gives to Go code.
func object(t testing.TB, text string) *scim.Object {
	t.Helper()
	o, err := scim.ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// done returns the outcome of a call that must succeed.
func done[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestData: what Go code writes is what clients read, and the other way round.
func TestData(t *testing.T) {
	c := start(t)
	data, ctx, resource := c.target.Data(), t.Context(), done[*scim.Object](t)

	ann := resource(data.Create(ctx, "User", object(t, `{"userName":"ann","password":"t0p-Secret","emails":[{"value":"ann@example.com"}]}`)))
	seen := c.do("GET", "/Users/"+ann.ID(), "").want(200)
	equal(t, "userName", seen.at("userName"), "ann")
	equal(t, "schemas", seen.at("schemas"), []any{userURN})
	equal(t, "location", c.target.Origin()+ann.Object("meta").String("location"), seen.at("meta", "location"))
	if text := string(ann.AppendJSON(nil)); strings.Contains(text, "t0p-Secret") {
		t.Errorf("the password is returned: %s", text)
	}

	ben := c.createUser("ben").id()
	staff := resource(data.Create(ctx, "group", object(t, group("Staff", `"members":[{"value":"`+ben+`"}]`))))
	held := resource(data.Get(ctx, "User", ben))
	equal(t, "groups of ben", held.Array("groups")[0].(*scim.Object).String("display"), "Staff")

	path := scim.Operation{Op: scim.OpAdd, PathText: "members", Value: object(t, `{"value":"`+ann.ID()+`"}`), HasValue: true}
	patched := resource(data.Patch(ctx, "Group", staff.ID(), &scim.Patch{Operations: []scim.Operation{path}}))
	equal(t, "members", len(patched.Array("members")), 2)
	parsed, err := scim.ParsePath(`members[value eq "` + ben + `"]`)
	if err != nil {
		t.Fatal(err)
	}
	resource(data.Patch(ctx, "Group", staff.ID(), &scim.Patch{Operations: []scim.Operation{{Op: scim.OpRemove, Path: &parsed}}}))
	equal(t, "member left", c.do("GET", "/Groups/"+staff.ID(), "").at("members", 0, "value"), ann.ID())

	replaced := resource(data.Replace(ctx, "User", ann.ID(), object(t, `{"userName":"ann","title":"Dr"}`)))
	equal(t, "emails", replaced.Get("emails"), nil)
	equal(t, "title", c.do("GET", "/Users/"+ann.ID(), "").at("title"), "Dr")

	if err := data.Delete(ctx, "User", ann.ID()); err != nil {
		t.Fatal(err)
	}
	c.do("GET", "/Users/"+ann.ID(), "").wantError(404, "")
	equal(t, "members left", c.do("GET", "/Groups/"+staff.ID(), "").at("members"), nil)
}

func TestDataList(t *testing.T) {
	target := mocktargettest.New(t, mocktargettest.WithSeed(
		`{"users":[{"userName":"ann","title":"c"},{"userName":"ben","title":"b"},{"userName":"cleo"},{"userName":"dan","title":"a"}],"groups":[{"displayName":"Staff"}]}`))
	list := func(resourceType string, q mocktarget.Query) (*scim.ListResponse, string) {
		page := done[*scim.ListResponse](t)(target.Data().List(t.Context(), resourceType, q))
		var names []string
		for _, o := range page.Resources {
			names = append(names, o.String("userName")+o.String("displayName"))
		}
		return page, strings.Join(names, " ")
	}
	tests := []struct {
		name, resourceType string
		query              mocktarget.Query
		want               string
		total              int
	}{
		{"all", "User", mocktarget.Query{}, "ann ben cleo dan", 4},
		{"of all types", "", mocktarget.Query{}, "ann ben cleo dan Staff", 5},
		{"filter", "User", mocktarget.Query{Filter: `title pr and userName ne "ben"`}, "ann dan", 2},
		{"sort", "User", mocktarget.Query{SortBy: "title"}, "dan ben ann cleo", 4},
		{"sort descending", "User", mocktarget.Query{SortBy: "title", Descending: true}, "cleo ann ben dan", 4},
		{"page", "User", mocktarget.Query{StartIndex: 2, Count: 2}, "ben cleo", 4},
		{"total alone", "User", mocktarget.Query{Count: -1}, "", 4},
		{"projection", "User", mocktarget.Query{Attributes: []string{"title"}, Count: 1}, "", 4},
	}
	for _, tt := range tests {
		page, names := list(tt.resourceType, tt.query)
		if names != tt.want || page.TotalResults != tt.total {
			t.Errorf("%s: %q of %d, want %q of %d", tt.name, names, page.TotalResults, tt.want, tt.total)
		}
	}

	first, names := list("User", mocktarget.Query{ByCursor: true, Count: 3})
	equal(t, "first page", names, "ann ben cleo")
	_, names = list("User", mocktarget.Query{ByCursor: true, Count: 3, Cursor: first.NextCursor})
	equal(t, "second page", names, "dan")
}

// TestDataErrors: Go code gets the errors that clients get, and nothing is written.
func TestDataErrors(t *testing.T) {
	target := mocktargettest.New(t, mocktargettest.WithConfig(mocktarget.Config{Limits: mocktarget.Limits{PatchOperations: 2}}),
		mocktargettest.WithSeed(`{"users":[{"id":"ann","userName":"ann"}]}`))
	data, ctx := target.Data(), t.Context()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	patch := func(id string, operations ...scim.Operation) error {
		_, err := data.Patch(ctx, "User", id, &scim.Patch{Operations: operations})
		return err
	}
	title := scim.Operation{Op: scim.OpReplace, PathText: "title", Value: "Dr", HasValue: true}
	tests := []struct {
		name     string
		attempt  func() error
		status   int
		scimType string
	}{
		{"a name that is taken", func() error { _, err := data.Create(ctx, "User", object(t, `{"userName":"ANN"}`)); return err }, 409, "uniqueness"},
		{"no name", func() error { _, err := data.Create(ctx, "User", object(t, `{}`)); return err }, 400, "invalidValue"},
		{"no such type", func() error { _, err := data.Create(ctx, "Robot", object(t, `{}`)); return err }, 404, ""},
		{"no type", func() error { _, err := data.Get(ctx, "", "ann"); return err }, 404, ""},
		{"no such user", func() error { _, err := data.Get(ctx, "User", "ben"); return err }, 404, ""},
		{"no such user to replace", func() error { _, err := data.Replace(ctx, "User", "ben", object(t, `{"userName":"b"}`)); return err }, 404, ""},
		{"no such user to delete", func() error { return data.Delete(ctx, "User", "ben") }, 404, ""},
		{"a filter that is none", func() error { _, err := data.List(ctx, "User", mocktarget.Query{Filter: "userName"}); return err }, 400, "invalidFilter"},
		{"a cursor that is none", func() error {
			_, err := data.List(ctx, "User", mocktarget.Query{ByCursor: true, Cursor: "x"})
			return err
		}, 400, "invalidCursor"},
		{"a patch of nothing", func() error { return patch("ann") }, 400, "invalidSyntax"},
		{"an operation there is not", func() error { return patch("ann", scim.Operation{Op: "move", PathText: "title"}) }, 400, "invalidSyntax"},
		{"the second of two operations", func() error { return patch("ann", title, scim.Operation{Op: scim.OpRemove, PathText: "userName"}) }, 400, "mutability"},
		{"too many operations", func() error { return patch("ann", title, title, title) }, 413, ""},
	}
	for _, tt := range tests {
		err := tt.attempt()
		if e, ok := errors.AsType[scim.Error](err); !ok || e.Status != tt.status || string(e.ScimType) != tt.scimType {
			t.Errorf("%s: %v, want %d %s", tt.name, err, tt.status, tt.scimType)
		}
	}
	if _, err := data.Create(ended, "User", object(t, `{"userName":"late"}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
	users := target.Users()
	if len(users) != 1 || users[0].Get("title") != nil {
		t.Errorf("the tenant holds %v", users)
	}
}

func ExampleTenant_Data() {
	mock, err := mocktarget.New(mocktarget.Config{})
	if err != nil {
		panic(err)
	}
	data, ctx := mock.Tenant(mocktarget.DefaultTenant).Data(), context.Background()
	for _, name := range []string{"ann", "ben", "Anton"} {
		user := scim.NewObject(scim.Field{Name: "userName", Value: name}, scim.Field{Name: "active", Value: name != "ben"})
		if _, err := data.Create(ctx, "User", user); err != nil {
			panic(err)
		}
	}
	page, err := data.List(ctx, "User", mocktarget.Query{Filter: `active eq true`, SortBy: "userName", Descending: true})
	if err != nil {
		panic(err)
	}
	for _, user := range page.Resources {
		fmt.Println(user.String("userName"))
	}
	_, err = data.Create(ctx, "User", scim.NewObject(scim.Field{Name: "userName", Value: "ANN"}))
	if refusal, ok := errors.AsType[scim.Error](err); ok {
		fmt.Println(refusal.Status, refusal.ScimType)
	}
	// Output:
	// Anton
	// ann
	// 409 uniqueness
}
