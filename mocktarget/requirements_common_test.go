package mocktarget_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

const deviceURN = "urn:example:schemas:Device"

// enterpriseUser returns the body of a user with attributes of the enterprise
// extension, written as JSON.
func enterpriseUser(name, extension string, more ...string) string {
	return fmt.Sprintf(`{"schemas":[%q,%q],"userName":%q,%q:{%s}%s}`, userURN, enterpriseURN, name, enterpriseURN, extension, comma(more))
}

func device(serial string, more ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"serial":%q%s}`, deviceURN, serial, comma(more))
}

// oneOfEach creates a resource of each type and returns its path and body.
func oneOfEach(c *client) map[string]reply {
	made := map[string]reply{}
	for _, r := range []reply{
		c.do("POST", "/Users", enterpriseUser("ann", `"department":"R"`, `"externalId":"Ex-U"`)).want(201),
		c.createGroup("staff", `"externalId":"Ex-G"`), c.do("POST", "/Devices", device("1", `"externalId":"Ex-D"`)).want(201),
	} {
		made[strings.TrimPrefix(r.header.Get("Location"), c.base)] = r
	}
	return made
}

func TestSchemasAttribute(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-2.1-R2+RFC7643-3-R1+RFC7643-3-R2+RFC7643-3-R3+RFC7643-3-R6", schemasInAnswers},
		{"RFC7643-3.3-R1", schemasInRequests},
		{"RFC7643-3-R4+RFC7643-3.3-R2", schemasOrder},
		{"RFC7643-3.3-R5+RFC7643-3-R7+RFC7643-4.3-R1", extensionContainer},
	}, serving(t, deviceSchema, `{"name":"Device","endpoint":"/Devices","schema":"`+deviceURN+`"}`))
}

// wantSchemas checks that an answer lists schemas as an array of different URIs.
func wantSchemas(c *client, what string, v any, want ...string) {
	c.t.Helper()
	list, _ := v.([]any)
	if len(list) == 0 {
		c.t.Errorf("%s: schemas is %v", what, v)
	}
	seen := map[string]bool{}
	for _, uri := range list {
		text, ok := uri.(string)
		if u, err := url.Parse(text); !ok || err != nil || !u.IsAbs() || seen[text] {
			c.t.Errorf("%s: schemas is %v", what, list)
		}
		seen[text] = true
	}
	if len(want) > 0 {
		equal(c.t, what+": schemas", list, want)
	}
}

func schemasInAnswers(c *client) {
	registered := map[string][]string{"User": {userURN, enterpriseURN}, "Group": {groupURN}, "Device": {deviceURN}}
	for path, made := range oneOfEach(c) {
		want := registered[made.at("meta", "resourceType").(string)]
		for _, r := range []reply{
			made, c.do("GET", path, ""), c.do("GET", path+"?attributes=externalId", ""), c.do("GET", path+"?excludedAttributes=schemas", ""),
			c.do("PATCH", path+"?attributes=id", patchBody(`{"op":"replace","path":"externalId","value":"x"}`)), c.do("PUT", path, made.raw),
		} {
			wantSchemas(c, r.what, r.at("schemas"), want...)
			for _, urn := range []string{userURN, groupURN, deviceURN} {
				equal(c.t, "a container for "+urn, r.at(urn), nil)
			}
		}
		c.do("PATCH", path, patchBody(`{"op":"add","path":"schemas","value":["urn:example:unknown"]}`)).wantError(400, "invalidValue", "schemas")
	}
	for _, r := range []reply{
		c.do("GET", "?", "").want(200), c.do("GET", "/Users", "").want(200), c.do("POST", "/.search", search(`id pr`)).want(200),
		c.do("GET", "/Schemas", ""), c.do("GET", "/ResourceTypes", ""), c.do("GET", "/ServiceProviderConfig", ""),
	} {
		wantSchemas(c, r.what, r.at("schemas"))
		for _, v := range r.resources() {
			wantSchemas(c, "an element of "+r.what, at(v, "schemas"))
		}
	}
	wantSchemas(c, "an error", c.do("GET", "/Users/nobody", "").want(404).at("schemas"), errorURN)
	twice := c.do("POST", "/Users", `{"schemas":["`+userURN+`","`+userURN+`","`+strings.ToUpper(userURN)+`"],"userName":"twice"}`).want(201)
	wantSchemas(c, "schemas given twice", twice.at("schemas"), userURN)
}

// schemasInRequests: the core schema must be listed; what else is listed follows
// from what is there.
func schemasInRequests(c *client) {
	made := c.createUser("ann")
	for _, schemas := range []string{"", `"schemas":null,`, `"schemas":[],`, `"schemas":"` + userURN + `",`, `"schemas":[7],`, `"schemas":["` + groupURN + `"],`} {
		body := `{` + schemas + `"userName":"bare"}`
		c.do("POST", "/Users", body).wantError(400, "invalidValue", "schemas")
		c.do("PUT", "/Users/"+made.id(), body).wantError(400, "invalidValue", "schemas")
	}
	r := c.do("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"short","`+enterpriseURN+`":{"division":"x"}}`).want(201)
	wantSchemas(c, "an extension that was not listed", r.at("schemas"), userURN, enterpriseURN)
	r = c.do("POST", "/Users", `{"schemas":["`+enterpriseURN+`","`+userURN+`","urn:example:unknown"],"userName":"long"}`).want(201)
	wantSchemas(c, "schemas of which nothing is there", r.at("schemas"), userURN)
}

