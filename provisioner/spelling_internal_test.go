package provisioner

import (
	"maps"
	"strings"
	"testing"
)

func setOf(ids string) map[string]bool {
	set := map[string]bool{}
	for _, id := range strings.Fields(ids) {
		set[id] = true
	}
	return set
}

// TestSpellings: an id is taken for one that is shown in another letter case only if it
// can be no other's.
func TestSpellings(t *testing.T) {
	for name, test := range map[string]struct {
		shown, ours, others string
		want                map[string]string
	}{
		"exact":                         {"a B", "a B", "", map[string]string{"a": "a", "B": "B"}},
		"otherwise":                     {"AB cd", "ab CD", "", map[string]string{"ab": "AB", "CD": "cd"}},
		"exact before otherwise":        {"ab AB", "ab", "", map[string]string{"ab": "ab"}},
		"the other is exact":            {"AB", "ab AB", "", map[string]string{"AB": "AB"}},
		"two of ours are like it":       {"AB", "ab Ab", "", map[string]string{}},
		"two that are shown are like":   {"AB Ab", "ab", "", map[string]string{}},
		"it is somebody else's of ours": {"AB", "ab", "AB", map[string]string{}},
		"not shown":                     {"x", "ab", "", map[string]string{}},
	} {
		others := setOf(test.others)
		got, err := spellings(setOf(test.shown), setOf(test.ours), func(id string) (bool, error) { return others[id], nil })
		if err != nil || !maps.Equal(got, test.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, test.want)
		}
	}
}

// TestIDSet: the same of an id that is shown, among all of ours.
func TestIDSet(t *testing.T) {
	for name, test := range map[string]struct{ ours, shown, want string }{
		"exact":           {"ab Ab", "Ab", "Ab"},
		"small letters":   {"ab c", "AB", "ab"},
		"capital letters": {"AB c", "ab", "AB"},
		"mixed":           {"aB c", "Ab", "aB"},
		"small and not":   {"ab aB", "AB", ""},
		"two not small":   {"Ab aB", "AB", ""},
		"none":            {"c", "ab", ""},
	} {
		if got := newIDSet(setOf(test.ours)).find(test.shown); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
