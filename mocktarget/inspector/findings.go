package inspector

import (
	"fmt"
	"net/http"

	"github.com/permiso/scimwright/conformance/requirement"
	"github.com/permiso/scimwright/mocktarget"
)

// A problem is something that a client did wrong.
type problem struct {
	Title, Text, Link        string // of a broken invariant
	Rule, Severity, Message  string // of a finding
	Source, Statement, Times string
	Seqs                     []reference
}

type reference struct {
	Seq  uint64
	Link string
}

// newFinding returns a finding with what it rests on.
func newFinding(f mocktarget.Finding) problem {
	p := problem{Rule: f.Rule, Severity: string(f.Severity), Message: f.Message, Source: f.Practice}
	if f.Pointer != "" {
		p.Message += " (" + f.Pointer + ")"
	}
	if r, ok := requirement.Get(f.Requirement); ok {
		p.Source, p.Statement = r.String(), r.ID+": "+r.Statement
	}
	return p
}

// findings renders what clients of the tenant did wrong, each kind once.
func (i *inspector) findings(r *http.Request) (string, any, error) {
	t, err := i.tenant(r)
	if err != nil {
		return "", nil, err
	}
	var list []problem
	for _, s := range t.Findings() {
		p := newFinding(s.Finding)
		p.Times = fmt.Sprintf("%d times", s.Count)
		if s.Count == 1 {
			p.Times = "once"
		}
		p.Seqs = []reference{{s.First, link(t.Name(), s.First)}}
		if s.Last != s.First {
			p.Seqs = append(p.Seqs, reference{s.Last, link(t.Name(), s.Last)})
		}
		list = append(list, p)
	}
	var broken []problem
	for _, v := range t.Violations() {
		p := problem{Title: v.Invariant, Text: v.Message}
		if v.Seq > 0 {
			p.Link = link(t.Name(), v.Seq)
		}
		broken = append(broken, p)
	}
	return "findings", map[string]any{
		"Tenant": t.Name(), "Findings": list, "Violations": broken, "Exchanges": len(t.Journal()),
	}, nil
}
