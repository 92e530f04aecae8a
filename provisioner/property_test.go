package provisioner_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// stories is the environment variable that says how many stories are told, instead of a
// dozen. The name of a test that fails has the seed: -run TestWhateverHappens/seed=7$
// tells that story again. It goes the same way, but for what happens at the same time.
const stories = "SCIMWRIGHT_TEST_STORIES"

// TestWhateverHappens lets a directory change at random while the app goes wrong at
// random and the engine dies at random. When the faults end, the app holds exactly the
// directory; everything was made once, and what belongs to others is as it was.
func TestWhateverHappens(t *testing.T) {
	n := 12
	if value := os.Getenv(stories); value != "" {
		var err error
		if n, err = strconv.Atoi(value); err != nil {
			t.Fatalf("%s: %v", stories, err)
		}
	}
	for seed := range n {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			s := newStory(t, uint64(seed))
			for range 60 {
				s.step()
			}
			s.end()
		})
	}
}

// A story is a directory, an app and an engine, and what should come of them.
type story struct {
	t        *testing.T
	random   *rand.Rand
	database string
	app      *moody
	rig      *rig
	dying    *atomic.Bool // nothing the engine does is recorded any more

	users  [15]person
	groups [4]map[int]bool // nil for one that is not there
}

// A person is what the directory says of a user.
type person struct {
	title                     int
	present, active, vanished bool
}

var errDying = errors.New("the process is dying")

// A dyingStore is how the store looks to an engine that may die between what it does
// and its recording.
type dyingStore struct {
	provisioner.Store
	dying *atomic.Bool
}

func (s dyingStore) Finish(ctx context.Context, worker string, o *provisioner.Outcome) error {
	if s.dying.Load() {
		return errDying
	}
	return s.Store.Finish(ctx, worker, o)
}

func newStory(t *testing.T, seed uint64) *story {
	t.Helper()
	s := &story{t: t, random: rand.New(rand.NewPCG(seed, 7)), database: storetest.SQLite(t), app: newMoody(t)}
	s.app.seedForeign()
	s.start()
	s.rig.connect("app", s.app, provisioner.Settings{})
	return s
}

// start starts the engine, for the first time or after it has died.
func (s *story) start() {
	config := quick()
	config.Timeout = 200 * time.Millisecond
	s.dying = new(atomic.Bool)
	s.rig = newRig(s.t, rigConfig{database: s.database, engine: config, realTime: true, wrap: func(real provisioner.Store) provisioner.Store {
		return dyingStore{real, s.dying}
	}})
}

// die ends the engine without a word: what is under way is not recorded.
func (s *story) die() {
	s.t.Log("the engine dies")
	s.dying.Store(true)
	time.Sleep(time.Duration(s.random.IntN(20)) * time.Millisecond)
	s.rig.stop()
	s.start()
}

// step lets one thing happen.
func (s *story) step() {
	i, g := s.random.IntN(len(s.users)), s.random.IntN(len(s.groups))
	switch p := s.random.IntN(40); {
	case p < 16:
		s.putUser(i)
	case p < 18:
		s.deleteUser(i)
	case p < 26:
		s.putGroup(g)
	case p < 27:
		s.deleteGroup(g)
	case p < 33:
		s.app.fail(s.mishaps()...)
	case p < 35:
		s.app.fail()
	case p < 36:
		s.die()
	case p < 37:
		s.vanish(i)
	case p < 38:
		s.app.fail(fault.Rule{Kind: fault.Status, Status: 401, Times: 3})
	case p < 39:
		s.sync()
	default:
		time.Sleep(time.Duration(s.random.IntN(60)) * time.Millisecond)
	}
}

func (s *story) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) putUser(i int) {
	u := &s.users[i]
	u.title++
	u.present, u.active = true, s.random.IntN(4) > 0
	s.t.Logf("u%d is %+v", i, *u)
	s.check(s.rig.PutUser(s.t.Context(), titled(s.t, i, fmt.Sprint(u.title), u.active)))
}

func (s *story) deleteUser(i int) {
	if !s.users[i].present {
		return
	}
	s.users[i].present, s.users[i].active = false, false
	s.t.Logf("u%d leaves", i)
	for _, members := range s.groups {
		delete(members, i)
	}
	s.check(s.rig.DeleteUser(s.t.Context(), fmt.Sprint("u", i)))
}

// putGroup makes a group, or gives it other members.
func (s *story) putGroup(g int) {
	members := map[int]bool{}
	group := provisioner.Group{ID: fmt.Sprint("g", g), Attributes: attributes(s.t, `{"displayName": "group %d"}`, g)}
	for i, u := range s.users {
		if u.present && s.random.IntN(2) == 0 {
			members[i] = true
			group.Members = append(group.Members, fmt.Sprint("u", i))
		}
	}
	s.groups[g] = members
	s.t.Logf("g%d has the members %v", g, group.Members)
	s.check(s.rig.PutGroup(s.t.Context(), group))
}

func (s *story) deleteGroup(g int) {
	if s.groups[g] == nil {
		return
	}
	s.groups[g] = nil
	s.t.Logf("g%d is dissolved", g)
	s.check(s.rig.DeleteGroup(s.t.Context(), fmt.Sprint("g", g)))
}

