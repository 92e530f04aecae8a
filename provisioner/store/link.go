package store

import (
	"cmp"
	"context"
	"fmt"

	"github.com/permiso/scimwright/provisioner"
)

// AppLinks returns every link of the app, users first.
func (s *Store) AppLinks(ctx context.Context, app string) ([]provisioner.Link, error) {
	named, err := s.Links(ctx, provisioner.LinkQuery{App: app})
	if err != nil {
		return nil, err
	}
	links := make([]provisioner.Link, len(named))
	for i := range named {
		links[i] = named[i].Link
	}
	return links, nil
}

// Links returns the links that q selects.
func (s *Store) Links(ctx context.Context, q provisioner.LinkQuery) ([]provisioner.NamedLink, error) {
	var links []provisioner.NamedLink
	// One kind at a time, for the index whose order is that of the ids.
	for _, kind := range []provisioner.Kind{provisioner.KindUser, provisioner.KindGroup} {
		switch {
		case q.Kind != "" && q.Kind != kind, q.After.Kind == provisioner.KindGroup && kind == provisioner.KindUser:
			continue
		case q.Limit > 0 && len(links) == q.Limit:
			return links, nil
		}
		more, err := s.linksOf(ctx, q, kind, q.Limit-len(links))
		if err != nil {
			return nil, err
		}
		links = append(links, more...)
	}
	return links, nil
}

func (s *Store) linksOf(ctx context.Context, q provisioner.LinkQuery, kind provisioner.Kind, limit int) ([]provisioner.NamedLink, error) {
	query := "SELECT " + linkColumns + ", COALESCE(s.name, '') FROM " + linkTables +
		" LEFT JOIN subject s ON s.kind = l.kind AND s.id = l.subject WHERE l.app = $1 AND l.kind = $2"
	args := []any{q.App, kind}
	where := func(condition string, arg any) {
		args = append(args, arg)
		query += fmt.Sprintf(condition, len(args))
	}
	if q.Failed {
		query += " AND l." + stuck + " AND l.state IN (" + failedStates + ")"
	}
	if q.State != "" {
		where(" AND l.state = $%d", q.State)
	}
	if q.State == provisioner.LinkHeld || q.State.Failed() {
		query += " AND l." + stuck // there are few, and an index of them
	}
	if q.Subject != "" {
		where(" AND l.subject = $%d", q.Subject)
	}
	if q.After.Kind == kind {
		where(" AND l.subject > $%d", q.After.Subject)
	}
	query += " ORDER BY l.subject"
	if q.Limit > 0 {
		where(" LIMIT $%d", limit)
	}
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var links []provisioner.NamedLink
	for rows.Next() {
		var name string
		l, err := scanLink(rows, &name)
		if err != nil {
			return nil, err
		}
		links = append(links, provisioner.NamedLink{Link: *l, Name: cmp.Or(l.Name(), name)})
	}
	return links, rows.Err()
}
