package provisioner

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Capability names something that apps do differently and that decides how one is
// spoken to. What an app can do is known from five sources; see [Source].
type Capability string

// The capabilities. Each says which values it has, the RFC's own first; that one is
// the default.
const (
	// UserUpdate and GroupUpdate say how a resource is changed: [FormPatch],
	// [FormPathless] or [FormPut].
	UserUpdate  Capability = "user_update"
	GroupUpdate Capability = "group_update"
	// MemberRemove says how a member is taken out of a group: [FormFilterPath],
	// [FormValueArray] or [FormPut].
	MemberRemove Capability = "member_remove"
	// UserCreate, UserDelete and GroupDelete say whether the app lets resources be
	// made and deleted: [Yes] or [No]. For making groups see [Groups].
	UserCreate  Capability = "user_create"
	UserDelete  Capability = "user_delete"
	GroupDelete Capability = "group_delete"
	// Groups says what groups the app has: [GroupsFull], [GroupsMembersOnly] or
	// [GroupsNone].
	Groups Capability = "groups"
	// CreateMembers says whether members in the create of a group are taken:
	// [Yes] or [No].
	CreateMembers Capability = "create_members"
	// MembersReturned says whether the app shows a group's members: [Yes] or [No].
	MembersReturned Capability = "members_returned"
	// MaxMembersPerOp is how many members one request adds or removes at the most.
	// Default: 100.
	MaxMembersPerOp Capability = "max_members_per_op"
	// IDInBody says whether the body of a PUT has to carry the app's id: [No] or
	// [Yes].
	IDInBody Capability = "id_in_body"
	// ActiveType is how accounts are enabled and disabled: [ActiveBool] sends a
	// JSON boolean, [ActiveString] the text "True" or "False"; [ActiveNone] is an
	// app that cannot disable an account.
	ActiveType Capability = "active_type"
	// HardDeleteOnDisable says whether the app deletes an account that is disabled:
	// [No] or [Yes].
	HardDeleteOnDisable Capability = "hard_delete_on_disable"
	// MultiValuedLimit is how many values of an attribute such as emails the app
	// takes, 0 for any number.
	MultiValuedLimit Capability = "multi_valued_limit"
	// UserFilterExternalID and its like say whether the app finds resources by that
	// attribute: [Yes] or [No].
	UserFilterExternalID   Capability = "user_filter_externalId"
	UserFilterUserName     Capability = "user_filter_userName"
	GroupFilterExternalID  Capability = "group_filter_externalId"
	GroupFilterDisplayName Capability = "group_filter_displayName"
	// List says how the app pages its lists: [ListIndex], [ListCursor] (RFC 9865)
	// or [ListNone], which shows no list worth reading.
	List Capability = "list"
	// ContentType is the media type that requests carry: [ContentSCIM] or
	// [ContentJSON].
	ContentType Capability = "content_type"
	// SendsBody says whether the app answers a change with the resource: [Yes] or
	// [No]. Without it a change costs a read until its form is trusted.
	SendsBody Capability = "sends_body"
	// ETag says whether a change names the version that it is meant for (RFC 7644
	// section 3.14): [No] or [Yes].
	ETag Capability = "etag"
)

// The values of capabilities that are not numbers.
const (
	Yes = "yes"
	No  = "no"

	FormPatch      = "patch"        // PATCH with a path for each attribute
	FormPathless   = "patch_nopath" // PATCH with an object of attributes
	FormPut        = "put"          // PUT of the whole resource
	FormFilterPath = "filter_path"  // remove members[value eq "…"]
	FormValueArray = "value_array"  // remove members, and a value that lists them

	GroupsFull        = "full"
	GroupsMembersOnly = "members_only" // groups are made in the app
	GroupsNone        = "none"

	ActiveBool   = "bool"
	ActiveString = "string"
	ActiveNone   = "none"

	ListIndex  = "index"
	ListCursor = "cursor"
	ListNone   = "none"

	ContentSCIM = "scim+json"
	ContentJSON = "json"
)

