package deviation

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// discovery are departures of the documents that describe a service (RFC 7644 section
// 4, RFC 7643 sections 5 and 6).
func discovery() []Deviation {
	is := []Kind{Config, Types, Type, Schemas, Schema}
	gone := func(kinds ...Kind) func(*Request) {
		return func(r *Request) {
			if r.Is(kinds...) {
				r.Instead = refusal(scim.Status(404, "there is no endpoint %s", r.Path))
			}
		}
	}
	types := func(change func(*scim.Object)) func(*Request, *Response) {
		return func(r *Request, p *Response) {
			if r.Is(Types, Type) && p.OK() {
				p.Edit(func(o *scim.Object) {
					for _, t := range append(resources(o), o) {
						if t.Get("endpoint") != nil {
							change(t)
						}
					}
				})
			}
		}
	}
	rows := []Deviation{
		{Name: "discovery-missing", Summary: "There is no discovery at all.", Requirements: ids("7644-4-R2", "7644-4-R3", "7644-4-R5"), Route: gone(is...)},
		{Name: "config-missing", Summary: "There is no ServiceProviderConfig.", Requirements: ids("7644-4-R2"), Route: gone(Config)},
		{Name: "config-plural", Summary: "The ServiceProviderConfig is at ServiceProviderConfigs.", Requirements: ids("7644-4-R2"), Route: func(r *Request) {
			if r.Endpoint() == "/ServiceProviderConfigs" {
				r.Path = "/ServiceProviderConfig"
			} else {
				gone(Config)(r)
			}
		}},
		{Name: "config-as-list", Summary: "The ServiceProviderConfig is a list of one.", Requirements: ids("7644-4-R2"), Respond: answers(Config, 200, func(p *Response) {
			if o, err := scim.ParseObject(p.Body); err == nil {
				p.Body = (&scim.ListResponse{TotalResults: 1, StartIndex: 1, ItemsPerPage: 1, Resources: []*scim.Object{o}}).AppendJSON(nil)
			}
		})},
		{Name: "config-without-schemas", Summary: "The ServiceProviderConfig has no schemas.", Requirements: ids("7643-5-R1", "7644-4-R2"), Respond: configured(drop("schemas"))},
		{Name: "config-without-schemes", Summary: "The ServiceProviderConfig has no authenticationSchemes.", Requirements: ids("7643-5-R12"), Respond: configured(drop("authenticationSchemes"))},
		{Name: "config-scheme-unknown", Summary: "An authentication scheme has a type that there is not.", Requirements: ids("7643-5-R13"),
			Respond: configured(func(o *scim.Object) {
				for _, s := range elements(o, "authenticationSchemes") {
					s.Set("type", "magic")
				}
			})},
		{Name: "config-scheme-incomplete", Summary: "An authentication scheme has no name.", Requirements: ids("7643-5-R12"),
			Respond: configured(func(o *scim.Object) {
				for _, s := range elements(o, "authenticationSchemes") {
					s.Delete("name")
				}
			})},
		{Name: "config-booleans-as-text", Summary: "supported is text.", Requirements: ids("7643-5-R5", "7643-2.3.2-R1"),
			Respond: configured(func(o *scim.Object) { o.Object("patch").Set("supported", "true") })},
		{Name: "config-limits-as-text", Summary: "The limits of bulk are text.", Requirements: ids("7643-5-R6", "7643-2.3-R2"),
			Respond: configured(func(o *scim.Object) { o.Object("bulk").Set("maxOperations", "1000") })},
		{Name: "config-limits-missing", Summary: "The limits of bulk are missing.", Requirements: ids("7643-5-R6"),
			Respond: configured(func(o *scim.Object) { o.Object("bulk").Delete("maxPayloadSize") })},
		{Name: "config-filter-limit-missing", Summary: "filter.maxResults is missing.", Requirements: ids("7643-5-R7"),
			Respond: configured(func(o *scim.Object) { o.Object("filter").Delete("maxResults") })},
		{Name: "resource-types-missing", Summary: "There are no ResourceTypes.", Requirements: ids("7644-4-R5"), Route: gone(Types, Type)},
		{Name: "resource-types-as-array", Summary: "ResourceTypes is a bare array.", Requirements: ids("7644-4-R5"), Respond: bareArray(Types)},
		{Name: "resource-type-by-id-missing", Summary: "A resource type is not found by its name.", Requirements: ids("7644-4-R5"), Route: gone(Type)},
		{Name: "resource-type-without-endpoint", Summary: "Resource types have no endpoint.", Requirements: ids("7643-6-R5"), Respond: types(drop("endpoint"))},
		{Name: "resource-type-endpoint-elsewhere", Summary: "The endpoint of a resource type leads to nothing.", Requirements: ids("7643-6-R5"),
			Respond: types(func(o *scim.Object) { o.Set("endpoint", o.String("endpoint")+"-old") })},
		{Name: "resource-type-schema-unknown", Summary: "The schema of a resource type is none of the schemas.", Requirements: ids("7643-6-R6", "7643-7-R1"),
			Respond: types(set("schema", "urn:example:schemas:Nothing"))},
		{Name: "resource-type-extension-unknown", Summary: "An extension of a resource type is none of the schemas.", Requirements: ids("7643-6-R8", "7643-7-R1"),
			Respond: types(func(o *scim.Object) {
				o.Set("schemaExtensions", []any{scim.NewObject(scim.Field{Name: "schema", Value: "urn:example:schemas:Nothing"}, scim.Field{Name: "required", Value: false})})
			})},
		{Name: "resource-type-without-name", Summary: "Resource types have no name.", Requirements: ids("7643-6-R3"), Respond: types(drop("name"))},
		{Name: "resource-type-extension-incomplete", Summary: "An extension of a resource type does not say whether it is required.", Requirements: ids("7643-6-R8"),
			Respond: types(func(o *scim.Object) {
				for _, e := range elements(o, "schemaExtensions") {
					e.Delete("required")
				}
			})},
		{Name: "discovery-unknown-answers-200", Summary: "A resource type or schema that there is not answers 200.", Requirements: ids("7644-3.12-R10", "7644-4-R4"), Respond: func(r *Request, p *Response) {
			if r.Is(Type, Schema) && p.Status == 404 {
				p.Status, p.Body = 200, []byte(`{}`)
			}
		}},
		{Name: "discovery-filter-fails", Summary: "A filter on discovery makes the server fail.", Requirements: ids("7644-4-R7"), Route: func(r *Request) {
			if r.Is(is...) && r.Query.Has("filter") {
				r.Instead = refusal(scim.Status(500, "unexpected filter"))
			}
		}},
		{Name: "discovery-paged", Summary: "count and startIndex apply to discovery.", Requirements: ids("7644-4-R6"), Respond: func(r *Request, p *Response) {
			if r.Is(Types, Schemas) && p.OK() && (r.Query.Has("count") || r.Query.Has("startIndex")) {
				p.Edit(func(o *scim.Object) { setResources(o, resources(o)[:1]) })
			}
		}},
		{Name: "discovery-parameters-refused", Summary: "attributes, sortBy and count on discovery are refused.", Requirements: ids("7644-4-R6"), Route: func(r *Request) {
			if r.Is(is...) && len(r.Query) > 0 && !r.Query.Has("filter") {
				r.Instead = refusal(scim.BadRequest("no parameters here"))
			}
		}},
		{Name: "schemas-missing", Summary: "There are no Schemas.", Requirements: ids("7644-4-R3"), Route: func(r *Request) {
			if r.Is(Schemas, Schema) {
				r.Instead = refusal(scim.Status(404, "there is no endpoint %s", r.Path))
			}
		}},
		{Name: "schemas-as-array", Summary: "Schemas is a bare array.", Requirements: ids("7644-4-R3"), Respond: bareArray(Schemas)},
		{Name: "schema-without-id", Summary: "The schema of users has no id.", Requirements: ids("7643-7-R4"), Respond: userSchema(drop("id"))},
		{Name: "groups-endpoint-missing", Summary: "There is no endpoint for groups, although it is advertised.", Requirements: ids("7644-3.2-R1", "7643-6-R5"),
			Route: func(r *Request) {
				if isGroup(r) {
					r.Instead = refusal(scim.Status(http.StatusNotFound, "there is no endpoint /Groups"))
				}
			}},
		{Name: "discovery-needs-credentials", Summary: "Discovery is for those only who are let in.", Requirements: ids("7643-5-R15"), Route: func(r *Request) {
			if r.Is(is...) && r.Header.Get("Authorization") == "" {
				r.Instead = refusal(scim.Status(http.StatusUnauthorized, "a token is needed"))
				r.Instead.Header.Set("WWW-Authenticate", "Bearer")
			}
		}},
		{Name: "resource-type-not-plural", Summary: "There is a resource type whose endpoint is not its name with an s.", Requirements: ids("7644-3.2-R2"), Respond: answers(Types, 200, edit(func(o *scim.Object) {
			other := resources(o)[0].Clone()
			other.Set("id", "Person")
			other.Set("name", "Person")
			setResources(o, append(resources(o), other))
			o.Set("totalResults", number(len(resources(o))))
		}))},
		{Name: "patch-unadvertised", Summary: "There is no PATCH, and the configuration says so.", Requirements: ids("7644-3.5-R2"),
			Respond: configured(func(o *scim.Object) { o.Object("patch").Set("supported", false) }), Route: instead(Patch, 501, "PATCH is not supported")},
		{Name: "patch-unadvertised-405", Summary: "PATCH answers 405, and the configuration says so.", Requirements: ids("7644-3.5-R2"),
			Respond: configured(func(o *scim.Object) { o.Object("patch").Set("supported", false) }), Route: instead(Patch, 405, "PATCH is not supported")},
		{Name: "patch-unadvertised-500", Summary: "The configuration says that there is no PATCH, which makes the server fail.", Requirements: ids("7643-5-R16", "7644-3.12-R15"),
			Route: instead(Patch, 500, "not implemented"), Respond: configured(func(o *scim.Object) { o.Object("patch").Set("supported", false) })},
		{Name: "bulk-unadvertised-500", Summary: "The configuration says that there is no bulk, which makes the server fail.", Requirements: ids("7643-5-R16", "7644-3.12-R15"),
			Route: instead(Bulk, 500, "not implemented"), Respond: configured(func(o *scim.Object) { o.Object("bulk").Set("supported", false) })},
		{Name: "discovery-writable", Summary: "A write on discovery answers 200.", Requirements: ids("7643-5-R2", "7643-7-R2", "7643-6-R1"), Respond: func(r *Request, p *Response) {
			if r.Is(is...) && r.Method != http.MethodGet && p.Status == 405 {
				p.Status, p.Body = 200, []byte(`{}`)
			}
		}},
	}
	for _, feature := range []struct{ name, what string }{
		{"patch", "7643-5-R5"}, {"bulk", "7643-5-R6"}, {"filter", "7643-5-R7"}, {"changePassword", "7643-5-R9"}, {"sort", "7643-5-R10"}, {"etag", "7643-5-R11"},
	} {
		rows = append(rows, Deviation{
			Name: "config-without-" + strings.ToLower(feature.name), Requirements: ids(feature.what),
			Summary: "The ServiceProviderConfig does not say whether there is " + feature.name + ".", Respond: configured(drop(feature.name)),
		})
	}
	return rows
}

