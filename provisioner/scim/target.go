package scim

import "slices"

// A target is where one operation of a patch applies: an attribute in the object
// that holds it.
type target struct {
	op     Operation
	ref    Ref
	a      *Attribute
	holder *Object
}

func (t *target) apply() error {
	switch {
	case t.op.Path.ValueExpression != nil:
		err := t.selected()
		t.unrepeat()
		return err
	case t.ref.Sub != nil && t.a.MultiValued:
		err := t.everyElement()
		t.unrepeat()
		return err
	case t.ref.Sub != nil:
		return t.part()
	case t.op.Op == OpRemove:
		return t.remove()
	default:
		return assign(t.holder, t.a, t.op.Op, t.op.Value)
	}
}

// unrepeat leaves, of elements that have become the same, the first one, which is
// primary if any of them is (RFC 7643 section 2.4).
func (t *target) unrepeat() {
	all := t.holder.Array(t.a.Name)
	kept := newElementList(t.a, make([]any, 0, len(all)))
	for _, v := range all {
		at := kept.same(v)
		if at < 0 {
			kept.add(v)
		} else if o, ok := v.(*Object); ok && o.Get("primary") == true {
			kept.values[at].(*Object).Set("primary", true)
		}
	}
	if len(kept.values) < len(all) {
		t.holder.set(&t.a.Name, kept.values)
	}
}

// prune removes complex values of which only what the server set is left: with the
// last part of the client the value is gone.
func (t *target) prune() {
	if !t.a.hasFixedParts() {
		return
	}
	left := func(v any) bool {
		o, ok := v.(*Object)
		for _, sub := range t.a.Sub {
			if sub.Mutability != ReadOnly && !Unassigned(o.Get(sub.Name)) {
				return true
			}
		}
		return !ok
	}
	switch v := t.holder.Get(t.a.Name).(type) {
	case *Object:
		if !left(v) {
			t.holder.Delete(t.a.Name)
		}
	case []any:
		t.holder.set(&t.a.Name, slices.DeleteFunc(v, func(v any) bool { return !left(v) }))
	}
}

// remove unassigns the attribute. Given a list, it takes only the elements listed:
// that is what clients that send one mean.
func (t *target) remove() error {
	if !t.a.MultiValued || Unassigned(t.op.Value) {
		return unassign(t.holder, t.a)
	}
	listed, p := checkElements(t.a, t.op.Value)
	if p != nil {
		return p.err()
	}
	gone := newElementList(t.a, listed)
	var kept []any
	for _, held := range t.holder.Array(t.a.Name) {
		if !gone.names(held) {
			kept = append(kept, held)
		}
	}
	return t.keepOnly(kept)
}

// keepOnly leaves the attribute with fewer elements.
func (t *target) keepOnly(kept []any) error {
	if len(kept) == 0 {
		return unassign(t.holder, t.a)
	}
	t.holder.set(&t.a.Name, kept)
	return nil
}

// part applies the operation to a sub-attribute of a complex attribute.
func (t *target) part() error {
	value := t.holder.Object(t.a.Name)
	if value == nil {
		if t.op.Op == OpRemove || Unassigned(t.op.Value) {
			return nil
		}
		value = &Object{}
		t.holder.set(&t.a.Name, value)
	}
	if err := change(value, t.ref.Sub, t.op.Op, t.op.Value); err != nil {
		return below(pointer(t.a.Name), err)
	}
	return checkParts(t.a, value)
}

// checkParts wants the parts that a complex value cannot be without.
func checkParts(a *Attribute, value *Object) error {
	if Unassigned(value) {
		return nil
	}
	if p := missingPart(a, value); p != nil {
		return p.under(a.Name).err()
	}
	return nil
}

// everyElement applies the operation to a sub-attribute of all elements.
func (t *target) everyElement() error {
	elements := t.holder.Array(t.a.Name)
	if len(elements) == 0 && t.op.Op != OpRemove {
		return NoTarget("%q has no values that could have a %s", t.a.Path(), t.ref.Sub.Name)
	}
	return t.changeElements(elements)
}

// selected applies the operation to the elements that the brackets select.
func (t *target) selected() error {
	if t.a.Type != TypeComplex || t.op.Path.AttributePath.SubAttribute != nil {
		return InvalidPath("%q is not a complex attribute: it takes no filter in brackets", t.ref)
	}
	matches, err := CompileValueFilter(t.a, t.op.Path.ValueExpression)
	if err != nil {
		return err
	}
	all := t.holder.Array(t.a.Name)
	if one := t.holder.Object(t.a.Name); one != nil {
		all = []any{one}
	}
	var matched, rest []any
	for _, v := range all {
		if o, ok := v.(*Object); ok && matches(o) {
			matched = append(matched, v)
		} else {
			rest = append(rest, v)
		}
	}
	removes := t.op.Op == OpRemove || t.op.Op == OpReplace && t.op.Value == nil
	switch {
	case len(matched) == 0 && t.op.Op == OpRemove:
		return nil
	case len(matched) == 0:
		return NoTarget("no value of %q fits %s", t.a.Path(), FormatFilter(t.op.Path.ValueExpression))
	case t.ref.Sub != nil:
		return t.changeElements(matched)
	case removes && !t.a.MultiValued:
		return unassign(t.holder, t.a)
	case removes:
		return t.keepOnly(rest)
	default:
		return t.swapElements(matched)
	}
}

