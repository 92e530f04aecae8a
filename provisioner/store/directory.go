package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// PutUser adds a user to the directory or changes one. Every app whose user it is
// gets the change; a user put as it is changes nothing. A userName that another
// user has is [provisioner.ErrConflict].
func (s *Store) PutUser(ctx context.Context, u provisioner.User) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		changed, err := s.writeUser(ctx, tx, &u)
		if err != nil || !changed {
			return err
		}
		return s.touchEverywhere(ctx, tx, userLane(&u), provisioner.KindUser, u.ID)
	})
}

// userLane returns the lane of a change of a user: who is disabled comes first.
func userLane(u *provisioner.User) provisioner.Lane {
	if u.Active() {
		return provisioner.LaneUsers
	}
	return provisioner.LaneGoodbye
}

func (s *Store) writeUser(ctx context.Context, tx *sql.Tx, u *provisioner.User) (changed bool, err error) {
	name := u.Attributes.String("userName")
	if err := s.lockName(ctx, tx, "userName:"+strings.ToLower(name), false); err != nil {
		return false, err
	}
	var other string
	err = tx.QueryRowContext(ctx, "SELECT id FROM subject WHERE kind = 'User' AND name = $1 AND id <> $2", strings.ToLower(name), u.ID).Scan(&other)
	if err == nil {
		return false, fmt.Errorf("userName %q belongs to user %q: %w", name, other, provisioner.ErrConflict)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	return s.writeSubject(ctx, tx, provisioner.KindUser, u.ID, strings.ToLower(name), u.Manager(), u.Attributes)
}

// writeSubject stores a subject and reports whether that changed anything.
func (s *Store) writeSubject(ctx context.Context, tx *sql.Tx, kind provisioner.Kind, id, name, manager string, attributes *scim.Object) (bool, error) {
	text := string(attributes.AppendJSON(nil))
	result, err := tx.ExecContext(ctx, `
		INSERT INTO subject (kind, id, name, manager, attributes, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, manager = excluded.manager,
			attributes = excluded.attributes, updated_at = excluded.updated_at
		WHERE subject.attributes <> excluded.attributes`, kind, id, name, manager, text, s.nowMillis())
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// PutGroup adds a group to the directory or changes its attributes and members.
// Members that are not users of the directory are [provisioner.ErrNotFound].
func (s *Store) PutGroup(ctx context.Context, g provisioner.Group) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		for _, user := range g.Members {
			if err := mustExist(ctx, tx, provisioner.KindUser, user, s.dialect.forShare); err != nil {
				return err
			}
		}
		changed, lane, err := s.writeGroup(ctx, tx, &g)
		if err != nil || !changed {
			return err
		}
		return s.touchEverywhere(ctx, tx, lane, provisioner.KindGroup, g.ID)
	})
}

// writeGroup stores a group and its members. It reports whether that changed anything,
// and the lane of the change: a group that somebody leaves comes first.
func (s *Store) writeGroup(ctx context.Context, tx *sql.Tx, g *provisioner.Group) (changed bool, lane provisioner.Lane, err error) {
	lane = provisioner.LaneGroups
	changed, err = s.writeSubject(ctx, tx, provisioner.KindGroup, g.ID, g.Attributes.String("displayName"), "", g.Attributes)
	if err != nil {
		return false, lane, err
	}
	had, err := texts(ctx, tx, "SELECT user_id FROM member WHERE group_id = $1 ORDER BY user_id", g.ID)
	if err != nil {
		return false, lane, err
	}
	want := slices.Clone(g.Members)
	slices.Sort(want)
	want = slices.Compact(want)
	if slices.Equal(had, want) {
		return changed, lane, nil
	}
	if slices.ContainsFunc(had, func(user string) bool { _, stays := slices.BinarySearch(want, user); return !stays }) {
		lane = provisioner.LaneGoodbye
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM member WHERE group_id = $1", g.ID); err != nil {
		return false, lane, err
	}
	for chunk := range slices.Chunk(want, rowsPerStatement) {
		args := []any{g.ID}
		for _, user := range chunk {
			args = append(args, user)
		}
		query := "INSERT INTO member (group_id, user_id) VALUES " + rowsOf(len(chunk), 1, "($1, %s)")
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return false, lane, err
		}
	}
	return true, lane, nil
}

