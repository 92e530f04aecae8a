package provisioner

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A column is one attribute path of a CSV header.
type column struct {
	valuePath
	// ignored says that the column is wrong: its cells are not looked at.
	ignored bool
	// special is the column that says what a row is, or who is in it.
	special string
}

// The columns that are no attributes of a user.
const (
	kindColumn    = "resourcetype"
	membersColumn = "members"
)

func (d *directoryReader) readCSV(data []byte) {
	r := csv.NewReader(bytes.NewReader(data))
	r.LazyQuotes = true // emails[type eq "work"].value may stand as it is
	header, err := r.Read()
	r.LazyQuotes = false
	if err != nil {
		d.csvError(err)
		return
	}
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		d.problem(line(1), "has one column: separate the cells with commas")
		return
	}
	columns, complete := d.header(header)
	if !complete {
		return // every row would repeat what is missing
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			d.csvError(err)
			if !errors.Is(err, csv.ErrFieldCount) {
				return // quotes are out of step: what follows cannot be told
			}
			continue
		}
		n, _ := r.FieldPos(0)
		d.addRow(line(n), columns, cells)
	}
}

func (d *directoryReader) csvError(err error) {
	var e *csv.ParseError
	switch {
	case !errors.As(err, &e):
		d.problem(place{}, "%v", err)
	case errors.Is(e.Err, csv.ErrFieldCount):
		d.problem(line(e.StartLine), "does not have as many cells as the header")
	default:
		d.problem(line(e.Line), "column %d: %v", e.Column, e.Err)
	}
}

// header reads the columns; complete says that none is missing that every row
// needs.
func (d *directoryReader) header(paths []string) (columns []column, complete bool) {
	seen := map[string]bool{}
	for _, path := range paths {
		path = strings.TrimSpace(path)
		c, err := d.column(path)
		switch {
		case err != nil:
			d.problem(line(1), "column %q: %v", path, err)
			c.ignored = true
		case seen[c.name()]:
			d.problem(line(1), "column %q is there twice", path)
			c.ignored = true
		default:
			seen[c.name()] = true
		}
		columns = append(columns, c)
	}
	complete = true
	for _, needed := range []string{"id", "userName"} {
		if !seen[strings.ToLower(needed)] {
			d.problem(line(1), "has no column %q", needed)
			complete = false
		}
	}
	return columns, complete
}

func (d *directoryReader) column(text string) (column, error) {
	if folded := strings.ToLower(text); folded == kindColumn || folded == membersColumn {
		return column{special: folded}, nil
	}
	path, err := parseValuePath(d.userType, text)
	c := column{valuePath: path}
	if err != nil {
		return c, err
	}
	attr := path.ref.Attribute
	switch {
	case path.invented():
		return c, fmt.Errorf("%s is not a schema of users here", path.ref.Extension.ID)
	case attr.Type == scim.TypeComplex && path.ref.Sub == nil:
		return c, fmt.Errorf("%s has several parts: name one, such as %s.%s", attr.Name, attr.Name, attr.Sub[0].Name)
	}
	return c, nil
}

// name tells columns apart.
func (c *column) name() string {
	if c.special != "" {
		return c.special
	}
	return c.key()
}

// addRow adds the user or the group of a row.
func (d *directoryReader) addRow(at place, columns []column, cells []string) {
	kind := string(KindUser)
	var members []any
	for i, c := range columns {
		text := strings.TrimSpace(cells[i])
		switch {
		case c.ignored || text == "":
		case c.special == kindColumn:
			kind = text
		case c.special == membersColumn:
			for id := range strings.SplitSeq(text, ";") {
				if id = strings.TrimSpace(id); id != "" {
					members = append(members, scim.NewObject(scim.Field{Name: "value", Value: id}))
				}
			}
		}
	}
	o := d.row(at, columns, cells)
	switch {
	case strings.EqualFold(kind, string(KindGroup)):
		o.Set("members", members)
		d.addGroup(at, o)
	case !strings.EqualFold(kind, string(KindUser)):
		d.problem(at, "is a %q: use User or Group", kind)
	case len(members) > 0:
		d.problem(at, "is a user and has members: set resourceType to Group, or leave them out")
	default:
		d.addUser(at, o)
	}
}

// row returns the attributes of a row as a JSON directory would hold them.
func (d *directoryReader) row(at place, columns []column, cells []string) *scim.Object {
	user := scim.NewObject()
	elements := map[string]*scim.Object{}
	for i, c := range columns {
		text := strings.TrimSpace(cells[i])
		if text == "" || c.ignored || c.special != "" {
			continue
		}
		value, err := c.value(text)
		if err != nil {
			d.problem(at, "column %q: %v", c.text, err)
			continue
		}
		if c.list() {
			value = []any{value}
		}
		c.set(user, elements, value)
	}
	return user
}

func (c *column) value(text string) (any, error) {
	switch c.ref.Target().Type {
	case scim.TypeBoolean:
		switch strings.ToLower(text) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, fmt.Errorf("%q is not true or false", text)
	case scim.TypeInteger, scim.TypeDecimal:
		var n json.Number
		if err := json.Unmarshal([]byte(text), &n); err != nil {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return n, nil
	default:
		return text, nil
	}
}