func schemasOrder(c *client) {
	bodies := make([]map[string]any, 2)
	for i, schemas := range []string{`"` + userURN + `","` + enterpriseURN + `"`, `"` + enterpriseURN + `","` + userURN + `"`} {
		made := c.do("POST", "/Users", `{"schemas":[`+schemas+`],"userName":"ann","`+enterpriseURN+`":{"division":"x"}}`).want(201)
		c.do("DELETE", "/Users/"+made.id(), "").want(204)
		bodies[i] = made.body
		delete(bodies[i], "id")
		delete(bodies[i], "meta")
	}
	equal(c.t, "the other order", bodies[1], bodies[0])
	equal(c.t, "schemas", bodies[0]["schemas"], []any{userURN, enterpriseURN})
}

// extensionContainer: attributes of an extension are inside of an object that its
// URI names, attributes of the core are not.
func extensionContainer(c *client) {
	parts := map[string]string{"employeeNumber": "7", "costCenter": "c", "organization": "o", "division": "d", "department": "x"}
	var members []string
	for name, value := range parts {
		members = append(members, fmt.Sprintf("%q:%q", name, value))
	}
	made := c.do("POST", "/Users", enterpriseUser("ann", strings.Join(members, ","))).want(201)
	path := "/Users/" + made.id()
	for _, r := range []reply{made, c.do("GET", path, ""), c.do("PUT", path, made.raw)} {
		for name, value := range parts {
			equal(c.t, name, r.at(enterpriseURN, name), value)
			equal(c.t, name+" at the top", r.at(name), nil)
		}
		equal(c.t, "members of the container", len(r.at(enterpriseURN).(map[string]any)), len(parts))
	}
	c.do("POST", "/Users", user("flat", `"department":"x"`)).wantError(400, "invalidValue", "department")
	c.do("POST", "/Users", `{"schemas":["`+userURN+`"],"`+userURN+`":{"userName":"boxed"}}`).wantError(400, "invalidValue", userURN)
	c.do("POST", "/Users", enterpriseUser("mixed", `"title":"x"`)).wantError(400, "invalidValue", "title")
	c.do("POST", "/Users", user("wrong", `"`+enterpriseURN+`":[{"division":"x"}]`)).wantError(400, "invalidValue", enterpriseURN)
	c.filter("/Users", `department eq "x"`).wantError(400, "invalidFilter", enterpriseURN)
	lower := c.do("PUT", path, `{"schemas":["`+strings.ToLower(userURN)+`"],"userName":"ann","`+strings.ToLower(enterpriseURN)+`":{"DIVISION":"y"}}`).want(200)
	equal(c.t, "the container in another case", lower.at(enterpriseURN), map[string]any{"division": "y"})
}

func TestCommonAttributes(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-3.1-R1+RFC7643-3-R5+RFC7643-3.1-R2", commonOnAllTypes},
		{"RFC7643-3.1-R5+RFC7643-3.1-R13", idAlways},
		{"RFC7643-3.1-R6+RFC7643-3.1-R7+RFC7643-3.1-R9", idIsUniqueAndStays},
		{"RFC7643-3.1-R10", idIsNoBulkID},
		{"RFC7643-3.1-R11+RFC7643-3.1-R12", idLetterCase},
		{"RFC7643-3.1-R15+RFC7643-3.1-R17+RFC7643-3.1-R18", externalID},
		{"RFC7643-3.1-R16", externalIDOfTenants},
		{"RFC7643-3.1-R19+RFC7643-3.1-R20", metaFromClients},
		{"RFC7643-3.1-R21", metaProjected},
		{"RFC7643-3.1-R26+RFC7643-3.1-R27+RFC7643-3.1-R28", metaAndHeaders},
		{"RFC7643-3.1-R29+RFC7643-3.1-R30", metaVersion},
	}, serving(t, deviceSchema, `{"name":"Device","endpoint":"/Devices","schema":"`+deviceURN+`"}`))
}

