package store

import (
	"context"
	"errors"
	"slices"

	"github.com/permiso/scimwright/provisioner"
)

// works goes over the subjects that concern an app: those of the directory that it
// is given, and those that it has a link to. They are read one after the other, so
// that a large directory takes no more memory than a small one.
type works struct {
	q   queryer
	app *provisioner.App
	// behind leaves out links that were settled by the basis that they have now.
	behind bool
	// linked leaves out subjects that the app has no link to, everybody takes in those
	// who have no access as well.
	linked, everybody bool
	visit             func(*provisioner.Work) error
}

// groupBatch is how many groups are read at a time with their members.
const groupBatch = 50

// The parts of a subject beside its link: what it is, and what of others it depends
// on. link l and its columns are left out for those without one.
const (
	userColumns = "COALESCE(s.id, ''), COALESCE(s.attributes, ''), COALESCE(m.remote_id, ''), COALESCE(x.user_id, '')"
	userJoins   = `
		LEFT JOIN link m ON m.app = $1 AND m.kind = 'User' AND m.subject = s.manager AND s.manager <> s.id
		LEFT JOIN access x ON x.app = $1 AND x.user_id = s.id`
	// noLink are the columns of the link of a subject for which nothing was tried yet.
	noLink   = "CAST($1 AS TEXT), CAST($2 AS TEXT), s.id, '', '', 'pending', '', 0, 0, 0, 0, '', 0, 0, 0, 0, '', '', '', 0, 0, '', ''"
	unlinked = " WHERE s.kind = $2 AND NOT EXISTS (SELECT 1 FROM link l WHERE l.app = $1 AND l.kind = $2 AND l.subject = s.id)"
)

func (v *works) run(ctx context.Context) error {
	const link = "SELECT " + linkColumns + ", "
	const gone = link + "'', '', '', '' FROM " + linkTables + " WHERE l.app = $1 AND l.kind = $2 AND NOT EXISTS (SELECT 1 FROM subject s WHERE s.kind = $2 AND s.id = l.subject)"
	users := []string{
		link + userColumns + " FROM link l JOIN subject s ON s.kind = $2 AND s.id = l.subject" + linkHolding + userJoins + " WHERE l.app = $1 AND l.kind = $2",
		gone,
	}
	if !v.linked {
		access := ""
		if !v.everybody && !v.app.Settings.Scope.Everybody() {
			access = " AND x.user_id IS NOT NULL"
		}
		users = append(users, "SELECT "+noLink+", "+userColumns+" FROM subject s"+userJoins+unlinked+access)
	}
	if v.behind {
		if err := v.restless(ctx, users[0]); err != nil {
			return err
		}
		users = users[1:]
	}
	for _, query := range users {
		if err := v.each(ctx, v.user, query, v.app.Name, provisioner.KindUser); err != nil {
			return err
		}
	}
	groups := []string{
		link + "s.id, s.attributes, '', '' FROM link l JOIN subject s ON s.kind = $2 AND s.id = l.subject" + linkHolding + " WHERE l.app = $1 AND l.kind = $2 AND s.id > $3 ORDER BY s.id",
		gone + " AND l.subject > $3 ORDER BY l.subject",
	}
	if !v.linked {
		groups = append(groups, "SELECT "+noLink+", s.id, s.attributes, '', '' FROM subject s"+unlinked+" AND s.id > $3 ORDER BY s.id")
	}
	for _, query := range groups {
		if err := v.groups(ctx, query+" LIMIT $4"); err != nil {
			return err
		}
	}
	return nil
}