// rowsPerStatement bounds the rows of one INSERT.
const rowsPerStatement = 500

// rowsOf repeats a row of values n times; its single %s becomes the parameters
// $first+1, $first+2 ….
func rowsOf(n, first int, row string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, row, fmt.Sprintf("$%d", first+1+i))
	}
	return b.String()
}

// mustExist returns [provisioner.ErrNotFound] unless a subject is in the directory.
// lock keeps it there, or as it is, until the transaction ends.
func mustExist(ctx context.Context, q queryer, kind provisioner.Kind, id, lock string) error {
	var one int
	err := q.QueryRowContext(ctx, "SELECT 1 FROM subject WHERE kind = $1 AND id = $2"+lock, kind, id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s %q is not in the directory: %w", strings.ToLower(string(kind)), id, provisioner.ErrNotFound)
	}
	return err
}

// AddMember puts a user into a group. Both have to be in the directory.
func (s *Store) AddMember(ctx context.Context, group, user string) error {
	return s.changeMember(ctx, provisioner.LaneGroups, group, user, "INSERT INTO member (group_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
}

// RemoveMember takes a user out of a group. Both have to be in the directory; a
// user who is not in the group stays out of it.
func (s *Store) RemoveMember(ctx context.Context, group, user string) error {
	return s.changeMember(ctx, provisioner.LaneGoodbye, group, user, "DELETE FROM member WHERE group_id = $1 AND user_id = $2")
}

func (s *Store) changeMember(ctx context.Context, lane provisioner.Lane, group, user, statement string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := mustExist(ctx, tx, provisioner.KindGroup, group, s.dialect.forUpdate); err != nil {
			return err
		}
		if err := mustExist(ctx, tx, provisioner.KindUser, user, s.dialect.forShare); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, statement, group, user)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return s.touchEverywhere(ctx, tx, lane, provisioner.KindGroup, group)
	})
}

// DeleteUser takes a user out of the directory and its groups. Apps that have the
// account deactivate it.
func (s *Store) DeleteUser(ctx context.Context, id string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		return s.removeUser(ctx, tx, id)
	})
}

func (s *Store) removeUser(ctx context.Context, tx *sql.Tx, id string) error {
	if err := mustExist(ctx, tx, provisioner.KindUser, id, s.dialect.forUpdate); err != nil {
		return err
	}
	groups, err := texts(ctx, tx, "SELECT group_id FROM member WHERE user_id = $1", id)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM member WHERE user_id = $1", id); err != nil {
		return err
	}
	for _, group := range groups {
		if err := s.touchEverywhere(ctx, tx, provisioner.LaneGoodbye, provisioner.KindGroup, group); err != nil {
			return err
		}
	}
	return s.removeSubject(ctx, tx, provisioner.KindUser, id)
}

// DeleteGroup takes a group out of the directory. Apps lose it too, if it was made
// for them, or else the members it was given.
func (s *Store) DeleteGroup(ctx context.Context, id string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		return s.removeGroup(ctx, tx, id)
	})
}

func (s *Store) removeGroup(ctx context.Context, tx *sql.Tx, id string) error {
	if err := mustExist(ctx, tx, provisioner.KindGroup, id, s.dialect.forUpdate); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM member WHERE group_id = $1", id); err != nil {
		return err
	}
	return s.removeSubject(ctx, tx, provisioner.KindGroup, id)
}

// removeSubject deletes a subject. Its links stay until the apps have confirmed.
func (s *Store) removeSubject(ctx context.Context, tx *sql.Tx, kind provisioner.Kind, id string) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM subject WHERE kind = $1 AND id = $2", kind, id); err != nil {
		return err
	}
	keys, err := keysOf(ctx, tx, "SELECT app, kind, subject FROM link WHERE kind = $1 AND subject = $2", kind, id)
	if err != nil {
		return err
	}
	return s.touch(ctx, tx, provisioner.LaneGoodbye, keys)
}

