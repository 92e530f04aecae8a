package scim

import (
	"errors"
	"strings"
)

// The operations of a patch (RFC 7644 section 3.5.2).
const (
	OpAdd     = "add"
	OpReplace = "replace"
	OpRemove  = "remove"
)

// An Operation is one step of a [Patch].
type Operation struct {
	// Op is [OpAdd], [OpReplace] or [OpRemove].
	Op string
	// PathText is the path as it is written, "" if there is none.
	PathText string
	// Path is PathText parsed; nil if there is none, or nobody has parsed it yet.
	Path *Path
	// Value is the new value. HasValue tells null from none.
	Value    any
	HasValue bool
}

// A Patch is a request to change parts of a resource (RFC 7644 section 3.5.2).
type Patch struct {
	Operations []Operation
}

// Object returns the body of the request.
func (p *Patch) Object() *Object {
	operations := make([]any, len(p.Operations))
	for i, op := range p.Operations {
		o := NewObject(Field{"op", op.Op})
		switch {
		case op.PathText != "":
			o.Set("path", op.PathText)
		case op.Path != nil:
			o.Set("path", FormatPath(*op.Path))
		}
		if op.HasValue {
			o.Set("value", op.Value)
		}
		operations[i] = o
	}
	return NewObject(Field{"schemas", []any{PatchOpSchema}}, Field{"Operations", operations})
}

// ParsePatch reads the body of a PATCH request and parses the paths in it. The
// names of operations may be in any letter case, as clients write them. The error
// is an [Error]: invalidSyntax for a wrong structure, invalidPath for a path that
// cannot be read, noTarget for a remove without a path, invalidValue for a value
// that is missing. It does not bound how many operations there are.
func ParsePatch(body *Object) (*Patch, error) {
	if !claimsSchema(body, PatchOpSchema) {
		return nil, InvalidSyntax("/schemas must list %q", PatchOpSchema)
	}
	if _, ok := body.Get("schemas").([]any); !ok {
		return nil, InvalidSyntax("/schemas must be an array")
	}
	list, ok := body.Get("Operations").([]any)
	if !ok || len(list) == 0 {
		return nil, InvalidSyntax("/Operations must be an array of at least one operation")
	}
	p := &Patch{Operations: make([]Operation, len(list))}
	for i, v := range list {
		var err error
		if p.Operations[i], err = parseOperation(v); err != nil {
			return nil, inOperation(err, i)
		}
	}
	return p, nil
}

// inOperation says in which operation an error is.
func inOperation(err error, i int) error {
	if e, ok := errors.AsType[Error](err); ok {
		e.Detail = "/Operations/" + itoa(i) + ": " + e.Detail
		return e
	}
	return err
}

// below puts the place of a complex value in front of a detail that begins with a
// JSON pointer into it.
func below(place string, err error) error {
	if e, ok := errors.AsType[Error](err); ok && strings.HasPrefix(e.Detail, "/") {
		e.Detail = place + e.Detail
		return e
	}
	return err
}

// inExtension has a detail that names an attribute, by JSON pointer or by path, name
// the extension with it.
func inExtension(x *Schema, a *Attribute, err error) error {
	if e, ok := errors.AsType[Error](err); ok && strings.HasPrefix(e.Detail, `"`+a.Name) {
		e.Detail = `"` + x.ID + ":" + e.Detail[1:]
		return e
	}
	return below(pointer(x.ID), err)
}

// detailOf returns the sentence of an error without its status and keyword.
func detailOf(err error) string {
	if e, ok := errors.AsType[Error](err); ok {
		return e.Detail
	}
	return err.Error()
}

func parseOperation(v any) (Operation, error) {
	o, ok := v.(*Object)
	if !ok {
		return Operation{}, InvalidSyntax("an operation must be an object")
	}
	name, _ := o.Get("op").(string)
	op := Operation{Op: foldName(name)}
	switch op.Op {
	case OpAdd, OpReplace, OpRemove:
	case "":
		return Operation{}, InvalidSyntax("op is missing: it must be add, replace or remove")
	default:
		return Operation{}, InvalidSyntax("op is %q: it must be add, replace or remove", clip(name))
	}
	op.Value, op.HasValue = o.Lookup("value")
	if path := o.Get("path"); path != nil {
		text, ok := path.(string)
		if !ok {
			return Operation{}, InvalidPath("path must be a string")
		}
		parsed, err := ParsePath(text)
		if err != nil {
			return Operation{}, err
		}
		op.PathText, op.Path = text, &parsed
	}
	return op, op.check()
}

// check wants what the operation cannot do without.
func (op Operation) check() error {
	switch {
	case op.Op == OpRemove && op.Path == nil && op.PathText == "":
		return NoTarget("remove needs a path: it says what to remove")
	case op.Op != OpRemove && !op.HasValue:
		return InvalidValue("%s needs a value", op.Op)
	}
	return nil
}
