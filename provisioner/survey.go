package provisioner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// survey reads what the app holds: for the values that would be changed, and for what
// is nobody's here.
func (p *preview) survey(ctx context.Context) error {
	client, err := p.engine.client(p.app, LaneUsers, nil)
	if err != nil {
		return &ProbeError{App: p.app.Name, Err: err}
	}
	for _, kind := range []Kind{KindUser, KindGroup} {
		if kind == KindGroup && (!p.app.WantsGroups() || p.app.NoGroups() != "") {
			continue
		}
		seen, err := p.listed(ctx, client, kind)
		if err != nil {
			return err
		}
		for key, c := range p.changes {
			if key.Kind != kind || c.RemoteID == "" {
				continue
			}
			if err := p.compare(ctx, client, c, seen[c.RemoteID]); err != nil {
				return err
			}
		}
	}
	return nil
}

// listed lists the resources of a kind by id, as far as they are of interest, and takes
// note of those that are nobody's.
func (p *preview) listed(ctx context.Context, client *scimclient.Client, kind Kind) (map[string]scim.Packed, error) {
	seen := map[string]scim.Packed{}
	ours, err := p.store.RemoteIDs(ctx, p.app.Name, kind)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for key, c := range p.changes {
		if key.Kind == kind && c.RemoteID != "" {
			wanted[c.RemoteID] = true
		}
	}
	if p.app.Learned.Empty(kind) {
		return seen, nil
	}
	x, err := p.engine.listed(ctx, client, p.app, kind, p.plan.Made)
	switch {
	case unlistable(err):
		p.plan.Notes = append(p.plan.Notes, fmt.Sprintf("the app's %ss cannot be listed, so that those of nobody here are not shown: %v", strings.ToLower(string(kind)), err))
		return seen, nil
	case err != nil:
		return nil, &ProbeError{App: p.app.Name, Err: err}
	}
	known := newIDSet(ours)
	for _, r := range x.resources {
		id := r.String("id")
		switch {
		case wanted[id]:
			seen[id] = r
		case known.find(id) == "":
			p.plan.Foreign = append(p.plan.Foreign, ForeignResource{Kind: kind, RemoteID: id, Name: r.String(nameAttribute(kind)), ExternalID: r.String("externalId")})
		}
	}
	return seen, nil
}

// compare takes what the app holds in place of what it was known to hold. What is not
// in a list, or leaves out the members of a group, is asked for by id.
func (p *preview) compare(ctx context.Context, client *scimclient.Client, c *planned, listed scim.Packed) error {
	resource := listed.Object()
	if _, members := resource.Lookup("members"); resource == nil || c.Kind == KindGroup && !members {
		response, err := client.Get(ctx, c.Kind.Endpoint(), c.RemoteID)
		switch {
		case notThere(err):
			c.Problem = "the app does not have " + c.RemoteID + " any more: if that is so, it is made again"
			return nil
		case err != nil:
			return &ProbeError{App: p.app.Name, Err: err}
		}
		resource = response.Resource
	}
	managed := merge(c.before, c.after)
	holds := held(managed, resource)
	holds.Set("schemas", managed.Get("schemas"))
	c.before = holds
	members := memberIDs(resource)
	ids := make([]string, 0, len(members))
	for id := range members {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	c.Basis.Remote = fingerprint(holds, ids)
	return nil
}