// capabilityValues lists the values of each capability, the default first. One of
// a single value takes any number from 0.
var capabilityValues = map[Capability][]string{
	UserUpdate:             {FormPatch, FormPathless, FormPut},
	GroupUpdate:            {FormPatch, FormPathless, FormPut},
	MemberRemove:           {FormFilterPath, FormValueArray, FormPut},
	UserCreate:             {Yes, No},
	UserDelete:             {Yes, No},
	GroupDelete:            {Yes, No},
	Groups:                 {GroupsFull, GroupsMembersOnly, GroupsNone},
	CreateMembers:          {Yes, No},
	MembersReturned:        {Yes, No},
	MaxMembersPerOp:        {"100"},
	IDInBody:               {No, Yes},
	ActiveType:             {ActiveBool, ActiveString, ActiveNone},
	HardDeleteOnDisable:    {No, Yes},
	MultiValuedLimit:       {"0"},
	UserFilterExternalID:   {Yes, No},
	UserFilterUserName:     {Yes, No},
	GroupFilterExternalID:  {Yes, No},
	GroupFilterDisplayName: {Yes, No},
	List:                   {ListIndex, ListCursor, ListNone},
	ContentType:            {ContentSCIM, ContentJSON},
	SendsBody:              {Yes, No},
	ETag:                   {No, Yes},
}

// Check returns an error that says what to write instead if the capability does not
// exist or does not have the value.
func (c Capability) Check(value string) error {
	values, ok := capabilityValues[c]
	switch {
	case !ok:
		return fmt.Errorf("capability %q does not exist: use one of %q", c, slices.Sorted(maps.Keys(capabilityValues)))
	case len(values) > 1:
		return oneOf("capability "+string(c), value, append([]string{values[0]}, values...)...)
	}
	if n, err := strconv.Atoi(value); err != nil || n < 0 {
		return fmt.Errorf("capability %s is %q: use a number from 0", c, value)
	}
	return nil
}

// A Source says where it is known from what an app can do. Sources are believed in
// the order in which they are listed: what an app says about itself is often wrong.
type Source string

// The sources.
const (
	// SourceObserved: the app has shown it.
	SourceObserved Source = "observed"
	// SourceAdmin: an administrator has said so, see [Settings].
	SourceAdmin Source = "admin"
	// SourcePreset: it is known of apps of this make.
	SourcePreset Source = "preset"
	// SourceDiscovery: the app says so in its discovery documents (RFC 7644
	// section 4).
	SourceDiscovery Source = "discovery"
	// SourceDefault: the RFC says so.
	SourceDefault Source = "default"
)

// A Fact is the value of a capability and why it is believed.
type Fact struct {
	Value  string `json:"value"`
	Source Source `json:"source,omitzero"`
	// Reason is one sentence, "" for a default.
	Reason string `json:"reason,omitzero"`
	// At is when it was found out, zero if it never was.
	At time.Time `json:"at,omitzero"`
}

// Facts are what one source says about an app.
type Facts map[Capability]Fact

// Capabilities are what is known of an app, each from the best source. The zero
// value is an app that follows the RFC.
type Capabilities struct {
	sources []Facts // best first
}

// Capabilities returns what is known of the app.
func (a *App) Capabilities() Capabilities {
	admin := make(Facts, len(a.Settings.Capabilities))
	for name, value := range a.Settings.Capabilities {
		admin[name] = Fact{Value: value, Source: SourceAdmin, Reason: "the settings of the app say so"}
	}
	return Capabilities{sources: []Facts{a.Learned.Observed, admin, presetFacts(a.Settings.Preset), a.Learned.Discovered}}
}

// Fact returns the value of a capability and why it is believed.
func (c Capabilities) Fact(name Capability) Fact {
	for _, facts := range c.sources {
		if f, ok := facts[name]; ok {
			return f
		}
	}
	if values := capabilityValues[name]; len(values) > 0 {
		return Fact{Value: values[0], Source: SourceDefault}
	}
	return Fact{}
}

// Is reports whether a capability has a value.
func (c Capabilities) Is(name Capability, value string) bool { return c.Fact(name).Value == value }

// Number returns the value of a capability that is one.
func (c Capabilities) Number(name Capability) int {
	n, _ := strconv.Atoi(c.Fact(name).Value)
	return n
}

// All ranges over all capabilities in the order of their names.
func (c Capabilities) All() iter.Seq2[Capability, Fact] {
	return func(yield func(Capability, Fact) bool) {
		for _, name := range slices.Sorted(maps.Keys(capabilityValues)) {
			if !yield(name, c.Fact(name)) {
				return
			}
		}
	}
}