func commonOnAllTypes(c *client) {
	for path, made := range oneOfEach(c) {
		for _, r := range []reply{made, c.do("GET", path, "").want(200)} {
			equal(c.t, "id", "/"+r.id(), path[strings.LastIndex(path, "/"):])
			if externalID, _ := r.at("externalId").(string); !strings.HasPrefix(externalID, "Ex-") {
				c.t.Errorf("%s: externalId is %v", r.what, r.at("externalId"))
			}
			meta := r.at("meta").(map[string]any)
			for _, name := range []string{"resourceType", "created", "lastModified", "location", "version"} {
				if text, _ := meta[name].(string); text == "" {
					c.t.Errorf("%s: meta.%s is %v", r.what, name, meta[name])
				}
			}
			equal(c.t, "parts of meta", len(meta), 5)
		}
	}
}

// idAlways: there is an id in each representation, whatever the projection.
func idAlways(c *client) {
	for path := range oneOfEach(c) {
		endpoint := path[:strings.LastIndex(path, "/")]
		for _, query := range []string{"", "?attributes=externalId", "?attributes=meta.created", "?excludedAttributes=id", "?excludedAttributes=id,meta,externalId"} {
			equal(c.t, path+query, "/"+c.do("GET", path+query, "").want(200).id(), path[len(endpoint):])
			for _, v := range c.do("GET", endpoint+query, "").want(200).resources() {
				if id, _ := at(v, "id").(string); id == "" {
					c.t.Errorf("%s%s lists %v", endpoint, query, v)
				}
			}
		}
		r := c.do("PATCH", path+"?excludedAttributes=id", patchBody(`{"op":"add","path":"externalId","value":"n"}`)).want(200)
		equal(c.t, "id in the answer to PATCH", "/"+r.id(), path[len(endpoint):])
	}
}

func idIsUniqueAndStays(c *client) {
	seen := map[string]bool{}
	for round := range 20 {
		for path, made := range map[string]string{
			"/Users": user("u", `"id":"mine"`), "/Groups": group("g", `"id":"mine"`), "/Devices": device("d", `"id":"mine"`),
		} {
			r := c.do("POST", path, made).want(201)
			id := r.id()
			if seen[id] || id == "mine" {
				c.t.Fatalf("round %d: the id %s is given out again", round, id)
			}
			seen[id] = true
			equal(c.t, "id after PUT", c.do("PUT", path+"/"+id, strings.Replace(made, "mine", "other", 1)).want(200).id(), id)
			equal(c.t, "id after PATCH", c.do("PATCH", path+"/"+id+"?attributes=id", patchBody(`{"op":"add","path":"externalId","value":"n"}`)).want(200).id(), id)
			c.do("DELETE", path+"/"+id, "").want(204)
		}
	}
}

// idIsNoBulkID: the word that stands for other operations of a bulk request is in
// no id, not even in one that a seed gives.
func idIsNoBulkID(c *client) {
	for path := range oneOfEach(c) {
		if strings.Contains(strings.ToLower(path), "bulkid") {
			c.t.Errorf("the id in %s has the reserved word", path)
		}
	}
	err := c.target.Server().Tenant("seeded").Seed(strings.NewReader(`{"Users":[{"id":"bulkId:1","userName":"x"}]}`))
	if err == nil || !strings.Contains(err.Error(), "bulkId") {
		c.t.Errorf("a seed with such an id: %v", err)
	}
}

func idLetterCase(c *client) {
	made := c.createUser("ann")
	id := made.id()
	upper := strings.ToUpper(id)
	if upper == id {
		c.t.Fatalf("the id %s has no letters", id)
	}
	c.do("GET", "/Users/"+upper, "").wantError(404, "")
	equal(c.t, "filter", c.filter("/Users", `id eq "`+upper+`"`).at("totalResults"), 0)
	equal(c.t, "filter", c.filter("/Users", `id eq "`+id+`"`).at("totalResults"), 1)
	equal(c.t, "id after PUT", c.do("PUT", "/Users/"+id, user("ann", `"id":"other"`)).want(200).id(), id)
	c.do("PATCH", "/Users/"+id, patchBody(`{"op":"replace","path":"id","value":"other"}`)).wantError(400, "mutability", "id")
	c.do("PATCH", "/Users/"+id, patchBody(`{"op":"replace","value":{"id":"other"}}`)).wantError(400, "mutability", "id")
	c.do("PATCH", "/Users/"+id, patchBody(`{"op":"remove","path":"id"}`)).wantError(400, "mutability", "id")
}

