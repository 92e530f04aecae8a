package provisioner

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// PlanVersion is the version of the form of a [SyncPlan].
const PlanVersion = 1

// A SyncPlan is what a sync would do to an app, found without doing any of it. It can
// be kept in a file, and applied as long as the world is as it was.
type SyncPlan struct {
	Version  int       `json:"version"`
	App      string    `json:"app"`
	Endpoint string    `json:"endpoint"`
	Made     time.Time `json:"made"`
	// Settings is a hash of how the app is connected, but for the token.
	Settings string `json:"settings"`
	// Changes are what would be done, users before groups.
	Changes []Change `json:"changes"`
	// Foreign are the app's resources that are nobody's here, and stay as they are.
	Foreign []ForeignResource `json:"foreign"`
	// Unchanged counts the users and groups that the app holds as it should.
	Unchanged int `json:"unchanged"`
	// Requests is how many requests the sync would make, Estimate how long they would
	// take, in milliseconds.
	Requests int   `json:"requests"`
	Estimate int64 `json:"estimateMs"`
	// Notes say what could not be found out.
	Notes []string `json:"notes,omitempty"`
}

// A Change is what a sync would do to one user or group.
type Change struct {
	Kind Kind `json:"kind"`
	// ID is the directory's id, Name what people call it.
	ID   string `json:"id"`
	Name string `json:"name,omitzero"`
	// Action is what would be done; none if nothing can be done, see Problem.
	Action   Action `json:"action"`
	RemoteID string `json:"remoteId,omitzero"`
	// Reason says why somebody would lose something.
	Reason string `json:"reason,omitzero"`
	// Held says why the guard would hold it back, Problem what stands in its way.
	Held    string `json:"held,omitzero"`
	Problem string `json:"problem,omitzero"`
	// Fields are the attributes that would change, Joins and Leaves the members, by
	// directory id or, behind a blank, by the app's.
	Fields   []FieldChange `json:"fields,omitempty"`
	Joins    []string      `json:"joins,omitempty"`
	Leaves   []string      `json:"leaves,omitempty"`
	Requests int           `json:"requests,omitzero"`
	// Basis says what the change follows from.
	Basis Basis `json:"basis"`
}

// A FieldChange is what would become of one attribute. A value that is not there is
// left out.
type FieldChange struct {
	Path string          `json:"path"`
	Old  json.RawMessage `json:"old,omitempty"`
	New  json.RawMessage `json:"new,omitempty"`
}

// A Basis holds hashes of what a change follows from: what the directory wants, what
// the app was known to hold, and what it was seen to hold.
type Basis struct {
	Desired string `json:"desired"`
	Acked   string `json:"acked,omitzero"`
	Remote  string `json:"remote,omitzero"`
}

// A ForeignResource is a resource of an app that is nobody's here.
type ForeignResource struct {
	Kind       Kind   `json:"kind"`
	RemoteID   string `json:"remoteId"`
	Name       string `json:"name,omitzero"`
	ExternalID string `json:"externalId,omitzero"`
}

// Key names the link that would change.
func (c *Change) Key(app string) Key { return Key{App: app, Kind: c.Kind, Subject: c.ID} }

// Counts counts the changes of a kind by what would be done, those that would be held
// or that cannot be made apart.
func (p *SyncPlan) Counts(kind Kind) (done map[Action]int, held, stuck int) {
	done = map[Action]int{}
	for i := range p.Changes {
		switch c := &p.Changes[i]; {
		case c.Kind != kind:
		case c.Held != "":
			held++
		case c.Problem != "" && c.Requests == 0:
			stuck++
		default:
			done[c.Action]++
		}
	}
	return done, held, stuck
}

