package provisioner

import (
	"fmt"
	"slices"
	"time"
)

// Settings say how one app is provisioned. This is the one place where all of them
// and their defaults are listed; the zero Settings are the defaults.
type Settings struct {
	// Preset names an app, or a way of apps, whose known peculiarities apply, such as
	// "aws-identity-center". What the app itself has shown and the settings below
	// come before it. Empty means an app that follows the RFC.
	Preset string `json:"preset,omitzero"`
	// Scope says who has access to the app. Default: everybody.
	Scope Scope `json:"scope,omitzero"`
	// Groups says which groups the app is given; SelectedGroups are the directory ids
	// of those that "selected" means. Default: what the preset says, or else auto.
	Groups         GroupPolicy `json:"groups,omitzero"`
	SelectedGroups []string    `json:"selectedGroups,omitempty"`
	// Authoritative takes members out of a group that the directory does not have in
	// it, whenever they are seen. Default: members that others have put there stay.
	Authoritative bool `json:"authoritative,omitzero"`
	// Mapping makes the attributes that the app is given of a user. Default: what the
	// preset says, or else all of the directory's, as they are.
	Mapping []MappingRule `json:"mapping,omitempty"`
	// Adopt says what becomes of an account that the app already has under the name
	// of somebody in the directory. Default: it is taken over.
	Adopt AdoptPolicy `json:"adopt,omitzero"`
	// CreateDisabled makes accounts also for people who are disabled. Default: they
	// get none.
	CreateDisabled bool `json:"createDisabled,omitzero"`
	// Start says when changes begin to reach a new app by themselves. Default: with its
	// first sync, so that the plan can be looked at before; or at once if there is
	// nothing to plan, since nobody in the directory has access to it yet.
	Start StartPolicy `json:"start,omitzero"`
	// Deprovision says what becomes of the account of somebody who is disabled, loses
	// access or leaves.
	Deprovision Deprovision `json:"deprovision,omitzero"`
	// Guard holds back mass disabling and deleting.
	Guard Guard `json:"guard,omitzero"`
	// Pins are directory ids of people whose account is never disabled or deleted,
	// such as the app's last administrator.
	Pins []string `json:"pins,omitempty"`
	// Drift says what an audit does about attributes that somebody changed in the
	// app. Default: it reports them.
	Drift DriftPolicy `json:"drift,omitzero"`
	// DriftOf says it for single attributes, or parts of them, such as "title",
	// "name.givenName" and "members". Default: as for all.
	DriftOf map[string]DriftPolicy `json:"driftOf,omitempty"`
	// Capabilities are what an administrator knows of the app. What the app has
	// shown comes before it.
	Capabilities map[Capability]string `json:"capabilities,omitempty"`
	// Concurrency is how many requests are in flight at a time at the most. Default:
	// 16.
	Concurrency int `json:"concurrency,omitzero"`
	// Rate is how many requests are sent in a second at the most, by all processes
	// together. Default: as many as the app answers.
	Rate float64 `json:"rate,omitzero"`
	// TokenExpires is when the app stops to accept the token, for an [Alert] to be raised
	// in time. Default: it is not known to.
	TokenExpires time.Time `json:"tokenExpires,omitzero"`
	// PrivateNetwork lets the endpoint be in a private network or on this machine.
	// Default: allowed only where the whole service allows it.
	PrivateNetwork bool `json:"privateNetwork,omitzero"`
}

// A Scope says who has access to an app.
type Scope struct {
	// Groups are directory ids: their members, and those of the groups in them, have
	// access. Empty means everybody, unless Nobody is set.
	Groups []string `json:"groups,omitempty"`
	// Nobody takes access away from everybody.
	Nobody bool `json:"nobody,omitzero"`
}

// Everybody reports whether all of the directory has access.
func (s Scope) Everybody() bool { return !s.Nobody && len(s.Groups) == 0 }

// A GroupPolicy says which groups an app is given.
type GroupPolicy string

