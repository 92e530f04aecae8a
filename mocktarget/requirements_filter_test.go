package mocktarget_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

const gadgetSchema = `{"id":"urn:example:schemas:Gadget","name":"Gadget","description":"A thing with each type of attribute.","attributes":[
	{"name":"label","type":"string","required":true,"caseExact":true,"description":"Its name."},
	{"name":"size","type":"integer","description":"An integer."},
	{"name":"weight","type":"decimal","description":"A number."},
	{"name":"bought","type":"dateTime","description":"A date."},
	{"name":"broken","type":"boolean","description":"A boolean."},
	{"name":"blob","type":"binary","caseExact":true,"description":"Bytes."},
	{"name":"link","type":"reference","referenceTypes":["uri"],"caseExact":true,"description":"A link."},
	{"name":"tags","type":"string","multiValued":true,"description":"Several strings."}]}`

const gadgetType = `{"name":"Gadget","endpoint":"/Gadgets","schema":"urn:example:schemas:Gadget"}`

// finds wants exactly some resources to match a filter, by GET and by POST.
func finds(c *client, endpoint, filter, want string) {
	c.t.Helper()
	r := c.filter(endpoint, filter).want(200)
	equal(c.t, filter, r.names("id"), want)
	equal(c.t, filter+": totalResults", r.at("totalResults"), len(strings.Fields(want)))
	equal(c.t, filter+" by POST", c.do("POST", endpoint+"/.search", search(filter)).want(200).raw, r.raw)
}

// refusesFilter wants a filter to be refused, with an explanation and no data.
func refusesFilter(c *client, endpoint, filter string) {
	c.t.Helper()
	for _, r := range []reply{c.filter(endpoint, filter), c.do("POST", endpoint+"/.search", search(filter))} {
		r.wantError(400, "invalidFilter")
		if detail, _ := r.at("detail").(string); len(detail) < 10 || r.at("Resources") != nil {
			c.t.Errorf("%s is refused without a reason, or with data: %s", filter, r.raw)
		}
	}
}

func TestFilterOperators(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.4.2.2-R1+RFC7644-3.4.2.2-R4", func(c *client) {
			crew(c)
			equal(c.t, "filter", c.do("GET", "/ServiceProviderConfig", "").at("filter"), map[string]any{"supported": true, "maxResults": 1000})
			finds(c, "/Users", `title pr and active eq true`, "U1 U3")
			finds(c, "/Groups", `displayName eq "ann"`, "G1")
			finds(c, "/Groups", `members.value eq "U1"`, "G1")
		}},
		{"RFC7644-3.4.2.2-R5", filterLetterCase},
		{"RFC7644-3.4.2.2-R8+RFC7644-3.4.2.2-R9", filterEquality},
		{"RFC7644-3.4.2.2-R10+RFC7644-3.4.2.2-R11+RFC7644-3.4.2.2-R12", filterSubstrings},
		{"RFC7644-3.4.2.2-R13", filterPresence},
		{"RFC7644-3.4.2.2-R14", filterStringOrder},
		{"RFC7644-3.4.2.2-R16", filterNumbers},
		{"RFC7644-3.4.2.2-R17+RFC7644-3.4.2.2-R18", filterWithoutOrder},
		{"RFC7644-3.4.2.2-R34", filterCaseExact},
		{"RFC7644-3.4.2.2-R31", filterServerValues},
	}, serving(t, gadgetSchema, gadgetType))
}

func filterLetterCase(c *client) {
	crew(c)
	for _, change := range []func(string) string{strings.ToUpper, strings.ToLower, swapCase} {
		for filter, want := range map[string]string{
			`userName eq "bob" or not (title pr)`: "U2 U4 U5", `name.familyName sw "o" and active eq true`: "U1", `emails[type eq "work" and value pr]`: "U1 U3", `title eq null`: "U4 U5",
			enterpriseURN + `:manager.value pr`: "U3", userURN + `:emails.primary eq true`: "U1", `meta.lastModified pr and userName co "an"`: "U1 U4",
		} {
			finds(c, "/Users", change(filter), want)
		}
	}
}

// swapCase turns small letters into capitals and the other way round.
func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r ^ ' '
		}
		return r
	}, s)
}

// gadgets adds four of them that differ in each attribute.
func gadgets(c *client) {
	c.target.Seed(`{"Gadgets":[
		{"id":"g1","label":"a","size":9,"weight":1.50,"bought":"2026-01-02T03:04:05+02:00","broken":true,"blob":"AQID","link":"https://x.org/A","tags":["red","Blue"]},
		{"id":"g2","label":"B","size":10,"weight":-2e3,"bought":"2026-01-02T02:04:05.5Z","broken":false,"blob":"aqid","link":"https://x.org/a","tags":["green"]},
		{"id":"g3","label":"c","size":9007199254740993,"weight":0.1,"bought":"2025-12-31T23:59:59Z"},
		{"id":"g4","label":"D"}]}`)
}