// ReadPlan reads a plan from the file that it is kept in. The error says what is wrong
// with it.
func ReadPlan(data []byte) (*SyncPlan, error) {
	var p SyncPlan
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("it is not a plan: %w", err)
	}
	switch {
	case p.Version == 0 || p.App == "":
		return nil, fmt.Errorf("it is not a plan: make one with scimwright plan --out")
	case p.Version != PlanVersion:
		return nil, fmt.Errorf("it is a plan of version %d, and this program takes version %d: make it again", p.Version, PlanVersion)
	}
	for i := range p.Changes {
		for j := range p.Changes[i].Fields {
			f := &p.Changes[i].Fields[j]
			f.Old, f.New = compact(f.Old), compact(f.New)
		}
	}
	return &p, nil
}

// compact undoes what laying out a file has done to a value.
func compact(v json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, v) != nil {
		return v
	}
	return b.Bytes()
}

// A MovedError says that a plan was not applied since the world is not as it was when
// the plan was made. Nothing was changed.
type MovedError struct {
	// What says what has moved, one sentence each.
	What []string
}

func (e *MovedError) Error() string {
	most := min(len(e.What), 10)
	text := strings.Join(e.What[:most], "; ")
	if n := len(e.What) - most; n > 0 {
		text += fmt.Sprintf("; and %d more", n)
	}
	return "the world has moved since the plan was made: " + text
}

// Moved says in what a plan that is made now differs from one that was made before,
// and through what. It returns nothing if the two do the same.
func (p *SyncPlan) Moved(now *SyncPlan) []string {
	if p.App != now.App || scimclient.NormalEndpoint(p.Endpoint) != scimclient.NormalEndpoint(now.Endpoint) {
		return []string{fmt.Sprintf("the plan is for the app %q at %s, not for %q at %s", p.App, p.Endpoint, now.App, now.Endpoint)}
	}
	var what []string
	if p.Settings != now.Settings {
		what = append(what, "the settings of the app have changed")
	}
	current := map[Key]*Change{}
	for i := range now.Changes {
		current[now.Changes[i].Key(now.App)] = &now.Changes[i]
	}
	for i := range p.Changes {
		planned := &p.Changes[i]
		key := planned.Key(p.App)
		if moved := planned.moved(current[key]); moved != "" {
			what = append(what, moved)
		}
		delete(current, key)
	}
	for i := range now.Changes {
		if c := &now.Changes[i]; current[c.Key(now.App)] != nil {
			what = append(what, fmt.Sprintf("%s is to change and is not in the plan", c.who()))
		}
	}
	return what
}

func (c *Change) who() string {
	who := strings.ToLower(string(c.Kind)) + " " + c.ID
	if c.Name != "" && c.Name != c.ID {
		who += " (" + c.Name + ")"
	}
	return who
}

// moved says what a change that was planned has become, "" if it is the same.
func (c *Change) moved(now *Change) string {
	switch {
	case now == nil:
		return c.who() + " is not to change any more"
	case c.Basis.Desired != now.Basis.Desired:
		return "the directory has changed about " + c.who()
	case c.Basis.Acked != now.Basis.Acked:
		return "another sync has changed " + c.who()
	case c.Basis.Remote != now.Basis.Remote:
		return c.who() + " was changed in the app"
	case !c.equal(now):
		return "something else is to be done about " + c.who()
	default:
		return ""
	}
}

// equal reports whether two changes do the same.
func (c *Change) equal(other *Change) bool {
	return c.Action == other.Action && c.RemoteID == other.RemoteID &&
		(c.Held == "") == (other.Held == "") && (c.Problem == "") == (other.Problem == "") &&
		slices.Equal(c.Joins, other.Joins) && slices.Equal(c.Leaves, other.Leaves) &&
		slices.EqualFunc(c.Fields, other.Fields, func(a, b FieldChange) bool {
			return a.Path == b.Path && bytes.Equal(a.Old, b.Old) && bytes.Equal(a.New, b.New)
		})
}

// fingerprint returns a short hash of values that can be written as JSON.
func fingerprint(values ...any) string {
	h := sha256.New()
	e := json.NewEncoder(h)
	for _, v := range values {
		_ = e.Encode(v) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
