// Package requirement is the catalogue of what RFC 7643, 7644, 9865 and 9967 ask of
// SCIM servers and clients, each statement paraphrased and with an id that never
// changes. Checks, lint findings and tests cite these ids.
//
//	r, ok := requirement.Get("RFC7644-3.5.2-R17")
package requirement

import (
	"bytes"
	_ "embed"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed catalogue.yaml
var text []byte

// A Requirement is one normative statement.
type Requirement struct {
	// ID names the statement, such as "RFC7644-3.5.2-R17".
	ID string `yaml:"id"`
	// RFC is the document, such as "RFC7644".
	RFC string `yaml:"rfc"`
	// Section is the section of the document, such as "3.5.2.1".
	Section string `yaml:"section"`
	// Level is how binding it is.
	Level Level `yaml:"level"`
	// Subject is who has to follow it.
	Subject Subject `yaml:"subject"`
	// Feature groups statements, such as "patch".
	Feature string `yaml:"feature"`
	// Statement says in our words what is required.
	Statement string `yaml:"statement"`
	// Testable is "yes", "partly" or "no": can it be judged over HTTP?
	Testable string `yaml:"testable"`
	// How says how a test can tell.
	How string `yaml:"how"`
	// Needs are the conditions under which it applies, all of them.
	Needs []string `yaml:"needs"`
	// Keyword is "explicit" where the RFC uses a keyword of RFC 2119, and "implied"
	// where the level is our reading.
	Keyword string `yaml:"keyword"`
	// Source is "text" for what was read in an RFC and "draft" for an
	// Internet-Draft.
	Source string `yaml:"source"`
	// Ambiguity are the keys of the questions that the text leaves open.
	Ambiguity []string `yaml:"ambiguity"`
	// Status says which text of a draft was read, "" for an RFC.
	Status string `yaml:"status"`
	// Errata are numbers in the RFC Editor's list.
	Errata []int `yaml:"errata"`
}

// A Level is a keyword of RFC 2119.
type Level string

// The levels.
const (
	Must      Level = "MUST"
	MustNot   Level = "MUST NOT"
	Should    Level = "SHOULD"
	ShouldNot Level = "SHOULD NOT"
	May       Level = "MAY"
)

// A Subject is who a statement is about.
type Subject string

// The subjects.
const (
	Server Subject = "server"
	Client Subject = "client"
	Both   Subject = "both"
)

// Binds reports whether a statement about s is one about other too.
func (s Subject) Binds(other Subject) bool { return s == other || s == Both }

// String returns a requirement as messages cite it: "RFC 7644 section 3.5.2".
func (r Requirement) String() string {
	return strings.Replace(r.RFC, "RFC", "RFC ", 1) + " section " + r.Section
}

// Normative reports whether the statement is of an RFC rather than of a draft.
func (r Requirement) Normative() bool { return r.Source == "text" }

// catalogue is the parsed text, which is parsed when it is first asked for.
var catalogue = sync.OnceValue(func() *index {
	c, err := parse(text)
	if err != nil {
		panic(err) // embedded; a test parses it
	}
	return c
})

type index struct {
	rows []Requirement
	byID map[string]int
}

func parse(text []byte) (*index, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	c := &index{byID: map[string]int{}}
	if err := d.Decode(&c.rows); err != nil {
		return nil, fmt.Errorf("catalogue of requirements: %w", err)
	}
	for i, r := range c.rows {
		if _, twice := c.byID[r.ID]; twice || r.ID == "" {
			return nil, fmt.Errorf("catalogue of requirements: row %d: the id %q is empty or there twice", i+1, r.ID)
		}
		c.byID[r.ID] = i
	}
	return c, nil
}

// Get returns the requirement of an id.
func Get(id string) (Requirement, bool) {
	c := catalogue()
	i, ok := c.byID[id]
	if !ok {
		return Requirement{}, false
	}
	return c.rows[i], true
}

// All ranges over the catalogue in its order: by document and section.
func All() iter.Seq[Requirement] { return slices.Values(catalogue().rows) }
