package steps

import (
	"net/http"
	"slices"
)

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

// roots returns the checks that are about what went wrong, the likeliest first, where a
// scenario only makes use of it: those that a failure names, those about the kinds of
// write that it has sent, and those about the kinds of read that the target has broken on.
func (s *scenario) roots(err error) []string {
	checks := slices.Clone(rootsOf(err))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.exchanges {
		if x.Answer == nil || !x.Answer.dead() && !x.Request.writes() {
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
