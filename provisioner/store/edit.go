package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// An edit is a transaction that changes the directory. It gathers what has changed
// and in the end touches exactly the links for which that makes a difference.
type edit struct {
	*Store
	tx   *sql.Tx
	apps []provisioner.App

	users  map[string]*userChange
	groups map[string]bool // groups that are new or whose attributes have changed
	gone   []provisioner.Key
	// dirty are groups whose nested members have to be worked out again: for these
	// users, or for all if there are none.
	dirty map[string]set
	// came and left are the users who have come into a group and left it, be it because
	// of a group in it.
	came, left map[string]set
	// access are the users of each app who have gained or lost access.
	access map[string]set

	// lanes are the links to touch, ahead those that wait for an attempt in a lane
	// already.
	lanes, ahead map[provisioner.Key]provisioner.Lane
}

type set map[string]bool

// add puts values into the set of a name.
func (s set) add(values ...string) set {
	if s == nil {
		s = set{}
	}
	for _, v := range values {
		s[v] = true
	}
	return s
}

// A userChange says how the attributes of a user have changed.
type userChange struct {
	isNew, wasActive, isActive bool
	// reads tells of each app of the edit whether it makes a difference to it.
	reads []bool
}

// edit runs f in a transaction and touches the links that are concerned. An edit
// that is not alone runs beside others that change other users and groups.
func (s *Store) edit(ctx context.Context, alone bool, f func(*edit) error) error {
	return s.transact(ctx, true, func(tx *sql.Tx) error {
		if err := s.lockDirectory(ctx, tx, alone); err != nil {
			return err
		}
		apps, err := s.recipients(ctx, tx)
		if err != nil {
			return err
		}
		e := &edit{
			Store: s, tx: tx, apps: apps, users: map[string]*userChange{}, groups: map[string]bool{},
			dirty: map[string]set{}, came: map[string]set{}, left: map[string]set{}, access: map[string]set{},
			lanes: map[provisioner.Key]provisioner.Lane{}, ahead: map[provisioner.Key]provisioner.Lane{},
		}
		if err := f(e); err != nil {
			return err
		}
		if err := e.settle(ctx); err != nil {
			return err
		}
		return e.touchConcerned(ctx)
	})
}

// mostConcerned bounds the links that an edit gathers before it touches them: there are
// as many as people by apps when everybody changes.
const mostConcerned = 50_000

// touchConcerned touches the links gathered so far. On SQLite what is ahead is only told
// again: it cannot have been claimed since it was looked at.
func (e *edit) touchConcerned(ctx context.Context) error {
	lanes := byLane(e.lanes)
	for lane := range provisioner.Lanes {
		keys := sortedKeys(lanes[lane])
		behind := keys
		if !e.dialect.shared {
			behind = slices.DeleteFunc(slices.Clone(keys), func(key provisioner.Key) bool {
				waits, is := e.ahead[key]
				return is && waits <= lane
			})
		}
		if err := e.count(ctx, e.tx, lane, behind); err != nil {
			return err
		}
		if err := e.announce(ctx, e.tx, keys); err != nil {
			return err
		}
	}
	clear(e.lanes)
	clear(e.ahead)
	return nil
}

// lockDirectory keeps apart what works out who has access to what: an edit that is
// alone, such as a new scope of an app, sees all of every other.
func (s *Store) lockDirectory(ctx context.Context, tx *sql.Tx, alone bool) error {
	return s.lockName(ctx, tx, "directory", !alone)
}

