package provisioner

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

func (d *directoryReader) readJSON(data []byte) {
	doc, err := scim.ParseObject(data)
	if err != nil {
		d.syntaxError(data, err)
		return
	}
	var root place
	for name, v := range doc.All() {
		switch strings.ToLower(name) {
		case "users":
			d.readArray(root.at(name), v, d.addUser)
		case "groups":
			d.readArray(root.at(name), v, d.addGroup)
		default:
			d.problem(root.at(name), `is not known here: a directory is {"users": [...], "groups": [...]}`)
		}
	}
	if doc.Len() == 0 {
		d.problem(root, `the file holds no directory: write {"users": [...], "groups": [...]}`)
	}
}

// syntaxError reports text that is no JSON by line, where an editor finds it;
// what else a document can be refused for names its place itself.
func (d *directoryReader) syntaxError(data []byte, refused error) {
	var syntax *json.SyntaxError
	var document json.RawMessage
	if !errors.As(json.Unmarshal(data, &document), &syntax) {
		d.problem(place{}, "%s", detail(refused))
		return
	}
	before := data[:min(int(syntax.Offset), len(data))]
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	d.problem(line(bytes.Count(before, []byte{'\n'})+1), "column %d: %v", column, syntax)
}

func (d *directoryReader) readArray(at place, v any, add func(place, *scim.Object)) {
	elements, ok := v.([]any)
	if !ok {
		d.problem(at, "is %s, not an array", describe(v))
		return
	}
	for i, e := range elements {
		o, ok := e.(*scim.Object)
		if !ok {
			d.problem(at.index(i), "is %s, not an object", describe(e))
			continue
		}
		add(at.index(i), o)
	}
}

func (d *directoryReader) readNDJSON(data []byte) {
	n := 0
	for text := range bytes.Lines(data) {
		n++
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			continue
		}
		o, err := scim.ParseObject(text)
		switch {
		case err != nil:
			d.problem(line(n), "%s", detail(err))
		case isGroup(o):
			d.addGroup(line(n), o)
		default:
			d.addUser(line(n), o)
		}
	}
}

// isGroup tells what a line holds; see [FormatNDJSON].
func isGroup(o *scim.Object) bool {
	for _, urn := range o.Schemas() {
		if strings.EqualFold(urn, scim.GroupSchema) {
			return true
		}
	}
	return strings.EqualFold(o.String("resourceType"), string(KindGroup)) ||
		strings.EqualFold(o.Object("meta").String("resourceType"), string(KindGroup))
}

// detail returns the sentence of a protocol error without its status.
func detail(err error) string {
	var e scim.Error
	if errors.As(err, &e) {
		return e.Detail
	}
	return err.Error()
}