// bareArray takes the list away from around resources.
func bareArray(kind Kind) func(*Request, *Response) {
	return answers(kind, 200, func(p *Response) {
		if o, err := scim.ParseObject(p.Body); err == nil {
			p.Body = scim.AppendValue(nil, o.Get("Resources"))
		}
	})
}

// schemas are departures of the definitions of attributes (RFC 7643 section 7).
func schemas() []Deviation {
	attribute := func(name string, change func(*scim.Object)) func(*Request, *Response) {
		return definition(func(a *scim.Object) {
			if a.String("name") == name {
				change(a)
			}
		})
	}
	return []Deviation{
		{Name: "schema-by-id-missing", Summary: "A schema is not found by its URN.", Requirements: ids("7644-4-R4"), Route: instead(Schema, 404, "there is no such schema")},
		{Name: "schemas-without-user", Summary: "The schema of users is missing.", Requirements: ids("7643-7-R1"), Respond: func(r *Request, p *Response) {
			if r.Is(Schemas) && p.OK() {
				p.Edit(func(o *scim.Object) { hide(o, func(s *scim.Object) bool { return s.ID() == scim.UserSchema }) })
			}
		}},
		{Name: "schemas-with-messages", Summary: "Schemas lists those of messages.", Requirements: ids("7644-3.1-R3"), Respond: answers(Schemas, 200, edit(func(o *scim.Object) {
			setResources(o, append(resources(o), scim.NewObject(scim.Field{Name: "id", Value: scim.ErrorSchema}, scim.Field{Name: "name", Value: "Error"},
				scim.Field{Name: "schemas", Value: []any{"urn:ietf:params:scim:schemas:core:2.0:Schema"}}, scim.Field{Name: "attributes", Value: []any{}})))
			o.Set("totalResults", number(len(resources(o))))
		}))},
		{Name: "schema-without-name", Summary: "The schema of users has no name.", Requirements: ids("7643-7-R5"), Respond: userSchema(drop("name"))},
		{Name: "schema-without-schemas", Summary: "Schemas have no schemas themselves.", Requirements: ids("7643-7-R3"), Respond: userSchema(drop("schemas"))},
		{Name: "schema-without-attributes", Summary: "The schema of users defines no attributes.", Requirements: ids("7643-7-R6"), Respond: userSchema(drop("attributes"))},
		{Name: "schema-attribute-without-type", Summary: "The definition of title has no type.", Requirements: ids("7643-7-R6", "7643-7-R7"), Respond: attribute("title", drop("type"))},
		{Name: "schema-type-unknown", Summary: "The type of title is none of the eight.", Requirements: ids("7643-7-R7", "7643-2.3-R1"), Respond: attribute("title", set("type", "text"))},
		{Name: "schema-mutability-unknown", Summary: "The mutability of title is none that there is.", Requirements: ids("7643-7-R10"), Respond: attribute("title", set("mutability", "sometimes"))},
		{Name: "schema-returned-unknown", Summary: "When title is returned is none of what there is.", Requirements: ids("7643-7-R10"), Respond: attribute("title", set("returned", "maybe"))},
		{Name: "schema-uniqueness-unknown", Summary: "The uniqueness of title is none that there is.", Requirements: ids("7643-7-R10"), Respond: attribute("title", set("uniqueness", "somewhat"))},
		{Name: "schema-name-bad", Summary: "The name of an attribute has a space.", Requirements: ids("7643-2.1-R3"), Respond: attribute("title", set("name", "job title"))},
		{Name: "schema-complex-in-complex", Summary: "A part of name is complex itself.", Requirements: ids("7643-2.3.8-R2"), Respond: attribute("name", func(a *scim.Object) {
			for _, s := range elements(a, "subAttributes") {
				s.Set("type", "complex")
				s.Set("subAttributes", []any{scim.NewObject(scim.Field{Name: "first", Value: "x"})})
			}
		})},
		{Name: "schema-complex-without-parts", Summary: "The complex attribute name has no parts.", Requirements: ids("7643-7-R8"), Respond: attribute("name", drop("subAttributes"))},
		{Name: "schema-flag-as-text", Summary: "multiValued is text.", Requirements: ids("7643-7-R6", "7643-2.3.2-R1"), Respond: attribute("title", set("multiValued", "false"))},
		{Name: "schema-reference-types-on-text", Summary: "The text attribute title has referenceTypes.", Requirements: ids("7643-7-R28"), Respond: attribute("title", set("referenceTypes", []any{"User"}))},
		{Name: "schema-user-name-optional", Summary: "The schema says that userName is not required.", Requirements: ids("7643-4.1.1-R1"), Respond: attribute("userName", set("required", false))},
		{Name: "schema-password-returned", Summary: "The schema says that the password is returned.", Requirements: ids("7643-4.1.1-R15"), Respond: attribute("password", func(a *scim.Object) {
			a.Set("returned", "default")
			a.Set("mutability", "readWrite")
		})},
		{Name: "schema-groups-writable", Summary: "The schema says that the groups of users can be written.", Requirements: ids("7643-4.1.2-R18"), Respond: attribute("groups", set("mutability", "readWrite"))},
		{Name: "schema-constant-in-quotes", Summary: "When title is returned is written with quotation marks.", Requirements: ids("7643-1.1-R1", "7643-7-R10"), Respond: attribute("title", set("returned", `"default"`))},
		{Name: "schema-user-name-silent", Summary: "The schema does not say whether userName is required, so that it is not.", Requirements: ids("7643-2.2-R1", "7643-4.1.1-R1"), Respond: attribute("userName", drop("required"))},
		{Name: "schema-complex-unique", Summary: "The schema says that names are unique as a whole.", Requirements: ids("7643-2.3.8-R3"), Respond: attribute("name", set("uniqueness", "server"))},
		{Name: "schema-primary-as-text", Summary: "The schema says that which photo is the primary one is text.", Requirements: ids("7643-2.4-R2"), Respond: attribute("photos", part("primary", set("type", "string")))},
		{Name: "schema-kinds-other", Summary: "The schema has a kind of message service that there is not.", Requirements: ids("7643-4.1.2-R8"), Respond: attribute("ims", part("type", set("canonicalValues", []any{"aim", "pigeon"})))},
		{Name: "schema-name-unregistered", Summary: "Schemas lists one below the names of SCIM that is not built like them.", Requirements: ids("7643-10.2.1-R1"), Respond: answers(Schemas, 200, edit(func(o *scim.Object) {
			setResources(o, append(resources(o), scim.NewObject(scim.Field{Name: "id", Value: "urn:ietf:params:scim:Nothing"}, scim.Field{Name: "name", Value: "Nothing"},
				scim.Field{Name: "schemas", Value: []any{"urn:ietf:params:scim:schemas:core:2.0:Schema"}}, scim.Field{Name: "attributes", Value: []any{}})))
			o.Set("totalResults", number(len(resources(o))))
		}))},
		{Name: "extension-defines-again", Summary: "The enterprise extension defines title again.", Requirements: ids("7643-3.3-R3"), Respond: func(r *Request, p *Response) {
			if r.Is(Schemas) && p.OK() {
				p.Edit(func(o *scim.Object) {
					for _, s := range resources(o) {
						if s.ID() == scim.EnterpriseUserSchema {
							s.Set("attributes", append(slices.Clone(s.Array("attributes")), scim.NewObject(
								scim.Field{Name: "name", Value: "title"}, scim.Field{Name: "type", Value: "string"}, scim.Field{Name: "multiValued", Value: false},
								scim.Field{Name: "description", Value: "Title within the company"}, scim.Field{Name: "mutability", Value: "readOnly"})))
						}
					}
				})
			}
		}},
		{Name: "schema-attribute-not-defined", Summary: "Users have an attribute that the schema does not define.", Requirements: ids("7643-7-R6", "7643-7-R1"), Respond: userSchema(func(o *scim.Object) {
			var kept []any
			for _, a := range elements(o, "attributes") {
				if a.String("name") != "displayName" {
					kept = append(kept, a)
				}
			}
			o.Set("attributes", kept)
		}), Project: func(r *Request, o *scim.Object) {
			if isUser(r) && o.Get("displayName") == nil && o.Get("userName") != nil && !r.Query.Has("attributes") && !r.Query.Has("excludedAttributes") {
				o.Set("displayName", o.String("userName"))
			}
		}},
	}
}