// settle works out what follows from the changes, and whom it concerns.
func (e *edit) settle(ctx context.Context) error {
	if err := e.nest(ctx); err != nil {
		return err
	}
	for i := range e.apps {
		if err := e.reconsider(ctx, &e.apps[i]); err != nil {
			return err
		}
	}
	concerned := set{}
	for user := range e.users {
		concerned.add(user)
	}
	for _, users := range e.access {
		concerned.add(slices.Collect(maps.Keys(users))...)
	}
	for _, user := range slices.Sorted(maps.Keys(concerned)) {
		if err := e.settleUser(ctx, user); err != nil {
			return err
		}
		if len(e.lanes) > mostConcerned {
			if err := e.touchConcerned(ctx); err != nil {
				return err
			}
		}
	}
	for _, group := range slices.Sorted(maps.Keys(e.groups)) {
		if err := e.settleGroup(ctx, group); err != nil {
			return err
		}
	}
	for _, group := range slices.Sorted(maps.Keys(e.left)) {
		if err := e.settleMoved(ctx, provisioner.LaneGoodbye, group, e.left[group]); err != nil {
			return err
		}
	}
	for _, group := range slices.Sorted(maps.Keys(e.came)) {
		if err := e.settleMoved(ctx, provisioner.LaneGroups, group, e.came[group]); err != nil {
			return err
		}
	}
	for _, key := range e.gone {
		accounts, err := e.accounts(ctx, key.Kind, key.Subject)
		if err != nil {
			return err
		}
		for app, account := range accounts {
			e.concern(provisioner.LaneGoodbye, app, key.Kind, key.Subject)
			if key.Kind == provisioner.KindUser && account.inUse {
				if err := e.settleHeld(ctx, app, key.Subject); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// concern notes that a link is to be touched, in the first of the lanes it is noted
// for.
func (e *edit) concern(lane provisioner.Lane, app string, kind provisioner.Kind, subject string) {
	key := provisioner.Key{App: app, Kind: kind, Subject: subject}
	if other, known := e.lanes[key]; !known || lane < other {
		e.lanes[key] = lane
	}
}

func byLane(links map[provisioner.Key]provisioner.Lane) map[provisioner.Lane][]provisioner.Key {
	lanes := map[provisioner.Lane][]provisioner.Key{}
	for key, lane := range links {
		lanes[lane] = append(lanes[lane], key)
	}
	return lanes
}

// An account is what an app has of a subject that it has a link to.
type account struct {
	remoteID string
	inUse    bool
}

// accounts returns the apps that have a link to a subject, and what they have of it. It
// notes of each link whether it is ahead.
func (e *edit) accounts(ctx context.Context, kind provisioner.Kind, subject string) (map[string]account, error) {
	rows, err := e.tx.QueryContext(ctx, `
		SELECT app, remote_id, in_use, lane, `+ahead+` FROM link l WHERE kind = $1 AND subject = $2`, kind, subject)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	accounts := map[string]account{}
	for rows.Next() {
		key := provisioner.Key{Kind: kind, Subject: subject}
		var a account
		var inUse int64
		var lane provisioner.Lane
		var isAhead bool
		if err := rows.Scan(&key.App, &a.remoteID, &inUse, &lane, &isAhead); err != nil {
			return nil, err
		}
		a.inUse = inUse != 0
		accounts[key.App] = a
		if isAhead {
			e.ahead[key] = lane
		}
	}
	return accounts, rows.Err()
}

// A view is how an app sees somebody, before and after an edit.
type view struct {
	was, is provisioner.Presence // "" for somebody who was not in the directory
	linked  bool
	account
}

// views returns how each app sees a user of the directory.
func (e *edit) views(ctx context.Context, user string) (map[string]view, error) {
	change := e.users[user]
	if change == nil { // the edit has not put them
		var active bool
		err := e.tx.QueryRowContext(ctx, "SELECT active <> 0 FROM subject WHERE kind = 'User' AND id = $1", user).Scan(&active)
		if errors.Is(err, sql.ErrNoRows) {
			return e.viewsOfGone(ctx, user)
		}
		if err != nil {
			return nil, err
		}
		change = &userChange{wasActive: active, isActive: active}
	}
	accounts, err := e.accounts(ctx, provisioner.KindUser, user)
	if err != nil {
		return nil, err
	}
	granted, err := e.grantedTo(ctx, user)
	if err != nil {
		return nil, err
	}
	all := make(map[string]view, len(e.apps))
	for i := range e.apps {
		app := &e.apps[i]
		access := app.Settings.Scope.Everybody() || slices.Contains(granted, app.Name)
		st := view{is: presence(access, change.isActive)}
		if !change.isNew {
			st.was = presence(access != e.access[app.Name][user], change.wasActive)
		}
		st.account, st.linked = accounts[app.Name]
		all[app.Name] = st
	}
	return all, nil
}

// grantedTo returns the apps that are not everybody's and that a user has access to.
func (e *edit) grantedTo(ctx context.Context, user string) ([]string, error) {
	scoped := func(app provisioner.App) bool { return !app.Settings.Scope.Everybody() }
	if !slices.ContainsFunc(e.apps, scoped) {
		return nil, nil
	}
	return texts(ctx, e.tx, "SELECT app FROM access WHERE user_id = $1", user)
}

// viewsOfGone is how apps see somebody who has left the directory in this edit.
// Whether they were disabled is forgotten, and makes no difference to the apps that
// would have to know.
func (e *edit) viewsOfGone(ctx context.Context, user string) (map[string]view, error) {
	accounts, err := e.accounts(ctx, provisioner.KindUser, user)
	all := make(map[string]view, len(e.apps))
	for i := range e.apps {
		app := &e.apps[i]
		access := app.Settings.Scope.Everybody() || e.access[app.Name][user]
		st := view{was: presence(access, true), is: provisioner.Left}
		st.account, st.linked = accounts[app.Name]
		all[app.Name] = st
	}
	return all, err
}

func presence(access, active bool) provisioner.Presence {
	m := provisioner.Member{NoAccess: !access, Disabled: !active}
	return m.Presence()
}

// counts reports how somebody counts among the members of the groups they are in:
// as a member of the group in the app, or as one that is missing there.
func (st *view) counts(app *provisioner.App, p provisioner.Presence) (member, missing bool) {
	if st.remoteID != "" {
		return app.KeepsMember(p), false
	}
	return false, p == provisioner.Present
}

// settleUser touches the links that concern a user: their own, and those of their
// groups if they have begun or ceased to count among the members.
func (e *edit) settleUser(ctx context.Context, user string) error {
	views, err := e.views(ctx, user)
	if err != nil {
		return err
	}
	var groups []string
	for i := range e.apps {
		app := &e.apps[i]
		st := views[app.Name]
		access := st.is == provisioner.Present || st.is == provisioner.Disabled
		change := e.users[user]
		switch {
		case st.was != st.is && (access || st.linked),
			st.was == st.is && access && change != nil && change.reads[i]:
			lane := provisioner.LaneUsers
			if st.is != provisioner.Present {
				lane = provisioner.LaneGoodbye
			}
			e.concern(lane, app.Name, provisioner.KindUser, user)
		}
		if st.was == "" && st.inUse {
			// Somebody has come back before the app said goodbye to them.
			if err := e.settleHeld(ctx, app.Name, user); err != nil {
				return err
			}
		}
		member, missing := st.counts(app, st.is)
		if wasMember, wasMissing := st.counts(app, st.was); member == wasMember && missing == wasMissing {
			continue
		}
		if groups == nil {
			if groups, err = texts(ctx, e.tx, "SELECT group_id FROM member WHERE user_id = $1", user); err != nil {
				return err
			}
		}
		for _, group := range groups {
			if app.Gives(group) {
				e.concern(groupLane(st.is), app.Name, provisioner.KindGroup, group)
			}
		}
	}
	return nil
}

// settleHeld touches the groups in which an app has somebody who leaves the directory
// or comes back: until the app has said goodbye to them they stay in those.
func (e *edit) settleHeld(ctx context.Context, app, user string) error {
	groups, err := texts(ctx, e.tx, "SELECT group_id FROM link_member WHERE app = $1 AND user_id = $2", app, user)
	for _, group := range groups {
		e.concern(provisioner.LaneGoodbye, app, provisioner.KindGroup, group)
	}
	return err
}

// settleGroup touches the links of a group whose attributes have changed, or that has
// come into the directory.
func (e *edit) settleGroup(ctx context.Context, group string) error {
	var linked map[string]account
	var err error
	if e.groups[group] { // it may have been here before
		if linked, err = e.accounts(ctx, provisioner.KindGroup, group); err != nil {
			return err
		}
	}
	for i := range e.apps {
		app := &e.apps[i]
		if _, known := linked[app.Name]; known || app.Gives(group) {
			e.concern(provisioner.LaneGroups, app.Name, provisioner.KindGroup, group)
		}
	}
	return nil
}

// groupLane is the lane of a group in which somebody has come to be seen as they are:
// a group that somebody leaves comes first.
func groupLane(is provisioner.Presence) provisioner.Lane {
	if is == provisioner.Present {
		return provisioner.LaneGroups
	}
	return provisioner.LaneGoodbye
}

// settleMoved touches a group, in a lane, in the apps that count one of these users,
// who have come or gone, among its members.
func (e *edit) settleMoved(ctx context.Context, lane provisioner.Lane, group string, users set) error {
	open := map[string]*provisioner.App{} // those that are given the group and not yet touched
	for i := range e.apps {
		if e.apps[i].Gives(group) {
			open[e.apps[i].Name] = &e.apps[i]
		}
	}
	for user := range users {
		if len(open) == 0 {
			return nil
		}
		views, err := e.views(ctx, user)
		if err != nil {
			return err
		}
		for name, app := range open {
			st := views[name]
			member, missing := st.counts(app, st.is)
			wasMember, wasMissing := st.counts(app, st.was)
			// Who was to leave and has not left yet is a member still.
			if member || missing || wasMember || wasMissing || st.inUse {
				e.concern(lane, name, provisioner.KindGroup, group)
				delete(open, name)
			}
		}
	}
	return nil
}

// changeUser notes how the attributes of a user have changed; before is nil for one
// who is new.
func (e *edit) changeUser(id string, before, after *scim.Object) {
	change := &userChange{isNew: before == nil, reads: make([]bool, len(e.apps))}
	was, is := provisioner.User{Attributes: before}, provisioner.User{Attributes: after}
	change.wasActive, change.isActive = was.Active(), is.Active()
	for i := range e.apps {
		change.reads[i] = e.apps[i].Reads(before, after)
	}
	e.users[id] = change
}
