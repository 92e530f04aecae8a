package deviation

import (
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// bulks are departures of bulk requests (RFC 7644 section 3.7).
func bulks() []Deviation {
	// result changes each result of some method, "" for any.
	result := func(method string, change func(*scim.Object)) func(*Request, *Response) {
		return answers(Bulk, 200, edit(func(o *scim.Object) {
			for _, op := range elements(o, "Operations") {
				if method == "" || op.String("method") == method {
					change(op)
				}
			}
		}))
	}
	failed := func(change func(*scim.Object)) func(*Request, *Response) {
		return result("", func(op *scim.Object) {
			if op.Get("response") != nil {
				change(op)
			}
		})
	}
	// without takes operations out of the request.
	without := func(which func(*scim.Object) bool) func(*Request) {
		return body(Bulk, func(o *scim.Object) {
			o.Set("Operations", slices.DeleteFunc(o.Array("Operations"), func(v any) bool {
				op, ok := v.(*scim.Object)
				return ok && which(op)
			}))
		})
	}
	tooLarge := func(change ...func(*Response)) func(*Request, *Response) { return answers(Bulk, 413, change...) }
	return []Deviation{
		{Name: "bulk-without-operations-accepted", Summary: "A bulk request without operations answers 200.", Requirements: ids("7644-3.7-R5"), Decode: on(Bulk, func(r *Request) {
			if o := r.Object(); o.Len() > 0 && o.Get("Operations") == nil {
				r.Instead = &Response{Status: 200, Header: header("Content-Type", "application/scim+json"), Body: []byte(`{"schemas":["` + scim.BulkResponseSchema + `"],"Operations":[]}`)}
			}
		})},
		{Name: "bulk-unsupported", Summary: "Bulk answers 501, although it is advertised.", Requirements: ids("7643-5-R16", "7644-3.7-R15"), Route: instead(Bulk, 501, "bulk is not supported")},
		{Name: "bulk-answers-201", Summary: "Bulk answers 201.", Requirements: ids("7644-3.7-R15"), Respond: answers(Bulk, 200, status(201))},
		{Name: "bulk-schemas-other", Summary: "The answer has the URN of the request.", Requirements: ids("7644-3.7-R2"), Respond: answers(Bulk, 200, edit(set("schemas", []any{scim.BulkRequestSchema})))},
		{Name: "bulk-status-as-number", Summary: "The status of results is a number.", Requirements: ids("7644-3.7.3-R3"), Respond: result("", func(op *scim.Object) { op.Set("status", number(atoi(op.String("status")))) })},
		{Name: "bulk-status-missing", Summary: "Results have no status.", Requirements: ids("7644-3.7.3-R3"), Respond: result("", drop("status"))},
		{Name: "bulk-status-always-200", Summary: "The status of all results is 200.", Requirements: ids("7644-3.7.3-R3"), Respond: result("", set("status", "200"))},
		{Name: "bulk-location-missing", Summary: "Results have no location.", Requirements: ids("7644-3.7-R11", "7644-3.7.3-R2"), Respond: result("", drop("location"))},
		{Name: "bulk-location-dangling", Summary: "The location of what was created leads to nothing.", Requirements: ids("7644-3.7-R11", "7644-3.7.3-R2"), Respond: result("POST", func(op *scim.Object) {
			if to := op.String("location"); to != "" {
				op.Set("location", to+"-x")
			}
		})},
		{Name: "bulk-id-missing", Summary: "Results have no bulkId.", Requirements: ids("7644-3.7-R19"), Respond: result("", drop("bulkId"))},
		{Name: "bulk-method-missing", Summary: "Results have no method.", Requirements: ids("7644-3.7.3-R1", "7644-3.7-R6"), Respond: result("", drop("method"))},
		{Name: "bulk-response-missing", Summary: "Results that failed have no response.", Requirements: ids("7644-3.7-R12"), Respond: failed(drop("response"))},
		{Name: "bulk-response-without-schemas", Summary: "The response of a failed result is no SCIM error.", Requirements: ids("7644-3.7-R14", "7644-3.7.3-R4"), Respond: failed(func(op *scim.Object) {
			op.Set("response", scim.NewObject(scim.Field{Name: "message", Value: "failed"}))
		})},
		{Name: "bulk-location-of-failure", Summary: "A create that failed has a location.", Requirements: ids("7644-3.7-R11"), Respond: failed(func(op *scim.Object) {
			if op.String("method") == "POST" {
				op.Set("location", "https://example.com/Users/none")
			}
		})},
		{Name: "bulk-failures-without-result", Summary: "What failed has no result.", Requirements: ids("7644-3.7.3-R1"), Respond: answers(Bulk, 200, edit(func(o *scim.Object) {
			o.Set("Operations", slices.DeleteFunc(o.Array("Operations"), func(v any) bool { op, _ := v.(*scim.Object); return op.Get("response") != nil }))
		}))},
		{Name: "bulk-repeats-fail-on-errors", Summary: "The answer repeats failOnErrors.", Requirements: ids("7644-3.7-R4"), Respond: answers(Bulk, 200, edit(set("failOnErrors", number(1))))},
		{Name: "bulk-stops-at-first-failure", Summary: "The first failure ends the job.", Requirements: ids("7644-3.7-R16"), Decode: body(Bulk, set("failOnErrors", number(1)))},
		{Name: "bulk-fail-on-errors-ignored", Summary: "failOnErrors is passed over.", Requirements: ids("7644-3.7-R16"), Decode: body(Bulk, drop("failOnErrors"))},
		{Name: "bulk-first-operation-only", Summary: "Only the first operation is carried out.", Requirements: ids("7644-3.7.3-R1"), Decode: body(Bulk, func(o *scim.Object) {
			if list := o.Array("Operations"); len(list) > 1 {
				o.Set("Operations", list[:1])
			}
		})},
		{Name: "bulk-deletes-ignored", Summary: "A delete in bulk is passed over.", Requirements: ids("7644-3.7-R6", "7644-3.7.3-R1"), Decode: without(func(op *scim.Object) bool { return op.String("method") == "DELETE" })},
		{Name: "bulk-unknown-method-ignored", Summary: "An operation with a method that there is not has the status 200.", Requirements: ids("7644-3.7-R6"), Respond: failed(func(op *scim.Object) {
			if !slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, op.String("method")) {
				op.Delete("response")
				op.Set("status", "200")
			}
		})},
		{Name: "bulk-references-ignored", Summary: "Members with a bulkId are left out.", Requirements: ids("7644-3.7.2-R2"), Decode: body(Bulk, func(o *scim.Object) { dropReferences(o, "members") })},
		{Name: "bulk-forward-references-refused", Summary: "A reference to a later operation fails.", Requirements: ids("7644-3.7.2-R3", "7644-3.7-R21"), Decode: body(Bulk, breakForward)},
		{Name: "bulk-circles-dropped", Summary: "Of members that refer to each other one is left out.", Requirements: ids("7644-3.7.1-R1"), Decode: body(Bulk, func(o *scim.Object) {
			if text := string(o.AppendJSON(nil)); strings.Count(text, `"bulkId:`) > 1 {
				for _, op := range elements(o, "Operations")[:1] {
					dropReferences(scim.NewObject(scim.Field{Name: "Operations", Value: []any{op}}), "members")
				}
			}
		})},
		{Name: "bulk-references-in-extensions-ignored", Summary: "A manager with a bulkId is left out.", Requirements: ids("7644-3.7.2-R5"), Decode: body(Bulk, func(o *scim.Object) {
			for _, op := range elements(o, "Operations") {
				op.Object("data").Object(scim.EnterpriseUserSchema).Delete("manager")
			}
		})},
		{Name: "bulk-unknown-references-accepted", Summary: "A reference to what nobody makes is left out.", Requirements: ids("7644-3.7.2-R6"), Decode: body(Bulk, func(o *scim.Object) {
			known := map[string]bool{}
			for _, op := range elements(o, "Operations") {
				known["bulkId:"+op.String("bulkId")] = true
			}
			for _, op := range elements(o, "Operations") {
				data := op.Object("data")
				if data.Get("members") != nil {
					data.Set("members", slices.DeleteFunc(data.Array("members"), func(v any) bool {
						m, _ := v.(*scim.Object)
						return strings.HasPrefix(m.String("value"), "bulkId:") && !known[m.String("value")]
					}))
				}
			}
		})},
		{Name: "bulk-limit-ignored", Summary: "More operations than the configuration allows are carried out.", Requirements: ids("7644-3.7.4-R3"), Respond: configured(func(o *scim.Object) { o.Object("bulk").Set("maxOperations", number(2)) })},
		{Name: "bulk-size-ignored", Summary: "More bytes than the configuration allows are read.", Requirements: ids("7644-3.7.4-R3"), Respond: configured(func(o *scim.Object) { o.Object("bulk").Set("maxPayloadSize", number(2000)) })},
		{Name: "bulk-limit-answers-400", Summary: "Too large a job answers 400.", Requirements: ids("7644-3.7.4-R3", "7644-3.12-R13"), Respond: tooLarge(status(400))},
		{Name: "bulk-limit-unnamed", Summary: "The 413 does not name the limit.", Requirements: ids("7644-3.7.4-R4"), Respond: tooLarge(edit(set("detail", "too much")))},
	}
}

// dropReferences takes elements that refer to a bulkId out of an attribute.
func dropReferences(o *scim.Object, attribute string) {
	for _, op := range elements(o, "Operations") {
		data := op.Object("data")
		if list := data.Array(attribute); list != nil {
			data.Set(attribute, slices.DeleteFunc(list, func(v any) bool {
				m, _ := v.(*scim.Object)
				return strings.HasPrefix(m.String("value"), "bulkId:")
			}))
		}
	}
}

// breakForward makes references to later operations ones to nothing.
func breakForward(o *scim.Object) {
	seen := map[string]bool{}
	for _, op := range elements(o, "Operations") {
		for _, m := range elements(op.Object("data"), "members") {
			if name := m.String("value"); strings.HasPrefix(name, "bulkId:") && !seen[name] {
				m.Set("value", name+"-unknown")
			}
		}
		seen["bulkId:"+op.String("bulkId")] = true
	}
}
