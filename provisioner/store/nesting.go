package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/permiso/scimwright/provisioner"
)

// below are the groups in a group, however deep. A group that comes to hold itself
// is among them, which does no harm.
const below = `WITH RECURSIVE below (id) AS (
	SELECT child_id FROM subgroup WHERE group_id = $1
	UNION SELECT s.child_id FROM below JOIN subgroup s ON s.group_id = below.id) `

// above returns the groups that a group is in, however deep.
func above(ctx context.Context, q queryer, group string) ([]string, error) {
	return texts(ctx, q, `WITH RECURSIVE above (id) AS (
		SELECT group_id FROM subgroup WHERE child_id = $1
		UNION SELECT s.group_id FROM above JOIN subgroup s ON s.child_id = above.id)
		SELECT id FROM above ORDER BY id`, group)
}

// disturb notes that users may have come into a group or left it, by being in a
// group in it. Nil means any user.
func (e *edit) disturb(group string, users set) {
	old, known := e.dirty[group]
	switch {
	case users == nil || known && old == nil:
		e.dirty[group] = nil
	case known:
		e.dirty[group] = old.add(slices.Collect(maps.Keys(users))...)
	default:
		e.dirty[group] = maps.Clone(users)
	}
}

// disturbAbove notes the same for the groups that a group is in.
func (e *edit) disturbAbove(ctx context.Context, group string, users set) error {
	ancestors, err := above(ctx, e.tx, group)
	for _, ancestor := range ancestors {
		e.disturb(ancestor, users)
	}
	return err
}

// nest works out who is in the groups that were disturbed because of the groups in
// them.
func (e *edit) nest(ctx context.Context) error {
	for _, group := range slices.Sorted(maps.Keys(e.dirty)) {
		users := e.dirty[group]
		if users == nil {
			if err := e.nestGroup(ctx, group, nil); err != nil {
				return err
			}
			continue
		}
		for chunk := range slices.Chunk(slices.Sorted(maps.Keys(users)), rowsPerStatement) {
			if err := e.nestGroup(ctx, group, chunk); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *edit) nestGroup(ctx context.Context, group string, users []string) error {
	args := []any{group}
	only := ""
	if users != nil {
		only = " AND m.user_id IN (" + rowsOf(len(users), len(args), "%s") + ")"
		args = append(args, values(users)...)
	}
	// The groups in a group say which users are in it; those that are in it by
	// themselves stay as they are.
	left, err := texts(ctx, e.tx, below+`
		DELETE FROM member AS m WHERE m.group_id = $1 AND m.direct = 0`+only+`
		AND NOT EXISTS (SELECT 1 FROM below JOIN member d ON d.group_id = below.id AND d.direct = 1 AND d.user_id = m.user_id)
		RETURNING user_id`, args...)
	if err != nil {
		return fmt.Errorf("working out who has left group %q: %w", group, err)
	}
	came, err := texts(ctx, e.tx, below+`
		INSERT INTO member (group_id, user_id, direct)
		SELECT DISTINCT CAST($1 AS TEXT), m.user_id, 0 FROM below JOIN member m ON m.group_id = below.id AND m.direct = 1
		WHERE below.id <> $1`+only+`
		ON CONFLICT (group_id, user_id) DO NOTHING RETURNING user_id`, args...)
	if err != nil {
		return fmt.Errorf("working out who has come into group %q: %w", group, err)
	}
	if len(left) > 0 {
		e.left[group] = e.left[group].add(left...)
	}
	if len(came) > 0 {
		e.came[group] = e.came[group].add(came...)
	}
	return nil
}

// reconsider works out who has gained or lost access to an app because of groups that
// people have come into or left.
func (e *edit) reconsider(ctx context.Context, app *provisioner.App) error {
	users := set{}
	for _, group := range app.Settings.Scope.Groups {
		users.add(slices.Collect(maps.Keys(e.came[group]))...)
		users.add(slices.Collect(maps.Keys(e.left[group]))...)
	}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(users)), rowsPerStatement) {
		changed, err := grant(ctx, e.tx, app, chunk)
		if err != nil {
			return err
		}
		e.access[app.Name] = e.access[app.Name].add(changed...)
	}
	return nil
}

// grant works out which users have access to an app, of these, or of all if they are
// nil. It returns those for whom that has changed.
func grant(ctx context.Context, q queryer, app *provisioner.App, users []string) (changed []string, err error) {
	scope := app.Settings.Scope.Groups
	args := append([]any{app.Name}, values(scope)...)
	groups := "''"
	if len(scope) > 0 {
		groups = rowsOf(len(scope), 1, "%s")
	}
	only := ""
	if users != nil {
		only = " AND x.user_id IN (" + rowsOf(len(users), len(args), "%s") + ")"
		args = append(args, values(users)...)
	}
	lost, err := texts(ctx, q, `
		DELETE FROM access AS x WHERE x.app = $1`+only+`
		AND NOT EXISTS (SELECT 1 FROM member m WHERE m.user_id = x.user_id AND m.group_id IN (`+groups+`))
		RETURNING user_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("working out who has lost access to %q: %w", app.Name, err)
	}
	gained, err := texts(ctx, q, `
		INSERT INTO access (app, user_id)
		SELECT DISTINCT CAST($1 AS TEXT), x.user_id FROM member x WHERE x.group_id IN (`+groups+`)`+only+`
		ON CONFLICT (app, user_id) DO NOTHING RETURNING user_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("working out who has gained access to %q: %w", app.Name, err)
	}
	return append(lost, gained...), nil
}

// values returns texts as arguments of a statement.
func values(texts []string) []any {
	args := make([]any, len(texts))
	for i, text := range texts {
		args[i] = text
	}
	return args
}
