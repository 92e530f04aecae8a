package mocktarget

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/permiso/scimwright/provisioner/scim"
)

// json judges the body as JSON, and reads it as far as it can be read if the server
// could not.
func (l *linter) json() {
	text := l.x.body
	if l.body != nil || text == nil || l.x.readErr != nil {
		return // it is right, or nobody has read it
	}
	if len(text) == 0 {
		l.report(ruleJSONMalformed, nil, "the body is empty; send a JSON object")
		return
	}
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		l.report(ruleJSONByteOrderMark, nil, "the body begins with a byte order mark, which JSON does not have; leave it out")
	}
	if !utf8.Valid(text) {
		l.report(ruleUndeclaredEncoding, nil, "the body has bytes that are not UTF-8; encode it in UTF-8")
	}
	body, err := scim.ParseObjectLenient(text)
	if err != nil {
		l.report(ruleJSONMalformed, nil, "the body cannot be read as a JSON object%s; build it with a JSON library", l.reason(err))
		return
	}
	l.body = body
	f := &repeatFinder{linter: l, decoder: json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))}
	f.decoder.UseNumber()
	if f.value(nil) != nil {
		l.report(ruleJSONMalformed, nil, "the body is not strict JSON; build it with a JSON library")
	}
}

// reason returns what the parser says, unless it might quote a secret.
func (l *linter) reason(err error) string {
	wire, ok := err.(scim.Error)
	if !ok || l.m.mayHoldSecret(l.x.body) {
		return ""
	}
	return ": " + wire.Detail
}

// A repeatFinder looks for objects with a name twice. It is used only on bodies
// that the server has refused.
type repeatFinder struct {
	linter  *linter
	decoder *json.Decoder
}

func (f *repeatFinder) value(at *place) error {
	token, err := f.decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return f.object(at)
	case json.Delim('['):
		for i := 0; f.decoder.More(); i++ {
			inner := at.element(i)
			if err := f.value(&inner); err != nil {
				return err
			}
		}
		_, err = f.decoder.Token()
	}
	return err
}

func (f *repeatFinder) object(at *place) error {
	seen := map[string]string{}
	for f.decoder.More() {
		token, err := f.decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		inner := at.member(name)
		if before, twice := seen[strings.ToLower(name)]; twice {
			f.linter.report(ruleJSONDuplicateName, &inner,
				"the object has %s and %s; letter case does not tell names apart, so that parsers read one or the other: give the name once", quoted(before), quoted(name))
		}
		seen[strings.ToLower(name)] = name
		if err := f.value(&inner); err != nil {
			return err
		}
	}
	_, err := f.decoder.Token()
	return err
}
