package provisioner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// An Audit says how far what an app holds differs from what it was known to hold.
type Audit struct {
	// Checked counts the resources that were compared, Drifted those that others have
	// changed, Restored those that are set back, Missing those that the app does not
	// have any more, Repaired those that are made again, LetGo those that are not, since
	// nobody is to have them, Foreign those that are nobody's here, and are left alone.
	Checked  int `json:"checked"`
	Drifted  int `json:"drifted"`
	Restored int `json:"restored"`
	Missing  int `json:"missing"`
	Repaired int `json:"repaired"`
	LetGo    int `json:"letGo,omitzero"`
	Foreign  int `json:"foreign"`
	// Open counts the resources of which something stays as others have left it.
	Open     int `json:"open"`
	Requests int `json:"requests"`
	// Warning says what the app as a whole seems to have been through, "" if nothing:
	// then nothing is set back.
	Warning string `json:"warning,omitzero"`
	// Of very many the first are named.
	Drifts    []Drift           `json:"drifts,omitempty"`
	Vanished  []Drift           `json:"vanished,omitempty"`
	Strangers []ForeignResource `json:"strangers,omitempty"`
	// Notes say what could not be found out.
	Notes []string `json:"notes,omitempty"`
}

// Good reports whether the app holds what it was given, or is about to.
func (a *Audit) Good() bool { return a.Open == 0 }

// Finding says in one line what is left for a person to look at, "" if nothing is.
func (a *Audit) Finding() string {
	switch {
	case a.Good():
		return ""
	case a.Warning != "":
		return a.Warning
	default:
		return fmt.Sprintf("of %d users and groups in the app, others have changed %d and removed %d", a.Checked, a.Drifted, a.Missing)
	}
}

// Failure says in one line why a run failed, "" if it did not.
func (r *Run) Failure() string {
	if r.State != RunFailed {
		return ""
	}
	return "the " + string(r.Kind) + " failed: " + strings.Join(strings.Fields(r.Error), " ")
}

// A FailingAudit is what is wrong with an app whose newest audit has failed.
type FailingAudit struct {
	// Since is when the first one failed of those that have since.
	Since time.Time
	// Failure is that of the newest.
	Failure string
}

// A Drift is what differs about one resource.
type Drift struct {
	Kind     Kind   `json:"kind"`
	ID       string `json:"id"`
	Name     string `json:"name,omitzero"`
	RemoteID string `json:"remoteId"`
	// Fields have what the app was known to hold as Old and what it holds as New.
	Fields []FieldChange `json:"fields,omitempty"`
	// Joined and Left are members that others have put into a group and taken out of
	// it, by directory id or, behind a blank, by the app's.
	Joined []string `json:"joined,omitempty"`
	Left   []string `json:"left,omitempty"`
	// Restore says that some of it is to be set back, or that it is to be made again.
	Restore bool `json:"restore,omitzero"`

	// partly says that some of it is not to be.
	partly    bool
	amendment Amendment
}

// An Amendment corrects what an app is known to hold, so that the next attempt makes
// up for the difference.
type Amendment struct {
	Key
	Lane Lane
	// Want is the count of changes that concerned the link, Had the one that the app had
	// caught up with; a link that has moved on is left alone.
	Want, Had int64
	// Gone says that the app has nothing of the subject any more, otherwise Acked is what
	// it has.
	Gone  bool
	Acked *scim.Object
	// Members are those of a group in place of HadMembers, nil for no change.
	HadMembers, Members map[string]string
}

// Audits is the part of the store that an audit needs.
type Audits interface {
	// Tied returns the works of the links that resources of an app are tied to.
	Tied(ctx context.Context, app string, kind Kind, remoteIDs []string) ([]*Work, error)
	// Amend corrects what an app is known to hold and makes an attempt due at once. It
	// returns how many links were amended.
	Amend(ctx context.Context, amendments []Amendment) (int, error)
	// Unaudited returns the apps that were pushed all and have had no audit since a
	// time, the one that has waited longest first.
	Unaudited(ctx context.Context, since time.Time) ([]string, error)
	// FailingAudits returns the apps whose newest audit has failed, by name.
	FailingAudits(ctx context.Context) (map[string]FailingAudit, error)
}

// maxNamed bounds what an audit names of each sort.
const maxNamed = 1000

// auditBatch is how many resources are compared at a time.
const auditBatch = 100

// StartAudit starts to compare what an app holds with what it is known to hold. Others'
// changes are reported, or set back where the settings say so. With repair, all are set
// back but those that the settings ignore, and resources that the app does not have any
// more are made again.
//
// The error is [ErrNotFound] for an app that does not exist, and [ErrConflict] for one
// that is being removed.
func (e *Engine) StartAudit(ctx context.Context, name, by string, repair bool) (*Run, error) {
	app, err := e.config.Store.App(ctx, name)
	if err != nil {
		return nil, err
	}
	if app.State == AppRemoving {
		return nil, app.syncable()
	}
	now := e.config.Now()
	return e.config.Store.StartRun(ctx, &Run{App: name, Kind: RunAudit, By: by, State: RunRunning, Started: now, Until: now, Repair: repair})
}

// audit carries out an audit from beginning to end.
func (e *Engine) audit(ctx context.Context, run *Run) error {
	app, err := e.config.Store.App(ctx, run.App)
	if err != nil {
		return err
	}
	run.Marked = 0 // another process may have begun before
	a := &auditor{engine: e, app: app, run: run, result: &Audit{}}
	var requests atomic.Int64
	if a.client, err = e.client(app, LaneGroups, func(scimclient.Exchange) { requests.Add(1) }); err == nil {
		err = a.do(ctx)
	}
	a.result.Requests = int(requests.Load())
	refused, isRefused := asRefused(err)
	switch {
	case errors.Is(err, ErrCancelled):
		return nil
	case isRefused && ctx.Err() == nil:
		run.State, run.Error = RunFailed, "the app could not be read: "+refused.Error()
		if err := e.refusedBy(ctx, app, err); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		run.State = RunDone
	}
	run.Finished, run.Audit, run.Ready = e.config.Now(), a.result, true
	if err := e.config.Store.SaveRun(ctx, run); !errors.Is(err, ErrCancelled) {
		return err
	}
	return nil
}

// drift returns what an audit does about an attribute: what the settings say of it, of
// what it is part of, or of all.
func (s *Settings) drift(f flat) DriftPolicy {
	for _, name := range []string{f.path, f.attribute} {
		for path, policy := range s.DriftOf {
			if strings.EqualFold(path, name) {
				return policy
			}
		}
	}
	if s.Drift == "" {
		return DriftReport
	}
	return s.Drift
}

// auditDue starts the audit that has been due longest, unless one is under way: audits
// take turns.
func (e *Engine) auditDue(ctx context.Context) error {
	names, err := e.config.Store.Unaudited(ctx, e.config.Now().Add(-auditEvery))
	if err != nil || len(names) == 0 {
		return err
	}
	_, err = e.StartAudit(ctx, names[0], "daily", false)
	return err
}

// auditEvery is how often an app is audited without being asked to.
const auditEvery = 24 * time.Hour