func externalID(c *client) {
	equal(c.t, "externalId that nobody gave", c.createUser("bare").at("externalId"), nil)
	made := c.createUser("ann", `"externalId":"Ex-1"`)
	path := "/Users/" + made.id()
	equal(c.t, "externalId", made.at("externalId"), "Ex-1")
	c.createUser("bob", `"externalId":"Ex-1"`)
	equal(c.t, "as it is", c.filter("/Users", `externalId eq "Ex-1"`).names("userName"), "ann bob")
	for _, filter := range []string{`externalId eq "ex-1"`, `externalId sw "ex"`, `externalId co "X-"`} {
		equal(c.t, filter, c.filter("/Users", filter).at("totalResults"), 0)
	}
	equal(c.t, "after PATCH", c.do("PATCH", path, patchBody(`{"op":"replace","path":"externalId","value":"EX-2"}`)).want(200).at("externalId"), "EX-2")
	equal(c.t, "after PUT", c.do("PUT", path, user("ann", `"externalId":"ex-3"`)).want(200).at("externalId"), "ex-3")
	equal(c.t, "the index follows", c.filter("/Users", `externalId eq "ex-3"`).names("userName"), "ann")
	equal(c.t, "after PUT without", c.do("PUT", path, user("ann")).want(200).at("externalId"), nil)
}

func externalIDOfTenants(c *client) {
	other := clientOf(c.t, c.target.Tenant("other-domain"))
	mine, theirs := c.createUser("ann", `"externalId":"x"`), other.createUser("ann", `"externalId":"x"`)
	equal(c.t, "mine", c.filter("/Users", `externalId eq "x"`).names("id"), mine.id())
	equal(c.t, "theirs", other.filter("/Users", `externalId eq "x"`).names("id"), theirs.id())
}

func metaFromClients(c *client) {
	const bogus = `"meta":{"resourceType":"Robot","created":"2001-01-01T00:00:00Z","lastModified":"2001-01-01T00:00:00Z","location":"https://evil.example/","version":"W/\"9\""}`
	made := c.createUser("ann", bogus)
	put := c.do("PUT", "/Users/"+made.id(), user("ann", bogus, `"title":"x"`)).want(200)
	for _, r := range []reply{made, put, c.do("GET", "/Users/"+made.id(), "")} {
		equal(c.t, "resourceType", r.at("meta", "resourceType"), "User")
		equal(c.t, "created", r.at("meta", "created"), made.at("meta", "created"))
		equal(c.t, "location", r.at("meta", "location"), c.base+"/Users/"+made.id())
		for _, name := range []string{"2001-", "evil", `W/"9"`} {
			if text := fmt.Sprint(r.at("meta")); strings.Contains(text, name) {
				c.t.Errorf("%s: meta is the client's: %s", r.what, text)
			}
		}
	}
	c.createUser("odd", `"meta":"nonsense"`)
	before := c.do("GET", "/Users/"+made.id(), "").raw
	for _, name := range []string{"resourceType", "created", "lastModified", "location", "version"} {
		c.do("PATCH", "/Users/"+made.id(), patchBody(`{"op":"replace","path":"meta.`+name+`","value":"2001-01-01T00:00:00Z"}`)).wantError(400, "mutability", "meta."+name)
	}
	equal(c.t, "the user", c.do("GET", "/Users/"+made.id(), "").raw, before)
}

func metaProjected(c *client) {
	path := "/Users/" + c.createUser("ann").id()
	for query, want := range map[string]int{
		"": 5, "?attributes=userName": 0, "?excludedAttributes=meta": 0, "?attributes=meta": 5, "?attributes=meta.created,meta.version": 2, "?excludedAttributes=meta.location": 4,
	} {
		meta, _ := c.do("GET", path+query, "").want(200).at("meta").(map[string]any)
		equal(c.t, "parts of meta with "+query, len(meta), want)
		meta, _ = c.do("GET", "/Users"+query, "").want(200).at("Resources", 0, "meta").(map[string]any)
		equal(c.t, "parts of meta in the list with "+query, len(meta), want)
	}
}

