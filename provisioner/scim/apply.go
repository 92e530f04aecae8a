package scim

// Apply carries out a patch on a resource and returns what comes out; current is
// not changed and shares nothing with it that could change. The operations build on
// each other, and either all take effect or none (RFC 7644 section 3.5.2). changed
// is false if the outcome equals current: then neither version nor lastModified
// moves.
//
// Add merges into complex attributes and appends to multi-valued ones what they do
// not hold yet, where a single value counts as an array of one. Replace merges into
// complex attributes and swaps the values of multi-valued ones; where brackets
// select elements it swaps those. Null clears. An element that is made primary ends
// the others being so. "schemas" follows from what is present.
//
// The error is an [Error]: invalidPath for an attribute that does not exist,
// noTarget where an add or replace selects nothing, mutability for what is readOnly,
// immutable or required, invalidValue for a value of the wrong type.
func (rt *ResourceType) Apply(p *Patch, current *Object) (next *Object, changed bool, err error) {
	a := applier{rt: rt, doc: current.Clone()}
	if a.doc == nil {
		a.doc = &Object{}
	}
	for i, op := range p.Operations {
		if err := a.apply(op); err != nil {
			if len(p.Operations) > 1 {
				err = inOperation(err, i)
			}
			return nil, false, err
		}
	}
	tidy(a.doc)
	if err := rt.checkRequired(a.doc); err != nil {
		return nil, false, err
	}
	a.doc.Set("schemas", rt.presentSchemas(a.doc))
	return a.doc, !equalBut(a.doc, current, "schemas"), nil
}

// tidy removes what the operations left unassigned.
func tidy(o *Object) {
	kept := o.fields[:0]
	for _, f := range o.fields {
		switch v := f.value.(type) {
		case *Object:
			tidy(v)
		case []any:
			f.value = tidyElements(v)
		}
		if !Unassigned(f.value) {
			kept = append(kept, f)
		}
	}
	clear(o.fields[len(kept):])
	o.fields = kept
}

func tidyElements(list []any) []any {
	kept := list[:0]
	for _, v := range list {
		if o, ok := v.(*Object); ok {
			tidy(o)
		}
		if !Unassigned(v) {
			kept = append(kept, v)
		}
	}
	clear(list[len(kept):])
	return kept
}

// equalBut compares objects without regard to one field, which follows from the
// others.
func equalBut(a, b *Object, name string) bool {
	for _, pair := range [...][2]*Object{{a, b}, {b, a}} {
		for field, v := range pair[0].All() {
			if !sameName(field, name) && !Unassigned(v) && !Equal(v, pair[1].Get(field)) {
				return false
			}
		}
	}
	return true
}

// An applier changes a document of its own.
type applier struct {
	rt  *ResourceType
	doc *Object
}

func (a *applier) apply(op Operation) error {
	if err := op.check(); err != nil {
		return err
	}
	if op.Path == nil && op.PathText != "" {
		path, err := ParsePath(op.PathText)
		if err != nil {
			return err
		}
		op.Path = &path
	}
	if op.Path == nil {
		return a.pathless(op)
	}
	ref, err := a.rt.Resolve(op.Path.AttributePath)
	if err != nil {
		return err
	}
	if ref.Attribute == nil {
		return a.schema(op, ref)
	}
	if op.Path.SubAttribute != nil {
		if ref.Sub != nil {
			return InvalidPath("%q has no sub-attributes", ref)
		}
		if ref.Sub = ref.Attribute.SubAttribute(*op.Path.SubAttribute); ref.Sub == nil {
			return InvalidPath("%q has no sub-attribute %q", ref, clip(*op.Path.SubAttribute))
		}
	}
	return a.attribute(op, ref)
}

// pathless applies an add or replace whose value names the attributes itself: by
// name, by full URI, by a dotted name, or inside an object under a schema's URI.
func (a *applier) pathless(op Operation) error {
	value, ok := op.Value.(*Object)
	if !ok {
		return InvalidValue("without a path the value must be an object of attributes")
	}
	for name, v := range value.All() {
		path, err := ParsePath(name)
		if err != nil {
			return err
		}
		if path.ValueExpression != nil {
			return InvalidPath("%q: an attribute name in a value takes no filter: make it the path of an operation", clip(name))
		}
		if attribute := a.rt.Attribute(name); attribute != nil && attribute.Mutability == ReadOnly && Equal(a.doc.Get(name), v) {
			continue // repeating the id changes nothing
		}
		if err := a.apply(Operation{Op: op.Op, Path: &path, Value: v, HasValue: true}); err != nil {
			return err
		}
	}
	return nil
}