// restless goes over the users with a link that are not idle. Most are, and to find
// that out takes few of their columns. CROSS JOIN makes SQLite go over users and links
// in the order in which they are kept.
func (v *works) restless(ctx context.Context, query string) error {
	rows, err := v.q.QueryContext(ctx, "SELECT l.state, l.basis, "+userColumns+`
		FROM subject s CROSS JOIN link l`+userJoins+" WHERE s.kind = $2 AND l.app = $1 AND l.kind = $2 AND l.subject = s.id", v.app.Name, provisioner.KindUser)
	if err != nil {
		return err
	}
	defer rows.Close()
	var found []string
	var r workRow
	places := []any{&r.State, &r.Basis, &r.id, &r.attributes, &r.manager, &r.granted}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		if !v.idle(&r, userBasis(v.app, v.noAccess(&r), r.attributes, r.manager)) {
			found = append(found, r.id)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for chunk := range slices.Chunk(found, rowsPerStatement) {
		args := append([]any{v.app.Name, provisioner.KindUser}, values(chunk)...)
		if err := v.each(ctx, v.user, query+" AND l.subject IN ("+rowsOf(len(chunk), 2, "%s")+")", args...); err != nil {
			return err
		}
	}
	return nil
}

func (v *works) noAccess(r *workRow) bool {
	return !v.app.Settings.Scope.Everybody() && r.granted == ""
}

// A workRow is a row of the queries of run.
type workRow struct {
	linkRow
	id, attributes, manager, granted string
}

// workPlaces are where the columns of the queries of run go.
func (r *workRow) workPlaces() []any {
	return append(r.places(), &r.id, &r.attributes, &r.manager, &r.granted)
}

func (v *works) each(ctx context.Context, visit func(*workRow) error, query string, args ...any) error {
	rows, err := v.q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r workRow
	places := r.workPlaces()
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		if err := visit(&r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// idle reports whether there is nothing to do for a link of a basis.
func (v *works) idle(r *workRow, basis string) bool {
	return v.behind && r.Basis == basis && r.State.Settled() && r.State != provisioner.LinkSkipped
}

func (v *works) user(r *workRow) error {
	w := provisioner.Work{App: *v.app, ManagerRemoteID: r.manager, Basis: goneBasis(v.app)}
	if r.id != "" {
		w.NoAccess = v.noAccess(r)
		w.Basis = userBasis(v.app, w.NoAccess, r.attributes, r.manager)
	}
	if v.idle(r, w.Basis) {
		return nil
	}
	link, err := r.link()
	if err != nil {
		return err
	}
	w.Link = *link
	if r.id != "" {
		if w.User, err = readUser(r.id, r.attributes); err != nil {
			return err
		}
	}
	return v.visit(&w)
}

// groups goes over the groups of a query in batches.
func (v *works) groups(ctx context.Context, query string) error {
	last := ""
	for {
		var batch []workRow
		err := v.each(ctx, func(r *workRow) error {
			batch = append(batch, *r)
			return nil
		}, query, v.app.Name, provisioner.KindGroup, last, groupBatch)
		if err != nil || len(batch) == 0 {
			return err
		}
		if err := v.batch(ctx, batch); err != nil {
			return err
		}
		last = batch[len(batch)-1].Subject
	}
}

func (v *works) batch(ctx context.Context, batch []workRow) error {
	byID := map[string]*provisioner.Work{}
	for i := range batch {
		byID[batch[i].Subject] = &provisioner.Work{App: *v.app, Basis: goneBasis(v.app)}
	}
	if err := loadMembers(ctx, v.q, v.app, byID); err != nil {
		return err
	}
	for i := range batch {
		r := &batch[i]
		w := byID[r.Subject]
		if r.id != "" {
			w.Basis = groupBasis(v.app, r.id, r.attributes, w.Members)
		}
		if v.idle(r, w.Basis) || r.Desired == 0 && !v.everybody && !v.app.Gives(r.Subject) {
			delete(byID, r.Subject)
		}
	}
	if len(byID) == 0 {
		return nil
	}
	if err := loadAckedMembers(ctx, v.q, v.app, byID); err != nil {
		return err
	}
	for i := range batch {
		if w := byID[batch[i].Subject]; w != nil {
			if err := v.group(&batch[i], w); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *works) group(r *workRow, w *provisioner.Work) error {
	link, err := r.link()
	if err != nil {
		return err
	}
	w.Link = *link
	if r.id != "" {
		if w.Group, err = readGroup(r.id, r.attributes); err != nil {
			return err
		}
	}
	return v.visit(w)
}
