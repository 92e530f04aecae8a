package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

type idPath struct {
	ID string `path:"id" doc:"The directory's id of the user or group"`
}

type putResource struct {
	ID   string `path:"id" doc:"The directory's id of the user or group"`
	Body Resource
}

func (s *server) registerUsers(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/users", "list-users", "List the users"), s.listUsers)
	huma.Register(api, operation(http.MethodGet, "/users/{id}", "get-user", "Read a user"), s.getUser)
	huma.Register(api, operation(http.MethodPut, "/users/{id}", "put-user", "Create a user, or replace their attributes"), s.putUser)
	huma.Register(api, operation(http.MethodDelete, "/users/{id}", "delete-user", "Take a user out of the directory; apps disable the account"), s.deleteUser)
}

func (s *server) listUsers(ctx context.Context, _ *struct{}) (*body[list[Resource]], error) {
	users, err := s.config.Store.Users(ctx)
	if err != nil {
		return nil, s.problem(err, "the list of users")
	}
	out := list[Resource]{Items: make([]Resource, 0, len(users))}
	for i := range users {
		out.Items = append(out.Items, userResource(&users[i]))
	}
	return &body[list[Resource]]{Body: out}, nil
}

func (s *server) getUser(ctx context.Context, in *idPath) (*body[Resource], error) {
	user, err := s.config.Store.User(ctx, in.ID)
	if err != nil {
		return nil, s.problem(err, "user "+in.ID)
	}
	return &body[Resource]{Body: userResource(user)}, nil
}

func (s *server) putUser(ctx context.Context, in *putResource) (*body[Resource], error) {
	user, err := provisioner.ParseUser(in.ID, in.Body.RawMessage)
	if err == nil {
		err = s.config.Store.PutUser(ctx, user)
	}
	if err != nil {
		return nil, s.problem(err, "user "+in.ID)
	}
	return &body[Resource]{Body: userResource(&user)}, nil
}

func (s *server) deleteUser(ctx context.Context, in *idPath) (*struct{}, error) {
	if err := s.config.Store.DeleteUser(ctx, in.ID); err != nil {
		return nil, s.problem(err, "user "+in.ID)
	}
	return nil, nil
}

type memberPath struct {
	ID   string `path:"id" doc:"The directory's id of the group"`
	User string `path:"user" doc:"The directory's id of the user"`
}

func (s *server) registerGroups(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/groups", "list-groups", "List the groups"), s.listGroups)
	huma.Register(api, operation(http.MethodGet, "/groups/{id}", "get-group", "Read a group"), s.getGroup)
	put := operation(http.MethodPut, "/groups/{id}", "put-group", "Create a group, or replace its attributes and members")
	put.MaxBodyBytes = maxGroupBody
	huma.Register(api, put, s.putGroup)
	huma.Register(api, operation(http.MethodDelete, "/groups/{id}", "delete-group", "Take a group out of the directory"), s.deleteGroup)
	add := operation(http.MethodPut, "/groups/{id}/members/{user}", "add-member", "Add a user to a group")
	add.DefaultStatus = http.StatusNoContent
	huma.Register(api, add, s.addMember)
	huma.Register(api, operation(http.MethodDelete, "/groups/{id}/members/{user}", "remove-member", "Remove a user from a group"), s.removeMember)
	nest := operation(http.MethodPut, "/groups/{id}/groups/{group}", "add-subgroup", "Put a group into a group; apps see its members as members of both")
	nest.DefaultStatus = http.StatusNoContent
	huma.Register(api, nest, s.addSubgroup)
	huma.Register(api, operation(http.MethodDelete, "/groups/{id}/groups/{group}", "remove-subgroup", "Take a group out of a group"), s.removeSubgroup)
}

func (s *server) listGroups(ctx context.Context, _ *struct{}) (*body[list[Resource]], error) {
	groups, err := s.config.Store.Groups(ctx)
	if err != nil {
		return nil, s.problem(err, "the list of groups")
	}
	out := list[Resource]{Items: make([]Resource, 0, len(groups))}
	for i := range groups {
		out.Items = append(out.Items, groupResource(&groups[i]))
	}
	return &body[list[Resource]]{Body: out}, nil
}

func (s *server) getGroup(ctx context.Context, in *idPath) (*body[Resource], error) {
	group, err := s.config.Store.Group(ctx, in.ID)
	if err != nil {
		return nil, s.problem(err, "group "+in.ID)
	}
	return &body[Resource]{Body: groupResource(group)}, nil
}

func (s *server) putGroup(ctx context.Context, in *putResource) (*body[Resource], error) {
	group, err := provisioner.ParseGroup(in.ID, in.Body.RawMessage)
	if err == nil {
		err = s.config.Store.PutGroup(ctx, group)
	}
	if err != nil {
		return nil, s.problem(err, "group "+in.ID)
	}
	return &body[Resource]{Body: groupResource(&group)}, nil
}

func (s *server) deleteGroup(ctx context.Context, in *idPath) (*struct{}, error) {
	if err := s.config.Store.DeleteGroup(ctx, in.ID); err != nil {
		return nil, s.problem(err, "group "+in.ID)
	}
	return nil, nil
}

func (s *server) addMember(ctx context.Context, in *memberPath) (*struct{}, error) {
	if err := s.config.Store.AddMember(ctx, in.ID, in.User); err != nil {
		return nil, s.problem(err, "member "+in.User+" of group "+in.ID)
	}
	return nil, nil
}

func (s *server) removeMember(ctx context.Context, in *memberPath) (*struct{}, error) {
	if err := s.config.Store.RemoveMember(ctx, in.ID, in.User); err != nil {
		return nil, s.problem(err, "member "+in.User+" of group "+in.ID)
	}
	return nil, nil
}

type subgroupPath struct {
	ID    string `path:"id" doc:"The directory's id of the group"`
	Group string `path:"group" doc:"The directory's id of the group in it"`
}

func (s *server) addSubgroup(ctx context.Context, in *subgroupPath) (*struct{}, error) {
	if err := s.config.Store.AddSubgroup(ctx, in.ID, in.Group); err != nil {
		return nil, s.problem(err, "group "+in.Group+" in group "+in.ID)
	}
	return nil, nil
}

func (s *server) removeSubgroup(ctx context.Context, in *subgroupPath) (*struct{}, error) {
	if err := s.config.Store.RemoveSubgroup(ctx, in.ID, in.Group); err != nil {
		return nil, s.problem(err, "group "+in.Group+" in group "+in.ID)
	}
	return nil, nil
}

// userResource returns a user in the form that the API and a directory file share.
func userResource(u *provisioner.User) Resource {
	return resource(u.ID, u.Attributes)
}

// groupResource returns a group in the form that the API and a directory file
// share.
func groupResource(g *provisioner.Group) Resource {
	members := make([]any, 0, len(g.Members))
	for _, id := range g.Members {
		members = append(members, scim.NewObject(scim.Field{Name: "value", Value: id}))
	}
	for _, id := range g.Groups {
		members = append(members, scim.NewObject(scim.Field{Name: "value", Value: id}, scim.Field{Name: "type", Value: string(provisioner.KindGroup)}))
	}
	return resource(g.ID, g.Attributes, scim.Field{Name: "members", Value: members})
}

func resource(id string, attributes *scim.Object, more ...scim.Field) Resource {
	o := scim.NewObject(scim.Field{Name: "id", Value: id})
	for name, value := range attributes.All() {
		o.Set(name, value)
	}
	for _, f := range more {
		o.Set(f.Name, f.Value)
	}
	return Resource{RawMessage: o.AppendJSON(nil)}
}
