package provisioner

import (
	"context"
	"errors"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// formMembersRespelled counts that the app has shown a member by an id that is the
// account's but for letter case: changes of members are then always looked at, since it
// may know a member only by the way it spells the id.
const formMembersRespelled = "Group members respelled"

// spellings returns how an app spells those of our ids that are among the shown ones.
// Ids are case-exact (RFC 7643 section 3.1), but some apps show those of members in
// another letter case: an id that is not shown as it is counts as shown if there is one
// shown id that is the same but for case, and this one is the same as no other of ours.
// elsewhere reports whether an id is that of something else of ours.
func spellings(shown, ours map[string]bool, elsewhere func(id string) (bool, error)) (map[string]string, error) {
	spelled := make(map[string]string, len(ours))
	ofFold := map[string]int{}
	for id := range ours {
		ofFold[strings.ToLower(id)]++
		if shown[id] {
			spelled[id] = id
		}
	}
	if len(spelled) == len(ours) {
		return spelled, nil
	}
	alike := map[string][]string{}
	for id := range shown {
		if fold := strings.ToLower(id); !ours[id] && ofFold[fold] == 1 {
			alike[fold] = append(alike[fold], id)
		}
	}
	for id := range ours {
		candidates := alike[strings.ToLower(id)]
		if spelled[id] != "" || len(candidates) != 1 {
			continue
		}
		other, err := elsewhere(candidates[0])
		if err != nil {
			return nil, err
		}
		if !other {
			spelled[id] = candidates[0]
		}
	}
	return spelled, nil
}

// spelled returns how the app spells those of the members that a group shows, by id.
func (a *attempt) spelled(ctx context.Context, group *scim.Object, members ...map[string]string) (map[string]string, error) {
	spelled, err := spellings(memberIDs(group), idsOf(members...), func(id string) (bool, error) {
		_, known, err := a.engine.config.Store.LinkOf(ctx, a.link.App, KindUser, id)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		return known == id, err
	})
	for id, as := range spelled {
		if id != as {
			a.noteSpelling()
			break
		}
	}
	return spelled, err
}

// noteSpelling takes down, once, that the app spells ids in its own way.
func (a *attempt) noteSpelling() {
	if a.work.App.Learned.Proved[formMembersRespelled] == 0 {
		a.learned(func(l *Learned) { l.Prove(formMembersRespelled) })
	}
}

// owner returns the subject that a resource of an app is tied to, or [ErrNotFound]. If it
// is tied by an id that is the same but for letter case, the app tells whether that is
// another resource: ids are case-exact to those that have both. resource is what the app
// shows of it.
func (e *Engine) owner(ctx context.Context, client *scimclient.Client, of Key, id string, resource *scim.Object) (Key, error) {
	owner, known, err := e.config.Store.LinkOf(ctx, of.App, of.Kind, id)
	if err != nil || known == id || owner == of {
		return owner, err
	}
	other, err := client.Get(ctx, of.Kind.Endpoint(), known)
	switch name := nameAttribute(of.Kind); {
	case notThere(err):
		return owner, nil
	case err != nil:
		return owner, err
	case other.Resource.ID() == known && (other.Resource.ExternalID() != resource.ExternalID() || !sameName(name, other.Resource.String(name), resource.String(name))):
		return Key{}, ErrNotFound
	}
	return owner, nil
}

// idsOf returns the app's ids of members.
func idsOf(members ...map[string]string) map[string]bool {
	ids := map[string]bool{}
	for _, some := range members {
		for _, id := range some {
			ids[id] = true
		}
	}
	return ids
}

// An idSet holds the app's ids of what is ours.
type idSet struct {
	exact map[string]bool
	// folded has those that are not in small letters, by what they are in small letters;
	// "" for several.
	folded map[string]string
}

func newIDSet(ids map[string]bool) *idSet {
	s := &idSet{exact: ids, folded: map[string]string{}}
	for id := range ids {
		if fold := strings.ToLower(id); fold != id {
			if _, several := s.folded[fold]; several {
				id = ""
			}
			s.folded[fold] = id
		}
	}
	return s
}

// find returns the one id that a shown one is, or is but for letter case, "" if there is
// none or that is not sure.
func (s *idSet) find(shown string) string {
	if s.exact[shown] {
		return shown
	}
	fold := strings.ToLower(shown)
	capital, some := s.folded[fold]
	switch {
	case s.exact[fold] && some:
		return ""
	case s.exact[fold]:
		return fold
	case s.exact[capital]:
		return capital
	default:
		return ""
	}
}

// memberIDs returns the ids of a group's members.
func memberIDs(group *scim.Object) map[string]bool {
	ids := map[string]bool{}
	for _, m := range group.Array("members") {
		if o, ok := m.(*scim.Object); ok {
			ids[o.String("value")] = true
		}
	}
	return ids
}

// respell takes note of how the app spells the id of a member who was to be removed,
// once. It reports whether that is another way than was known.
func (a *attempt) respell(subject, as string) bool {
	before, ok := a.respelled[subject]
	if a.members[subject] == as || ok && before != as {
		return false
	}
	if a.respelled == nil {
		a.respelled = map[string]string{}
	}
	a.members[subject], a.respelled[subject] = as, as
	return true
}
