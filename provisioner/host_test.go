package provisioner_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// TestFaultClockJumps: the clock of the machine is set back or ahead while work waits.
// What is due stays due, what changes from then on is done at once, and nothing is done
// twice.
func TestFaultClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{-time.Hour, time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			t.Parallel()
			const users = 20
			r, m := staffed(t, users, provisioner.Settings{})
			m.fail(fault.Rule{Kind: fault.Status, Status: 500, Method: http.MethodPatch, Path: "/Users/" + r.link("u5").RemoteID, Times: -1})
			r.putUser(5, "b")
			r.until("one has failed", func() bool { return r.link("u5").State == provisioner.LinkFailing })
			must(t, r.engine.Pause(t.Context(), "app", ""))
			r.put(users/2, "b", nil) // waits, and the rest leave
			m.fail(fault.Rule{Kind: fault.Latency, Milliseconds: 20, Times: -1})
			must(t, r.engine.Resume(t.Context(), "app"))
			r.until("something is under way", func() bool { return r.claimed("app") > 0 })
			r.advance(jump, "app")
			r.put(users, "c", func(i int) bool { return i == 7 })
			r.putGroup("g", 0, users/2)
			r.settle("app")
			m.wantUsers(users, "c", func(i int) bool { return i != 7 })
			m.wantMembers("g", 0, users/2)
			for id, n := range m.made() {
				if n > 1 && id != "g" { // the group was gone for a moment
					t.Errorf("%s was made %d times", id, n)
				}
			}
		})
	}
}

// TestFaultClockWasAhead: who is disabled while the clock is ahead is deleted as long
// after the clock was set right as it takes otherwise, and not as much later.
func TestFaultClockWasAhead(t *testing.T) {
	const day = 24 * time.Hour
	storetest.Each(t, func(t *testing.T, database string) {
		r, m := newRig(t, rigConfig{database: database}), newMoody(t)
		r.connect("app", m, provisioner.Settings{Deprovision: provisioner.Deprovision{Deleted: provisioner.FarewellDelete}})
		r.put(3, "a", nil)
		r.settle("app")
		r.advance(300*day, "app")
		r.put(2, "a", nil)
		r.settle("app")
		m.wantUsers(3, "a", func(i int) bool { return i < 2 })
		r.advance(-300*day, "app")
		must(t, r.Sweep(t.Context()))
		if l := r.link("u2"); !l.DisabledAt.Equal(r.clock.Now()) || !l.DeleteAt.Equal(r.clock.Now().Add(30*day)) {
			t.Errorf("disabled on %s, to be deleted on %s, and it is %s", l.DisabledAt, l.DeleteAt, r.clock.Now())
		}
		r.advance(30*day-time.Minute, "app")
		must(t, r.Sweep(t.Context()))
		r.settle("app")
		m.wantUsers(3, "a", func(i int) bool { return i < 2 })
		r.advance(2*time.Minute, "app")
		r.until("the account is deleted", func() bool { return len(m.tenant.Resources("User")) == 2 })
		m.wantUsers(2, "a", nil)
	})
}

// TestFaultDiskFull: the disk of the database is full for a while. A change that cannot
// be kept is refused, an attempt that cannot be recorded does not lead to a flood of
// further ones, and afterwards all goes on, without an account made twice.
func TestFaultDiskFull(t *testing.T) {
	const users = 20
	m := newMoody(t)
	m.seedForeign()
	db, err := sql.Open("sqlite", store.SQLiteDSN(storetest.SQLite(t)))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	r := newRig(t, rigConfig{db: db, engine: quick(), realTime: true})
	r.connect("app", m, provisioner.Settings{})
	r.put(users/2, "a", nil)
	r.settle("app")
	m.tenant.ClearJournal()
	grow := r.fill()
	refused := 0
	for i := range users {
		err := r.PutUser(t.Context(), titled(t, i, strings.Repeat("b", 2000), true))
		if err != nil {
			refused++
			if !strings.Contains(err.Error(), "full") {
				t.Errorf("the change of u%d is refused with %v", i, err)
			}
		}
		user, gotErr := r.User(t.Context(), fmt.Sprint("u", i))
		if kept := gotErr == nil && user.Attributes.String("title") != "a"; kept != (err == nil) {
			t.Errorf("the change of u%d was answered %v, and kept: %t", i, err, kept)
		}
	}
	if refused == 0 || refused == users {
		t.Fatalf("%d of %d changes were refused: the disk is not what it should be", refused, users)
	}
	r.until("some attempts were made", func() bool { return len(m.requests()) > 0 })
	time.Sleep(2 * time.Second) // for more of them, were nothing to hold them back
	if n := len(m.requests()); n > 4*users {
		t.Errorf("%d requests were sent whose outcome could not be recorded", n)
	}
	grow()
	r.put(users, "c", nil)
	r.settle("app")
	m.wantUsers(users, "c", nil)
	for id, n := range m.made() {
		if n > 1 {
			t.Errorf("%s was made %d times", id, n)
		}
	}
}

// fill leaves the database without room to grow, on every connection to it, until it is
// undone.
func (r *rig) fill() (undo func()) {
	r.t.Helper()
	limit := func(pages string) {
		r.t.Helper()
		var connections []*sql.Conn
		for range r.DB().Stats().MaxOpenConnections {
			c, err := r.DB().Conn(r.t.Context())
			must(r.t, err)
			connections = append(connections, c)
		}
		for _, c := range connections {
			var got int
			must(r.t, c.QueryRowContext(r.t.Context(), "PRAGMA max_page_count = "+pages).Scan(&got))
			must(r.t, c.Close())
		}
	}
	limit("1") // it is never less than there are
	return func() { limit("1000000") }
}