func filterEquality(c *client) {
	gadgets(c)
	for filter, want := range map[string]string{
		`label eq "a"`: "g1", `label eq "A"`: "", `label ne "a"`: "g2 g3 g4", `size eq 9`: "g1", `size eq -9`: "", `size ne 9`: "g2 g3 g4",
		`size eq 9007199254740993`: "g3", `size eq 9007199254740992`: "", `size eq 9.0`: "g1", `weight eq 1.5`: "g1", `weight eq 15e-1`: "g1", `weight eq -2000`: "g2",
		`weight eq 0.10`: "g3", `weight ne 0.1`: "g1 g2 g4",
		`bought eq "2026-01-02T01:04:05Z"`: "g1", `bought eq "2026-01-02T01:04:05.000Z"`: "g1", `bought eq "2026-01-02T03:04:05Z"`: "", `bought ne "2026-01-02T01:04:05Z"`: "g2 g3 g4",
		`broken eq true`: "g1", `broken eq false`: "g2", `broken ne true`: "g2 g3 g4", `blob eq "AQID"`: "g1", `blob ne "AQID"`: "g2 g3 g4", `link eq "https://x.org/a"`: "g2",
		`size eq null`: "g4", `size ne null`: "g1 g2 g3", `not (size eq 9)`: "g2 g3 g4", `tags eq "blue"`: "g1", `tags eq null`: "g3 g4",
	} {
		finds(c, "/Gadgets", filter, want)
	}
	for _, mismatch := range []string{
		`size eq "9"`, `size eq true`, `weight eq "x"`, `broken eq "true"`, `broken eq 1`, `label eq 5`, `label eq true`, `bought eq 5`, `bought eq "yesterday"`,
		`bought gt "2026-01-02"`, `blob eq 5`, `tags eq 5`, `size co "9"`, `broken sw "t"`, `size gt null`,
	} {
		refusesFilter(c, "/Gadgets", mismatch)
	}
}

func filterSubstrings(c *client) {
	crew(c)
	for filter, want := range map[string]string{
		`userName co "n"`: "U1 U4", `userName co "AN"`: "U1 U4", `userName co "ann"`: "U1", `userName co "annn"`: "", `userName sw "a"`: "U1", `userName sw "ann"`: "U1",
		`userName sw "nn"`: "",
		`userName ew "n"`:  "U1 U4", `userName ew "ann"`: "U1", `userName ew "an"`: "U4", `userName ew "xann"`: "", `displayName co "V"`: "U5", `displayName ew "é"`: "U5",
		`displayName sw "É"`:              "U5",
		`emails.value ew "@WORK.example"`: "U1 U3", `emails.value co "@" and emails.value sw "Z"`: "U1", `userName co "\"THE\""`: "U4", `externalId co "x-"`: "U1 U2",
		`externalId sw "E"`: "U1",
	} {
		finds(c, "/Users", filter, want)
	}
}

func filterPresence(c *client) {
	c.target.Seed(`{"Users":[
		{"id":"full","userName":"a","title":"t","active":false,"name":{"givenName":"g"},"emails":[{"value":"a@x.org"}],"` + enterpriseURN + `":{"department":"d"}},
		{"id":"bare","userName":"b"},
		{"id":"empty","userName":"c","title":"","name":{"givenName":""},"emails":[],"photos":null}]}`)
	for _, attribute := range []string{"title", "active", "name", "name.givenName", "emails", "emails.value", "emails[value pr]", enterpriseURN + ":department"} {
		term := attribute + " pr"
		if strings.HasSuffix(attribute, "]") {
			term = attribute
		}
		finds(c, "/Users", term, "full")
		finds(c, "/Users", "not ("+term+")", "bare empty")
	}
	finds(c, "/Users", "id pr and meta pr and meta.created pr and schemas pr and userName pr", "full bare empty")
	finds(c, "/Users", "name.familyName pr or emails.type pr or photos pr or emails[type pr]", "")
}

func filterStringOrder(c *client) {
	c.target.Seed(`{"Users":[{"id":"1","userName":"a"},{"id":"2","userName":"B"},{"id":"3","userName":"c"},{"id":"4","userName":"cc","externalId":"b"},{"id":"5","userName":"d","externalId":"C"}]}`)
	for filter, want := range map[string]string{
		`userName gt "b"`: "3 4 5", `userName ge "b"`: "2 3 4 5", `userName lt "c"`: "1 2", `userName le "C"`: "1 2 3", `userName gt "c" and userName lt "d"`: "4",
		`userName gt "z"`: "", `userName ge ""`: "1 2 3 4 5",
		`externalId gt "D"`: "4", `externalId lt "b"`: "5", `id ge "3" and id lt "5"`: "3 4", `title gt "a" or title lt "a" or title ge "a"`: "",
	} {
		finds(c, "/Users", filter, want)
	}
}

