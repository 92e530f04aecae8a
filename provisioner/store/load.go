package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

const linkColumns = `l.app, l.kind, l.subject, l.remote_id, l.origin, l.state, COALESCE(h.acked, ''), l.desired, l.applied,
	l.attempts, l.ambiguous, l.last_error, l.next_attempt, l.recreated_at, l.updated_at, l.acked_at, l.basis,
	COALESCE(h.version, ''), l.disabled_for, l.disabled_at, l.delete_at, l.decision, l.decision_about`

// linkTables are the tables of the linkColumns, linkHolding what the app holds beside a
// link l.
const (
	linkTables  = "link l" + linkHolding
	linkHolding = " LEFT JOIN holding h ON h.app = l.app AND h.kind = l.kind AND h.subject = l.subject"
)

// A linkRow is a link as it is kept.
type linkRow struct {
	provisioner.Link
	acked                               string
	ambiguous, next, recreated, updated int64
	ackedAt                             int64
	disabled, deleteAt                  int64
}

// places are where the linkColumns go.
func (r *linkRow) places() []any {
	return []any{&r.App, &r.Kind, &r.Subject, &r.RemoteID, &r.Origin, &r.State, &r.acked, &r.Desired, &r.Applied,
		&r.Attempts, &r.ambiguous, &r.LastError, &r.next, &r.recreated, &r.updated, &r.ackedAt, &r.Basis,
		&r.Version, &r.DisabledFor, &r.disabled, &r.deleteAt, &r.Decision, &r.DecisionAbout}
}

func (r *linkRow) link() (*provisioner.Link, error) {
	l := r.Link
	l.Ambiguous = r.ambiguous != 0
	l.NextAttempt, l.RecreatedAt, l.UpdatedAt = fromMillis(r.next), fromMillis(r.recreated), fromMillis(r.updated)
	l.AckedAt = fromMillis(r.ackedAt)
	l.DisabledAt, l.DeleteAt = fromMillis(r.disabled), fromMillis(r.deleteAt)
	if r.acked == "" {
		return &l, nil
	}
	var err error
	if l.Acked, err = scim.ParseObjectLenient([]byte(r.acked)); err != nil {
		return nil, fmt.Errorf("what %s is known to hold is damaged: %w", l.Key, err)
	}
	return &l, nil
}

func scanLink(row interface{ Scan(...any) error }, more ...any) (*provisioner.Link, error) {
	var r linkRow
	if err := row.Scan(append(r.places(), more...)...); err != nil {
		return nil, err
	}
	return r.link()
}

// Load reads the work of a link in one transaction.
func (s *Store) Load(ctx context.Context, key provisioner.Key) (*provisioner.Work, error) {
	ctx = s.dialect.unhurried(ctx)
	tx, err := s.db.BeginTx(ctx, s.dialect.reading)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	return s.load(ctx, tx, key)
}

func (s *Store) load(ctx context.Context, q queryer, key provisioner.Key) (*provisioner.Work, error) {
	app, err := s.findApp(ctx, q, key.App)
	if err != nil {
		return nil, err
	}
	r, err := findSubject(ctx, q, key)
	if err != nil {
		return nil, err
	}
	link, err := r.link()
	if err != nil {
		return nil, err
	}
	w := &provisioner.Work{App: *app, Link: *link}
	if key.Kind == provisioner.KindGroup {
		return w, loadGroup(ctx, q, w, r.attributes)
	}
	return w, loadUser(ctx, q, w, r)
}

