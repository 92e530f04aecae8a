package mocktarget

import (
	"net/http"
	"slices"

	"github.com/permiso/scimwright/mocktarget/deviation"
	"github.com/permiso/scimwright/mocktarget/fault"
)

// An Imitation is what apps of one make do otherwise than the mock by itself, as far as
// their documentation or their users tell. It is known by the name under which clients
// know the make.
type Imitation struct {
	Name string `json:"name"`
	// Title is what people call the make.
	Title string `json:"title"`
	// About says in a sentence or two what a client has to cope with.
	About string `json:"about"`
	// Deviations are departures from the RFCs, see [deviation.All].
	Deviations []string `json:"deviations" nullable:"false"`
	// Faults are limits: what is refused for good, or when there is too much of it.
	Faults []fault.Rule `json:"faults" nullable:"false"`
}

// Imitations returns all of them, by name.
func Imitations() []Imitation {
	return []Imitation{{
		Name: "aws-identity-center", Title: "AWS IAM Identity Center",
		About:      "Filters compare by eq alone, pages are short, groups never show their members, and a PATCH names its paths.",
		Deviations: []string{"bulk-unadvertised", "etag-unadvertised", "sort-unadvertised", "filter-only-eq", "pages-capped", "members-never-returned", "members-replace-refused", "patch-pathless-refused"},
	}, {
		Name: "generic-azure", Title: "An app that was built for Microsoft Entra ID",
		About:      "Groups are made empty, and a change is answered without the resource.",
		Deviations: []string{"bulk-unadvertised", "etag-unadvertised", "sort-unadvertised", "group-create-drops-members", "patch-answers-204"},
	}, {
		Name: "generic-strict", Title: "An app that follows RFC 7643 and RFC 7644",
		About: "There is nothing to cope with.",
	}, {
		Name: "google-cloud-identity", Title: "Google Cloud Identity",
		About:      "PUT answers with a web page and 404, and a list shows everything whatever page is asked for.",
		Deviations: []string{"bulk-unadvertised", "etag-unadvertised", "sort-unadvertised", "replace-html-404", "count-ignored"},
	}, {
		Name: "infisical", Title: "Infisical",
		About:      "There is no ServiceProviderConfig, lists repeat entries, and the making of groups fails.",
		Deviations: []string{"config-missing", "pages-overlap", "pages-capped", "group-answers-500"},
	}, {
		Name: "open-webui", Title: "Open WebUI",
		About:      "Deleting an account deletes it for good, with all it has.",
		Deviations: []string{"bulk-unadvertised", "etag-unadvertised", "sort-unadvertised"},
	}, {
		Name: "passbolt", Title: "Passbolt",
		About:      "There are no groups.",
		Deviations: []string{"groups-endpoint-missing"},
	}, {
		Name: "salesforce", Title: "Salesforce",
		About:      "The configuration is at another address, accounts are not deleted, and groups are not made.",
		Deviations: []string{"config-plural", "error-schemas-as-text"},
		Faults: []fault.Rule{
			{Name: "no-group-create", Kind: fault.Status, Status: http.StatusMethodNotAllowed, Method: http.MethodPost, Path: "/Groups", Times: -1},
			{Name: "no-group-delete", Kind: fault.Status, Status: http.StatusMethodNotAllowed, Method: http.MethodDelete, Path: "/Groups/*", Times: -1},
			{Name: "no-user-delete", Kind: fault.Status, Status: http.StatusMethodNotAllowed, Method: http.MethodDelete, Path: "/Users/*", Times: -1},
		},
	}, {
		Name: "slack", Title: "Slack",
		About:      "Answers are plain JSON, deleting deactivates, and who makes accounts fast is told to slow down.",
		Deviations: []string{"answers-as-json", "config-plural", "delete-deactivates"},
		Faults: []fault.Rule{
			{Name: "burst", Kind: fault.Status, Status: http.StatusTooManyRequests, RetryAfter: "1", Method: http.MethodPost, Path: "/Users", Skip: 20, Times: 3},
		},
	}, {
		Name: "vcenter", Title: "VMware vCenter",
		About:      "PATCH is answered with 501 although it is advertised.",
		Deviations: []string{"patch-unsupported"},
	}}
}

// imitationOf returns the imitation of a name, that of nothing for "", and whether there
// is one.
func imitationOf(name string) (Imitation, bool) {
	if name == "" {
		return Imitation{}, true
	}
	all := Imitations()
	i := slices.IndexFunc(all, func(i Imitation) bool { return i.Name == name })
	if i < 0 {
		return Imitation{}, false
	}
	return all[i], true
}

// imitationNames are for messages.
func imitationNames() (names []string) {
	for _, i := range Imitations() {
		names = append(names, i.Name)
	}
	return names
}

// imitated returns the faults and the deviations of settings, with those of the make that
// they imitate before them.
func (s *Settings) imitated() ([]fault.Rule, *deviation.Set, error) {
	i, _ := imitationOf(s.Imitate)
	names := i.Deviations
	for _, name := range s.Deviations {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	set, err := deviation.New(names)
	return slices.Concat(i.Faults, s.Faults), set, err
}
