package mocktarget_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestFilterGrammar(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.4.2.2-R6+RFC7644-3.4.2.2-R36", filterNeedsAnExpression},
		{"RFC7644-3.4.2.2-R25+RFC7644-3.12-R16", filterABNF},
		{"RFC7644-3.4.2.2-R33", func(c *client) {
			crew(c)
			for _, operator := range []string{"regex", "like", "=", "==", "has", "in", "eqq", "e q", "npr", "!="} {
				r := c.filter("/Users", `userName `+operator+` "ann"`)
				r.wantError(400, "invalidFilter", "operator", "column")
				refusesFilter(c, "/Users", `title pr or userName `+operator+` "ann"`)
			}
		}},
		{"RFC7644-3.4.2.2-R26", filterLiterals},
		{"RFC7644-3.4.2.2-R19+RFC7644-3.4.2.2-R28", filterLogic},
		{"RFC7644-3.4.2.2-R21+RFC7644-3.4.2.2-R22+RFC7644-3.4.2.2-R23", filterInBrackets},
		{"RFC7644-3.4.2.2-R27+RFC7644-3.4.2.2-R30", filterPaths},
		{"RFC7644-3.4.2.2-R29", func(c *client) {
			crew(c)
			finds(c, "/Users", `emails.value eq "z@home.example"`, "U1")
			finds(c, "/Users", `emails.type eq "home"`, "U1 U2")
			finds(c, "/Users", `emails.type eq "home" and emails.value co "@work"`, "U1") // not the same element
			finds(c, "/Users", `emails co "work.example" and not (emails.type eq "home")`, "U3")
		}},
	})
}

func filterNeedsAnExpression(c *client) {
	crew(c)
	for _, filter := range []string{
		"", " ", "userName", "userName eq", "userName eq ", `eq "x"`, `"ann"`, "pr", `"ann" eq userName`, `userName pr "x"`, "userName pr pr", `userName "x"`, "and", "not",
		"not ()", "()", `userName eq "ann" and`, `or userName pr`,
		`userName eq "ann" title eq "x"`, `userName eq "ann" and and title pr`, "true", "title pr and not", "shoeSize pr", `shoeSize eq "44" or userName pr`,
		"userName.shoe pr", `name.shoe eq "x"`, `emails.shoe pr`, "urn:nope:userName pr",
		enterpriseURN + " pr", userURN + ` eq "x"`, `urn:ietf:params:scim:schemas:core:2.0:Group:displayName pr`,
	} {
		refusesFilter(c, "/Users", filter)
	}
}

func filterABNF(c *client) {
	crew(c)
	for filter, want := range map[string]string{
		`title pr`: "U1 U2 U3", `(title pr)`: "U1 U2 U3", `((title pr))`: "U1 U2 U3", `not (title pr)`: "U4 U5", `not(title pr)`: "U4 U5", `NOT  ( title pr )`: "U4 U5",
		`  title   pr  `:       "U1 U2 U3",
		`not (not (title pr))`: "U1 U2 U3", `(title pr) and (active eq true)`: "U1 U3", `emails[(type eq "work")]`: "U1 U3", `emails [type eq "work"]`: "U1 U3",
		`emails[ type eq "work" ]`: "U1 U3",
		`userName eq "ann" or userName eq "bob" or userName eq "cyd" or userName eq "eve"`: "U1 U2 U3 U5", `$ref pr or title pr`: "", `id eq "U1"`: "U1",
		strings.Repeat("(", 64) + "title pr" + strings.Repeat(")", 64): "U1 U2 U3",
	} {
		if strings.HasPrefix(filter, "$ref") {
			refusesFilter(c, "/Users", filter) // grammatical, but users have no such attribute
			continue
		}
		finds(c, "/Users", filter, want)
	}
	for _, filter := range []string{
		`(title pr`, `title pr)`, `((title pr)`, `emails[type eq "work"`, `emails type eq "work"]`, `emails[]`, `emails[type]`, `emails[emails[type pr]]`,
		`emails[type eq "work"].value eq "x"`, `emails[type eq "work"] pr`, `emails.[type pr]`,
		`not title pr`, `title pr not (title pr)`, `title pr && active eq true`, `title pr, active eq true`, `title pr;`, `title eq "a" "b"`, `title..x pr`, `.title pr`,
		`title. pr`, `name.givenName.x pr`, `1title pr`, `_title pr`, `ti tle pr`,
		`title eq"x"`, `titleeq "x"`, `title eq "x"and active eq true`, `title eq "x" andactive eq true`, "title\tpr", "title\npr", `title pr and(active eq true)x`,
		`-title pr`, `título pr`, `:title pr`, `title eq "x`, `title eq x"`,
		strings.Repeat("(", 65) + "title pr" + strings.Repeat(")", 65),
	} {
		refusesFilter(c, "/Users", filter)
	}
	path := "/Users/U1"
	refusePatch(c, path, 400, "invalidFilter", `{"op":"remove","path":"emails[primary gt true]"}`)
	refusePatch(c, path, 400, "invalidFilter", `{"op":"remove","path":"emails[shoe eq \"x\"]"}`)
}

