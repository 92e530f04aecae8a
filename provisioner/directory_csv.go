package provisioner

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	filter "github.com/scim2/filter-parser/v2"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A column is one attribute path of a CSV header, such as userName,
// name.givenName, emails[type eq "work"].value or
// urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department.
type column struct {
	path string
	// ref is the attribute that the cells hold; its Sub is nil for a simple one.
	ref scim.Ref
	// ignored says that the column is wrong: its cells are not looked at.
	ignored bool
	// match are the values that tell elements of a multi-valued attribute apart.
	match []scim.Field
}

func (d *directoryReader) readCSV(data []byte) {
	r := csv.NewReader(bytes.NewReader(data))
	r.LazyQuotes = true // emails[type eq "work"].value may stand as it is
	header, err := r.Read()
	r.LazyQuotes = false
	if errors.Is(err, io.EOF) {
		d.problem(place{}, "the file is empty: begin it with a header of attribute paths, such as id,userName,name.givenName")
		return
	}
	if err != nil {
		d.csvError(err)
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
		d.addUser(line(n), d.row(line(n), columns, cells))
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
		case seen[c.key()]:
			d.problem(line(1), "column %q is there twice", path)
			c.ignored = true
		default:
			seen[c.key()] = true
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
	c := column{path: text}
	path, err := scim.ParsePath(text)
	if err != nil {
		return c, errors.New(detail(err))
	}
	name := path.AttributePath.AttributeName
	if c.ref, err = d.userType.Resolve(path.AttributePath); err != nil {
		if path.AttributePath.URIPrefix == nil && d.userType.Attribute(name) == nil {
			return c, errors.New(unknown(d.userType, name))
		}
		return c, errors.New(detail(err))
	}
	attr := c.ref.Attribute
	if attr == nil {
		return c, errors.New("is a whole schema: name one attribute of it behind a colon")
	}
	if path.SubAttribute != nil {
		if c.ref.Sub = attr.SubAttribute(*path.SubAttribute); c.ref.Sub == nil {
			return c, fmt.Errorf("%s has no part %q", attr.Name, *path.SubAttribute)
		}
	}
	if attr.Type == scim.TypeComplex && c.ref.Sub == nil {
		return c, fmt.Errorf("%s has several parts: name one, such as %s.%s", attr.Name, attr.Name, attr.Sub[0].Name)
	}
	if path.ValueExpression != nil {
		c.match, err = matches(attr, path.ValueExpression)
	}
	return c, err
}

// matches returns the values that a filter such as type eq "work" asks for.
func matches(attr *scim.Attribute, e scim.Expression) ([]scim.Field, error) {
	switch e := e.(type) {
	case *filter.LogicalExpression:
		if e.Operator != filter.AND {
			return nil, errFilter
		}
		left, err := matches(attr, e.Left)
		if err != nil {
			return nil, err
		}
		right, err := matches(attr, e.Right)
		return append(left, right...), err
	case *filter.AttributeExpression:
		sub := attr.SubAttribute(e.AttributePath.AttributeName)
		if sub == nil || e.Operator != filter.EQ {
			return nil, errFilter
		}
		return []scim.Field{{Name: sub.Name, Value: e.CompareValue}}, nil
	default:
		return nil, errFilter
	}
}

var errFilter = errors.New(`the brackets of a column take comparisons with eq, such as [type eq "work"], joined by and`)

// key tells columns apart.
func (c *column) key() string {
	key := c.elementKey()
	if c.ref.Sub != nil {
		key += "." + c.ref.Sub.Name
	}
	return strings.ToLower(key)
}

// elementKey tells apart the elements of multi-valued attributes that columns fill.
func (c *column) elementKey() string {
	key := scim.Ref{Extension: c.ref.Extension, Attribute: c.ref.Attribute}.String()
	for _, m := range c.match {
		key += fmt.Sprintf("[%s=%v]", m.Name, m.Value)
	}
	return key
}

// row returns the user of a row as a JSON directory would hold it.
func (d *directoryReader) row(at place, columns []column, cells []string) *scim.Object {
	user := scim.NewObject()
	elements := map[string]*scim.Object{}
	for i, c := range columns {
		text := strings.TrimSpace(cells[i])
		if text == "" || c.ignored {
			continue
		}
		value, err := c.value(text)
		if err != nil {
			d.problem(at, "column %q: %v", c.path, err)
			continue
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

// set puts a value where the column's path points. elements are those that the
// columns of the row have made.
func (c *column) set(user *scim.Object, elements map[string]*scim.Object, value any) {
	home := user
	if c.ref.Extension != nil {
		home = child(user, c.ref.Extension.ID)
	}
	name := c.ref.Attribute.Name
	switch {
	case c.ref.Sub == nil && c.ref.Attribute.MultiValued:
		home.Set(name, []any{value})
	case c.ref.Sub == nil:
		home.Set(name, value)
	case c.ref.Attribute.MultiValued:
		element := elements[c.elementKey()]
		if element == nil {
			element = scim.NewObject(c.match...)
			elements[c.elementKey()] = element
			home.Set(name, append(home.Array(name), element))
		}
		element.Set(c.ref.Sub.Name, value)
	default:
		child(home, name).Set(c.ref.Sub.Name, value)
	}
}

func child(o *scim.Object, name string) *scim.Object {
	if o.Object(name) == nil {
		o.Set(name, scim.NewObject())
	}
	return o.Object(name)
}