// The group policies.
const (
	// GroupsAuto pushes all groups as long as the app has a Groups endpoint.
	GroupsAuto GroupPolicy = "auto"
	// GroupsOff never touches groups.
	GroupsOff GroupPolicy = "off"
	// GroupsSelected pushes the selected groups only.
	GroupsSelected GroupPolicy = "selected"
)

// An AdoptPolicy says what becomes of an account that the app already has under the
// name of somebody in the directory, and that belongs to nobody else.
type AdoptPolicy string

// The adopt policies.
const (
	// AdoptAlways takes it over.
	AdoptAlways AdoptPolicy = "always"
	// AdoptReview leaves it to a person: the link is in need of review until somebody
	// adopts or ignores the account.
	AdoptReview AdoptPolicy = "review"
)

// A StartPolicy says when changes begin to reach a new app by themselves.
type StartPolicy string

// The start policies.
const (
	// StartAuto is with the first sync, or at once if nobody has access yet.
	StartAuto StartPolicy = "auto"
	// StartReview is with the first sync in any case.
	StartReview StartPolicy = "review"
	// StartAtOnce is when the app is connected. Who was in the directory before waits
	// for a sync all the same.
	StartAtOnce StartPolicy = "at-once"
)

// starts reports whether changes reach a new app by themselves before any sync; anybody
// says whether the directory has somebody for it.
func (s *Settings) starts(anybody bool) bool {
	switch s.Start {
	case StartReview:
		return false
	case StartAtOnce:
		return true
	default:
		return !anybody
	}
}

// Deprovision says what becomes of an account. Each field's empty value is the
// default that it names.
type Deprovision struct {
	// Disabled: the person is disabled in the directory. Default: disable, groups
	// stay.
	Disabled Farewell `json:"disabled,omitzero"`
	// NoAccess: the person has lost access to the app. Default: disable, then leave
	// the groups.
	NoAccess Farewell `json:"noAccess,omitzero"`
	// Deleted: the person has left the directory. Default: disable.
	Deleted Farewell `json:"deleted,omitzero"`
	// Groups: a group has left the directory or is not given to the app any more.
	// Default: one that was made here is deleted, one that was there before loses the
	// members that it was given. [FarewellUnlink] leaves it as it is. In an app that does
	// not let it be deleted it loses all of its members at once, and a person decides
	// what becomes of it.
	Groups Farewell `json:"groups,omitzero"`
	// GraceDays is how many days a disabled account is kept before [FarewellDelete]
	// deletes it. Zero means 30; less than zero deletes at once.
	GraceDays int `json:"graceDays,omitzero"`
}

// A Farewell is what becomes of an account.
type Farewell string

// The farewells.
const (
	// FarewellDisable sets active to false and keeps the memberships.
	FarewellDisable Farewell = "disable"
	// FarewellStrip disables and then takes the account out of its groups.
	FarewellStrip Farewell = "strip"
	// FarewellDelete disables, and deletes the account after the grace period. In an app
	// that does not let it be deleted it is disabled, and a person is told.
	FarewellDelete Farewell = "delete"
	// FarewellUnlink leaves the account alone and forgets it.
	FarewellUnlink Farewell = "unlink"
	// FarewellRelease does the same once it has taken the externalId off the account, so
	// that nothing says any more whose it is.
	FarewellRelease Farewell = "release"
)

// leaves reports whether an account stays as it is, for whoever it belongs to then.
func (f Farewell) leaves() bool { return f == FarewellUnlink || f == FarewellRelease }

// A Guard holds back disabling and deleting beyond a limit within an hour, the
// larger of the two numbers, until somebody approves or rejects it; see [App.Hold]
// for what else it holds back. One person who leaves is not held up by others that
// are held.
type Guard struct {
	// Max is how many accounts and groups may go. Zero means 5.
	Max int `json:"max,omitzero"`
	// Percent is how many of a hundred managed accounts may go. Zero means 10.
	Percent int `json:"percent,omitzero"`
	// Off lets any number go, as long as the directory is trusted.
	Off bool `json:"off,omitzero"`
}

// A DriftPolicy says what an audit does about what somebody changed in the app.
type DriftPolicy string

