package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// PutGroup adds a group to the directory or changes its attributes, its members and
// the groups in it. Those that are not in the directory are
// [provisioner.ErrNotFound]; the error is a [*provisioner.DirectoryError] for a group
// that [provisioner.ParseGroup] refuses.
func (s *Store) PutGroup(ctx context.Context, g provisioner.Group) error {
	checked, err := provisioner.ParseGroup(g.ID, document(g.Attributes))
	if err != nil {
		return fmt.Errorf("group %q was not saved: %w", g.ID, err)
	}
	g.Attributes = checked.Attributes
	alone, err := s.nests(ctx, &g)
	if err != nil {
		return err
	}
	return s.edit(ctx, alone, func(e *edit) error {
		if err := e.putGroup(ctx, &g); err != nil {
			return err
		}
		return e.putMembers(ctx, &g)
	})
}

// nests reports whether putting a group could change which groups are in which.
func (s *Store) nests(ctx context.Context, g *provisioner.Group) (bool, error) {
	if len(g.Groups) > 0 {
		return true, nil
	}
	children, err := texts(ctx, s.db, "SELECT child_id FROM subgroup WHERE group_id = $1 LIMIT 1", g.ID)
	return len(children) > 0, err
}

// putGroup stores a group's attributes.
func (e *edit) putGroup(ctx context.Context, g *provisioner.Group) error {
	before, changed, err := e.writeSubject(ctx, e.tx, provisioner.KindGroup, g.ID, subjectRow{name: g.Attributes.String("displayName"), active: true, attributes: g.Attributes})
	if changed {
		e.groups[g.ID] = before == nil
	}
	return err
}

// putMembers stores who and what is in a group.
func (e *edit) putMembers(ctx context.Context, g *provisioner.Group) error {
	had, err := members(ctx, e.tx, g.ID)
	if err != nil {
		return err
	}
	want := set{}.add(g.Members...)
	var come, leave []string
	for user := range want {
		if !had[user] {
			come = append(come, user)
		}
	}
	for user, direct := range had {
		if direct && !want[user] {
			leave = append(leave, user)
		}
	}
	slices.Sort(come)
	slices.Sort(leave)
	if err := e.join(ctx, g.ID, come); err != nil {
		return err
	}
	if err := e.leave(ctx, g.ID, leave); err != nil {
		return err
	}
	return e.putSubgroups(ctx, g)
}

// members returns the users in a group: true for those who are in it by themselves,
// false for those who are in a group in it.
func members(ctx context.Context, q queryer, group string) (map[string]bool, error) {
	rows, err := q.QueryContext(ctx, "SELECT user_id, direct <> 0 FROM member WHERE group_id = $1", group)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]bool{}
	for rows.Next() {
		var user string
		var direct bool
		if err := rows.Scan(&user, &direct); err != nil {
			return nil, err
		}
		all[user] = direct
	}
	return all, rows.Err()
}

// join puts users into a group by themselves.
func (e *edit) join(ctx context.Context, group string, users []string) error {
	for chunk := range slices.Chunk(users, rowsPerStatement) {
		if err := e.mustBeUsers(ctx, chunk); err != nil {
			return err
		}
		args := append([]any{group}, values(chunk)...)
		nested, err := texts(ctx, e.tx, "SELECT user_id FROM member WHERE group_id = $1 AND user_id IN ("+rowsOf(len(chunk), 1, "%s")+")", args...)
		if err != nil {
			return err
		}
		_, err = e.tx.ExecContext(ctx, "INSERT INTO member (group_id, user_id) VALUES "+rowsOf(len(chunk), 1, "($1, %s)")+
			" ON CONFLICT (group_id, user_id) DO UPDATE SET direct = 1", args...)
		if err != nil {
			return err
		}
		for _, user := range chunk {
			if !slices.Contains(nested, user) {
				e.came[group] = e.came[group].add(user)
			}
		}
		if err := e.disturbAbove(ctx, group, set{}.add(chunk...)); err != nil {
			return err
		}
	}
	return nil
}

