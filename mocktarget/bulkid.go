package mocktarget

import (
	"net/http"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// bulkIDPrefix marks a reference to a resource that the same bulk request creates
// (RFC 7644 section 3.7.2).
const bulkIDPrefix = "bulkId:"

// A visitOrder is the state of the walk that puts operations in an order in which
// each comes behind those it refers to (Tarjan's algorithm for strongly connected
// components: what refers to each other is carried out together).
type visitOrder struct {
	count int
	stack []*bulkOperation
}

// run carries out the operations in the order of the request, except that those
// that others refer to come first.
func (job *bulkJob) run() {
	for _, op := range job.operations {
		if op.seen == 0 {
			job.visit(op)
		}
	}
}

func (job *bulkJob) visit(op *bulkOperation) {
	job.order.count++
	op.seen, op.low = job.order.count, job.order.count
	job.order.stack = append(job.order.stack, op)
	op.onStack = true
	self := false
	for _, name := range op.references() {
		target := job.byID[name]
		switch {
		case target == nil:
		case target == op:
			self = true
		case target.seen == 0:
			job.visit(target)
			op.low = min(op.low, target.low)
		case target.onStack:
			op.low = min(op.low, target.seen)
		}
	}
	if op.low != op.seen {
		return
	}
	var group []*bulkOperation
	for i := len(job.order.stack) - 1; ; i-- {
		last := job.order.stack[i]
		last.onStack = false
		group = append([]*bulkOperation{last}, group...)
		if last == op {
			job.order.stack = job.order.stack[:i]
			break
		}
	}
	switch {
	case job.stopped():
	case len(group) == 1 && !self:
		job.carryOut(op)
	default:
		job.carryOutTogether(group)
	}
}

// references returns the bulkIds an operation refers to.
func (op *bulkOperation) references() []string {
	var names []string
	if name, ok := strings.CutPrefix(op.id, bulkIDPrefix); ok {
		names = append(names, name)
	}
	if op.data != nil {
		rewriteReferences(op.data, func(name string) (string, bool) {
			names = append(names, name)
			return "", false
		})
	}
	return names
}

// resolve returns an operation's data with ids in the place of references, and gives
// the operation the id of what its path refers to.
func (job *bulkJob) resolve(op *bulkOperation) (data *scim.Object, err error) {
	lookup := func(name string) (string, bool) {
		real, ok := job.resolved[name]
		if !ok && err == nil {
			err = scim.InvalidValue("nothing stands for the bulkId %q: no POST operation has it, or that one has failed", name)
		}
		return real, ok
	}
	if name, ok := strings.CutPrefix(op.id, bulkIDPrefix); ok {
		if id, ok := lookup(name); ok {
			op.id, op.parsed.ID = id, id
		}
	}
	if op.data != nil {
		data, _ = rewriteReferences(op.data, lookup).(*scim.Object)
	}
	return data, err
}

// rewriteReferences returns a value with what lookup finds in the place of each
// reference: a string that is one, the last segment of a URL, or a string in the
// filter of a PATCH path. The value itself is not changed.
func rewriteReferences(v any, lookup func(string) (string, bool)) any {
	switch v := v.(type) {
	case *scim.Object:
		rewritten := scim.NewObject()
		for name, inner := range v.All() {
			if path, ok := inner.(string); ok && strings.EqualFold(name, "path") {
				rewritten.Set(name, rewritePath(path, lookup))
				continue
			}
			rewritten.Set(name, rewriteReferences(inner, lookup))
		}
		return rewritten
	case []any:
		rewritten := make([]any, len(v))
		for i := range v {
			rewritten[i] = rewriteReferences(v[i], lookup)
		}
		return rewritten
	case string:
		head, name := "", v
		if i := strings.LastIndexByte(v, '/'); i >= 0 {
			head, name = v[:i+1], v[i+1:]
		}
		if name, ok := strings.CutPrefix(name, bulkIDPrefix); ok {
			if real, ok := lookup(name); ok {
				return head + real
			}
		}
		return v
	default:
		return v
	}
}

func rewritePath(path string, lookup func(string) (string, bool)) string {
	head, rest, found := strings.Cut(path, `"`+bulkIDPrefix)
	if !found {
		return path
	}
	name, tail, _ := strings.Cut(rest, `"`)
	real, ok := lookup(name)
	if !ok {
		return path
	}
	return head + `"` + real + `"` + rewritePath(tail, lookup)
}

// carryOutTogether creates resources that refer to each other: all get their ids
// first and their members last. If one fails none is created, and the others say
// so with 409 (RFC 7644 section 3.7.1).
func (job *bulkJob) carryOutTogether(group []*bulkOperation) {
	made := make([]stored, len(group))
	var culprit *bulkOperation
	err := job.x.tenant.write(job.x.r.Context(), func(tx *transaction) error {
		drafts := make([]*draft, len(group))
		ahead := map[*resourceType]int{}
		for _, op := range group {
			if op.problem != nil {
				culprit = op
				return op.problem
			}
			ahead[op.typ]++
			job.resolved[op.bulkID] = tx.newID(op.typ, ahead[op.typ])
		}
		for i, op := range group {
			culprit = op
			data, err := job.resolve(op)
			if err != nil {
				return err
			}
			if drafts[i], err = op.typ.admit(data, nil); err != nil {
				return err
			}
			if made[i], err = tx.create(op.typ, job.resolved[op.bulkID], &draft{document: drafts[i].document}); err != nil {
				return err
			}
		}
		for i, op := range group {
			culprit = op
			var err error
			if made[i].rec.members, _, err = tx.addMembers(op.typ, made[i].slot, nil, drafts[i].members); err != nil {
				return err
			}
		}
		return nil
	})
	for i, op := range group {
		if err == nil {
			job.settle(op, made[i], nil)
			continue
		}
		delete(job.resolved, op.bulkID)
		if op == culprit {
			job.settle(op, stored{}, err)
			continue
		}
		job.settle(op, stored{}, scim.Status(http.StatusConflict, "the operation refers to another one that refers back to it and has failed"))
	}
}
