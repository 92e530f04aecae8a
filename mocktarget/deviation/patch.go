package deviation

import (
	"net/http"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// patches are departures of PATCH on users (RFC 7644 section 3.5.2).
func patches() []Deviation {
	return slices.Concat(patchOutcomes(), patchPaths(), patchRefusals())
}

// patchOutcomes are about what a patch does and answers as a whole.
func patchOutcomes() []Deviation {
	return []Deviation{
		{Name: "patch-schemas-refused", Summary: "A patch of schemas is refused.", Requirements: ids("7644-3.5.2-R14"), Plan: operations(func(r *Request, op *scim.Operation) {
			if attribute(op) == "schemas" {
				r.Instead = refusal(scim.InvalidPath("there is no attribute schemas"))
			}
		})},
		{Name: "patch-mutability-unnamed", Summary: "A patch of what cannot be changed is refused with invalidValue.", Requirements: ids("7644-3.12-R19"), Respond: func(r *Request, p *Response) {
			if r.Is(Patch) && p.Status == 400 && strings.Contains(string(p.Body), `"mutability"`) {
				scimType("invalidValue")(p)
			}
		}},
		{Name: "patch-not-atomic", Summary: "Of a patch that fails, the operations before the failure are kept.", Requirements: ids("7644-3.5.2-R18"),
			Plan: applyFirst},
		{Name: "patch-ignored", Summary: "PATCH answers 200 and changes nothing.", Requirements: ids("7644-3.5.2.3-R3", "7644-3.5.2.1-R6"),
			Plan: func(r *Request, p *scim.Patch) { dropOperations(p, func(*scim.Operation) bool { return isUser(r) }) }},
		{Name: "patch-add-ignored", Summary: "add changes nothing.", Requirements: ids("7644-3.5.2.1-R3"),
			Plan: ignoreOp(scim.OpAdd)},
		{Name: "patch-replace-ignored", Summary: "replace changes nothing.", Requirements: ids("7644-3.5.2.3-R3"),
			Plan: ignoreOp(scim.OpReplace)},
		{Name: "patch-remove-ignored", Summary: "remove changes nothing.", Requirements: ids("7644-3.5.2.2-R2"),
			Plan: ignoreOp(scim.OpRemove)},
		{Name: "patch-first-operation-only", Summary: "Only the first operation of a patch is carried out.", Requirements: ids("7644-3.5.2-R16"),
			Plan: func(_ *Request, p *scim.Patch) { p.Operations = p.Operations[:1] }},
		{Name: "patch-reversed", Summary: "Operations are carried out from the last to the first.", Requirements: ids("7644-3.5.2-R16"),
			Plan: func(_ *Request, p *scim.Patch) { slices.Reverse(p.Operations) }},
		{Name: "patch-active-only", Summary: "PATCH of a user changes active and passes over everything else.", Requirements: ids("7644-3.5.2-R10"),
			Plan: func(r *Request, p *scim.Patch) {
				dropOperations(p, func(op *scim.Operation) bool {
					return isUser(r) && op.Path != nil && !strings.EqualFold(attribute(op), "active")
				})
			}},
		{Name: "patch-active-refused", Summary: "A patch of active is refused.", Requirements: ids("7644-3.5.2.3-R3", "7643-4.1.1-R14"), Plan: operations(func(r *Request, op *scim.Operation) {
			if attribute(op) == "active" {
				r.Instead = refusal(scim.Mutability("active is the service's to say"))
			}
		})},
		{Name: "patch-parts-ignored", Summary: "Replacing a complex value by some of its parts changes nothing.", Requirements: ids("7644-3.5.2.3-R6"), Plan: func(_ *Request, p *scim.Patch) {
			dropOperations(p, func(op *scim.Operation) bool { return op.Op == scim.OpReplace && op.PathText == "name" })
		}},
		{Name: "patch-element-replace-ignored", Summary: "Replacing a whole value that a filter picks changes nothing.", Requirements: ids("7644-3.5.2.3-R7"), Plan: func(_ *Request, p *scim.Patch) {
			dropOperations(p, func(op *scim.Operation) bool { return op.Op == scim.OpReplace && strings.HasSuffix(op.PathText, "]") })
		}},
		{Name: "patch-primary-ignored", Summary: "primary cannot be set by its path.", Requirements: ids("7644-3.5.2-R17"), Plan: func(_ *Request, p *scim.Patch) {
			dropOperations(p, func(op *scim.Operation) bool { return strings.HasSuffix(op.PathText, "].primary") })
		}},
		{Name: "patch-unsupported", Summary: "PATCH answers 501 although it is advertised.", Requirements: ids("7643-5-R16", "7644-3.5-R2"),
			Route: instead(Patch, 501, "PATCH is not supported")},
		{Name: "patch-answers-201", Summary: "PATCH answers 201.", Requirements: ids("7644-3.5.2-R20"),
			Respond: answers(Patch, 0, status(201))},
		{Name: "patch-200-without-body", Summary: "PATCH answers 200 without the resource.", Requirements: ids("7644-3.5.2-R20"),
			Respond: answers(Patch, 200, func(p *Response) { p.Body = nil })},
		{Name: "patch-answers-old", Summary: "PATCH answers with the resource as it was.", Requirements: ids("7644-3.5.2-R20", "7644-3.1-R6"),
			Plan: func(r *Request, _ *scim.Patch) {
				if current := r.Current(); current != nil && isUser(r) {
					r.Memory.Put(r.ID(), current)
				}
			}, Respond: func(r *Request, p *Response) {
				if old, ok := r.Memory.Get(r.ID()).(*scim.Object); ok && r.Is(Patch) && p.Status == http.StatusOK {
					p.Body = old.AppendJSON(nil)
				}
			}},
		{Name: "patch-unknown-answers-204", Summary: "PATCH on an unknown id answers 204.", Requirements: ids("7644-3.5.2-R22"),
			Respond: answers(Patch, 404, empty)},
		{Name: "patch-unknown-answers-500", Summary: "PATCH on an unknown id makes the server fail.", Requirements: ids("7644-3.5.2-R22"),
			Respond: answers(Patch, 404, status(500))},
		{Name: "patch-duplicate-accepted", Summary: "PATCH gives a user a userName that is taken.", Requirements: ids("7644-3.5.2-R23"),
			Tolerate: func(r *Request, _, _ string) bool { return r.Is(Patch) }},
		{Name: "patch-noop-moves-modified", Summary: "Adding what is there moves meta.lastModified.", Requirements: ids("7644-3.5.2.1-R8"),
			Respond: func(r *Request, p *Response) {
				if r.Is(Patch) && p.OK() {
					n, _ := r.Memory.Get(r.ID()).(int)
					r.Memory.Put(r.ID(), n+1)
				}
			}, Project: func(r *Request, o *scim.Object) {
				if m := o.Object("meta"); m != nil {
					n, _ := r.Memory.Get(o.ID()).(int)
					if r.Is(Patch) {
						n++
					}
					later(m, n*1000)
				}
			}},
	}
}

// patchPaths are about what an operation does to its target.
func patchPaths() []Deviation {
	return slices.Concat(patchValues(), patchSelections())
}

// patchValues are about targets that an attribute names, or none.
func patchValues() []Deviation {
	return []Deviation{
		{Name: "patch-add-overwrites", Summary: "add to a multi-valued attribute drops the values that are there.", Requirements: ids("7644-3.5.2.1-R5"),
			Plan: operations(func(_ *Request, op *scim.Operation) {
				if op.Op == scim.OpAdd && strings.EqualFold(attribute(op), "emails") && op.Path.ValueExpression == nil {
					op.Op = scim.OpReplace
				}
			})},
		{Name: "patch-add-duplicates", Summary: "add of a value that is there makes a second one.", Requirements: ids("7644-3.5.2.1-R7", "7643-2.4-R9"),
			Store: storing(Patch, func(w *Write) {
				for _, op := range elements(w.Request.Object(), "Operations") {
					if strings.EqualFold(op.String("op"), "add") && op.String("path") == "emails" && scim.Equal(w.Before.Get("emails"), w.After.Get("emails")) {
						w.After.Set("emails", append(append([]any{}, w.After.Array("emails")...), w.After.Array("emails")...))
					}
				}
			})},
		{Name: "patch-pathless-ignored", Summary: "Operations without a path are passed over.", Requirements: ids("7644-3.5.2.1-R2", "7644-3.5.2.3-R1"),
			Plan: func(_ *Request, p *scim.Patch) {
				dropOperations(p, func(op *scim.Operation) bool { return op.Path == nil })
			}},
		{Name: "patch-pathless-refused", Summary: "Operations without a path are refused.", Requirements: ids("7644-3.5.2.1-R2", "7644-3.5.2.3-R1"),
			Plan: refuseOperations(func(_ *Request, op *scim.Operation) bool { return op.Path == nil })},
		{Name: "patch-sub-attribute-wipes", Summary: "A change of name.givenName drops the other parts of the name.", Requirements: ids("7644-3.5.2.3-R3", "7644-3.5.2.1-R4"),
			Plan: wipeSiblings},
		{Name: "patch-sub-attribute-flattens", Summary: "A change of name.givenName turns name into text.", Requirements: ids("7643-2.3-R2", "7644-3.5.2.3-R3"),
			Plan: func(r *Request, p *scim.Patch) {
				for _, op := range p.Operations {
					if op.Path != nil && strings.EqualFold(attribute(&op), "name") && op.Path.AttributePath.SubAttribute != nil {
						r.Memory.Put(r.ID(), op.Value)
					}
				}
			}, Project: func(r *Request, o *scim.Object) {
				if text := r.Memory.Get(o.ID()); text != nil {
					o.Set("name", text)
				}
			}},
		{Name: "patch-remove-sub-attribute-wipes", Summary: "remove of name.givenName drops the whole name.", Requirements: ids("7644-3.5.2.2-R6"),
			Plan: operations(func(_ *Request, op *scim.Operation) {
				if op.Op == scim.OpRemove && op.Path != nil && strings.EqualFold(attribute(op), "name") {
					repath(op, "name")
				}
			})},
		{Name: "patch-replace-appends", Summary: "replace of a multi-valued attribute adds to the values that are there.", Requirements: ids("7644-3.5.2.3-R4"),
			Plan: operations(func(_ *Request, op *scim.Operation) {
				if op.Op == scim.OpReplace && strings.EqualFold(attribute(op), "emails") && op.Path.ValueExpression == nil {
					op.Op = scim.OpAdd
				}
			})},
		{Name: "patch-replace-absent-refused", Summary: "replace of an attribute without a value is refused.", Requirements: ids("7644-3.5.2.3-R5"),
			Plan: refuseOperations(func(r *Request, op *scim.Operation) bool {
				name := attribute(op)
				return op.Op == scim.OpReplace && name != "" && op.Path.AttributePath.URIPrefix == nil && r.Current() != nil &&
					scim.UserType().Attribute(name) != nil && name != "password" && r.Current().Get(name) == nil
			})},
		{Name: "patch-null-ignored", Summary: "replace with null leaves the value.", Requirements: ids("7643-2.5-R2"),
			Plan: func(_ *Request, p *scim.Patch) {
				dropOperations(p, func(op *scim.Operation) bool { return op.HasValue && scim.Unassigned(op.Value) })
			}},
	}
}

// patchSelections are about targets that a filter selects, and about how paths are read.
func patchSelections() []Deviation {
	return []Deviation{
		{Name: "patch-filter-replaces-all", Summary: "replace with a filter in the path changes all values.", Requirements: ids("7644-3.5.2.3-R7", "7644-3.5.2.3-R8"),
			Plan: widen(scim.OpReplace)},
		{Name: "patch-filter-removes-all", Summary: "remove with a filter in the path removes all values.", Requirements: ids("7644-3.5.2.2-R4"),
			Plan: operations(func(_ *Request, op *scim.Operation) {
				if op.Op == scim.OpRemove && op.Path != nil && op.Path.ValueExpression != nil && strings.EqualFold(attribute(op), "emails") {
					repath(op, "emails")
				}
			})},
		{Name: "patch-filter-removes-element", Summary: "remove of a sub-attribute of a selected value removes the value.", Requirements: ids("7644-3.5.2.2-R5"),
			Plan: operations(func(_ *Request, op *scim.Operation) {
				if op.Op == scim.OpRemove && op.Path != nil && op.Path.SubAttribute != nil {
					path := *op.Path
					path.SubAttribute = nil
					op.Path, op.PathText = &path, scim.FormatPath(path)
				}
			})},
		{Name: "patch-filter-no-match-succeeds", Summary: "replace with a filter that selects nothing answers 200.", Requirements: ids("7644-3.5.2.3-R9"),
			Respond: forgive(scim.TypeNoTarget, func(op *scim.Object) bool { return strings.Contains(op.String("path"), "[") })},
		{Name: "patch-filter-no-match-adds", Summary: "replace with a filter that selects nothing adds a value.", Requirements: ids("7644-3.5.2.3-R9"),
			Plan: addUnmatched},
		{Name: "patch-filter-no-match-flattens", Summary: "replace with a filter that selects nothing turns emails into text.", Requirements: ids("7644-3.5.2.3-R9", "7643-2.4-R1"),
			Respond: func(r *Request, p *Response) {
				if r.Is(Patch) && p.Status == 400 && strings.Contains(string(p.Body), "noTarget") && strings.Contains(string(r.Body), "emails[") {
					r.Memory.Put(r.ID(), "someone@example.com")
					succeed(r, p)
					p.Edit(set("emails", "someone@example.com"))
				}
			}, Project: func(r *Request, o *scim.Object) {
				if text := r.Memory.Get(o.ID()); text != nil {
					o.Set("emails", text)
				}
			}},
		{Name: "patch-primary-kept", Summary: "A new primary value leaves the old one primary too.", Requirements: ids("7644-3.5.2-R17", "7643-2.4-R3"),
			Store: storing(Patch, func(w *Write) {
				for _, was := range elements(w.Before, "emails") {
					for _, is := range elements(w.After, "emails") {
						if primary, _ := was.Bool("primary"); primary && is.String("value") == was.String("value") {
							is.Set("primary", true)
						}
					}
				}
			})},
		{Name: "patch-extension-ignored", Summary: "Operations on an attribute of the enterprise extension are passed over.", Requirements: ids("7644-3.5.2-R9", "7644-3.10-R1"),
			Plan: func(_ *Request, p *scim.Patch) {
				dropOperations(p, func(op *scim.Operation) bool { return strings.HasPrefix(op.PathText, "urn:") })
			}},
		{Name: "patch-extension-refused", Summary: "A path into the enterprise extension is refused.", Requirements: ids("7644-3.5.2-R9", "7644-3.10-R1"),
			Plan: refuseOperations(func(_ *Request, op *scim.Operation) bool { return strings.HasPrefix(op.PathText, "urn:") })},
		{Name: "patch-path-case-sensitive", Summary: "The path must have the letter case of the schema.", Requirements: ids("7644-3.5.2-R9", "7643-2.1-R1"),
			Plan: refuseOperations(func(_ *Request, op *scim.Operation) bool {
				return op.Path != nil && onlyExact(attribute(op)) != attribute(op)
			})},
	}
}

// patchRefusals are about patches that should be refused.
func patchRefusals() []Deviation {
	always := func(*scim.Object) bool { return true }
	return []Deviation{
		{Name: "patch-read-only-accepted", Summary: "PATCH of a read-only attribute answers 200.", Requirements: ids("7644-3.5.2-R10", "7644-3.5.2.2-R7"),
			Respond: forgive(scim.TypeMutability, always)},
		{Name: "patch-read-only-changed", Summary: "PATCH changes meta.resourceType and the id.", Requirements: ids("7643-3.1-R12", "7643-3.1-R20"),
			Respond: func(r *Request, p *Response) {
				forgive(scim.TypeMutability, always)(r, p)
				for _, op := range elements(r.Object(), "Operations") {
					if path := op.String("path"); r.Is(Patch) && p.OK() && (path == "id" || path == "groups") {
						p.Edit(set(path, op.Get("value")))
					}
				}
			}},
		{Name: "patch-required-removed", Summary: "remove of userName takes it away.", Requirements: ids("7644-3.5.2.2-R7", "7643-7-R30"),
			Respond: func(r *Request, p *Response) {
				if r.Is(Patch) && p.Status == 400 && strings.Contains(string(r.Body), `"remove"`) && strings.Contains(string(r.Body), `"userName"`) {
					r.Memory.Put(r.ID(), true)
					succeed(r, p)
					p.Edit(drop("userName"))
				}
			}, Project: func(r *Request, o *scim.Object) {
				if r.Memory.Get(o.ID()) != nil {
					o.Delete("userName")
				}
			}},
		{Name: "patch-remove-without-path-succeeds", Summary: "remove without a path answers 200.", Requirements: ids("7644-3.5.2.2-R1"),
			Respond: forgive(scim.TypeNoTarget, func(op *scim.Object) bool { return op.Get("path") == nil })},
		{Name: "patch-unknown-op-accepted", Summary: "An operation that there is not answers 200.", Requirements: ids("7644-3.5.2-R5"),
			Respond: forgive(scim.TypeInvalidSyntax, func(op *scim.Object) bool { return op.String("op") != "" })},
		{Name: "patch-missing-op-accepted", Summary: "An operation without op answers 200.", Requirements: ids("7644-3.5.2-R5"),
			Respond: forgive(scim.TypeInvalidSyntax, func(op *scim.Object) bool { return op.String("op") == "" })},
		{Name: "patch-without-operations-accepted", Summary: "A patch without operations answers 200.", Requirements: ids("7644-3.5.2-R4"),
			Respond: func(r *Request, p *Response) {
				if r.Is(Patch) && p.Status == 400 && len(r.Object().Array("Operations")) == 0 {
					succeed(r, p)
				}
			}},
		{Name: "patch-bad-path-accepted", Summary: "A path that cannot be read answers 200.", Requirements: ids("7644-3.5.2-R8", "7644-3.12-R21"),
			Respond: forgive(scim.TypeInvalidPath, always)},
		{Name: "patch-bad-path-answers-500", Summary: "A path that cannot be read makes the server fail.", Requirements: ids("7644-3.5.2-R8"),
			Respond: func(r *Request, p *Response) {
				if r.Is(Patch) && p.Status == 400 && strings.Contains(string(p.Body), `"invalidPath"`) {
					status(500)(p)
					scimType("")(p)
				}
			}},
		{Name: "patch-wrong-type-accepted", Summary: "A value of the wrong type answers 200.", Requirements: ids("7644-3.5.2-R13", "7643-2.3-R2"),
			Respond: forgive(scim.TypeInvalidValue, always)},
		{Name: "patch-without-value-accepted", Summary: "add without a value answers 200.", Requirements: ids("7644-3.5.2.1-R1", "7644-3.5.2.3-R2"),
			Respond: forgive(scim.TypeInvalidValue, func(op *scim.Object) bool { _, has := op.Lookup("value"); return !has })},
		{Name: "patch-errors-answer-500", Summary: "Each patch that is refused makes the server fail.", Requirements: ids("7644-3.5.2-R13", "7644-3.5.2-R19"),
			Respond: answers(Patch, 400, status(500), scimType(""))},
		{Name: "patch-errors-without-keyword", Summary: "The errors of PATCH have no scimType.", Requirements: ids("7644-3.12-R19", "7644-3.12-R22", "7644-3.5.2.2-R1"),
			Respond: answers(Patch, 400, scimType(""))},
	}
}

// applyFirst carries out the operations up to the first that fails, whose error is the
// answer.
func applyFirst(r *Request, p *scim.Patch) {
	current := r.Current()
	if current == nil || !isUser(r) {
		return
	}
	for _, name := range []string{"meta", "groups"} {
		current.Delete(name)
	}
	for i := range p.Operations {
		_, _, err := scim.UserType().Apply(&scim.Patch{Operations: p.Operations[:i+1]}, current)
		if wire, ok := err.(scim.Error); ok {
			r.Instead = refusal(wire)
			p.Operations = p.Operations[:i]
			return
		}
	}
}

// dropOperations takes operations out of a patch.
func dropOperations(p *scim.Patch, drop func(*scim.Operation) bool) {
	var kept []scim.Operation
	for _, op := range p.Operations {
		if !drop(&op) {
			kept = append(kept, op)
		}
	}
	p.Operations = kept
}

// ignoreOp drops the operations of one kind on users.
func ignoreOp(name string) func(*Request, *scim.Patch) {
	return func(r *Request, p *scim.Patch) {
		dropOperations(p, func(op *scim.Operation) bool { return isUser(r) && op.Op == name })
	}
}

// refuseOperations refuses a patch of a user with an operation of some form.
func refuseOperations(refuse func(*Request, *scim.Operation) bool) func(*Request, *scim.Patch) {
	return func(r *Request, p *scim.Patch) {
		for i := range p.Operations {
			if isUser(r) && refuse(r, &p.Operations[i]) {
				r.Instead = refusal(scim.InvalidPath("/Operations/%d cannot be carried out", i))
				p.Operations = nil
				return
			}
		}
	}
}

// wipeSiblings puts a remove of the whole before each change of a part of name.
func wipeSiblings(_ *Request, p *scim.Patch) {
	var list []scim.Operation
	for _, op := range p.Operations {
		if op.Op != scim.OpRemove && strings.EqualFold(attribute(&op), "name") && op.Path.AttributePath.SubAttribute != nil {
			wipe := scim.Operation{Op: scim.OpRemove}
			repath(&wipe, "name")
			list = append(list, wipe)
		}
		list = append(list, op)
	}
	p.Operations = list
}

// widen has the filter in a path select everything.
func widen(op string) func(*Request, *scim.Patch) {
	return operations(func(_ *Request, o *scim.Operation) {
		if o.Op != op || o.Path == nil || o.Path.ValueExpression == nil {
			return
		}
		path := *o.Path
		path.ValueExpression = &scim.AttributeExpression{AttributePath: scim.AttributePath{AttributeName: "value"}, Operator: "pr"}
		o.Path, o.PathText = &path, scim.FormatPath(path)
	})
}

// addUnmatched turns a replace whose filter is type eq, and selects nothing, into an add.
func addUnmatched(r *Request, p *scim.Patch) {
	current := r.Current()
	for i := range p.Operations {
		op := &p.Operations[i]
		if op.Op != scim.OpReplace || op.Path == nil || op.Path.SubAttribute == nil || current == nil {
			continue
		}
		term, ok := op.Path.ValueExpression.(*scim.AttributeExpression)
		if !ok || term.Operator != "eq" || slices.ContainsFunc(elements(current, attribute(op)), func(e *scim.Object) bool {
			return e.Get(term.AttributePath.AttributeName) == term.CompareValue
		}) {
			continue
		}
		op.Value = []any{scim.NewObject(
			scim.Field{Name: term.AttributePath.AttributeName, Value: term.CompareValue},
			scim.Field{Name: *op.Path.SubAttribute, Value: op.Value},
		)}
		op.Op = scim.OpAdd
		repath(op, attribute(op))
	}
}

// forgive answers 200 to a patch that was refused with a keyword, if it has an operation
// of some form.
func forgive(keyword scim.ScimType, forgives func(*scim.Object) bool) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		if r.Is(Patch) && p.Status == 400 && strings.Contains(string(p.Body), `"`+string(keyword)+`"`) &&
			slices.ContainsFunc(elements(r.Object(), "Operations"), forgives) {
			succeed(r, p)
		}
	}
}

// succeed answers 200 with the resource as it is.
func succeed(r *Request, p *Response) {
	if current := r.Current(); current != nil {
		p.Status, p.Body = http.StatusOK, current.AppendJSON(nil)
	}
}