// ReplaceDirectory makes the directory what is given: whoever is missing has left.
// It is one transaction, and only what differs concerns the apps.
func (s *Store) ReplaceDirectory(ctx context.Context, d *provisioner.Directory) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		users, groups := map[string]bool{}, map[string]bool{}
		for _, u := range d.Users {
			users[u.ID] = true
		}
		for _, g := range d.Groups {
			groups[g.ID] = true
		}
		if err := s.removeMissing(ctx, tx, provisioner.KindUser, users, s.removeUser); err != nil {
			return err
		}
		if err := s.removeMissing(ctx, tx, provisioner.KindGroup, groups, s.removeGroup); err != nil {
			return err
		}
		// Names may change hands within one directory, and the whole of it has been
		// checked: the rule against a second user of a name does not apply here.
		for i := range d.Users {
			u := &d.Users[i]
			changed, err := s.writeSubject(ctx, tx, provisioner.KindUser, u.ID, strings.ToLower(u.Attributes.String("userName")), u.Manager(), u.Attributes)
			if err == nil && changed {
				err = s.touchEverywhere(ctx, tx, userLane(u), provisioner.KindUser, u.ID)
			}
			if err != nil {
				return err
			}
		}
		for i := range d.Groups {
			changed, lane, err := s.writeGroup(ctx, tx, &d.Groups[i])
			if err == nil && changed {
				err = s.touchEverywhere(ctx, tx, lane, provisioner.KindGroup, d.Groups[i].ID)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) removeMissing(ctx context.Context, tx *sql.Tx, kind provisioner.Kind, present map[string]bool, remove func(context.Context, *sql.Tx, string) error) error {
	ids, err := texts(ctx, tx, "SELECT id FROM subject WHERE kind = $1", kind)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if present[id] {
			continue
		}
		if err := remove(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// User returns a user of the directory, or [provisioner.ErrNotFound].
func (s *Store) User(ctx context.Context, id string) (*provisioner.User, error) {
	attributes, err := subject(ctx, s.db, provisioner.KindUser, id)
	if err != nil {
		return nil, err
	}
	return &provisioner.User{ID: id, Attributes: attributes}, nil
}

// Group returns a group of the directory with its members, or
// [provisioner.ErrNotFound].
func (s *Store) Group(ctx context.Context, id string) (*provisioner.Group, error) {
	attributes, err := subject(ctx, s.db, provisioner.KindGroup, id)
	if err != nil {
		return nil, err
	}
	members, err := texts(ctx, s.db, "SELECT user_id FROM member WHERE group_id = $1 ORDER BY user_id", id)
	return &provisioner.Group{ID: id, Attributes: attributes, Members: members}, err
}

// Users returns every user of the directory, in the order of their ids.
func (s *Store) Users(ctx context.Context) ([]provisioner.User, error) {
	var users []provisioner.User
	err := s.subjects(ctx, provisioner.KindUser, func(id string, attributes *scim.Object) {
		users = append(users, provisioner.User{ID: id, Attributes: attributes})
	})
	return users, err
}

// Groups returns every group of the directory with its members, in the order of
// their ids.
func (s *Store) Groups(ctx context.Context) ([]provisioner.Group, error) {
	var groups []provisioner.Group
	err := s.subjects(ctx, provisioner.KindGroup, func(id string, attributes *scim.Object) {
		groups = append(groups, provisioner.Group{ID: id, Attributes: attributes})
	})
	for i := range groups {
		if err == nil {
			groups[i].Members, err = texts(ctx, s.db, "SELECT user_id FROM member WHERE group_id = $1 ORDER BY user_id", groups[i].ID)
		}
	}
	return groups, err
}

func (s *Store) subjects(ctx context.Context, kind provisioner.Kind, visit func(string, *scim.Object)) error {
	rows, err := s.db.QueryContext(ctx, "SELECT id, attributes FROM subject WHERE kind = $1 ORDER BY id", kind)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		attributes, err := scim.ParseObjectLenient([]byte(text))
		if err != nil {
			return fmt.Errorf("%s %q is damaged: %w", strings.ToLower(string(kind)), id, err)
		}
		visit(id, attributes)
	}
	return rows.Err()
}

func subject(ctx context.Context, q queryer, kind provisioner.Kind, id string) (*scim.Object, error) {
	var text string
	err := q.QueryRowContext(ctx, "SELECT attributes FROM subject WHERE kind = $1 AND id = $2", kind, id).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%s %q: %w", strings.ToLower(string(kind)), id, provisioner.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return scim.ParseObjectLenient([]byte(text))
}