// findSubject reads a link and what is kept beside it of its subject. Of a subject that
// nothing has touched since the app was connected there is no link yet.
func findSubject(ctx context.Context, q queryer, key provisioner.Key) (*workRow, error) {
	const (
		linked = "SELECT " + linkColumns + ", " + userColumns + " FROM " + linkTables + " LEFT JOIN subject s ON s.kind = l.kind AND s.id = l.subject" + userJoins +
			" WHERE l.app = $1 AND l.kind = $2 AND l.subject = $3"
		alone = "SELECT " + noLink + ", " + userColumns + " FROM subject s" + userJoins + " WHERE s.kind = $2 AND s.id = $3"
	)
	r := &workRow{}
	for _, query := range [...]string{linked, alone} {
		err := q.QueryRowContext(ctx, query, key.App, key.Kind, key.Subject).Scan(r.workPlaces()...)
		if !errors.Is(err, sql.ErrNoRows) {
			return r, err
		}
	}
	r.Key, r.State = key, provisioner.LinkPending
	return r, nil
}

// loadUser fills in the user of a work, who has left if there is no text.
func loadUser(ctx context.Context, q queryer, w *provisioner.Work, r *workRow) (err error) {
	if r.attributes == "" {
		w.Basis = goneBasis(&w.App)
		return nil
	}
	if w.User, err = readUser(w.Link.Subject, r.attributes); err != nil {
		return err
	}
	w.NoAccess = !w.App.Settings.Scope.Everybody() && r.granted == ""
	w.ManagerRemoteID = r.manager
	if manager := w.User.Manager(); manager != "" && manager != w.User.ID && r.manager == "" {
		if w.Blocked, err = blocked(ctx, q, w.Link.Key); err != nil {
			return err
		}
	}
	w.Basis = userBasis(&w.App, w.NoAccess, r.attributes, w.ManagerRemoteID)
	return nil
}

// loadGroup fills in the group of a work, which has left if text is empty.
func loadGroup(ctx context.Context, q queryer, w *provisioner.Work, text string) (err error) {
	if text != "" {
		if w.Group, err = readGroup(w.Link.Subject, text); err != nil {
			return err
		}
	}
	groups := map[string]*provisioner.Work{w.Link.Subject: w}
	if err := loadMembers(ctx, q, &w.App, groups); err != nil {
		return err
	}
	if err := loadAckedMembers(ctx, q, &w.App, groups); err != nil {
		return err
	}
	w.Basis = goneBasis(&w.App)
	if w.Group != nil {
		w.Basis = groupBasis(&w.App, w.Group.ID, text, w.Members)
	}
	w.Blocked, err = blocked(ctx, q, w.Link.Key)
	return err
}