// leave takes users out of a group who are in it by themselves. They stay if a group
// in it has them.
func (e *edit) leave(ctx context.Context, group string, users []string) error {
	for chunk := range slices.Chunk(users, rowsPerStatement) {
		if err := e.lockUsers(ctx, chunk); err != nil {
			return err
		}
		args := append([]any{group}, values(chunk)...)
		_, err := e.tx.ExecContext(ctx, "UPDATE member SET direct = 0 WHERE group_id = $1 AND user_id IN ("+rowsOf(len(chunk), 1, "%s")+")", args...)
		if err != nil {
			return err
		}
		leaving := set{}.add(chunk...)
		e.disturb(group, leaving)
		if err := e.disturbAbove(ctx, group, leaving); err != nil {
			return err
		}
	}
	return nil
}

// lockUsers keeps the users in the directory and away from other edits until this
// one ends: who has access is worked out for one edit of a user at a time.
func (e *edit) lockUsers(ctx context.Context, users []string) error {
	_, err := e.present(ctx, provisioner.KindUser, users)
	return err
}

// mustBeUsers returns [provisioner.ErrNotFound] unless all are users of the
// directory.
func (e *edit) mustBeUsers(ctx context.Context, users []string) error {
	return e.mustBe(ctx, provisioner.KindUser, users)
}

func (e *edit) mustBe(ctx context.Context, kind provisioner.Kind, ids []string) error {
	found, err := e.present(ctx, kind, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.Contains(found, id) {
			return notInDirectory(kind, id)
		}
	}
	return nil
}

// present returns which of the subjects are in the directory, and locks those.
func (e *edit) present(ctx context.Context, kind provisioner.Kind, ids []string) ([]string, error) {
	query := "SELECT id FROM subject WHERE kind = $1 AND id IN (" + rowsOf(len(ids), 1, "%s") + ") ORDER BY id" + e.dialect.forUpdate
	return texts(ctx, e.tx, query, append([]any{kind}, values(ids)...)...)
}

// putSubgroups stores which groups are in a group.
func (e *edit) putSubgroups(ctx context.Context, g *provisioner.Group) error {
	had, err := texts(ctx, e.tx, "SELECT child_id FROM subgroup WHERE group_id = $1", g.ID)
	if err != nil {
		return err
	}
	want := set{}.add(g.Groups...)
	for _, child := range had {
		if want[child] {
			delete(want, child)
			continue
		}
		if err := e.removeSubgroup(ctx, g.ID, child); err != nil {
			return err
		}
	}
	for _, child := range slices.Sorted(maps.Keys(want)) {
		if err := e.addSubgroup(ctx, g.ID, child); err != nil {
			return err
		}
	}
	return nil
}

