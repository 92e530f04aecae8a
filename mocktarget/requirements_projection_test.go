package mocktarget_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

// returned runs each operation that returns a user with a query behind its URL, and
// hands every user returned to show.
func returned(c *client, query string, show func(what string, user any)) {
	c.t.Helper()
	path := "/Users/" + c.filter("/Users", `userName eq "ann"`).at("Resources", 0, "id").(string)
	state := c.target.Snapshot()
	for _, r := range []reply{
		c.do("GET", path+query, "").want(200), c.do("PUT", path+query, user("ann", details)).want(200), c.do("POST", "/Users"+query, user("twin", details)).want(201),
		c.patch(path+query, `{"op":"add","path":"title","value":"Boss"}`).want(200), c.do("GET", "/Me"+query, "").want(200),
	} {
		show(r.what, r.body)
	}
	for _, endpoint := range []string{"/Users", ""} {
		for _, v := range c.do("GET", endpoint+query, "").want(200).resources() {
			if at(v, "schemas", 0) == userURN {
				show("GET "+endpoint+query, v)
			}
		}
	}
	c.target.Restore(state)
}

func TestProjections(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.4-R2+RFC7644-3.9-R1", func(c *client) {
			path := person(c)
			made := c.createGroup("staff", `"members":[{"value":"`+lastSegmentOf(path)+`"}]`)
			returned(c, "", func(what string, user any) {
				wantMembers(c, what, user, "active addresses emails id meta name schemas title userName "+enterpriseURN+" ?groups")
				equal(c.t, what+": the extension", at(user, enterpriseURN), map[string]any{"department": "Sales", "manager": map[string]any{"value": "m1"}})
			})
			equal(c.t, "a group", members(made.body), "displayName id members meta schemas")
		}},
		{"RFC7644-3.4.2.5-R1+RFC7644-3.4.2.5-R3", projectAttributes},
		{"RFC7644-3.9-R4", projectParts},
		{"RFC7644-3.4.2.5-R5+RFC7644-3.9-R6", projectWithout},
		{"RFC7644-3.4.2.5-R6", func(c *client) {
			person(c)
			returned(c, "?excludedAttributes=id,schemas,ID,"+userURN+":id,emails,name,addresses,meta,groups,active,title,userName,"+enterpriseURN, func(what string, user any) {
				wantMembers(c, what, user, "id schemas")
			})
		}},
		{"RFC7644-3.9-R3", func(c *client) {
			path := person(c)
			before := c.do("GET", "", "").raw
			const both = "?attributes=userName&excludedAttributes=name"
			for _, r := range []reply{
				c.do("GET", path+both, ""), c.do("GET", "/Users"+both, ""), c.do("GET", both, ""), c.do("PUT", path+both, user("x")), c.do("POST", "/Users"+both, user("x")),
				c.patch(path+both, `{"op":"remove","path":"title"}`),
				c.do("POST", "/Users/.search", search("id pr", `"attributes":["userName"],"excludedAttributes":["name"]`)),
			} {
				r.wantError(400, "invalidValue", "excludedAttributes")
			}
			equal(c.t, "all resources", c.do("GET", "", "").raw, before)
			c.do("GET", path+"?attributes=userName&excludedAttributes=", "").want(200)
		}},
		{"RFC7644-3.9-R5", func(c *client) {
			path := person(c)
			for _, list := range []string{
				"userName,title", "userName,%20title", "userName%2Ctitle", "userName,,title,", "userName&attributes=title", "TITLE,username,nope," + userURN + ":nope",
			} {
				equal(c.t, list, members(c.do("GET", path+"?attributes="+list, "").want(200).body), "id schemas title userName")
			}
			for _, bad := range []string{"a..b", "1a", "emails[type%20pr]", "a%20b", "userName;title"} {
				c.do("GET", path+"?attributes="+bad, "").wantError(400, "invalidValue")
				c.do("GET", path+"?excludedAttributes="+bad, "").wantError(400, "invalidValue")
			}
		}},
	}, configured(mocktarget.Config{Subject: "ann"}))
}

// wantMembers checks the names of an object's members; one with "?" may be missing.
func wantMembers(c *client, what string, o any, want string) {
	c.t.Helper()
	allowed := strings.Fields(want)
	got := slices.Sorted(maps.Keys(o.(map[string]any)))
	for _, name := range allowed {
		if plain := strings.TrimPrefix(name, "?"); plain == name && !slices.Contains(got, name) {
			c.t.Errorf("%s: %s is missing among %v", what, name, got)
		}
	}
	for _, name := range got {
		if !slices.Contains(allowed, name) && !slices.Contains(allowed, "?"+name) {
			c.t.Errorf("%s: there is a %s, want %s", what, name, want)
		}
	}
}

