package provisioner

import (
	"maps"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// members changes members in chunks, each request small enough for the apps that
// bound them. Members are added first: a group is never emptier on the way than at
// its end.
func (p *planner) members(acked *scim.Object, add, remove map[string]string) []Write {
	if p.update() == FormPut {
		return p.putMembers(acked, add, remove)
	}
	var writes []Write
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(add)), p.chunk()) {
		w := Write{Verb: VerbPatch, Action: ActionUpdate, Form: p.form(p.update(), "add members"), Add: pick(add, chunk), Acked: acked}
		w.Operations = []scim.Operation{p.addMembers(w.Add)}
		writes = append(writes, w)
	}
	if len(remove) > 0 && p.capabilities.Is(MemberRemove, FormPut) {
		return append(writes, p.putMembers(acked, nil, remove)...)
	}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(remove)), p.chunk()) {
		form := p.capabilities.Fact(MemberRemove).Value
		w := Write{Verb: VerbPatch, Action: ActionUpdate, Form: p.form("remove members", form), Remove: pick(remove, chunk), Acked: acked}
		w.Operations = removeMembers(form, w.Remove)
		writes = append(writes, w)
	}
	return writes
}

// putMembers replaces the group by itself with other members. Some apps bound how many
// may be new at a time.
func (p *planner) putMembers(acked *scim.Object, add, remove map[string]string) []Write {
	put := Write{Verb: VerbReplace, Action: ActionUpdate, Form: p.form(FormPut), Payload: scim.NewObject(), Acked: acked}
	var writes []Write
	if len(remove) > 0 {
		put.Remove = remove
		writes = append(writes, put)
		put.Remove = nil
	}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(add)), p.chunk()) {
		put.Add = pick(add, chunk)
		writes = append(writes, put)
	}
	return writes
}

func (p *planner) addMembers(members map[string]string) scim.Operation {
	if p.update() == FormPathless {
		value := scim.NewObject(scim.Field{Name: "members", Value: memberValues(members)})
		return scim.Operation{Op: scim.OpAdd, Value: value, HasValue: true}
	}
	return operation(scim.OpAdd, "members", memberValues(members))
}

// removeMembers names the members to be removed by a filter in the path each, as the
// RFC has it, or all of them in the value of one operation, as some apps want it.
func removeMembers(form string, members map[string]string) []scim.Operation {
	if form == FormValueArray {
		return []scim.Operation{{Op: scim.OpRemove, PathText: "members", Value: memberValues(members), HasValue: true}}
	}
	var ops []scim.Operation
	for _, subject := range slices.Sorted(maps.Keys(members)) {
		ops = append(ops, operation(scim.OpRemove, "members[value eq "+scim.QuoteFilter(members[subject])+"]", nil))
	}
	return ops
}

// memberDiff compares by directory id and by the app's id: an account that was
// made again has to join its groups again. What the app holds is spelled as it shows
// it, see [spellings], and is removed by that.
func memberDiff(desired, acked map[string]string) (add, remove map[string]string) {
	add, remove = map[string]string{}, map[string]string{}
	wanted := make(map[string]bool, len(desired))
	for subject, id := range desired {
		wanted[id] = true
		if strings.EqualFold(acked[subject], id) {
			wanted[acked[subject]] = true
		} else {
			add[subject] = id
		}
	}
	for subject, id := range acked {
		if !wanted[id] {
			remove[subject] = id
		}
	}
	if len(add) > 0 && len(remove) > 0 {
		spareOtherwiseSpelled(add, remove)
	}
	return add, remove
}

// spareOtherwiseSpelled keeps members who were put in by others, see [attempt.addForeign],
// and are about to be added by another spelling of the same id.
func spareOtherwiseSpelled(add, remove map[string]string) {
	added := make(map[string]bool, len(add))
	for _, id := range add {
		added[strings.ToLower(id)] = true
	}
	for subject, id := range remove {
		if strings.HasPrefix(subject, " ") && added[strings.ToLower(id)] {
			delete(remove, subject)
		}
	}
}

func pick(members map[string]string, subjects []string) map[string]string {
	picked := make(map[string]string, len(subjects))
	for _, s := range subjects {
		picked[s] = members[s]
	}
	return picked
}

// memberValues returns the members as SCIM values in a fixed order.
func memberValues(members map[string]string) []any {
	values := make([]any, 0, len(members))
	for _, subject := range slices.Sorted(maps.Keys(members)) {
		values = append(values, scim.NewObject(scim.Field{Name: "value", Value: members[subject]}))
	}
	return values
}
