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
	far := time.Date(2600, 1, 2, 3, 4, 5, 0, time.UTC)
	clock.Set(far)
	if reached := clock.Now(); reached.Before(far) || reached.After(far.Add(time.Minute)) {
		t.Errorf("a running clock set to %v shows %v", far, reached)
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

func TestClockEndsTokens(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Auth: mocktarget.Auth{
		Tokens:  []mocktarget.BearerToken{{Value: "for-a-day", Expires: noon.Add(24 * time.Hour)}},
		Clients: []mocktarget.OAuthClient{{ID: "app", Secret: "s3cret", Lifetime: time.Minute}},
	}}))
	clock := c.tenant().Clock()
	clock.Freeze()
	clock.Set(noon)
	fetched := c.do("POST", c.target.Origin()+"/oauth/token", "grant_type=client_credentials&client_id=app&client_secret=s3cret",
		"Authorization: ", "Content-Type: application/x-www-form-urlencoded").want(200)
	for _, step := range []struct {
		by           time.Duration
		token, value string
		status       int
	}{
		{0, "fetched", fetched.at("access_token").(string), 200}, {59 * time.Second, "fetched", fetched.at("access_token").(string), 200},
		{time.Second, "fetched", fetched.at("access_token").(string), 401},
		{0, "configured", "for-a-day", 200}, {24*time.Hour - time.Minute, "configured", "for-a-day", 401},
	} {
		clock.Advance(step.by)
		if r := c.do("GET", "/Users", "", "Authorization: Bearer "+step.value); r.status != step.status {
			t.Errorf("at %v the %s token gets %d, want %d", clock.Now(), step.token, r.status, step.status)
		}
	}
	clock.Set(noon)
	later := c.target.Server().Tenant("later")
	later.Clock().Set(noon.Add(48 * time.Hour))
	c.on(later).do("GET", "/Users", "", "Authorization: Bearer for-a-day").wantError(401, "", "expired")
	c.do("GET", "/Users", "", "Authorization: Bearer for-a-day").want(200)
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
