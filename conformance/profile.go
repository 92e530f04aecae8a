package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance/requirement"
)

// A Profile is a selection of checks for a purpose. [Profiles] lists them.
type Profile struct {
	// Name is how it is asked for, such as "rfc".
	Name string
	// Title says what it is about.
	Title string
	// Strict says that what should be so counts like what must be so.
	Strict bool
	// ReadOnly says that it never writes.
	ReadOnly bool

	// selects says which checks belong to it.
	selects func(*Check) bool
	// about says which requirements it is about, of those that can be tested. Nil means
	// those that its checks cite.
	about func(requirement.Requirement) bool
}

// The names of the profiles.
const (
	RFC       = "rfc"
	RFCStrict = "rfc-strict"
	ReadOnly  = "readonly"
	Lifecycle = "lifecycle"
	Cursor    = "cursor"
	Bulk      = "bulk"
	Stress    = "stress"
	Interop   = "interop"
)

// Profiles lists the profiles, the default one first.
func Profiles() []Profile {
	return []Profile{
		{Name: RFC, Title: "what RFC 7643, 7644 and 9865 demand, and what the target says that it offers", selects: ofRFCs, about: normative},
		{Name: RFCStrict, Title: "the same, and what should be so counts like what must be so", Strict: true, selects: ofRFCs, about: normative},
		{Name: ReadOnly, Title: "what of it can be found out by reading", ReadOnly: true, about: normative,
			selects: func(c *Check) bool { return ofRFCs(c) && !c.tagged("@write") }},
		{Name: Lifecycle, Title: "whether people who join, move and leave have the right accounts in the end",
			selects: func(c *Check) bool { return c.tagged("@lifecycle") }},
		{Name: Cursor, Title: "pages by cursors (RFC 9865)",
			selects: func(c *Check) bool { return ofRFCs(c) && (c.Area == "CURSOR" || c.cites("9865", "")) },
			about:   func(r requirement.Requirement) bool { return normative(r) && r.RFC == "RFC9865" }},
		{Name: Bulk, Title: "many changes in one request (RFC 7644 section 3.7)",
			selects: func(c *Check) bool { return ofRFCs(c) && (c.Area == "BULK" || c.cites("7644", "3.7")) },
			about: func(r requirement.Requirement) bool {
				return normative(r) && r.RFC == "RFC7644" && within(r.Section, "3.7")
			}},
		{Name: Stress, Title: "much at once: many requests at a time, long lists, large bodies",
			selects: func(c *Check) bool { return c.tagged("@stress") }},
		{Name: Interop, Title: "what a draft of an interoperability profile demands beyond the RFCs, or against them",
			selects: func(c *Check) bool { return c.tagged("@interop") },
			about:   func(r requirement.Requirement) bool { return testable(r) && r.RFC == interopDraft }},
	}
}

// interopDraft is the document behind the profile [Interop].
const interopDraft = "I-D.zollner-scim-interop-profile"

// ofRFCs reports whether a check is of the kind that every run makes: scenarios of
// the user's own too, but none that is asked for by the name of its profile.
func ofRFCs(c *Check) bool {
	return !c.tagged("@lifecycle") && !c.tagged("@stress") && !c.tagged("@interop")
}

// testable reports whether a requirement binds servers and can be put to the test over
// HTTP.
func testable(r requirement.Requirement) bool {
	return r.Subject.Binds(requirement.Server) && r.Testable != "no"
}

func normative(r requirement.Requirement) bool { return testable(r) && r.Normative() }

func (c *Check) tagged(tag string) bool { return slices.Contains(c.Tags, tag) }

// cites reports whether a check is about a requirement of a section of an RFC, or of
// one below it. No section means any.
func (c *Check) cites(rfc, section string) bool {
	return slices.ContainsFunc(c.Requirements, func(id string) bool {
		document, rest, _ := strings.Cut(id, "-")
		own, _, _ := strings.Cut(rest, "-")
		return document == "RFC"+rfc && within(own, section)
	})
}

// within reports whether a section is another one, or below it.
func within(section, of string) bool {
	return of == "" || section == of || strings.HasPrefix(section, of+".")
}

// profilesOf returns the profiles of the names.
func profilesOf(names []string) ([]Profile, error) {
	var all []Profile
	for _, name := range names {
		at := slices.IndexFunc(Profiles(), func(p Profile) bool { return p.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no profile %q: use one of %s", name, profileNames())
		}
		if !slices.ContainsFunc(all, func(p Profile) bool { return p.Name == name }) {
			all = append(all, Profiles()[at])
		}
	}
	return all, nil
}

func profileNames() string {
	var names []string
	for _, p := range Profiles() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
