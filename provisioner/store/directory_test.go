package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// TestOnlyWhatAppsCanBeGivenIsSaved: a program hands over users and groups that no file
// or API has checked, and what one lacks is said before apps see it.
func TestOnlyWhatAppsCanBeGivenIsSaved(t *testing.T) {
	s, _ := open(t, storetest.SQLite(t))
	ctx := t.Context()
	object := func(text string) *scim.Object {
		t.Helper()
		o, err := scim.ParseObject([]byte(text))
		must(t, err)
		return o
	}
	for name, u := range map[string]provisioner.User{
		`has no "userName"`:         {ID: "u1"},
		"is empty":                  {ID: "u1", Attributes: object(`{"userName": " "}`)},
		"an id is not empty":        {Attributes: object(`{"userName": "ann"}`)},
		"/active: is a string":      {ID: "u1", Attributes: object(`{"userName": "ann", "active": "false"}`)},
		"is not an attribute of a ": {ID: "u1", Attributes: object(`{"userName": "ann", "shoeSize": 38}`)},
	} {
		err := s.PutUser(ctx, u)
		if _, ok := errors.AsType[*provisioner.DirectoryError](err); !ok || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: %v, want an error with %q", u, err, name)
		}
	}
	if err := s.PutGroup(ctx, provisioner.Group{ID: "g1"}); err == nil || !strings.Contains(err.Error(), `group "g1" was not saved: `) {
		t.Errorf("a group without a name: %v", err)
	}
	users, err := s.Users(ctx)
	must(t, err)
	groups, err := s.Groups(ctx)
	must(t, err)
	if len(users)+len(groups) > 0 {
		t.Errorf("saved are %v and %v", users, groups)
	}
	must(t, s.PutUser(ctx, provisioner.User{ID: "u1", Attributes: scim.NewObject(scim.Field{Name: "username", Value: "ann"}, scim.Field{Name: "title"})}))
	u, err := s.User(ctx, "u1")
	must(t, err)
	if got := string(u.Attributes.AppendJSON(nil)); got != `{"userName":"ann"}` {
		t.Errorf("saved is %s", got)
	}
}
