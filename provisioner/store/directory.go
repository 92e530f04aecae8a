package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// PutUser adds a user to the directory or changes one. Every app to which that makes
// a difference gets the change; a user put as it is changes nothing. A userName that
// another user has is [provisioner.ErrConflict]; the error is a
// [*provisioner.DirectoryError] for a user whom [provisioner.ParseUser] refuses.
func (s *Store) PutUser(ctx context.Context, u provisioner.User) error {
	checked, err := provisioner.ParseUser(u.ID, document(u.Attributes))
	if err != nil {
		return fmt.Errorf("user %q was not saved: %w", u.ID, err)
	}
	u.Attributes = checked.Attributes
	return s.edit(ctx, false, func(e *edit) error {
		if err := e.mustBeFree(ctx, &u); err != nil {
			return err
		}
		return e.putUser(ctx, &u)
	})
}

// document writes attributes as a directory file has them.
func document(attributes *scim.Object) []byte {
	if attributes == nil {
		return []byte("{}")
	}
	return attributes.AppendJSON(nil)
}

// mustBeFree returns an error if another user has the user's name.
func (e *edit) mustBeFree(ctx context.Context, u *provisioner.User) error {
	name := u.Attributes.String("userName")
	if err := e.lockName(ctx, e.tx, "userName:"+strings.ToLower(name), false); err != nil {
		return err
	}
	other, err := texts(ctx, e.tx, "SELECT id FROM subject WHERE kind = 'User' AND name = $1 AND id <> $2", strings.ToLower(name), u.ID)
	if err == nil && len(other) > 0 {
		err = fmt.Errorf("userName %q belongs to user %q: %w", name, other[0], provisioner.ErrConflict)
	}
	return err
}

func (e *edit) putUser(ctx context.Context, u *provisioner.User) error {
	row := subjectRow{name: strings.ToLower(u.Attributes.String("userName")), manager: u.Manager(), active: u.Active(), attributes: u.Attributes}
	before, changed, err := e.writeSubject(ctx, e.tx, provisioner.KindUser, u.ID, row)
	if changed {
		e.changeUser(u.ID, before, u.Attributes)
	}
	return err
}

// A subjectRow is what is kept of a subject.
type subjectRow struct {
	name, manager string
	active        bool
	attributes    *scim.Object
}

// writeSubject stores a subject. It returns the attributes it had, nil if it is new,
// and whether they have changed. The names are left out if they are as they were: their
// indexes need not be written then.
func (s *Store) writeSubject(ctx context.Context, tx *sql.Tx, kind provisioner.Kind, id string, row subjectRow) (before *scim.Object, changed bool, err error) {
	text := string(row.attributes.AppendJSON(nil))
	var name, manager, old string
	err = tx.QueryRowContext(ctx, "SELECT name, manager, attributes FROM subject WHERE kind = $1 AND id = $2"+s.dialect.forUpdate, kind, id).Scan(&name, &manager, &old)
	if errors.Is(err, sql.ErrNoRows) {
		// Somebody else may add it at the same time.
		_, err = tx.ExecContext(ctx, `
			INSERT INTO subject (kind, id, name, manager, active, attributes, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, manager = excluded.manager, active = excluded.active,
				attributes = excluded.attributes, updated_at = excluded.updated_at`, kind, id, row.name, row.manager, flag(row.active), text, s.nowMillis())
		return nil, true, err
	}
	if err != nil {
		return nil, false, err
	}
	if old == text {
		return row.attributes, false, nil
	}
	if before, err = scim.ParseObjectLenient([]byte(old)); err != nil {
		return nil, false, fmt.Errorf("%s %q is damaged: %w", strings.ToLower(string(kind)), id, err)
	}
	args := []any{flag(row.active), text, s.nowMillis(), kind, id}
	names := ""
	if row.name != name || row.manager != manager {
		names = ", name = $6, manager = $7"
		args = append(args, row.name, row.manager)
	}
	_, err = tx.ExecContext(ctx, "UPDATE subject SET active = $1, attributes = $2, updated_at = $3"+names+" WHERE kind = $4 AND id = $5", args...)
	return before, true, err
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
		return notInDirectory(kind, id)
	}
	return err
}

// DeleteUser takes a user out of the directory and its groups. Apps that have the
// account are told.
func (s *Store) DeleteUser(ctx context.Context, id string) error {
	return s.edit(ctx, false, func(e *edit) error { return e.removeUser(ctx, id) })
}

func (e *edit) removeUser(ctx context.Context, id string) error {
	if err := mustExist(ctx, e.tx, provisioner.KindUser, id, e.dialect.forUpdate); err != nil {
		return err
	}
	groups, err := texts(ctx, e.tx, "DELETE FROM member WHERE user_id = $1 RETURNING group_id", id)
	if err != nil {
		return err
	}
	for _, group := range groups {
		e.left[group] = e.left[group].add(id)
	}
	return e.removeSubject(ctx, provisioner.KindUser, id)
}

// removeSubject deletes a subject. Its links stay until the apps have confirmed.
func (e *edit) removeSubject(ctx context.Context, kind provisioner.Kind, id string) error {
	e.gone = append(e.gone, provisioner.Key{Kind: kind, Subject: id})
	_, err := e.tx.ExecContext(ctx, "DELETE FROM subject WHERE kind = $1 AND id = $2", kind, id)
	return err
}

// ReplaceDirectory makes the directory what is given: whoever is missing has left.
// It is one transaction, and only what differs concerns the apps.
func (s *Store) ReplaceDirectory(ctx context.Context, d *provisioner.Directory) error {
	return s.edit(ctx, true, func(e *edit) error {
		if err := e.suspect(ctx, d); err != nil {
			return err
		}
		return e.replaceAll(ctx, d)
	})
}

func (e *edit) replaceAll(ctx context.Context, d *provisioner.Directory) error {
	users, groups := set{}, set{}
	for _, u := range d.Users {
		users.add(u.ID)
	}
	for _, g := range d.Groups {
		groups.add(g.ID)
	}
	if err := e.removeMissing(ctx, provisioner.KindUser, users, e.removeUser); err != nil {
		return err
	}
	if err := e.removeMissing(ctx, provisioner.KindGroup, groups, e.removeGroup); err != nil {
		return err
	}
	// Names may change hands within one directory, and the whole of it has been
	// checked: the rule against a second user of a name does not apply here.
	for i := range d.Users {
		if err := e.putUser(ctx, &d.Users[i]); err != nil {
			return err
		}
	}
	for i := range d.Groups { // all of them, before any is put into another
		if err := e.putGroup(ctx, &d.Groups[i]); err != nil {
			return err
		}
	}
	for i := range d.Groups {
		if err := e.putMembers(ctx, &d.Groups[i]); err != nil {
			return err
		}
	}
	return nil
}

func (e *edit) removeMissing(ctx context.Context, kind provisioner.Kind, present set, remove func(context.Context, string) error) error {
	ids, err := texts(ctx, e.tx, "SELECT id FROM subject WHERE kind = $1", kind)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if present[id] {
			continue
		}
		if err := remove(ctx, id); err != nil {
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

// Users returns every user of the directory, in the order of their ids.
func (s *Store) Users(ctx context.Context) ([]provisioner.User, error) {
	var users []provisioner.User
	err := s.subjects(ctx, provisioner.KindUser, func(id string, attributes *scim.Object) {
		users = append(users, provisioner.User{ID: id, Attributes: attributes})
	})
	return users, err
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
		return nil, notInDirectory(kind, id)
	}
	if err != nil {
		return nil, err
	}
	return scim.ParseObjectLenient([]byte(text))
}