func filterLiterals(c *client) {
	c.target.Seed(`{"Users":[{"id":"1","userName":"bjensen"},{"id":"2","userName":"say \"hi\" \\ / \t\n é 😀"},{"id":"3","userName":"true"},{"id":"4","userName":"null"},{"id":"5","userName":"5"},{"id":"6","userName":"it's"}]}`)
	for filter, want := range map[string]string{
		`userName eq "say \"hi\" \\ / \t\n é 😀"`: "2", `userName eq "say \u0022hi\u0022 \u005c \/ \u0009\u000a \u00e9 \ud83d\ude00"`: "2", `userName co "\\"`: "2",
		`userName co "\""`: "2", `userName sw "\u0062J"`: "1", `userName co "\n"`: "2",
		`userName eq "true"`: "3", `userName eq "null"`: "4", `userName eq "5"`: "5", `userName eq "it's"`: "6", `userName eq "and"`: "", `userName eq ") or (title pr"`: "",
		`active eq null and userName eq "5"`: "5", `userName ne NULL and userName sw "bj"`: "1",
	} {
		finds(c, "/Users", filter, want)
	}
	for _, filter := range []string{
		`userName eq bjensen`, `userName eq 'bjensen'`, `userName eq "bjensen'`, `userName eq 5`, `userName eq true`, `userName eq "a\x"`, `userName eq "\u00g1"`,
		`userName eq "\ud83d"`, `userName eq "a` + "\x01" + `"`, `userName eq ""bjensen""`,
		`active eq TRUE1`, `active eq yes`, `active eq "true"`, `active eq 1`, `meta.created gt 2026`, `userName eq {"a":1}`, `userName eq ["bjensen"]`, `userName eq {}`,
		"userName eq \"\xff\"",
	} {
		c.filter("/Users", filter).wantError(400, "invalidFilter")
	}
	for _, number := range []string{"01", "+1", ".5", "1.", "0x1", "1e", "--1", "NaN", "Infinity", "1,5"} {
		c.filter("/Users", "active eq "+number).wantError(400, "invalidFilter")
	}
	equal(c.t, "capitals", c.filter("/Users", `active eq TRUE`).want(200).at("totalResults"), 0)
}