// metaAndHeaders: location and version agree with the header fields.
func metaAndHeaders(c *client) {
	for path, made := range oneOfEach(c) {
		for _, r := range []reply{
			made, c.do("GET", path, "").want(200), c.do("PUT", path, made.raw).want(200),
			c.do("PATCH", path+"?excludedAttributes=externalId", patchBody(`{"op":"add","path":"externalId","value":"n"}`)).want(200), c.do("HEAD", path, "").want(200),
		} {
			if r.body == nil {
				r.body = c.do("GET", path, "").body
			}
			equal(c.t, r.what+": Content-Location", r.header.Get("Content-Location"), r.at("meta", "location"))
			equal(c.t, r.what+": ETag", r.header.Get("ETag"), r.at("meta", "version"))
			equal(c.t, "what is there", c.do("GET", r.header.Get("Content-Location"), "").want(200).id(), r.id())
		}
	}
}

func metaVersion(c *client) {
	made := c.createUser("ann")
	path, version := "/Users/"+made.id(), made.header.Get("ETag")
	if !strings.HasPrefix(version, `W/"`) || !strings.HasSuffix(version, `"`) {
		c.t.Errorf("the ETag %s is not marked as weak", version)
	}
	// What is computed changes without the version: the groups, here.
	c.createGroup("staff", `"members":[{"value":"`+made.id()+`"}]`)
	after := c.do("GET", path, "").want(200)
	equal(c.t, "version", after.header.Get("ETag"), version)
	equal(c.t, "groups", after.at("groups", 0, "display"), "staff")
	c.do("PUT", path, user("ann", `"title":"x"`), "If-Match: "+strings.ToLower(version)).wantError(412, "")
	equal(c.t, "filter", c.filter("/Users", fmt.Sprintf("meta.version eq %q", version)).at("totalResults"), 1)
	equal(c.t, "filter in another case", c.filter("/Users", fmt.Sprintf("meta.version eq %q", strings.ToLower(version))).at("totalResults"), 0)
	c.do("PUT", path, user("ann", `"title":"x"`), "If-Match: "+version).want(200)
}

func TestMetaTimes(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)
	c := start(t, configured(mocktarget.Config{Now: func() time.Time { return now }}))
	made := c.createUser("ann")
	path := "/Users/" + made.id()
	t.Run("RFC7643-3.1-R23", func(t *testing.T) {
		for _, name := range []string{"created", "lastModified"} {
			text, _ := made.at("meta", name).(string)
			if when, ok := scim.ParseDateTime(text); !ok || !when.Equal(now.Truncate(time.Millisecond)) || !strings.Contains(text, "T") {
				t.Errorf("meta.%s is %q, want %s", name, text, now)
			}
		}
	})
	t.Run("RFC7643-3.1-R24", func(t *testing.T) {
		now = now.Add(time.Hour)
		r := c.do("GET", path, "").want(200)
		equal(t, "lastModified", r.at("meta", "lastModified"), r.at("meta", "created"))
	})
	t.Run("RFC7643-3.1-R25", func(t *testing.T) {
		last := made
		for _, change := range []func() reply{
			func() reply { return c.do("PUT", path, user("ann", `"title":"x"`)) },
			func() reply { return c.do("PATCH", path, patchBody(`{"op":"add","path":"title","value":"y"}`)) },
			func() reply {
				return c.do("PATCH", path, patchBody(`{"op":"replace","path":"password","value":"s3cret-word"}`))
			},
		} {
			now = now.Add(time.Second)
			r := change().want(200)
			equal(t, "created", r.at("meta", "created"), made.at("meta", "created"))
			if before, after := last.at("meta", "lastModified").(string), r.at("meta", "lastModified").(string); after <= before {
				t.Errorf("%s: lastModified went from %s to %s", r.what, before, after)
			}
			equal(t, "lastModified", r.at("meta", "lastModified"), now.Format("2006-01-02T15:04:05.000Z"))
			last = r
		}
		group := c.createGroup("staff")
		now = now.Add(time.Second)
		r := c.do("PATCH", "/Groups/"+group.id()+"?attributes=meta", patchBody(`{"op":"add","path":"members","value":[{"value":"`+made.id()+`"}]}`)).want(200)
		equal(t, "lastModified of a group with a new member", r.at("meta", "lastModified"), now.Format("2006-01-02T15:04:05.000Z"))
	})
}
