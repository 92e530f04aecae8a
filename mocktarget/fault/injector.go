package fault

import (
	"math/rand/v2"
	"strings"
	"sync"
)

// An Injector decides which requests go wrong. Its methods may be called from any
// goroutine.
type Injector struct {
	mu    sync.Mutex
	armed []*armed
}

// An armed rule knows how many requests it has seen and hit.
type armed struct {
	Rule
	path      []string // nil for any
	seen, hit int
	random    *rand.Rand
}

// New returns an injector that follows rules, which [Rule.Check] must have passed.
// Each counts from its first request on.
func New(rules []Rule) *Injector {
	in := &Injector{}
	for _, r := range rules {
		a := &armed{Rule: r, random: rand.New(rand.NewPCG(r.Seed, 0))}
		if r.Path != "" {
			a.path = segments(r.Path)
		}
		in.armed = append(in.armed, a)
	}
	return in
}

// Next returns the rule that hits a request, nil if all goes well. path is below the
// SCIM service, without query. Of several rules the first that hits has the request;
// those after it do not see it.
func (in *Injector) Next(method, path string) *Rule {
	if len(in.armed) == 0 {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	asked := segments(path)
	for _, a := range in.armed {
		if a.concerns(method, asked) && a.hits() {
			r := a.Rule
			return &r
		}
	}
	return nil
}

func (a *armed) concerns(method string, path []string) bool {
	if a.Method != "" && !strings.EqualFold(a.Method, method) {
		return false
	}
	if a.path == nil {
		return true
	}
	if len(a.path) != len(path) {
		return false
	}
	for i, want := range a.path {
		if want != "*" && want != path[i] {
			return false
		}
	}
	return true
}

// hits counts one more request that the rule is about. Chance is asked for every
// one of them, so that what it says depends on their number alone.
func (a *armed) hits() bool {
	a.seen++
	lucky := a.Probability > 0 && a.random.Float64() >= a.Probability
	if lucky || a.seen <= a.Skip || a.Times >= 0 && a.hit >= max(a.Times, 1) {
		return false
	}
	a.hit++
	return true
}

func segments(path string) []string {
	return strings.Split(strings.Trim(path, "/"), "/")
}