// part changes the definition of a sub-attribute.
func part(name string, change func(*scim.Object)) func(*scim.Object) {
	return func(a *scim.Object) {
		for _, s := range elements(a, "subAttributes") {
			if s.String("name") == name {
				change(s)
			}
		}
	}
}

// userSchema changes the definition of users, wherever it is shown.
func userSchema(change func(*scim.Object)) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		if r.Is(Schemas, Schema) && p.OK() {
			p.Edit(func(o *scim.Object) {
				for _, s := range append(resources(o), o) {
					if s.ID() == scim.UserSchema {
						change(s)
					}
				}
			})
		}
	}
}

// asynchronous are departures of events and asynchronous requests (RFC 9967).
func asynchronous() []Deviation {
	return []Deviation{
		{Name: "async-request-unknown", Summary: "The configuration has a word for asynchronous requests that there is not.", Requirements: ids("9967-4-R2"),
			Respond: configured(set("securityEvents", scim.NewObject(scim.Field{Name: "asyncRequest", Value: "sometimes"})))},
		{Name: "async-with-body", Summary: "A create that is asked to be asynchronous answers 202 with the resource.", Requirements: ids("9967-2.5.1.1-R4"),
			Respond: func(r *Request, p *Response) {
				if r.Is(Create) && p.OK() && r.Header.Get("Prefer") == "respond-async" {
					p.Status = http.StatusAccepted
				}
			}},
		{Name: "async-without-number", Summary: "A 202 has no Set-Txn.", Requirements: ids("9967-3-R1"), Respond: announced("Preference-Applied")},
		{Name: "async-without-preference", Summary: "A 202 does not say which preference was applied.", Requirements: ids("9967-2.5.1.1-R6"), Respond: announced("Set-Txn")},
		{Name: "async-without-location", Summary: "A 202 does not say where the user will be.", Requirements: ids("9967-2.5.1.1-R7"), Respond: func(r *Request, p *Response) {
			if announced("Set-Txn", "Preference-Applied")(r, p); p.Status == http.StatusAccepted {
				p.Header.Del("Location")
			}
		}},
		{Name: "async-result-open", Summary: "What a 202 announces can be read by anybody.", Requirements: ids("9967-5-R2"),
			Route: func(r *Request) { r.Admitted = r.Admitted || r.Is(Get) && r.Memory.Get(r.ID()) != nil },
			Respond: func(r *Request, p *Response) {
				if announced("Set-Txn", "Preference-Applied")(r, p); p.Status == http.StatusAccepted {
					r.Memory.Put(path.Base(p.Header.Get("Location")), true)
				}
			}},
		{Name: "async-events-as-text", Summary: "The configuration has one event, as a text.", Requirements: ids("9967-4-R3"),
			Respond: configured(set("securityEvents", scim.NewObject(scim.Field{Name: "eventUris", Value: "urn:ietf:params:scim:event:prov:create:notice"})))},
	}
}

