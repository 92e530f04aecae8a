package steps

import (
	"regexp"
	"slices"
)

// A Doc describes one sentence of the vocabulary.
type Doc struct {
	// Pattern is the regular expression that the sentence has to match.
	Pattern string
	// Example is a sentence as a scenario writes it.
	Example string
	// Meaning says what the sentence does or demands.
	Meaning string
	// Protocol says that the sentence is of the scenarios about the protocol, in
	// which a client talks to the target; the others are about a provisioner that
	// keeps an app up to date.
	Protocol bool
	// Claim says that "if it is accepted, ", "if it is refused, " and then
	// "ideally " may stand before the sentence. The first two leave it out unless
	// the last request succeeded, or did not; the third makes a remark of a failure.
	Claim bool
}

// Vocabulary lists all sentences in the order in which scenarios use them: for a
// provisioner what happens in the directory, what the app is like, what must be so
// afterwards; for the protocol what there is, what is sent, what must be so.
func Vocabulary() []Doc {
	s := &scenario{}
	s.client = newClient(s)
	all := vocabulary(s)
	docs := make([]Doc, len(all))
	for i, d := range all {
		docs[i] = d.Doc
		if d.Claim {
			docs[i].Pattern = conditions + d.Pattern
		}
		docs[i].Pattern = `^` + docs[i].Pattern + `$`
	}
	return docs
}

// A definition is a sentence and the code behind it. Its pattern is without what each has:
// the ends and, of a claim, the conditions.
type definition struct {
	Doc
	handler any
}

// nick is how scenarios name people and groups.
const nick = `([a-z][a-z0-9-]*)`

// members is a list of people in a sentence.
const members = `(no members|(?:the )?members? .+)`

var nickForm = regexp.MustCompile(`^` + nick + `$`)

// vocabulary returns the sentences for a scenario, those about a provisioner first.
func vocabulary(s *scenario) []definition { return append(provisionerWords(s), protocolWords(s)...) }

func provisionerWords(s *scenario) []definition {
	return slices.Concat(
		s.directoryWords(), s.groupDirectoryWords(), s.managerWords(), s.administratorWords(), s.appWords(), s.accountWords(), s.groupWords(), s.trafficWords(),
	)
}

func protocolWords(s *scenario) []definition {
	c := s.client
	all := slices.Concat(c.makeWords(), c.sendWords(), c.answerWords(), c.listWords(), c.bulkWords(), c.discoveryWords(), c.trialWords())
	for i := range all {
		all[i].Protocol = true
	}
	return all
}

func define(pattern, example, meaning string, handler any) definition {
	return definition{Doc{Pattern: pattern, Example: example, Meaning: meaning}, handler}
}