// sync begins to push everything, unless that goes on already.
func (s *story) sync() {
	s.t.Log("a sync begins")
	if _, err := s.rig.engine.StartSync(s.t.Context(), "app", "story", time.Second); err != nil && !errors.As(err, new(*provisioner.ProbeError)) {
		s.t.Fatal(err)
	}
}

// vanish has somebody delete an account in the app, and then the directory change it.
// The second time that would be for a person to look into.
func (s *story) vanish(i int) {
	u := &s.users[i]
	if u.vanished || !u.present {
		return
	}
	for _, r := range s.app.tenant.Resources("User") {
		if r.ExternalID() == fmt.Sprint("u", i) {
			s.t.Logf("the account of u%d vanishes", i)
			u.vanished = true
			s.check(s.app.tenant.Data().Delete(s.t.Context(), "User", r.ID()))
			s.putUser(i)
		}
	}
}

// mishaps are ways for the app to go wrong from now on.
func (s *story) mishaps() (rules []fault.Rule) {
	kinds := []fault.Rule{
		{Kind: fault.Status, Status: 429}, {Kind: fault.Status, Status: 500}, {Kind: fault.Status, Status: 503},
		{Kind: fault.HTML}, {Kind: fault.HTML, Status: 200}, {Kind: fault.Redirect, Location: "http://127.0.0.1:1"},
		{Kind: fault.Reset}, {Kind: fault.Drop}, {Kind: fault.Truncate}, {Kind: fault.Hang},
		{Kind: fault.Latency, Milliseconds: 30},
	}
	for range 1 + s.random.IntN(2) {
		rule := kinds[s.random.IntN(len(kinds))]
		rule.Probability, rule.Seed, rule.Times = 0.1+0.5*s.random.Float64(), s.random.Uint64(), -1
		// An app that has done what it was asked for may lose the answer or break
		// down, but does not ask to come back later.
		rule.Applied = rule.Status != 429 && rule.Kind != fault.Redirect && s.random.IntN(2) == 0
		rules = append(rules, rule)
	}
	return rules
}

// end lets all go well and compares the app with the directory.
func (s *story) end() {
	s.t.Helper()
	s.app.fail()
	s.rig.patiently()
	accounts, names, twice := map[string]string{}, map[string]string{}, map[string]int{}
	foreign, made := false, s.app.made()
	for _, u := range s.app.tenant.Resources("User") {
		if u.ID() == s.app.foreign.ID() {
			foreign = scim.Equal(u, s.app.foreign)
			continue
		}
		active, _ := u.Bool("active")
		accounts[u.ExternalID()] = fmt.Sprintf("title %s, active %t", u.String("title"), active)
		names[u.ID()] = u.ExternalID()
		twice[u.ExternalID()]++
	}
	if !foreign {
		s.t.Error("somebody else's account is not what it was")
	}
	for i, u := range s.users {
		id := fmt.Sprint("u", i)
		has, there := accounts[id]
		switch {
		case twice[id] > 1:
			s.t.Errorf("%s has %d accounts", id, twice[id])
		case made[id] > 1 && !u.vanished || made[id] > 2:
			s.t.Errorf("%s was made %d times", id, made[id])
		case u.present && (there || u.active) && has != fmt.Sprintf("title %d, active %t", u.title, u.active):
			s.t.Errorf("%s has %q, want title %d, active %t", id, has, u.title, u.active)
		case !u.present && there && has[len(has)-5:] != "false":
			s.t.Errorf("%s has left and has %q", id, has)
		}
	}
	s.checkGroups(names)
	if s.t.Failed() {
		s.tell()
	}
}

// tell logs what the app was asked, and what has become of the links.
func (s *story) tell() {
	for _, e := range s.app.tenant.Journal() {
		s.t.Logf("%s %s %.300s was answered %d %s", e.Request.Method, strings.TrimPrefix(e.Request.URL, "/scim/v2"), e.Request.Body, e.Response.Status, e.Fault)
	}
	for _, l := range s.rig.links("app") {
		s.t.Logf("%s is %s %q, remote %s, origin %s", l.Key, l.State, l.LastError, l.RemoteID, l.Origin)
	}
}

func (s *story) checkGroups(names map[string]string) {
	s.t.Helper()
	held := map[string][]string{}
	for _, g := range s.app.tenant.Resources("Group") {
		if _, twice := held[g.ExternalID()]; twice {
			s.t.Errorf("the group %s is there twice", g.ExternalID())
		}
		members := []string{}
		for _, m := range g.Array("members") {
			members = append(members, names[m.(*scim.Object).String("value")])
		}
		slices.Sort(members)
		held[g.ExternalID()] = members
	}
	for g, want := range s.groups {
		id := fmt.Sprint("g", g)
		has, there := held[id]
		members := []string{}
		for i := range want {
			// Somebody who never was active has no account to be a member with.
			if slices.Contains(has, fmt.Sprint("u", i)) || s.users[i].active {
				members = append(members, fmt.Sprint("u", i))
			}
		}
		slices.Sort(members)
		if there != (want != nil) || there && !slices.Equal(has, members) {
			s.t.Errorf("group %s has %q (there: %t), want %q", id, has, there, members)
		}
	}
}