// announced answers a create that may come later with 202, without a body, and with header
// fields of RFC 9967 sections 2.5.1.1 and 3.
func announced(fields ...string) func(*Request, *Response) {
	values := map[string]string{"Set-Txn": "42", "Preference-Applied": "respond-async"}
	return func(r *Request, p *Response) {
		if !r.Is(Create) || !p.OK() || r.Header.Get("Prefer") != "respond-async" {
			return
		}
		p.Status, p.Body = http.StatusAccepted, nil
		p.Header.Del("Content-Type")
		for _, name := range fields {
			p.Header.Set(name, values[name])
		}
	}
}

// auth are departures in who is let in (RFC 7644 section 2).
func auth() []Deviation {
	anyone := func(which func(r *Request, sent string) bool) func(*Request) {
		return func(r *Request) { r.Admitted = r.Admitted || which(r, r.Header.Get("Authorization")) }
	}
	unauthorized := func(change ...func(*Response)) func(*Request, *Response) {
		return func(_ *Request, p *Response) {
			if p.Status == http.StatusUnauthorized {
				for _, c := range change {
					c(p)
				}
			}
		}
	}
	return []Deviation{
		{Name: "auth-not-needed", Summary: "Requests without credentials are let in.", Requirements: ids("7644-3.12-R8", "7644-2-R8"), Route: anyone(func(_ *Request, sent string) bool { return sent == "" })},
		{Name: "auth-not-checked", Summary: "Any bearer token is let in.", Requirements: ids("7644-2-R4", "7644-3.12-R8"), Route: anyone(func(_ *Request, sent string) bool { return len(sent) > len("Bearer ") })},
		{Name: "auth-empty-token", Summary: "An empty bearer token is let in.", Requirements: ids("7644-2-R4", "7644-3.12-R8"), Route: anyone(func(_ *Request, sent string) bool { return strings.EqualFold(strings.TrimSpace(sent), "Bearer") })},
		{Name: "auth-token-with-more", Summary: "A bearer token that is one that came before and a letter more is let in.", Requirements: ids("7644-2-R4", "7644-3.12-R8"), Route: func(r *Request) {
			sent := r.Header.Get("Authorization")
			if len(sent) <= len("Bearer ") {
				return
			}
			r.Admitted = r.Admitted || r.Memory.Get(sent[:len(sent)-1]) != nil
			r.Memory.Put(sent, true)
		}},
		{Name: "auth-token-in-query", Summary: "A token in the URL is let in.", Requirements: ids("7644-7.4-R2"), Route: anyone(func(r *Request, _ string) bool { return r.Query.Has("access_token") })},
		{Name: "auth-reads-open", Summary: "Reads need no credentials.", Requirements: ids("7644-3.12-R8", "7644-2-R8"), Route: anyone(func(r *Request, sent string) bool { return sent == "" && r.Method == http.MethodGet })},
		{Name: "auth-creates-open", Summary: "Creates need no credentials.", Requirements: ids("7644-2-R8"), Route: anyone(func(r *Request, sent string) bool { return sent == "" && r.Is(Create) })},
		{Name: "auth-deletes-open", Summary: "Deletes need no credentials.", Requirements: ids("7644-2-R8"), Route: anyone(func(r *Request, sent string) bool { return sent == "" && r.Is(Delete) })},
		{Name: "auth-answers-403", Summary: "Missing credentials answer 403.", Requirements: ids("7644-3.12-R8"), Respond: unauthorized(status(403))},
		{Name: "auth-answers-404", Summary: "Missing credentials answer 404.", Requirements: ids("7644-3.12-R8"), Respond: unauthorized(status(404))},
		{Name: "auth-answers-500", Summary: "Missing credentials make the server fail.", Requirements: ids("7644-3.12-R8"), Respond: unauthorized(status(500))},
		{Name: "auth-redirects", Summary: "Missing credentials are sent to a page to sign in.", Requirements: ids("7644-3.12-R8"), Respond: unauthorized(func(p *Response) {
			p.Status, p.Body = 302, nil
			p.Header.Set("Location", "/login")
		})},
		{Name: "auth-without-challenge", Summary: "The 401 has no WWW-Authenticate.", Requirements: ids("7644-2-R7"), Respond: unauthorized(without("WWW-Authenticate"))},
		{Name: "auth-without-body", Summary: "The 401 has no body.", Requirements: ids("7644-3.12-R1"), Respond: unauthorized(func(p *Response) { p.Body = nil })},
		{Name: "auth-body-of-vendor", Summary: "The body of the 401 is no SCIM error.", Requirements: ids("7644-3.12-R1"), Respond: unauthorized(func(p *Response) { p.Body = []byte(`{"error":"unauthorized"}`) })},
		{Name: "auth-scheme-case-sensitive", Summary: "bearer in small letters is not let in.", Requirements: ids("7644-2-R7", "7644-2-R4"), Route: func(r *Request) {
			if strings.HasPrefix(r.Header.Get("Authorization"), "bearer ") {
				r.Header.Set("Authorization", "Basic "+strings.TrimPrefix(r.Header.Get("Authorization"), "bearer "))
			}
		}},
		{Name: "auth-echoes-token", Summary: "The 401 repeats the token.", Requirements: ids("9865-5.2-R5"), Respond: func(r *Request, p *Response) {
			if p.Status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
				p.Edit(set("detail", "unknown token "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
			}
		}},
	}
}