// schema applies an operation whose path is the URI of a schema.
func (a *applier) schema(op Operation, ref Ref) error {
	x := ref.Extension
	if op.Path.ValueExpression != nil || op.Path.SubAttribute != nil {
		return InvalidPath("%q is a schema: it takes no filter", FormatAttributePath(op.Path.AttributePath))
	}
	if op.Op == OpRemove || op.Value == nil {
		if x == nil {
			return Mutability("the core schema cannot be removed")
		}
		if op.Op == OpAdd {
			return nil
		}
		for _, attribute := range x.Attributes {
			if attribute.Mutability == ReadOnly {
				continue
			}
			if err := a.attribute(Operation{Op: OpRemove, Path: &Path{}}, Ref{Extension: x, Attribute: attribute}); err != nil {
				return err
			}
		}
		return nil
	}
	value, ok := op.Value.(*Object)
	if !ok {
		return InvalidValue("%q is a schema: the value must be an object of its attributes", FormatAttributePath(op.Path.AttributePath))
	}
	for name, v := range value.All() {
		inner := Ref{Extension: x}
		if x == nil {
			inner.Attribute = a.rt.Attribute(name)
		} else {
			inner.Attribute = x.Attribute(name)
		}
		if inner.Attribute == nil {
			return InvalidPath("%q has no attribute %q", FormatAttributePath(op.Path.AttributePath), clip(name))
		}
		if err := a.attribute(Operation{Op: op.Op, Path: &Path{}, Value: v, HasValue: true}, inner); err != nil {
			return err
		}
	}
	return nil
}

// container is the object that holds the attribute: the resource or an extension.
func (a *applier) container(x *Schema) *Object {
	if x == nil {
		return a.doc
	}
	o := a.doc.Object(x.ID)
	if o == nil {
		o = &Object{}
		a.doc.set(&x.ID, o)
	}
	return o
}

// attribute applies an operation to an attribute, or to the part of it that the
// path selects.
func (a *applier) attribute(op Operation, ref Ref) error {
	at := target{op: op, ref: ref, a: ref.Attribute, holder: a.container(ref.Extension)}
	if ref.Attribute.Mutability == ReadOnly || ref.Target().Mutability == ReadOnly {
		return Mutability("%q is readOnly", ref)
	}
	if ref.Attribute.Name == "schemas" && ref.Extension == nil {
		return a.schemas(op)
	}
	var was any
	if ref.Attribute.Mutability == Immutable {
		was = CloneValue(at.holder.Get(at.a.Name))
	}
	if err := at.apply(); err != nil {
		if ref.Extension != nil {
			err = inExtension(ref.Extension, ref.Attribute, err)
		}
		return err
	}
	at.prune()
	if !Unassigned(was) && !Equal(was, at.holder.Get(at.a.Name)) {
		return Mutability("%q is immutable and has a value: it cannot be changed", ref)
	}
	return nil
}

// schemas checks an operation on "schemas" and leaves the outcome to what will be
// present.
func (a *applier) schemas(op Operation) error {
	if op.Path.ValueExpression != nil {
		return InvalidPath(`"schemas" is not complex: it takes no filter`)
	}
	if op.Op == OpRemove || Unassigned(op.Value) && op.Op == OpReplace {
		return Mutability(`"schemas" is required: it cannot be removed`)
	}
	list, ok := op.Value.([]any)
	if !ok {
		list = []any{op.Value}
	}
	core := op.Op == OpAdd
	for _, v := range list {
		uri, ok := v.(string)
		if !ok {
			return InvalidValue("/schemas must be an array of schema URIs")
		}
		core = core || sameName(uri, a.rt.Schema.ID)
		if !sameName(uri, a.rt.Schema.ID) && a.rt.Extension(uri) == nil {
			return InvalidValue("/schemas: %q is not a schema of %s", clip(uri), a.rt.Name)
		}
	}
	if !core {
		return InvalidValue("/schemas must list %q", a.rt.Schema.ID)
	}
	return nil
}
