package provisioner

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A rehearsal takes the writes of an attempt in place of the app, and takes each for
// done: what an attempt would do is found by letting it do it.
type rehearsal struct {
	writes []Write
	// before is what the app was known to hold when the first write came.
	before *scim.Object
	// goodbye is what the app would lose, nil if nothing.
	goodbye *Goodbye
}

// rehearse records a write, if this is a rehearsal.
func (a *attempt) rehearse(w Write) bool {
	if a.rehearsal == nil {
		return false
	}
	if len(a.rehearsal.writes) == 0 {
		a.rehearsal.before = a.link.Acked.Clone()
	}
	a.rehearsal.writes = append(a.rehearsal.writes, w)
	return true
}

// rehearseCreate makes the link that a create would make.
func (a *attempt) rehearseCreate(w Write) bool {
	if !a.rehearse(w) {
		return false
	}
	a.own(unmade(a.link.Subject), OriginCreated)
	a.link.Acked = w.Acked
	maps.Copy(a.members, w.Add)
	return true
}

// unmade stands for the id that an app would give a subject's resource. No app gives
// an id that begins with a blank.
func unmade(subject string) string { return " " + subject }

func isUnmade(id string) bool { return strings.HasPrefix(id, " ") }

// rehearseLeave passes every goodbye but one that is held already: whether the guard
// holds them depends on how many there are.
func (a *attempt) rehearseLeave(g Goodbye) (given bool) {
	a.rehearsal.goodbye = &g
	if a.link.Decision == DecisionHold {
		a.settle(LinkHeld, a.work.Link.LastError)
		return false
	}
	return true
}

// errReadOnly is returned for a request that would change an app.
var errReadOnly = errors.New("a request that changes the app was about to be sent while nothing may be changed")

// A readOnly transport lets nothing through that could change anything.
type readOnly struct{ http.RoundTripper }

func (t readOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet {
		return nil, errReadOnly
	}
	return t.RoundTripper.RoundTrip(req)
}

// An aside is a store in which an app and its links can change without anybody else
// seeing it.
type aside struct {
	Store
	mu  sync.Mutex
	app *App
	// links are those that are other than in the store, with their members; owners
	// says whose the app's resources are.
	links   map[Key]Link
	members map[Key]map[string]string
	owners  map[Key]Key // by kind and remote id
}

func newAside(store Store, app *App) *aside {
	return &aside{Store: store, app: app, links: map[Key]Link{}, members: map[Key]map[string]string{}, owners: map[Key]Key{}}
}

// App returns the app as it is here.
func (s *aside) App(_ context.Context, _ string) (*App, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app := *s.app
	return &app, nil
}

// UpdateApp changes the app here.
func (s *aside) UpdateApp(_ context.Context, _ string, change func(*App)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.app)
	return nil
}

// LinkOf returns whose a resource is, here or in the store.
func (s *aside) LinkOf(ctx context.Context, app string, kind Kind, remoteID string) (Key, string, error) {
	s.mu.Lock()
	key, here := s.owners[Key{App: app, Kind: kind, Subject: remoteID}]
	s.mu.Unlock()
	if here {
		return key, remoteID, nil
	}
	return s.Store.LinkOf(ctx, app, kind, remoteID)
}

// Load returns the work of a link as it is here.
func (s *aside) Load(ctx context.Context, key Key) (*Work, error) {
	w, err := s.Store.Load(ctx, key)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.App.Learned, w.Blocked = s.app.Learned, false
	if l, here := s.links[key]; here {
		w.Link, w.AckedMembers = l, s.members[key]
	}
	if w.User != nil {
		if manager, here := s.links[Key{App: key.App, Kind: KindUser, Subject: w.User.Manager()}]; here {
			w.ManagerRemoteID = manager.RemoteID
		}
	}
	for i := range w.Members {
		m := &w.Members[i]
		if l, here := s.links[Key{App: key.App, Kind: KindUser, Subject: m.Subject}]; here {
			m.RemoteID, m.InUse = l.RemoteID, l.InUse()
		}
	}
	return w, nil
}

// Reserve takes a place in the row of requests. Where nothing can be written, nobody
// else is told.
func (s *aside) Reserve(ctx context.Context, app string, every time.Duration) (time.Duration, error) {
	wait, err := s.Store.Reserve(ctx, app, every)
	if err != nil && ctx.Err() == nil {
		return every, nil
	}
	return wait, err
}

// forget takes back what was recorded here of a link.
func (s *aside) forget(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.links, key)
	delete(s.members, key)
}

// keep records here what an attempt would have recorded in the store.
func (s *aside) keep(o *Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, learn := range o.Learn {
		learn(&s.app.Learned)
	}
	s.links[o.Link.Key], s.members[o.Link.Key] = o.Link, o.Members
	if o.Link.RemoteID != "" {
		s.owners[Key{App: o.Link.App, Kind: o.Link.Kind, Subject: o.Link.RemoteID}] = o.Link.Key
	}
}