// filterLogic works through all ways to join three terms that hold or do not hold.
func filterLogic(c *client) {
	var users []string
	for _, id := range []string{"", "a", "b", "ab", "c", "ac", "bc", "abc"} {
		user := `{"id":"u` + id + `","userName":"u` + id + `"`
		for letter, attribute := range map[string]string{"a": "title", "b": "nickName", "c": "locale"} {
			if strings.Contains(id, letter) {
				user += `,"` + attribute + `":"x"`
			}
		}
		users = append(users, user+"}")
	}
	c.target.Seed(`{"Users":[` + strings.Join(users, ",") + `]}`)
	for filter, want := range map[string]string{
		"A and B": "uab uabc", "A or B": "ua ub uab uac ubc uabc", "not (A)": "u ub uc ubc", "A or B and C": "ua uab uac ubc uabc", "(A or B) and C": "uac ubc uabc",
		"A and B or C": "uab uc uac ubc uabc", "A and (B or C)": "uab uac uabc",
		"not (A) and B": "ub ubc", "not (A and B)": "u ua ub uc uac ubc", "not (A) or B": "u ub uab uc ubc uabc", "A and not (B) or C": "ua uc uac ubc uabc",
		"A and not (B or C)": "ua", "C or A and not (B)": "ua uc uac ubc uabc", "A or B or C": "ua ub uab uc uac ubc uabc", "A and B and C": "uabc",
		"not (A) and not (B) and not (C)": "u", "not (A or B) or not (C)": "u ua ub uab uc", "A or (B and not (C))": "ua ub uab uac uabc",
		"not (not (A) and not (B))": "ua ub uab uac ubc uabc",
	} {
		for _, terms := range [][]string{
			{"title pr", "nickName pr", "locale pr"}, {`title eq "X"`, `nickName co "x"`, `locale sw "x"`}, {`not (title eq null)`, `(nickName ge "x")`, `locale ne null`},
		} {
			finds(c, "/Users", strings.NewReplacer("A", terms[0], "B", terms[1], "C", terms[2]).Replace(filter), want)
		}
	}
}

func filterInBrackets(c *client) {
	crew(c)
	for filter, want := range map[string]string{
		`emails[type eq "work"]`: "U1 U3", `emails[type eq "work" and value co "@home"]`: "", `emails[type eq "home" and value co "@home"]`: "U1 U2",
		`emails[type eq "work" and primary eq true and value sw "ann"]`: "U1",
		`emails[type eq "work" or value sw "bob"]`:                      "U1 U2 U3", `emails[not (type eq "work")]`: "U1 U2", `emails[type eq "home" and not (value sw "z" or value sw "y")]`: "U2",
		`emails[(type eq "work" or type eq "home") and value co "z"]`: "U1",
		`emails[type eq "work"] and emails[value sw "z"]`:             "U1", `not (emails[type eq "work"])`: "U2 U4 U5", `name[familyName sw "o"]`: "U1",
		`emails[primary eq false]`: "U1 U2 U3", `emails[display pr]`: "", `emails[value pr and type ne "work"]`: "U1 U2",
		userURN + `:emails[type eq "work"] and title eq "clerk"`: "U3", enterpriseURN + `:manager[value eq "U1"]`: "U3",
		`meta[resourceType eq "User"] and userName eq "bob"`: "U2", `groups[display eq "ann" and type eq "direct"]`: "U1",
	} {
		finds(c, "/Users", filter, want)
	}
	for _, filter := range []string{
		`emails[userName eq "x"]`, `emails[]`, `emails[ ]`, `emails[emails.value eq "x"]`, `emails[value]`, `emails[primary eq "yes"]`, `emails[` + userURN + `:value pr]`,
		`userName[value eq "x"]`, `title[type pr]`, `nope[value pr]`, `emails.value[value pr]`, `emails[value.x pr]`,
	} {
		refusesFilter(c, "/Users", filter)
	}
}

func filterPaths(c *client) {
	crew(c)
	for filter, want := range map[string]string{
		userURN + `:userName sw "b"`: "U2", userURN + `:name.familyName eq "oak"`: "U1", userURN + `:emails.type eq "work"`: "U1 U3", userURN + `:id eq "U2"`: "U2",
		userURN + ":meta.created pr":               "U1 U2 U3 U4 U5",
		enterpriseURN + `:employeeNumber eq "007"`: "U3", enterpriseURN + `:manager.value eq "U1"`: "U3", `not (` + enterpriseURN + `:manager.value pr)`: "U1 U2 U4 U5",
		userURN + `:title pr and ` + enterpriseURN + `:employeeNumber pr`: "U3",
		`name.familyName eq "oak"`:                                        "U1", `meta.resourceType eq "User" and name.familyName co "l"`: "U3", `groups.value eq "G1"`: "U1", `groups.display sw "an"`: "U1",
		`groups.$ref ew "/Groups/G1"`: "U1", `schemas eq "` + enterpriseURN + `"`: "U3",
	} {
		finds(c, "/Users", filter, want)
	}
	finds(c, "/Groups", groupURN+`:displayName eq "ann" and members.type eq "User"`, "G1")
	for _, filter := range []string{
		`name eq "oak"`, `meta gt "x"`, enterpriseURN + `:manager eq "U1"`, enterpriseURN + `:userName pr`, userURN + `:employeeNumber pr`, `employeeNumber pr`,
	} {
		refusesFilter(c, "/Users", filter)
	}
}