// With returns the capabilities with another value of one of them, whatever its
// sources say.
func (c Capabilities) With(name Capability, value string) Capabilities {
	return Capabilities{sources: append([]Facts{{name: {Value: value, Source: SourceObserved}}}, c.sources...)}
}

// updateOf is the capability that says how resources of a kind are changed.
func updateOf(k Kind) Capability {
	if k == KindGroup {
		return GroupUpdate
	}
	return UserUpdate
}

// filterOf is the capability that says whether resources of a kind are found by an
// attribute.
func filterOf(k Kind, attribute string) Capability {
	return Capability(strings.ToLower(string(k)) + "_filter_" + attribute)
}

// Learned holds what an app has shown and said about itself. It is knowledge, not
// settings: forgetting it costs requests, never correctness.
type Learned struct {
	// ProbedAt is when the app was last looked at before a sync.
	ProbedAt time.Time `json:"probedAt,omitzero"`
	// Users and Groups are how many the app said then that it has, -1 if it did not.
	// Of a kind of which it has none, none has to be searched for before it is made.
	Users  int `json:"users,omitzero"`
	Groups int `json:"groups,omitzero"`
	// Observed is what the app has shown, Discovered what its discovery documents
	// said at DiscoveredAt.
	Observed     Facts     `json:"observed,omitempty"`
	Discovered   Facts     `json:"discovered,omitempty"`
	DiscoveredAt time.Time `json:"discoveredAt,omitzero"`
	// Proved counts by form how often a write was seen to have worked, as far as it
	// takes to trust the form.
	Proved map[string]int `json:"proved,omitempty"`
	// Unkept are attributes, such as "User.title", that the app has left as they were
	// although it answered a change with success, in every form; Unseen are those
	// that it never shows.
	Unkept Notices `json:"unkept,omitempty"`
	Unseen Notices `json:"unseen,omitempty"`
}

// Notices say something about attributes, such as "User.title": why, in one sentence.
type Notices map[string]string

// Count returns how many resources of a kind the app said that it has, -1 if it did
// not.
func (l *Learned) Count(k Kind) int {
	switch {
	case l.ProbedAt.IsZero():
		return -1
	case k == KindGroup:
		return l.Groups
	default:
		return l.Users
	}
}

// Empty reports whether the app said that it has no resource of the kind.
func (l *Learned) Empty(k Kind) bool { return l.Count(k) == 0 }

// Observe records what the app has shown.
func (l *Learned) Observe(name Capability, value, reason string, at time.Time) {
	l.Observed = maps.Clone(l.Observed) // others may read the old one
	if l.Observed == nil {
		l.Observed = Facts{}
	}
	l.Observed[name] = Fact{Value: value, Source: SourceObserved, Reason: reason, At: at}
}

// Prove counts a write that was seen to have worked.
func (l *Learned) Prove(form string) {
	l.Proved = maps.Clone(l.Proved)
	if l.Proved == nil {
		l.Proved = map[string]int{}
	}
	l.Proved[form]++
}

// with returns the notices and another one.
func (n Notices) with(attribute, why string) Notices {
	n = maps.Clone(n)
	if n == nil {
		n = Notices{}
	}
	n[attribute] = why
	return n
}

// Remembered returns what is still known of an app that is saved anew; old is how it
// was saved before, nil if it is new. Another endpoint is another app, and what somebody
// says of its capabilities takes the place of what it has shown. What decides what a
// probe sees has it probed again.
func (a *App) Remembered(old *App) Learned {
	if old == nil || !old.IsAt(a.Endpoint) {
		return Learned{}
	}
	l := old.Learned
	asSaid := old.Settings.Preset == a.Settings.Preset && maps.Equal(old.Settings.Capabilities, a.Settings.Capabilities)
	if !asSaid {
		l.Observed, l.Proved, l.Unkept, l.Unseen = nil, nil, nil, nil
	}
	if !asSaid || !old.sameSecrets(a) || old.WantsGroups() != a.WantsGroups() {
		l.ProbedAt = time.Time{}
	}
	return l
}

// Forget drops what the app has shown of a capability, for it to be tried again.
func (l *Learned) Forget(names ...Capability) {
	l.Observed = maps.Clone(l.Observed)
	for _, name := range names {
		delete(l.Observed, name)
	}
}
