package steps

import "regexp"

// A Doc describes one sentence of the vocabulary.
type Doc struct {
	// Pattern is the regular expression that the sentence has to match.
	Pattern string
	// Example is a sentence as a scenario writes it.
	Example string
	// Meaning says what the sentence does or demands.
	Meaning string
}

// Docs lists the vocabulary in the order in which scenarios use it: what happens
// in the directory, what the app is like, what must be so afterwards.
func Docs() []Doc {
	all := vocabulary(&scenario{})
	docs := make([]Doc, len(all))
	for i, d := range all {
		docs[i] = d.Doc
	}
	return docs
}

// A definition is a sentence and the code behind it.
type definition struct {
	Doc
	handler any
}

// nick is how scenarios name people and groups.
const nick = `([a-z][a-z0-9-]*)`

// members is a list of people in a sentence.
const members = `(no members|(?:the )?members? .+)`

var nickForm = regexp.MustCompile(`^` + nick + `$`)

func vocabulary(s *scenario) []definition {
	var all []definition
	for _, part := range [][]definition{
		s.directoryWords(), s.groupDirectoryWords(), s.appWords(), s.accountWords(), s.groupWords(), s.trafficWords(),
	} {
		all = append(all, part...)
	}
	return all
}

func define(pattern, example, meaning string, handler any) definition {
	return definition{Doc{Pattern: `^` + pattern + `$`, Example: example, Meaning: meaning}, handler}
}