func projectAttributes(c *client) {
	person(c)
	for asked, want := range map[string]string{
		"userName": "id schemas userName", "id": "id schemas", "title,emails": "emails id schemas title", "meta": "id meta schemas", "password": "id schemas",
		"nope": "id schemas", "USERNAME": "id schemas userName",
		userURN + ":userName": "id schemas userName", enterpriseURN: "id schemas " + enterpriseURN, enterpriseURN + ":department": "id schemas " + enterpriseURN,
		enterpriseURN + ":division": "id schemas",
		userURN:                     "active addresses emails id name schemas title userName ?meta ?groups", "schemas": "id schemas", "name": "id name schemas", "externalId": "id schemas",
		"": "active addresses emails id meta name schemas title userName " + enterpriseURN,
	} {
		returned(c, "?attributes="+asked, func(what string, user any) { wantMembers(c, what, user, want) })
	}
	for query, want := range map[string]string{
		"attributes=members": "id schemas", "attributes=displayName": "displayName id schemas", "excludedAttributes=displayName,meta": "id schemas",
	} {
		made := c.createGroup(query)
		equal(c.t, query, members(c.do("GET", "/Groups/"+made.id()+"?"+query, "").body), want)
	}
}

func projectParts(c *client) {
	person(c)
	for asked, want := range map[string]string{
		"name.givenName,emails":                      `map[emails:ALL id:ID name:map[givenName:Ann] schemas:SCHEMAS]`,
		"emails.value,emails.type":                   `map[emails:[map[type:work value:w@x.org] map[type:home value:h@x.org] map[type:other value:o@x.net]] id:ID schemas:SCHEMAS]`,
		"emails.display":                             `map[emails:[map[display:Work]] id:ID schemas:SCHEMAS]`,
		"name.honorificPrefix":                       `map[id:ID schemas:SCHEMAS]`,
		userURN + ":name.familyName,NAME.MIDDLENAME": `map[id:ID name:map[familyName:Oak middleName:M] schemas:SCHEMAS]`,
		enterpriseURN + ":manager.value":             `map[id:ID schemas:SCHEMAS ` + enterpriseURN + `:map[manager:map[value:m1]]]`,
		"meta.resourceType":                          `map[id:ID meta:map[resourceType:User] schemas:SCHEMAS]`,
		"name,name.givenName":                        `map[id:ID name:map[familyName:Oak givenName:Ann middleName:M] schemas:SCHEMAS]`,
	} {
		returned(c, "?attributes="+asked, func(what string, user any) {
			replacer := strings.NewReplacer("ALL", fmt.Sprint(at(user, "emails")), "ID", fmt.Sprint(at(user, "id")), "SCHEMAS", fmt.Sprint(at(user, "schemas")))
			equal(c.t, what, user, replacer.Replace(want))
			if list, _ := at(user, "emails").([]any); strings.HasSuffix(asked, ",emails") && len(list) != 3 {
				c.t.Errorf("%s: emails are %v", what, list)
			}
		})
	}
}

func projectWithout(c *client) {
	person(c)
	const all = "active addresses emails id meta name schemas title userName " + enterpriseURN
	without := func(names ...string) string {
		return strings.Join(slices.DeleteFunc(strings.Fields(all), func(name string) bool { return slices.Contains(names, name) }), " ")
	}
	for excluded, want := range map[string]string{
		"emails,name": without("emails", "name"), "EMAILS," + userURN + ":name": without("emails", "name"), enterpriseURN: without(enterpriseURN),
		enterpriseURN + ":manager": all, "nope,password": all, "meta": without("meta"), "name.givenName,emails": without("emails"),
	} {
		returned(c, "?excludedAttributes="+excluded, func(what string, user any) {
			wantMembers(c, what, user, want)
			if excluded == "name.givenName,emails" {
				equal(c.t, what+": name", at(user, "name"), map[string]any{"familyName": "Oak", "middleName": "M"})
			}
			if excluded == enterpriseURN+":manager" {
				equal(c.t, what+": the extension", at(user, enterpriseURN), map[string]any{"department": "Sales"})
			}
		})
	}
	returned(c, "?excludedAttributes=emails.value,emails.type,addresses.country,meta.version", func(what string, user any) {
		equal(c.t, what+": emails", at(user, "emails"), []any{map[string]any{"display": "Work", "primary": true}})
		equal(c.t, what+": addresses", at(user, "addresses"), []any{map[string]any{"locality": "Ulm", "type": "work"}, map[string]any{"locality": "Bonn", "type": "home"}})
		equal(c.t, what+": meta.version", at(user, "meta", "version"), nil)
		equal(c.t, what+": meta.resourceType", at(user, "meta", "resourceType"), "User")
	})
	c.do("GET", "/Users?excludedAttributes="+url.QueryEscape("a b"), "").wantError(400, "invalidValue")
}