// changeElements applies the operation to the sub-attribute of each element.
func (t *target) changeElements(elements []any) error {
	for _, v := range elements {
		o, ok := v.(*Object)
		if !ok {
			continue
		}
		if err := change(o, t.ref.Sub, t.op.Op, t.op.Value); err != nil {
			return below(pointer(t.a.Name), err)
		}
		if err := checkParts(t.a, o); err != nil {
			return err
		}
	}
	if t.ref.Sub.Name == "primary" && t.op.Value == true && t.op.Op != OpRemove {
		return onlyPrimaries(t.a, t.holder.Array(t.a.Name), elements)
	}
	return nil
}

// swapElements gives each selected element the value: add merges it in, replace
// puts it in the element's place. What a client cannot set stays.
func (t *target) swapElements(matched []any) error {
	given := t.op.Value
	if list, ok := given.([]any); ok && len(list) == 1 {
		given = list[0]
	}
	value, ok := given.(*Object)
	if !ok {
		return InvalidValue("%s: the value for selected elements must be an object", pointer(t.a.Name))
	}
	for _, v := range matched {
		element := v.(*Object)
		if t.op.Op == OpReplace {
			for _, sub := range t.a.Sub {
				if _, named := value.Lookup(sub.Name); !named && sub.Mutability != ReadOnly && sub.Mutability != Immutable {
					element.Delete(sub.Name)
				}
			}
		}
		if err := merge(element, t.a, t.op.Op, value); err != nil {
			return err
		}
	}
	if value.Get("primary") == true {
		return onlyPrimaries(t.a, t.holder.Array(t.a.Name), matched)
	}
	return nil
}

// onlyPrimaries ends all but the given elements being primary (RFC 7644 section
// 3.5.2). More than one cannot be made so.
func onlyPrimaries(a *Attribute, all, made []any) error {
	if len(made) > 1 {
		return InvalidValue("%s: the operation would make %d values primary: at most one may be", pointer(a.Name), len(made))
	}
	for _, v := range all {
		if o, ok := v.(*Object); ok && o.Get("primary") == true && v != made[0] {
			o.Set("primary", false)
		}
	}
	return nil
}

func change(holder *Object, a *Attribute, op string, value any) error {
	if op == OpRemove {
		return unassign(holder, a)
	}
	return assign(holder, a, op, value)
}

// unassign removes the value of an attribute, if that may be.
func unassign(holder *Object, a *Attribute) error {
	was := holder.Get(a.Name)
	if Unassigned(was) {
		return nil
	}
	switch {
	case a.Required:
		return Mutability("%q is required: it cannot be removed", a.Path())
	case a.Mutability == Immutable:
		return Mutability("%q is immutable and has a value: it cannot be removed", a.Path())
	}
	holder.Delete(a.Name)
	return nil
}

// assign gives an attribute a value by add or replace.
func assign(holder *Object, a *Attribute, op string, value any) error {
	switch {
	case a.MultiValued:
		return assignElements(holder, a, op, value)
	case value == nil:
		return unassign(holder, a)
	case a.Type == TypeComplex:
		return assignComplex(holder, a, op, value)
	}
	valid, p := checker{}.one(a, value)
	if p != nil {
		return p.under(a.Name).err()
	}
	if was := holder.Get(a.Name); a.Mutability == Immutable && !Unassigned(was) && !Equal(was, valid) {
		return Mutability("%q is immutable and has a value: it cannot be changed", a.Path())
	}
	holder.set(&a.Name, valid)
	return nil
}

func assignComplex(holder *Object, a *Attribute, op string, value any) error {
	parts, ok := value.(*Object)
	if !ok {
		return InvalidValue("%s must be an object", pointer(a.Name))
	}
	held := holder.Object(a.Name)
	if held == nil {
		held = &Object{}
		holder.set(&a.Name, held)
	}
	return merge(held, a, op, parts)
}

// merge lays the parts that a client gave over a complex value. Null clears a part;
// parts that are readOnly are passed over.
func merge(held *Object, a *Attribute, op string, parts *Object) error {
	for name, v := range parts.All() {
		sub := a.SubAttribute(name)
		if sub == nil {
			return unknown(name, a.Path()).under(a.Name).err()
		}
		if sub.Mutability == ReadOnly {
			continue
		}
		if err := assign(held, sub, op, v); err != nil {
			return err
		}
	}
	return checkParts(a, held)
}

// checkElements validates the value of a multi-valued attribute, where a single
// value counts as an array of one.
func checkElements(a *Attribute, value any) ([]any, *problem) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	elements, p := checker{}.elements(a, list)
	return elements, p.under(a.Name)
}

func assignElements(holder *Object, a *Attribute, op string, value any) error {
	if Unassigned(value) {
		if op == OpAdd {
			return nil
		}
		return unassign(holder, a)
	}
	given, p := checkElements(a, value)
	if p != nil {
		return p.err()
	}
	was := holder.Array(a.Name)
	if op == OpReplace {
		if a.hasFixedParts() {
			if p := keepParts(a, given, was); p != nil {
				return p.under(a.Name).err()
			}
		}
		holder.set(&a.Name, given)
		return nil
	}
	list := newElementList(a, was)
	for _, element := range given {
		made := element
		if at := list.sameOrLoose(element); at >= 0 {
			made = list.values[at]
			if err := list.refine(made, element); err != nil {
				return err
			}
		} else {
			list.add(element)
		}
		if o, ok := element.(*Object); ok && o.Get("primary") == true {
			if err := onlyPrimaries(a, list.values, []any{made}); err != nil {
				return err
			}
		}
	}
	holder.set(&a.Name, list.values)
	return nil
}
