package provisioner

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Format is the form of a directory file.
type Format string

// The formats.
const (
	// FormatJSON is one object: {"users": [...], "groups": [...]}. Users and
	// groups carry SCIM attributes (RFC 7643 sections 4.1 to 4.3) and an "id",
	// members of a group are [{"value": "id of a user or of a group"}]. If a user and
	// a group share the id, "type": "Group" says that the group is meant.
	FormatJSON Format = "json"
	// FormatNDJSON is one such resource a line. It is a group if its "schemas"
	// lists the Group schema, or if "resourceType" or "meta.resourceType" says
	// "Group"; anything else is a user. Empty lines are skipped.
	FormatNDJSON Format = "ndjson"
	// FormatCSV is one user a row under a header of attribute paths, such as
	// id,userName,name.givenName,emails[type eq "work"].value,active
	// An empty cell is an attribute the user does not have. A row whose column
	// "resourceType" says Group is a group: it has an id, a displayName, and in the
	// column "members" the ids of users and groups, with semicolons between them.
	FormatCSV Format = "csv"
)

// FormatOf returns the format that the extension of a file's name stands for:
// .json, .ndjson or .jsonl, .csv.
func FormatOf(name string) (Format, error) {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".json":
		return FormatJSON, nil
	case ".ndjson", ".jsonl":
		return FormatNDJSON, nil
	case ".csv":
		return FormatCSV, nil
	default:
		return "", fmt.Errorf("cannot tell the format of %q from its name: end it in .json, .ndjson or .csv", name)
	}
}

// ReadDirectory reads a whole directory. Names of attributes may come in any
// letter case and are returned in the schema's; what only a service provider sets
// (meta, groups and other readOnly attributes) is dropped.
//
// Whatever is wrong with the file is returned at once, as a [*DirectoryError]:
// syntax, unknown attributes, values of the wrong type, duplicate ids and
// userNames, members that do not exist.
func ReadDirectory(r io.Reader, format Format) (*Directory, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading the directory: %w", err)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // spreadsheets and Windows editors begin files so
	d := newDirectoryReader()
	switch {
	case !slices.Contains([]Format{FormatJSON, FormatNDJSON, FormatCSV}, format):
		return nil, fmt.Errorf("directory format %q: use %s, %s or %s", format, FormatJSON, FormatNDJSON, FormatCSV)
	case len(bytes.TrimSpace(data)) == 0: // as an export leaves it that has failed
		d.problem(place{}, "the file is empty: write %s", leastOf[format])
	case !utf8.Valid(data):
		d.notUTF8(data)
	case format == FormatJSON:
		d.readJSON(data)
	case format == FormatNDJSON:
		d.readNDJSON(data)
	default:
		d.readCSV(data)
	}
	d.checkMembers()
	if len(d.problems) > 0 {
		return nil, &DirectoryError{Problems: d.problems}
	}
	return &d.directory, nil
}

// leastOf is the least that a file of a format holds.
var leastOf = map[Format]string{
	FormatJSON:   `{"users": [...], "groups": [...]}`,
	FormatNDJSON: "a user or a group a line",
	FormatCSV:    "a header of attribute paths, such as id,userName,name.givenName, and a user a line",
}

// notUTF8 says where a file holds what is not text, as one that was saved in the
// encoding of a country does.
func (d *directoryReader) notUTF8(data []byte) {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	d.problem(line(bytes.Count(data[:at], []byte{'\n'})+1), "the byte 0x%02X is not UTF-8: save the file as UTF-8", data[at])
}

// ParseUser reads one user as a directory file holds it. The id may be left out
// of the document; if it is there it has to be the given one. Errors are of type
// [*DirectoryError].
func ParseUser(id string, data []byte) (User, error) {
	d, err := parseOne(id, data, (*directoryReader).addUser)
	if err != nil {
		return User{}, err
	}
	return d.Users[0], nil
}

// ParseGroup reads one group as a directory file holds it; see [ParseUser].
// Whether its members exist is not known here.
func ParseGroup(id string, data []byte) (Group, error) {
	d, err := parseOne(id, data, (*directoryReader).addGroup)
	if err != nil {
		return Group{}, err
	}
	return d.Groups[0], nil
}

func parseOne(id string, data []byte, add func(*directoryReader, place, *scim.Object)) (*Directory, error) {
	d := newDirectoryReader()
	o, err := scim.ParseObject(data)
	if err != nil {
		return nil, &DirectoryError{Problems: []Problem{{What: detail(err)}}}
	}
	if given, ok := o.Lookup("id"); ok && given != id {
		d.problem(place{}.at("id"), "is %q, but the address says %q: send one id, or leave it out of the body", given, id)
	}
	o.Set("id", id)
	add(d, place{}, o)
	for i := range d.directory.Groups {
		// Who does not say that it is a group is a user.
		d.putMembers(i, func(m namedMember) (Kind, bool) { return cmp.Or(m.kind, KindUser), true })
	}
	if len(d.problems) > 0 {
		return nil, &DirectoryError{Problems: d.problems}
	}
	return &d.directory, nil
}

// A DirectoryError lists everything that is wrong with a directory.
type DirectoryError struct {
	Problems []Problem
}

// A Problem is one thing wrong with a directory.
type Problem struct {
	// Where is a line, a JSON pointer (RFC 6901) or both; "" is the whole document.
	Where string
	// What says what is wrong and what to do.
	What string
}

func (p Problem) String() string {
	if p.Where == "" {
		return p.What
	}
	return p.Where + ": " + p.What
}

// maxProblemsShown bounds the text of an error: past it, more lines do not help.
const maxProblemsShown = 100

// Error lists the problems, one a line.
func (e *DirectoryError) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i == maxProblemsShown {
			fmt.Fprintf(&b, "\nand %d more", len(e.Problems)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// A place is where in a file something stands.
type place struct {
	line    string
	pointer string
}

func line(n int) place { return place{line: fmt.Sprintf("line %d", n)} }

// at returns the place of a field or an element within p.
func (p place) at(name string) place {
	p.pointer += "/" + pointerEscaper.Replace(name)
	return p
}

func (p place) index(i int) place { return p.at(fmt.Sprint(i)) }

func (p place) String() string { return strings.TrimSpace(p.line + " " + p.pointer) }

// pointerEscaper writes a name into a JSON pointer (RFC 6901 section 3).
var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")