// The drift policies.
const (
	// DriftReport lists it.
	DriftReport DriftPolicy = "report"
	// DriftEnforce sets it back.
	DriftEnforce DriftPolicy = "enforce"
	// DriftIgnore leaves it to the app.
	DriftIgnore DriftPolicy = "ignore"
)

// Validate returns an error that says what to change if the settings make no sense.
func (s *Settings) Validate() error {
	if err := oneOf("groups", s.Groups, "", GroupsAuto, GroupsOff, GroupsSelected); err != nil {
		return err
	}
	if err := oneOf("adopt", s.Adopt, "", AdoptAlways, AdoptReview); err != nil {
		return err
	}
	if err := oneOf("start", s.Start, "", StartAuto, StartReview, StartAtOnce); err != nil {
		return err
	}
	for name, policy := range s.DriftOf {
		if err := oneOf("driftOf "+name, policy, DriftReport, DriftEnforce, DriftIgnore); err != nil {
			return err
		}
	}
	if err := oneOf("drift", s.Drift, "", DriftReport, DriftEnforce, DriftIgnore); err != nil {
		return err
	}
	for name, farewell := range map[string]Farewell{
		"deprovision.disabled": s.Deprovision.Disabled, "deprovision.noAccess": s.Deprovision.NoAccess, "deprovision.deleted": s.Deprovision.Deleted,
	} {
		if err := oneOf(name, farewell, "", FarewellDisable, FarewellStrip, FarewellDelete, FarewellUnlink, FarewellRelease); err != nil {
			return err
		}
	}
	if _, err := s.blueprint(); err != nil {
		return err
	}
	if err := oneOf("deprovision.groups", s.Deprovision.Groups, "", FarewellDelete, FarewellUnlink); err != nil {
		return err
	}
	switch {
	case s.Groups == GroupsSelected && len(s.SelectedGroups) == 0:
		return fmt.Errorf("groups is %q: name them in selectedGroups", GroupsSelected)
	case s.Groups != GroupsSelected && len(s.SelectedGroups) > 0:
		return fmt.Errorf("selectedGroups are named: set groups to %q", GroupsSelected)
	case s.Scope.Nobody && len(s.Scope.Groups) > 0:
		return fmt.Errorf("scope names groups and nobody: leave one of them out")
	case s.Guard.Max < 0 || s.Guard.Percent < 0 || s.Guard.Percent > 100:
		return fmt.Errorf("guard: max must not be negative and percent from 0 to 100")
	case s.CreateDisabled && (s.Deprovision.Disabled == FarewellDelete || s.Deprovision.Disabled.leaves()):
		return fmt.Errorf("createDisabled makes accounts for people who are disabled, and deprovision.disabled takes them away: leave one of them out")
	case s.Concurrency < 0 || s.Rate < 0:
		return fmt.Errorf("concurrency and rate must not be negative")
	}
	for name, value := range s.Capabilities {
		if err := name.Check(value); err != nil {
			return err
		}
	}
	return nil
}

func oneOf[T ~string](name string, value T, allowed ...T) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s is %q: use one of %q", name, value, allowed[1:])
}

// The defaults, where zero means one.

func (s *Settings) groups() GroupPolicy {
	if s.Groups != "" {
		return s.Groups
	}
	if preset, err := PresetOf(s.Preset); err == nil && preset.Groups != "" {
		return preset.Groups
	}
	return GroupsAuto
}

// keepsMember reports whether an account stays in its groups.
func (d *Deprovision) keepsMember(p Presence) bool {
	switch p {
	case Present:
		return true
	case Disabled:
		return d.Disabled != FarewellStrip
	case NoAccess:
		return d.NoAccess != "" && d.NoAccess != FarewellStrip
	default:
		return false
	}
}

// Expired reports whether the app is known not to accept the token any more.
func (s *Settings) Expired(now time.Time) bool {
	return !s.TokenExpires.IsZero() && !s.TokenExpires.After(now)
}

func (s *Settings) grace() time.Duration {
	days := s.Deprovision.GraceDays
	if days == 0 {
		days = 30
	}
	return time.Duration(max(days, 0)) * 24 * time.Hour
}
