package mocktarget

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Verification is a claim about what a client has asked, tested with
// [Tenant.Verify] against the journal. Without Ordered, Only and None it says that
// each pattern fits as many exchanges as it wants.
type Verification struct {
	Patterns []Pattern `json:"patterns,omitempty" doc:"Each has to fit as many exchanges as it wants"`
	// Ordered says too that the exchanges came in the order of the patterns; others
	// may lie between them.
	Ordered bool `json:"ordered,omitempty" doc:"The exchanges came in the order of the patterns"`
	// Only says too that there is no exchange which fits none of the patterns.
	Only bool `json:"only,omitempty" doc:"There is no exchange that fits none of the patterns"`
	// None says instead that no exchange fits any of the patterns; without patterns,
	// that there is no exchange at all.
	None bool `json:"none,omitempty" doc:"No exchange fits any of the patterns; without patterns, there is none at all"`
	// Since leaves out exchanges up to this number.
	Since uint64 `json:"since,omitempty" doc:"Leave out exchanges up to this number"`
}

// A Pattern describes exchanges. Each field that is not zero has to fit.
//
// The operations of a bulk request count as exchanges of their own for patterns that
// give Kind, ResourceType, ID, PatchOp or PatchPath; the request as a whole is of
// kind "bulk".
type Pattern struct {
	Method string `json:"method,omitempty" example:"PATCH"`
	// Path is the path below the tenant's SCIM service, without the query. In it * is
	// any text within a segment and a segment ** any number of segments: /Users/*.
	Path string `json:"path,omitempty" doc:"Path below the SCIM service; * is any text in a segment, ** any segments" example:"/Users/*"`
	// Kind is that of the [Operation], such as "create".
	Kind         string `json:"kind,omitempty" doc:"What was done" example:"create"`
	ResourceType string `json:"resourceType,omitempty"`
	ID           string `json:"id,omitempty"`
	// Filter is the filter of a search, however it is spaced.
	Filter string `json:"filter,omitempty" doc:"Filter of a search, however it is spaced"`
	// PatchOp and PatchPath are of one of a PATCH's operations. PatchPath may have *.
	PatchOp   string `json:"patchOp,omitempty" doc:"Of one of the operations of a PATCH" example:"replace"`
	PatchPath string `json:"patchPath,omitempty" doc:"Of one of the operations of a PATCH; may have *" example:"active"`
	Status    int    `json:"status,omitempty"`
	// BodyContains is text in the body of the request, as the journal keeps it.
	BodyContains string `json:"bodyContains,omitempty" doc:"Text in the body of the request"`
	// Run is the [Entry].Run.
	Run string `json:"run,omitempty" doc:"What the client has called its run in X-Run-Id"`

	// Times, AtLeast and AtMost say how many exchanges have to fit, as in new(2).
	// Without any of them it is at least one.
	Times   *int `json:"times,omitempty" doc:"How many exchanges have to fit; without times, atLeast and atMost at least one"`
	AtLeast *int `json:"atLeast,omitempty"`
	AtMost  *int `json:"atMost,omitempty"`
}

// A Verdict is the outcome of a [Verification].
type Verdict struct {
	OK bool `json:"ok"`
	// Message says what is wrong, in lines for people. It is empty if nothing is.
	Message string `json:"message,omitempty"`
	// Counts are how many exchanges fit each pattern.
	Counts []int `json:"counts"`
	// Nearest are, for patterns that fit too few exchanges, those that come nearest.
	Nearest []NearMiss `json:"nearest,omitempty"`
	// Offending are the exchanges that should not be there.
	Offending []uint64 `json:"offending,omitempty"`
}

// A NearMiss is an exchange that almost fits a pattern.
type NearMiss struct {
	Pattern int    `json:"pattern"` // its place in the list, from 0
	Seq     uint64 `json:"seq"`
	// Exchange is what it was, such as "PATCH /Users/7 → 200".
	Exchange string `json:"exchange"`
	// Matched are the fields of the pattern that fit.
	Matched []string `json:"matched,omitempty"`
	// Differences say of each other field what is wanted and what it is.
	Differences []string `json:"differences"`
}

// Verify tests a claim about the exchanges in the journal. The error is not about
// the claim: a pattern cannot be read, or the journal does not hold all that it
// takes to tell.
func (t *Tenant) Verify(v Verification) (Verdict, error) {
	if t.server.config.Journal.Off {
		return Verdict{}, scim.Conflict("the journal is off, so nothing can be verified")
	}
	if len(v.Patterns) == 0 && !v.None && !v.Only {
		return Verdict{}, scim.BadRequest("the verification claims nothing, so it would always hold; give patterns, only or none")
	}
	check := verifier{Verification: v, fits: make([][]int, len(v.Patterns))}
	for i, p := range v.Patterns {
		m, err := newMatcher(p)
		if err != nil {
			return Verdict{}, scim.BadRequest("pattern %d: %s", i, reason(err))
		}
		check.patterns = append(check.patterns, m)
	}
	entries, lost := t.journal.after(v.Since)
	if lost > v.Since {
		return Verdict{}, scim.Conflict("the journal has had to drop exchanges up to number %d: give it more room, or verify since %d", lost, lost)
	}
	check.seen = t.model.observe(entries)
	return check.verdict(), nil
}