func TestRootQueries(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.4.2-R1+RFC7644-3.4.2.1-R2", func(c *client) {
			crew(c)
			finds(c, "", "id pr", "U1 U2 U3 U4 U5 G1")
			equal(c.t, "without a filter", c.do("GET", "/", "").want(200).names("id"), "U1 U2 U3 U4 U5 G1")
			equal(c.t, "a page", c.do("GET", "?startIndex=5&count=2", "").want(200).names("id"), "U5 G1")
			for _, v := range c.do("GET", "", "").resources() {
				endpoint := map[any]string{"User": "/Users/", "Group": "/Groups/"}[at(v, "meta", "resourceType")]
				equal(c.t, "the single one", v, c.do("GET", endpoint+at(v, "id").(string), "").body)
			}
		}},
		{"RFC7644-3.4.2.1-R5+RFC7644-3.4.2.1-R6", rootFilters},
		{"RFC7644-3.4.2.1-R4+RFC7644-3.12-R17", func(c *client) {
			var users []string
			for i := range 101 { // each with a password, whose test is slow by design
				users = append(users, `{"userName":"u`+strings.Repeat("i", i)+`","password":"p"}`)
			}
			c.target.Seed(`{"Users":[` + strings.Join(users, ",") + `]}`)
			r := c.do("POST", "/Users/.search", search(`password eq "p"`))
			r.wantError(400, "tooMany", "100")
			equal(c.t, "Resources", r.at("Resources"), nil)
			equal(c.t, "narrowed", c.do("POST", "/Users/.search", search(`userName eq "ui" and password eq "p"`)).want(200).at("totalResults"), 1)
		}},
	})
}

func rootFilters(c *client) {
	crew(c)
	for filter, want := range map[string]string{
		"userName pr": "U1 U2 U3 U4 U5", "members pr": "G1", `userName eq "ann" or displayName eq "ann"`: "U1 G1", `not (userName pr)`: "G1",
		`userName ne "ann"`: "U2 U3 U4 U5 G1", "userName eq null": "G1", `meta.resourceType eq "Group"`: "G1",
		`meta.resourceType eq "User" and title pr or meta.resourceType eq "Group"`: "U1 U2 U3 G1", `displayName pr`: "U5 G1",
		`emails[type eq "work"] or members[value eq "U1"]`: "U1 U3 G1", enterpriseURN + ":employeeNumber pr": "U3", userURN + ":userName pr and not (title pr)": "U4 U5",
		groupURN + `:displayName pr`: "G1",
	} {
		finds(c, "", filter, want)
	}
	for _, filter := range []string{
		"shoeSize pr", `userName eq`, `userName xx "ann"`, `active gt true`, `userName eq 5`, `emails[nope pr]`, "urn:nope:x pr", `userName eq "ann" or shoeSize pr`,
	} {
		refusesFilter(c, "", filter)
	}
	c.do("GET", "?filter="+url.QueryEscape(`password eq "x"`), "").wantError(403, "sensitive")
	equal(c.t, "sorted", c.do("GET", "?sortBy=displayName&sortOrder=ascending", "").want(200).names("id"), "G1 U5 U1 U2 U3 U4")
	equal(c.t, "sorted by what groups lack", c.do("GET", "?sortBy=userName&sortOrder=descending&count=2", "").want(200).names("id"), "G1 U5")
}
