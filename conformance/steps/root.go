package steps

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
)

// Basics lists the checks that the others rest on, in the order in which they rest on each
// other: those about requests of each kind as such, which [Outcome.Roots] names, and those
// that failures in what a scenario only makes use of are rooted in.
func Basics() []string {
	return []string{
		"DISC-01", "DISC-03", "DISC-11", "AUTH-01", "CREATE-01", "READ-01", "LIST-01", "ERR-01", "ERR-02", "CREATE-17",
		"PUT-01", "PATCH-01", "DEL-01", "GROUP-01", "GROUP-12", "GROUP-08", "DEL-09",
		"FILT-01", "PROJ-01", "PROJ-02", "SORT-01", "CURSOR-02", "SRCH-01", "LIST-07", "BULK-01", "ME-01",
	}
}

// basics returns the checks that are about requests of a kind as such: if one of them
// fails, such a request does not work, whatever it is sent for.
func basics(r *Request) []string {
	if len(r.Path) == 0 {
		return []string{"LIST-07"}
	}
	switch endpoint := r.Path[0]; {
	case r.Path[len(r.Path)-1] == ".search":
		return []string{"SRCH-01"}
	case endpoint == bulk:
		return []string{"BULK-01"}
	case endpoint == "Me":
		return []string{"ME-01"}
	case endpoint == "ServiceProviderConfig":
		return []string{"DISC-01"}
	case endpoint == "ResourceTypes":
		return []string{"DISC-03"}
	case endpoint == "Schemas":
		return []string{"DISC-11"}
	}
	inGroups := r.Path[0] == groups
	switch {
	case r.Method == http.MethodPost && inGroups:
		return []string{"GROUP-01"}
	case r.Method == http.MethodPost:
		return []string{"CREATE-01"}
	case r.Method == http.MethodPut && inGroups:
		return []string{"PUT-01", "GROUP-12"}
	case r.Method == http.MethodPut:
		return []string{"PUT-01"}
	case r.Method == http.MethodPatch && inGroups:
		return []string{"PATCH-01", "GROUP-08"}
	case r.Method == http.MethodPatch:
		return []string{"PATCH-01"}
	case r.Method == http.MethodDelete && inGroups:
		return []string{"DEL-01", "DEL-09"}
	case r.Method == http.MethodDelete:
		return []string{"DEL-01"}
	default:
		return basicsOfRead(r)
	}
}

func basicsOfRead(r *Request) []string {
	var checks []string
	for _, use := range []struct{ parameter, check string }{
		{"filter", "FILT-01"}, {"sortBy", "SORT-01"}, {"cursor", "CURSOR-02"}, {"attributes", "PROJ-01"}, {"excludedAttributes", "PROJ-02"},
	} {
		if r.Query.Has(use.parameter) {
			checks = append(checks, use.check)
		}
	}
	if len(r.Path) == 1 {
		return append(checks, "LIST-01")
	}
	return append(checks, "READ-01")
}

// dead reports whether the target does not do requests of this kind, or breaks on them.
func (a *Answer) dead() bool {
	return a.Status >= http.StatusInternalServerError || a.Status == http.StatusMethodNotAllowed
}

// disguises reports whether an answer is an error under a status of success.
func (a *Answer) disguises() bool {
	const urn = "urn:ietf:params:scim:api:messages:2.0:Error"
	if !a.OK() || !bytes.Contains(a.Body, []byte(urn)) {
		return false
	}
	schemas, _ := a.object().get("schemas").([]any)
	return slices.Contains(schemas, any(urn))
}

// named returns the checks that a failure names, the one about errors first if the target
// has given one out for a success.
func (s *scenario) named(err error) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.exchanges, func(x Exchange) bool { return x.Answer != nil && x.Answer.disguises() }) {
		return append([]string{"ERR-01"}, rootsOf(err)...)
	}
	return slices.Clone(rootsOf(err))
}

// roots returns the checks that are about what went wrong, the likeliest first, where a
// scenario only makes use of it: those that a failure names, those about the kinds of
// write that it has sent, and those about the kinds of read that the target has broken on,
// or whose answer has made it reach for somebody else.
func (s *scenario) roots(err error) []string {
	checks := s.named(err)
	misled := errors.As(err, new(*Violation))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.exchanges {
		if x.Answer == nil || !x.Answer.dead() && !x.Request.writes() && !misled {
			continue
		}
		for _, id := range basics(&x.Request) {
			if !slices.Contains(checks, id) {
				checks = append(checks, id)
			}
		}
	}
	return checks
}