// A verifier tests one claim.
type verifier struct {
	Verification
	patterns  []*matcher
	seen      []*observed
	fits      [][]int // for each pattern the places in seen
	problems  []string
	nearest   []NearMiss
	offending []uint64
}

func (v *verifier) verdict() Verdict {
	counts := make([]int, len(v.patterns))
	for i, p := range v.patterns {
		for at, o := range v.seen {
			if p.fits(o) {
				v.fits[i] = append(v.fits[i], at)
			}
		}
		counts[i] = len(v.fits[i])
	}
	if v.None {
		v.checkNone()
	} else {
		for i := range v.patterns {
			v.checkCount(i)
		}
		if v.Ordered && len(v.problems) == 0 {
			v.checkOrder()
		}
	}
	if v.Only {
		v.checkOnly()
	}
	return Verdict{
		OK: len(v.problems) == 0, Message: strings.Join(v.problems, "\n"),
		Counts: counts, Nearest: v.nearest, Offending: v.offending,
	}
}

func (v *verifier) fail(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

// offend notes exchanges that should not be there and fails with a list of them.
func (v *verifier) offend(places []int, format string, args ...any) {
	const most = 10 // that a message names
	v.fail(format, args...)
	for i, at := range places {
		o := v.seen[at]
		if i < most {
			v.fail("  %s", o)
		} else if i == most {
			v.fail("  and %d more", len(places)-most)
		}
		if !slices.Contains(v.offending, o.seq) {
			v.offending = append(v.offending, o.seq)
		}
	}
	slices.Sort(v.offending)
}

func (v *verifier) checkNone() {
	if len(v.patterns) == 0 {
		if all := v.whole(); len(all) > 0 {
			v.offend(all, "want no exchange at all, found %d:", len(all))
		}
		return
	}
	for i, p := range v.patterns {
		if n := len(v.fits[i]); n > 0 {
			v.offend(v.fits[i], "pattern %d (%s): want no exchange, found %d:", i, p, n)
		}
	}
}

// whole returns the places of exchanges that are not part of a bulk request.
func (v *verifier) whole() []int {
	var places []int
	for at, o := range v.seen {
		if !o.inner {
			places = append(places, at)
		}
	}
	return places
}

func (v *verifier) checkCount(i int) {
	p, n := v.patterns[i], len(v.fits[i])
	least, most, words := p.bounds()
	switch {
	case n < least:
		v.fail("pattern %d (%s): want %s, found %d", i, p, words, n)
		for _, miss := range v.misses(i) {
			v.fail("  nearest: #%d %s: %s", miss.Seq, miss.Exchange, strings.Join(miss.Differences, "; "))
			v.nearest = append(v.nearest, miss)
		}
	case n > most:
		v.offend(v.fits[i], "pattern %d (%s): want %s, found %d:", i, p, words, n)
	}
}

// misses returns the exchanges that come nearest to a pattern without fitting it.
func (v *verifier) misses(i int) []NearMiss {
	const most = 3
	var list []NearMiss
	for _, o := range v.seen {
		if miss, ok := v.patterns[i].miss(o); ok {
			miss.Pattern = i
			list = append(list, miss)
		}
	}
	slices.SortStableFunc(list, func(a, b NearMiss) int {
		return cmp.Or(cmp.Compare(len(b.Matched), len(a.Matched)), cmp.Compare(b.Seq, a.Seq))
	})
	return list[:min(most, len(list))]
}

// checkOrder looks for exchanges that fit the patterns one after the other. Taking
// the earliest each time finds them if they are there.
func (v *verifier) checkOrder() {
	last, before := -1, ""
	for i, p := range v.patterns {
		least, _, _ := p.bounds()
		for _, at := range v.fits[i] {
			if least > 0 && at > last {
				last = at
				least--
			}
		}
		if least > 0 {
			v.fail("pattern %d (%s) fits too few exchanges%s", i, p, before)
			return
		}
		if last >= 0 {
			before = fmt.Sprintf(" after #%d, which fits pattern %d", v.seen[last].seq, i)
		}
	}
}

// checkOnly fails for exchanges that no pattern fits. A bulk request is covered by
// patterns that fit all its operations.
func (v *verifier) checkOnly() {
	covered := make([]bool, len(v.seen))
	for _, places := range v.fits {
		for _, at := range places {
			covered[at] = true
		}
	}
	var strange []int
	for at := 0; at < len(v.seen); {
		next, all := at+1, true
		for ; next < len(v.seen) && v.seen[next].inner; next++ {
			all = all && covered[next]
		}
		if !covered[at] && (next == at+1 || !all) {
			strange = append(strange, at)
		}
		at = next
	}
	if len(strange) > 0 {
		v.offend(strange, "no pattern fits %d of the exchanges:", len(strange))
	}
}