func (e *edit) addSubgroup(ctx context.Context, group, child string) error {
	if err := e.mustBe(ctx, provisioner.KindGroup, []string{child}); err != nil {
		return err
	}
	return e.changeSubgroup(ctx, group, child, "INSERT INTO subgroup (group_id, child_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
}

func (e *edit) removeSubgroup(ctx context.Context, group, child string) error {
	return e.changeSubgroup(ctx, group, child, "DELETE FROM subgroup WHERE group_id = $1 AND child_id = $2")
}

func (e *edit) changeSubgroup(ctx context.Context, group, child, statement string) error {
	result, err := e.tx.ExecContext(ctx, statement, group, child)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	e.disturb(group, nil)
	return e.disturbAbove(ctx, group, nil)
}

// AddMember puts a user into a group. Both have to be in the directory.
func (s *Store) AddMember(ctx context.Context, group, user string) error {
	return s.changeMember(ctx, group, user, func(ctx context.Context, e *edit, had map[string]bool) error {
		if had[user] {
			return nil
		}
		return e.join(ctx, group, []string{user})
	})
}

// RemoveMember takes a user out of a group. Both have to be in the directory; a
// user who is not in the group stays out of it, and one who is in a group in it
// stays in it.
func (s *Store) RemoveMember(ctx context.Context, group, user string) error {
	return s.changeMember(ctx, group, user, func(ctx context.Context, e *edit, had map[string]bool) error {
		if !had[user] {
			return nil
		}
		return e.leave(ctx, group, []string{user})
	})
}

func (s *Store) changeMember(ctx context.Context, group, user string, change func(context.Context, *edit, map[string]bool) error) error {
	return s.edit(ctx, false, func(e *edit) error {
		if err := mustExist(ctx, e.tx, provisioner.KindGroup, group, s.dialect.forShare); err != nil {
			return err
		}
		if err := e.mustBeUsers(ctx, []string{user}); err != nil {
			return err
		}
		direct, err := texts(ctx, e.tx, "SELECT user_id FROM member WHERE group_id = $1 AND user_id = $2 AND direct = 1", group, user)
		if err != nil {
			return err
		}
		return change(ctx, e, map[string]bool{user: len(direct) > 0})
	})
}

// AddSubgroup puts a group into a group: apps see its members as members of both.
// Both have to be in the directory.
func (s *Store) AddSubgroup(ctx context.Context, group, child string) error {
	return s.edit(ctx, true, func(e *edit) error {
		if err := mustExist(ctx, e.tx, provisioner.KindGroup, group, s.dialect.forUpdate); err != nil {
			return err
		}
		return e.addSubgroup(ctx, group, child)
	})
}

// RemoveSubgroup takes a group out of a group. Both have to be in the directory; one
// that is not in the other stays out of it.
func (s *Store) RemoveSubgroup(ctx context.Context, group, child string) error {
	return s.edit(ctx, true, func(e *edit) error {
		if err := mustExist(ctx, e.tx, provisioner.KindGroup, group, s.dialect.forUpdate); err != nil {
			return err
		}
		if err := e.mustBe(ctx, provisioner.KindGroup, []string{child}); err != nil {
			return err
		}
		return e.removeSubgroup(ctx, group, child)
	})
}

// DeleteGroup takes a group out of the directory. Apps lose it too, if it was made
// for them, or else the members it was given.
func (s *Store) DeleteGroup(ctx context.Context, id string) error {
	return s.edit(ctx, true, func(e *edit) error { return e.removeGroup(ctx, id) })
}

func (e *edit) removeGroup(ctx context.Context, id string) error {
	if err := mustExist(ctx, e.tx, provisioner.KindGroup, id, e.dialect.forUpdate); err != nil {
		return err
	}
	if err := e.disturbAbove(ctx, id, nil); err != nil {
		return err
	}
	left, err := texts(ctx, e.tx, "DELETE FROM member WHERE group_id = $1 RETURNING user_id", id)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		e.left[id] = e.left[id].add(left...)
	}
	if _, err := e.tx.ExecContext(ctx, "DELETE FROM subgroup WHERE group_id = $1 OR child_id = $1", id); err != nil {
		return err
	}
	return e.removeSubject(ctx, provisioner.KindGroup, id)
}

// Group returns a group of the directory with what is in it, or
// [provisioner.ErrNotFound].
func (s *Store) Group(ctx context.Context, id string) (*provisioner.Group, error) {
	attributes, err := subject(ctx, s.db, provisioner.KindGroup, id)
	if err != nil {
		return nil, err
	}
	g := &provisioner.Group{ID: id, Attributes: attributes}
	return g, s.fill(ctx, g)
}

// Groups returns every group of the directory with what is in it, in the order of
// their ids.
func (s *Store) Groups(ctx context.Context) ([]provisioner.Group, error) {
	var groups []provisioner.Group
	err := s.subjects(ctx, provisioner.KindGroup, func(id string, attributes *scim.Object) {
		groups = append(groups, provisioner.Group{ID: id, Attributes: attributes})
	})
	for i := range groups {
		if err == nil {
			err = s.fill(ctx, &groups[i])
		}
	}
	return groups, err
}

// fill reads what the directory says is in a group.
func (s *Store) fill(ctx context.Context, g *provisioner.Group) (err error) {
	g.Members, err = texts(ctx, s.db, "SELECT user_id FROM member WHERE group_id = $1 AND direct = 1 ORDER BY user_id", g.ID)
	if err != nil {
		return err
	}
	g.Groups, err = texts(ctx, s.db, "SELECT child_id FROM subgroup WHERE group_id = $1 ORDER BY child_id", g.ID)
	return err
}

func notInDirectory(kind provisioner.Kind, id string) error {
	return fmt.Errorf("%s %q is not in the directory: %w", strings.ToLower(string(kind)), id, provisioner.ErrNotFound)
}
