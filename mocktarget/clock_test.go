package mocktarget_test

import (
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

// noon is when the clocks of tests stand still.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func TestClock(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	clock := tenant.Clock()
	if now := clock.Now(); time.Since(now).Abs() > time.Hour {
		t.Errorf("a new tenant's clock shows %v", now)
	}
	clock.Set(noon)
	if moved := clock.Now(); moved.Before(noon) || moved.After(noon.Add(time.Minute)) || clock.State().Frozen {
		t.Errorf("a running clock set to noon shows %v", moved)
	}
	clock.Freeze()
	clock.Set(noon)
	equal(t, "state", clock.State(), mocktarget.ClockState{Now: noon, Frozen: true})

	made := c.createUser("ann")
	equal(t, "created", made.at("meta", "created"), "2026-03-04T12:00:00.000Z")
	clock.Advance(90 * time.Minute)
	title := c.do("PATCH", "/Users/"+made.id(), patchBody(`{"op":"add","path":"title","value":"x"}`)).want(200)
	equal(t, "created", title.at("meta", "created"), "2026-03-04T12:00:00.000Z")
	equal(t, "lastModified", title.at("meta", "lastModified"), "2026-03-04T13:30:00.000Z")
	equal(t, "found", c.filter("/Users", `meta.lastModified gt "2026-03-04T13:00:00Z"`).want(200).at("totalResults"), 1)
	equal(t, "times in the journal", tenant.Journal()[1].Time, noon.Add(90*time.Minute))
	if wall := tenant.Journal()[1].Wall; time.Since(wall).Abs() > time.Hour {
		t.Errorf("the wall clock in the journal shows %v", wall)
	}
	clock.Advance(-time.Hour)
	equal(t, "time", clock.Now(), noon.Add(30*time.Minute))
	clock.Run()
	if ticking := clock.State(); ticking.Frozen || ticking.Now.Before(noon.Add(30*time.Minute)) {
		t.Errorf("a clock that runs again shows %v", ticking)
	}
	if another := c.target.Server().Tenant("other").Clock().Now(); time.Since(another).Abs() > time.Hour {
		t.Errorf("another tenant's clock shows %v", another)
	}
}

func TestClockEndsCursors(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Limits: mocktarget.Limits{CursorTimeout: time.Minute}}))
	c.tenant().Clock().Freeze()
	c.createUser("ann")
	c.createUser("bob")
	cursor := c.do("GET", "/Users?cursor&count=1", "").want(200).at("nextCursor").(string)
	c.tenant().Clock().Advance(time.Minute)
	c.do("GET", "/Users?count=1&cursor="+cursor, "").want(200)
	c.tenant().Clock().Advance(time.Millisecond)
	c.do("GET", "/Users?count=1&cursor="+cursor, "").wantError(400, "expiredCursor")
}

func TestClockIsSafe(t *testing.T) {
	c := start(t)
	clock := c.tenant().Clock()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				clock.Freeze()
				clock.Advance(time.Second)
				clock.Now()
				clock.Run()
			}
		})
	}
	all.Wait()
	if ahead := time.Until(clock.Now()); ahead < 1500*time.Second || ahead > 1700*time.Second {
		t.Errorf("after 1600 advances of a second the clock is ahead by %v", ahead)
	}
}
