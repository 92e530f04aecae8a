package steps_test

import (
	"maps"
	"slices"
)

func (p *pusher) pushGroup(s *pushed) error {
	members := map[string]string{}
	for _, id := range s.members {
		if m := p.subjects[id]; m != nil && m.remote != "" {
			members[id] = m.remote
		}
	}
	if s.want == nil {
		return p.leave(s)
	}
	payload := maps.Clone(s.want)
	payload["schemas"] = []any{"urn:ietf:params:scim:schemas:core:2.0:Group"}
	payload["externalId"] = s.id
	ids := slices.Sorted(maps.Values(members))
	if p.defect == neverRenamesGroup && s.acked != "" && ackedValue(s, "displayName") != payload["displayName"] {
		s.remote, s.acked = "", ""
	}
	if s.remote == "" {
		payload["members"] = values(ids)
		made, err := p.establish(s, "Groups", "displayName", payload)
		if isStatus(err, 404) && p.defect != needsGroups {
			s.state, s.reason = "skipped", "the app has no groups"
			return nil
		}
		if err != nil {
			if p.defect == needsGroups {
				for _, u := range p.subjects {
					u.state, u.reason = "failing", err.Error()
				}
			}
			return err
		}
		s.ours = ids
		if made {
			return nil
		}
	}
	var current struct{ Members []struct{ Value string } }
	if err := p.call("GET", nil, &current, "Groups", s.remote); err != nil {
		return err
	}
	for _, m := range current.Members {
		if !slices.Contains(ids, m.Value) && !slices.Contains(s.ours, m.Value) && p.defect != ousts {
			ids = append(ids, m.Value)
		}
	}
	slices.Sort(ids)
	payload["members"] = values(ids)
	if len(ids) == 0 && p.defect == forgetsLast {
		s.state = "converged" // as if an empty list were no change
		return nil
	}
	if err := p.put(s, "Groups", payload); err != nil {
		return err
	}
	s.ours = slices.Sorted(maps.Values(members))
	return nil
}

func (p *pusher) leave(s *pushed) error {
	switch {
	case s.remote == "":
	case s.adopted && p.defect != deletesGroups:
		var current map[string]any
		if err := p.call("GET", nil, &current, "Groups", s.remote); err != nil {
			return err
		}
		all, _ := current["members"].([]any)
		current["members"] = slices.DeleteFunc(all, func(m any) bool {
			return slices.Contains(s.ours, m.(map[string]any)["value"].(string))
		})
		if err := p.call("PUT", current, nil, "Groups", s.remote); err != nil {
			return err
		}
	default:
		if err := p.call("DELETE", nil, nil, "Groups", s.remote); err != nil {
			return err
		}
	}
	s.remote, s.acked, s.state, s.reason = "", "", "gone", ""
	return nil
}