func readUser(id, text string) (*provisioner.User, error) {
	attributes, err := scim.ParseObjectLenient([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("user %q is damaged: %w", id, err)
	}
	return &provisioner.User{ID: id, Attributes: attributes}, nil
}

func readGroup(id, text string) (*provisioner.Group, error) {
	attributes, err := scim.ParseObjectLenient([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("group %q is damaged: %w", id, err)
	}
	return &provisioner.Group{ID: id, Attributes: attributes}, nil
}

// blocked reports whether a resource that the subject refers to has not been tried
// in the app yet: a member of the group, or the user's manager unless the chain of
// managers comes back to the user. CROSS JOIN makes SQLite start from the few that the
// subject refers to, and not from everybody who has not been tried.
func blocked(ctx context.Context, q queryer, key provisioner.Key) (bool, error) {
	query := `SELECT EXISTS (SELECT 1 FROM member m CROSS JOIN link l
		WHERE m.group_id = $2 AND l.app = $1 AND l.kind = 'User' AND l.subject = m.user_id AND ` + untried("l") + `)`
	if key.Kind == provisioner.KindUser {
		query = `WITH RECURSIVE chain (id, depth) AS (
			SELECT manager, 1 FROM subject WHERE kind = 'User' AND id = $2
			UNION ALL
			SELECT s.manager, chain.depth + 1 FROM chain CROSS JOIN link l CROSS JOIN subject s
			WHERE l.app = $1 AND l.kind = 'User' AND l.subject = chain.id AND ` + untried("l") + `
			AND s.kind = 'User' AND s.id = chain.id AND s.manager <> '' AND chain.id <> $2 AND chain.depth < 100)
		SELECT EXISTS (SELECT 1 FROM chain CROSS JOIN link l
			WHERE chain.depth = 1 AND l.app = $1 AND l.kind = 'User' AND l.subject = chain.id AND ` + untried("l") + `)
			AND NOT EXISTS (SELECT 1 FROM chain WHERE id = $2)`
	}
	var is bool
	err := q.QueryRowContext(ctx, query, key.App, key.Subject).Scan(&is)
	return is, err
}

// loadMembers reads who is in each of the groups now, as the app knows them. CROSS
// JOIN makes SQLite start from the groups, and not from all links of the app.
func loadMembers(ctx context.Context, q queryer, app *provisioner.App, groups map[string]*provisioner.Work) error {
	ids := slices.Sorted(maps.Keys(groups))
	rows, err := q.QueryContext(ctx, `
		SELECT m.group_id, m.user_id, COALESCE(l.remote_id, ''), COALESCE(l.in_use, 0), s.active, COALESCE(x.user_id, '')
		FROM member m CROSS JOIN subject s
		LEFT JOIN link l ON l.app = $1 AND l.kind = 'User' AND l.subject = m.user_id
		LEFT JOIN access x ON x.app = $1 AND x.user_id = m.user_id
		WHERE s.kind = 'User' AND s.id = m.user_id AND m.group_id IN (`+rowsOf(len(ids), 1, "%s")+`) ORDER BY m.group_id, m.user_id`, append([]any{app.Name}, values(ids)...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	everybody := app.Settings.Scope.Everybody()
	for rows.Next() {
		var m provisioner.Member
		var group, granted string
		var inUse, active int64
		if err := rows.Scan(&group, &m.Subject, &m.RemoteID, &inUse, &active, &granted); err != nil {
			return err
		}
		m.InUse, m.Disabled, m.NoAccess = inUse != 0, active == 0, !everybody && granted == ""
		groups[group].Members = append(groups[group].Members, m)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	return loadLeaving(ctx, q, app, groups)
}

// loadAckedMembers reads the members that the app is known to hold in each of the
// groups.
func loadAckedMembers(ctx context.Context, q queryer, app *provisioner.App, groups map[string]*provisioner.Work) error {
	ids := slices.Sorted(maps.Keys(groups))
	rows, err := q.QueryContext(ctx, "SELECT group_id, user_id, remote_id FROM link_member WHERE app = $1 AND group_id IN ("+rowsOf(len(ids), 1, "%s")+")",
		append([]any{app.Name}, values(ids)...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for _, w := range groups {
		w.AckedMembers = map[string]string{}
	}
	for rows.Next() {
		var group, user, remote string
		if err := rows.Scan(&group, &user, &remote); err != nil {
			return err
		}
		groups[group].AckedMembers[user] = remote
	}
	return rows.Err()
}

// loadLeaving adds the members of each of the groups who have left the directory and
// whose account the app has not disabled yet: whoever may still be in the app, be it
// that the guard holds the goodbye back, stays in its groups.
func loadLeaving(ctx context.Context, q queryer, app *provisioner.App, groups map[string]*provisioner.Work) error {
	ids := slices.Sorted(maps.Keys(groups))
	rows, err := q.QueryContext(ctx, `
		SELECT m.group_id, m.user_id, m.remote_id FROM link_member m CROSS JOIN link l
		WHERE l.app = m.app AND l.kind = 'User' AND l.subject = m.user_id AND l.remote_id = m.remote_id AND l.in_use = 1
		AND m.app = $1 AND m.group_id IN (`+rowsOf(len(ids), 1, "%s")+`)
		AND NOT EXISTS (SELECT 1 FROM subject s WHERE s.kind = 'User' AND s.id = m.user_id)
		ORDER BY m.group_id, m.user_id`, append([]any{app.Name}, values(ids)...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		m := provisioner.Member{Gone: true, InUse: true}
		var group string
		if err := rows.Scan(&group, &m.Subject, &m.RemoteID); err != nil {
			return err
		}
		groups[group].Members = append(groups[group].Members, m)
	}
	return rows.Err()
}

// linkOf finds the links by an id and by those that are the same but for letter case. The
// two halves are not made one set: SQLite would read all links of the app in order for that.
const linkOf = `
	SELECT subject, remote_id FROM link WHERE app = $1 AND kind = $2 AND remote_id IN ($3, $4) AND remote_id <> ''
	UNION ALL
	SELECT subject, remote_id FROM link WHERE app = $1 AND kind = $2 AND lower(remote_id) = $4 AND remote_id <> lower(remote_id)`

// LinkOf returns the subject that a resource of the app is tied to and the id by which
// it is, or [provisioner.ErrNotFound]: that id is the one asked for, or else the only one
// that is the same but for letter case.
func (s *Store) LinkOf(ctx context.Context, app string, kind provisioner.Kind, remoteID string) (provisioner.Key, string, error) {
	key := provisioner.Key{App: app, Kind: kind}
	rows, err := s.db.QueryContext(ctx, linkOf, app, kind, remoteID, strings.ToLower(remoteID))
	if err != nil {
		return key, "", err
	}
	defer rows.Close()
	alike, known := 0, ""
	for rows.Next() {
		if err := rows.Scan(&key.Subject, &known); err != nil {
			return key, "", err
		}
		if known == remoteID {
			return key, known, nil
		}
		alike++
	}
	if err := rows.Err(); err != nil || alike == 1 {
		return key, known, err
	}
	return provisioner.Key{}, "", provisioner.ErrNotFound
}

// stuck is the condition that a link is neither settled nor going to be attempted for
// the first time since it was, in the words of the index link_stuck; open is that it is
// to be attempted at some time, in those of link_open.
const (
	stuck = "state NOT IN ('pending', 'converged', 'partial', 'skipped', 'gone', 'kept', 'ignored')"
	open  = "(state = 'pending' OR due <> 0)"
)

// Progress counts the app's links by state. Those that are settled, most of them, are
// what is left when the others are taken from all.
func (s *Store) Progress(ctx context.Context, app string) (provisioner.Progress, error) {
	counts, err := s.countLinks(ctx, `
		SELECT '', COUNT(*), 0 FROM link WHERE app = $1
		UNION ALL SELECT 'pending', COUNT(*), 0 FROM link WHERE app = $1 AND `+open+` AND state = 'pending'
		UNION ALL SELECT state, COUNT(*), MIN(next_attempt) FROM link WHERE app = $1 AND `+stuck+` GROUP BY state`, app)
	return provisioner.Progress{
		Total: counts.all, Settled: counts.all - counts.held - counts.failed - counts.other, Failed: counts.failed, Held: counts.held,
		NextAttempt: counts.next,
	}, err
}

// linkCounts counts links by what has become of them.
type linkCounts struct {
	all, held, failed, other int
	next                     time.Time // when the first of the failed ones is tried again
}

// countLinks adds up rows of a state, how many links are in it and when the first of
// them is tried again. A row without a state counts all of them.
func (s *Store) countLinks(ctx context.Context, query string, args ...any) (counts linkCounts, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return counts, err
	}
	defer rows.Close()
	for rows.Next() {
		var state provisioner.LinkState
		var n int
		var next int64
		if err := rows.Scan(&state, &n, &next); err != nil {
			return counts, err
		}
		switch {
		case state == "":
			counts.all += n
		case state == provisioner.LinkHeld:
			counts.held += n
		case state.Failed():
			counts.failed += n
			if at := fromMillis(next); counts.next.IsZero() || at.Before(counts.next) {
				counts.next = at
			}
		default:
			counts.other += n
		}
	}
	return counts, rows.Err()
}
