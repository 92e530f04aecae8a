package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// deadAfter is how long a worker may go without a beat before the others take over
// what it was doing. A worker that cannot reach the database gives up before that.
const deadAfter = 10 * time.Second

// A pulse is what this process has seen of another worker: its beat, and since when
// it is that. Clocks of different machines are never compared.
type pulse struct {
	beat  int64
	since time.Time
}

// Beat shows the other processes that a worker lives, takes over the claims of those
// that do no longer, and returns how many do. A SQLite file belongs to one process,
// so that whoever else has claims in it is dead.
func (s *Store) Beat(ctx context.Context, worker string) (alive int, err error) {
	if !s.dialect.shared {
		return 1, s.beatAlone(ctx, worker)
	}
	_, err = s.db.ExecContext(ctx, "INSERT INTO worker (id, beat) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET beat = worker.beat + 1", worker)
	if err != nil {
		return 0, err
	}
	beats, err := s.beats(ctx)
	if err != nil {
		return 0, err
	}
	for id := range s.pulses {
		if _, there := beats[id]; !there {
			delete(s.pulses, id)
		}
	}
	alive = 1
	for id, beat := range beats {
		switch p, known := s.pulses[id]; {
		case id == worker:
		case !known || p.beat != beat:
			s.pulses[id] = pulse{beat, time.Now()}
			alive++
		case time.Since(p.since) < deadAfter:
			alive++
		default:
			if err := s.bury(ctx, id, beat); err != nil {
				return 0, err
			}
			delete(s.pulses, id)
		}
	}
	return alive, nil
}

// beats returns the beat of every worker that there is, 0 for one that only has
// claims.
func (s *Store) beats(ctx context.Context) (map[string]int64, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT id, beat FROM worker
		UNION ALL SELECT DISTINCT worker, 0 FROM link WHERE worker <> '' AND worker NOT IN (SELECT id FROM worker)
		UNION ALL SELECT DISTINCT worker, 0 FROM run WHERE state = 'running' AND worker <> '' AND worker NOT IN (SELECT id FROM worker)`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	beats := map[string]int64{}
	for rows.Next() {
		var id string
		var beat int64
		if err := rows.Scan(&id, &beat); err != nil {
			return nil, err
		}
		beats[id] = beat
	}
	return beats, rows.Err()
}

// bury takes over what a dead worker was doing, unless it has come back to life or
// somebody else was faster.
func (s *Store) bury(ctx context.Context, worker string, beat int64) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "DELETE FROM worker WHERE id = $1 AND beat = $2", worker, beat)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 && beat > 0 {
			return err
		}
		return s.recover(ctx, tx, worker)
	})
}

// beatAlone takes over what earlier processes were doing, once.
func (s *Store) beatAlone(ctx context.Context, worker string) error {
	if s.alone {
		return nil
	}
	dead, err := texts(ctx, s.db, `
		SELECT DISTINCT worker FROM link WHERE worker <> '' AND worker <> $1
		UNION SELECT DISTINCT worker FROM run WHERE state = 'running' AND worker <> '' AND worker <> $1`, worker)
	if err != nil {
		return err
	}
	for _, id := range dead {
		if err := s.inTx(ctx, func(tx *sql.Tx) error { return s.recover(ctx, tx, id) }); err != nil {
			return err
		}
	}
	s.alone = true
	return nil
}

// recover takes over the claims of a worker that is no more. What its attempts have
// sent is not known, so the next ones have to look before they write.
func (s *Store) recover(ctx context.Context, tx *sql.Tx, worker string) error {
	keys, err := keysOf(ctx, tx, `
		UPDATE link SET worker = '', ambiguous = 1, due = CASE WHEN due < 0 THEN due ELSE $2 END
		WHERE worker = $1 RETURNING app, kind, subject`, worker, s.atOnce())
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE run SET worker = '' WHERE state = 'running' AND worker = $1", worker); err != nil {
		return err
	}
	return s.announce(ctx, tx, keys)
}

// Abandon gives a claim back whose attempt could not be recorded. What it has sent is
// not known.
func (s *Store) Abandon(ctx context.Context, claim provisioner.Claim) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE link SET worker = '', ambiguous = 1, due = CASE WHEN due < 0 THEN due ELSE $5 END
			WHERE app = $1 AND kind = $2 AND subject = $3 AND worker = $4`, claim.App, claim.Kind, claim.Subject, claim.Worker, s.atOnce())
		if err != nil {
			return err
		}
		return s.announce(ctx, tx, []provisioner.Key{claim.Key})
	})
}

// Leave ends a worker: the others need not wait to take over what it leaves undone.
func (s *Store) Leave(ctx context.Context, worker string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM worker WHERE id = $1", worker); err != nil {
			return err
		}
		return s.recover(ctx, tx, worker)
	})
}

// Listen tells the function given to [Store.OnDue] of every app once, and then of
// attempts that other processes make due, until ctx ends.
func (s *Store) Listen(ctx context.Context) error {
	for ctx.Err() == nil {
		err := s.listen(ctx)
		if ctx.Err() != nil {
			break
		}
		if !s.dialect.shared {
			return err
		}
		// The connection is lost: what was missed is told as soon as there is another.
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
	return nil
}

func (s *Store) listen(ctx context.Context) error {
	if s.dialect.shared {
		return s.listenPostgres(ctx)
	}
	if err := s.tellAll(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// tellAll tells this process to look at every app.
func (s *Store) tellAll(ctx context.Context) error {
	names, err := appNames(ctx, s.db)
	if err == nil && len(names) > 0 {
		s.tell(names...)
	}
	return err
}

// tell tells this process to look at apps, given as PostgreSQL sends them.
func (s *Store) tell(apps ...string) {
	if s.onDue == nil {
		return
	}
	var keys []provisioner.Key
	for _, name := range strings.Split(strings.Join(apps, ","), ",") {
		keys = append(keys, provisioner.Key{App: name})
	}
	s.onDue(keys)
}