func filterNumbers(c *client) {
	gadgets(c)
	for filter, want := range map[string]string{
		`size lt 10`: "g1", `size le 10`: "g1 g2", `size gt 9`: "g2 g3", `size ge 9`: "g1 g2 g3", `size gt 9007199254740992`: "g3", `size lt 9007199254740993`: "g1 g2",
		`size gt 9.5`: "g2 g3", `size lt 99999999999999999999999999`: "g1 g2 g3", `size gt -1e400`: "g1 g2 g3",
		`weight lt 0`: "g2", `weight ge 0.1`: "g1 g3", `weight gt 0.1`: "g1", `weight le 1.5000`: "g1 g2 g3",
	} {
		finds(c, "/Gadgets", filter, want)
	}
}

func filterWithoutOrder(c *client) {
	gadgets(c)
	for _, operator := range []string{"gt", "ge", "lt", "le", "GT"} {
		refusesFilter(c, "/Gadgets", "broken "+operator+" true")
		refusesFilter(c, "/Gadgets", `label eq "a" or blob `+operator+` "AQID"`)
		refusesFilter(c, "/Users", "active "+operator+" false")
		refusesFilter(c, "/Users", `emails[type eq "work" and primary `+operator+` false]`)
		refusesFilter(c, "/Users", `not (x509Certificates.value `+operator+` "AQID")`)
		refusesFilter(c, "/Users", `x509Certificates[value `+operator+` "AQID"]`)
	}
}

func filterCaseExact(c *client) {
	crew(c)
	gadgets(c)
	for filter, want := range map[string]string{
		`userName eq "ANN"`: "U1", `userName eq "DAN \"THE\" MAN"`: "U4", `title eq "BOSS"`: "U1 U2", `emails.value eq "ANN@work.EXAMPLE"`: "U1",
		`emails[value eq "ANN@WORK.example"]`: "U1", `name.familyName eq "ELM"`: "U3",
		`externalId eq "Ex-1"`: "U1", `externalId eq "ex-1"`: "U2", `externalId eq "EX-1"`: "", `id eq "U1"`: "U1", `id eq "u1"`: "", `id sw "u"`: "", `externalId co "X"`: "",
	} {
		finds(c, "/Users", filter, want)
	}
	for filter, want := range map[string]string{
		`label eq "b"`: "", `label eq "B"`: "g2", `label co "B"`: "g2", `blob eq "AQID"`: "g1", `blob eq "aqid"`: "g2", `tags eq "BLUE"`: "g1", `label lt "a"`: "g2 g4",
	} {
		finds(c, "/Gadgets", filter, want)
	}
}

// filterServerValues: what the server makes of a value is what filters see.
func filterServerValues(c *client) {
	made := c.createUser("ann", `"emails":[{"value":"Ann@X.ORG"}]`, `"ims":[{"value":"An N"}]`, `"id":"mine"`, `"meta":{"resourceType":"Robot"}`)
	equal(c.t, "email", made.at("emails", 0, "value"), "Ann@x.org")
	for _, shown := range []string{
		`ims.value eq "` + made.at("ims", 0, "value").(string) + `"`, `id eq "` + made.id() + `"`, `meta.resourceType eq "User"`,
		`meta.location eq "` + made.at("meta", "location").(string) + `"`,
		`meta.created eq "` + made.at("meta", "created").(string) + `"`, `meta.version eq ` + fmt.Sprintf("%q", made.header.Get("ETag")), `emails.primary eq false`, `not (active pr)`,
	} {
		finds(c, "/Users", shown, made.id())
	}
	finds(c, "/Users", `ims.value eq "An N" or id eq "mine" or active eq true`, "")
}

func TestFilterOnTime(t *testing.T) {
	var seconds atomic.Int64
	epoch := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	prove(t, []proof{
		{"RFC7644-3.4.2.2-R15", func(c *client) {
			seconds.Store(0)
			early := c.createUser("early").id()
			seconds.Store(10)
			late := c.createUser("late").id()
			for _, instant := range []string{"2026-01-02T03:00:05Z", "2026-01-02T05:00:05+02:00", "2026-01-01T22:30:05-04:30", "2026-01-02T03:00:05.000000Z"} {
				for _, name := range []string{"meta.created", "meta.lastModified"} {
					finds(c, "/Users", fmt.Sprintf("%s gt %q", name, instant), late)
					finds(c, "/Users", fmt.Sprintf("%s ge %q", name, instant), late)
					finds(c, "/Users", fmt.Sprintf("%s lt %q", name, instant), early)
					finds(c, "/Users", fmt.Sprintf("%s le %q and not (%s eq %q)", name, instant, name, instant), early)
				}
			}
			finds(c, "/Users", `meta.created ge "2026-01-02T04:00:10+01:00" and meta.created le "2026-01-02T02:00:10-01:00"`, late)
			seconds.Store(20)
			c.patch("/Users/"+early, `{"op":"add","path":"title","value":"x"}`).want(200)
			finds(c, "/Users", `meta.lastModified gt "2026-01-02T03:00:10Z"`, early)
			finds(c, "/Users", `meta.created gt "2026-01-02T03:00:10Z"`, "")
		}},
	}, configured(mocktarget.Config{Now: func() time.Time { return epoch.Add(time.Duration(seconds.Load()) * time.Second) }}))
}
