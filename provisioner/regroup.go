package provisioner

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// formKeepsGroups counts that an account was still in its groups once it was enabled
// again.
const formKeepsGroups = "User enable keeps groups"

// regroup looks whether an account that was disabled and is enabled again is still in
// the groups that it was in: some apps take out whoever is disabled, and do not say so.
// The groups get it back. An app that has never done so is not asked any more.
func (a *attempt) regroup(ctx context.Context) error {
	if a.link.Kind != KindUser || a.link.DisabledFor == "" || a.rehearsal != nil || a.capabilities().Is(MembersReturned, No) {
		return nil
	}
	if a.groups == nil && a.work.App.Learned.Proved[formKeepsGroups] >= provedEnough {
		return nil
	}
	groups, err := a.memberships(ctx)
	if err != nil || len(groups) == 0 {
		return err
	}
	var lost []Amendment
	known := true
	for _, w := range groups {
		if a.groups[w.Link.RemoteID] {
			continue
		}
		response, err := a.client.Get(ctx, KindGroup.Endpoint(), w.Link.RemoteID)
		if unsupported(err) {
			known = false // the group's own attempt finds out what has become of it
			continue
		}
		if err != nil {
			return err
		}
		spelled, err := a.spelled(ctx, response.Resource, w.AckedMembers)
		if err != nil {
			return err
		}
		if _, shown := response.Resource.Lookup("members"); spelled[w.AckedMembers[a.link.Subject]] != "" {
			continue
		} else if !shown && len(w.AckedMembers) > 1 {
			known = false
			continue
		}
		left := maps.Clone(w.AckedMembers)
		delete(left, a.link.Subject)
		lost = append(lost, Amendment{
			Key: w.Link.Key, Lane: LaneGroups, Want: w.Link.Desired, Had: w.Link.Applied,
			Acked: w.Link.Acked, HadMembers: w.AckedMembers, Members: left,
		})
	}
	if len(lost) == 0 {
		if known && a.work.App.Learned.Proved[formKeepsGroups] < provedEnough {
			a.learned(func(l *Learned) { l.Prove(formKeepsGroups) })
		}
		return nil
	}
	n, err := a.engine.config.Store.Amend(ctx, lost)
	if err == nil && n < len(lost) {
		return &failure{state: LinkFailing, cause: fmt.Sprintf("the app has taken the account out of %d groups while it was disabled, and they are being changed just now: it is looked at again", len(lost))}
	}
	return err
}

// memberships returns the works of the groups that the app is known to have put the
// account into.
func (a *attempt) memberships(ctx context.Context) (groups []*Work, err error) {
	keys, err := a.engine.config.Store.Referrers(ctx, a.link.Key)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if key.Kind != KindGroup {
			continue
		}
		w, err := a.engine.config.Store.Load(ctx, key)
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(w.AckedMembers[a.link.Subject], a.link.RemoteID) {
			groups = append(groups, w)
		}
	}
	return groups, nil
}

// shownGroups returns the ids of the groups that an account is said to be in, nil if
// nothing is said (RFC 7643 section 4.1.2).
func shownGroups(user *scim.Object) map[string]bool {
	list, shown := user.Get("groups").([]any)
	if !shown {
		return nil
	}
	ids := map[string]bool{}
	for _, v := range list {
		if g, ok := v.(*scim.Object); ok {
			ids[g.String("value")] = true
		}
	}
	return ids
}
