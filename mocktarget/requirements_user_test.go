package mocktarget_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestUserAttributes(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-4.1.1-R1+RFC7643-4.1.1-R2+RFC7643-4.1.1-R3", userNames},
		{"RFC7643-4.1.1-R4+RFC7643-4.1.1-R5+RFC7643-4.1.1-R6+RFC7643-4.1.1-R8", userNamesAreNotMadeUp},
		{"RFC7643-4.1.1-R9+RFC7643-2.3.1-R2", userProfileURL},
		{"RFC7643-4.1.1-R10+RFC7643-4.1.1-R11+RFC7643-4.1.1-R12+RFC7643-4.1.1-R13", userLocality},
		{"RFC7643-4.1.1-R14", userActive},
		{"RFC7643-4.1.1-R15+RFC7643-4.1.1-R20", userPassword},
		{"RFC7643-4.1.2-R2+RFC7643-4.1.2-R3+RFC7643-4.1.2-R7", userCanonicalAddresses},
		{"RFC7643-4.1.2-R4+RFC7643-4.1.2-R8+RFC7643-4.1.2-R22", userFreeTypes},
		{"RFC7643-4.1.2-R13+RFC7643-4.1.2-R14", userAddresses},
		{"RFC7643-4.1.2-R20+RFC7643-4.1.2-R21", userCertificates},
		{"RFC7643-4.1.2-R18", userGroupsAreReadOnly},
		{"RFC7643-4.3-R2+RFC7643-4.3-R3", userManager},
		{"RFC7643-9.2-R2", userInjection},
	})
}

func userNames(c *client) {
	made := c.createUser("Abc")
	other := c.createUser("other")
	for _, name := range []string{"Abc", "aBC", "ABC"} {
		c.do("POST", "/Users", user(name)).wantError(409, "uniqueness", "userName")
		c.do("PUT", "/Users/"+other.id(), user(name)).wantError(409, "uniqueness", "userName")
		c.do("PATCH", "/Users/"+other.id(), patchBody(`{"op":"replace","path":"userName","value":"`+name+`"}`)).wantError(409, "uniqueness", "userName")
		equal(c.t, "found", c.filter("/Users", `userName eq "`+name+`"`).names("userName"), "Abc")
	}
	path := "/Users/" + made.id()
	for _, body := range []string{`{"schemas":["` + userURN + `"]}`, user(""), `{"schemas":["` + userURN + `"],"userName":null}`} {
		c.do("POST", "/Users", body).wantError(400, "invalidValue", "userName")
		c.do("PUT", path, body).wantError(400, "invalidValue", "userName")
	}
	for _, operation := range []string{`{"op":"remove","path":"userName"}`, `{"op":"replace","path":"userName","value":null}`, `{"op":"replace","value":{"userName":null}}`} {
		c.do("PATCH", path, patchBody(operation)).wantError(400, "mutability", "userName")
	}
	c.do("PATCH", path, patchBody(`{"op":"replace","path":"userName","value":""}`)).wantError(400, "invalidValue", "userName")
	equal(c.t, "the user", c.do("GET", path, "").raw, made.raw)
	for _, v := range c.do("GET", "/Users", "").resources() {
		if name, _ := at(v, "userName").(string); name == "" {
			c.t.Errorf("a user without a name: %v", v)
		}
	}
	equal(c.t, "one's own name in another case", c.do("PUT", path, user("aBC")).want(200).at("userName"), "aBC")
}

// userNamesAreNotMadeUp: what a user is called is what the client says, no more.
func userNamesAreNotMadeUp(c *client) {
	bare := c.createUser("bare")
	for _, name := range []string{"displayName", "nickName", "name", "title"} {
		equal(c.t, name, bare.at(name), nil)
	}
	for i, name := range []map[string]any{
		{"formatted": "Ann B. Oak"}, {"givenName": "Ann", "familyName": "Oak"}, {"formatted": "Ann Oak", "givenName": "Ann", "familyName": "Oak"},
	} {
		var parts []string
		for part, text := range name {
			parts = append(parts, fmt.Sprintf("%q:%q", part, text))
		}
		made := c.createUser(fmt.Sprint("named", i), `"name":{`+strings.Join(parts, ",")+`}`)
		equal(c.t, "name", made.at("name"), name)
		equal(c.t, "nickName", made.at("nickName"), nil)
	}
}

func userProfileURL(c *client) {
	made := c.createUser("web", `"profileUrl":"https://example.com/~web?x=1"`)
	if u, err := url.Parse(made.at("profileUrl").(string)); err != nil || !u.IsAbs() {
		c.t.Errorf("profileUrl is %v", made.at("profileUrl"))
	}
	for _, text := range []string{"not a url", "example.com/web", "/web", "::", ""} {
		c.do("POST", "/Users", user("bad", fmt.Sprintf(`"profileUrl":%q`, text))).wantError(400, "invalidValue", "profileUrl")
		c.do("PATCH", "/Users/"+made.id(), patchBody(fmt.Sprintf(`{"op":"replace","path":"profileUrl","value":%q}`, text))).wantError(400, "invalidValue", "profileUrl")
	}
}

// userLocality: languages, locales and time zones come back as they were sent.
func userLocality(c *client) {
	for i, test := range []struct{ language, locale, zone string }{
		{"da, en-gb;q=0.8, en;q=0.7", "en-US", "Europe/Rome"}, {"en-US", "zh-Hant-TW", "America/Argentina/Buenos_Aires"}, {"*", "en_US", "Etc/GMT+8"},
	} {
		made := c.createUser(fmt.Sprint("local", i), fmt.Sprintf(`"preferredLanguage":%q,"locale":%q,"timezone":%q`, test.language, test.locale, test.zone))
		for _, r := range []reply{made, c.do("GET", "/Users/"+made.id(), "")} {
			equal(c.t, "preferredLanguage", r.at("preferredLanguage"), test.language)
			equal(c.t, "locale", r.at("locale"), test.locale)
			equal(c.t, "timezone", r.at("timezone"), test.zone)
		}
	}
}

func userActive(c *client) {
	made := c.createUser("ann", `"active":true`)
	path := "/Users/" + made.id()
	equal(c.t, "active of a user who does not say", c.createUser("bob").at("active"), nil)
	for _, want := range []bool{false, true, false} {
		r := c.do("PATCH", path, patchBody(fmt.Sprintf(`{"op":"replace","path":"active","value":%v}`, want))).want(200)
		if r.at("active") != want || c.do("GET", path, "").at("active") != want {
			c.t.Errorf("active is %v, want %v", r.at("active"), want)
		}
		equal(c.t, "found", c.filter("/Users", fmt.Sprintf("active eq %v", want)).names("userName"), "ann")
	}
	c.do("PUT", path, user("ann", `"active":"false"`)).wantError(400, "invalidValue", "active")
}

// userPassword: no answer of any kind shows a password, clear or hashed, and it is
// searched for by equality, not in a URL.
func userPassword(c *client) {
	const secret = "Tr0ub4dor-and-3"
	made := c.createUser("ann", `"password":"`+secret+`"`)
	path := "/Users/" + made.id()
	answers := []reply{
		made, c.do("GET", path, ""), c.do("GET", path+"?attributes=password", ""), c.do("GET", "/Users?attributes=userName,password", ""), c.do("GET", "?", ""),
		c.do("POST", "/Users/.search", search(`userName eq "ann"`, `"attributes":["password"]`)), c.do("PUT", path, user("ann", `"password":"`+secret+`"`)),
		c.do("PUT", path+"?attributes=password", user("ann", `"password":"`+secret+`"`)),
		c.do("PATCH", path, patchBody(`{"op":"replace","path":"password","value":"`+secret+`"}`)),
		c.do("PATCH", path+"?attributes=password", patchBody(`{"op":"replace","value":{"password":"`+secret+`"}}`)),
		c.do("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"PATCH","path":"`+path+`","data":`+
			patchBody(`{"op":"replace","path":"password","value":"`+secret+`"}`)+`}]}`),
	}
	for _, r := range answers {
		r.want(map[bool]int{true: 201, false: 200}[r.what == "POST /Users"])
		if strings.Contains(r.raw, secret) || strings.Contains(strings.ToLower(r.raw), "password") {
			c.t.Errorf("%s shows the password: %s", r.what, r.raw)
		}
	}
	for text, want := range map[string]int{secret: 1, "wrong": 0, strings.ToLower(secret): 0} {
		equal(c.t, "search", c.do("POST", "/Users/.search", search(`userName eq "ann" and password eq "`+text+`"`)).want(200).at("totalResults"), want)
	}
	c.createUser("bob")
	for filter, who := range map[string]string{
		"password pr": "ann", "not (password pr)": "bob", "password ne null": "ann", "password eq null": "bob", "not (password eq null)": "ann",
	} {
		equal(c.t, filter, c.do("POST", "/Users/.search", search(filter)).want(200).names("userName"), who)
	}
	for _, operator := range []string{"co", "sw", "ew", "gt", "ne"} {
		c.do("POST", "/Users/.search", search(`password `+operator+` "T"`)).wantError(400, "invalidFilter", "password")
	}
	c.filter("/Users", `password eq "`+secret+`"`).wantError(403, "sensitive", "password")
	c.do("POST", "/Users", user("x", `"password":7`)).wantError(400, "invalidValue", "password")
}

// userCanonicalAddresses: the domain of an email address is in lower case, an
// instant messaging address has no white space; what is stored is found so.
func userCanonicalAddresses(c *client) {
	made := c.createUser("ann", `"emails":[{"value":"Ann.Oak@EXAMPLE.Com","type":"work"}],"ims":[{"value":" Foo Bar ","type":"xmpp"}]`)
	path := "/Users/" + made.id()
	for _, r := range []reply{made, c.do("GET", path, "")} {
		equal(c.t, "emails", r.at("emails"), []any{map[string]any{"value": "Ann.Oak@example.com", "type": "work"}})
		equal(c.t, "ims", r.at("ims", 0, "value"), "foobar")
	}
	r := c.do("PATCH", path, patchBody(`{"op":"add","path":"emails","value":[{"value":"b@HOME.example","display":"B","type":"home"}]}`,
		`{"op":"replace","path":"ims","value":[{"value":"X Y"}]}`)).want(200)
	equal(c.t, "email after PATCH", r.at("emails", 1), map[string]any{"value": "b@home.example", "type": "home", "display": "B"})
	equal(c.t, "ims after PATCH", r.at("ims", 0, "value"), "xy")
	equal(c.t, "found", c.filter("/Users", `emails.value eq "ann.oak@EXAMPLE.com"`).at("totalResults"), 1)
}

// userFreeTypes: other types than the canonical ones are kept, and roles and
// entitlements are any text.
func userFreeTypes(c *client) {
	made := c.createUser("ann", `"emails":[{"value":"a@x.org","type":"custom"}]`, `"phoneNumbers":[{"value":"tel:+1-201-555-0123","type":"satellite"}]`,
		`"ims":[{"value":"a","type":"matrix"},{"value":"b","type":"skype"}]`, `"roles":[{"value":"Chief of staff","type":"odd"}]`, `"entitlements":[{"value":"e=1;f"}]`)
	equal(c.t, "emails", made.at("emails", 0, "type"), "custom")
	equal(c.t, "phoneNumbers", made.at("phoneNumbers", 0), map[string]any{"value": "tel:+1-201-555-0123", "type": "satellite"})
	equal(c.t, "ims", made.at("ims", 0, "type"), "matrix")
	equal(c.t, "ims", made.at("ims", 1, "type"), "skype")
	equal(c.t, "roles", made.at("roles", 0), map[string]any{"value": "Chief of staff", "type": "odd"})
	equal(c.t, "entitlements", made.at("entitlements", 0, "value"), "e=1;f")
}

func userAddresses(c *client) {
	lines := `100 Main Street\nFloor 2\r\nBack door`
	made := c.createUser("ann", `"addresses":[{"country":"US"},{"streetAddress":"`+lines+`","type":"home"},{"formatted":"`+lines+`","type":"work","primary":true}]`)
	equal(c.t, "country", made.at("addresses", 0), map[string]any{"country": "US"})
	want := "100 Main Street\nFloor 2\r\nBack door"
	equal(c.t, "streetAddress", made.at("addresses", 1, "streetAddress"), want)
	equal(c.t, "formatted", made.at("addresses", 2, "formatted"), want)
	equal(c.t, "primary", made.at("addresses", 2, "primary"), true)
	equal(c.t, "found by country", c.filter("/Users", `addresses[country eq "us"]`).at("totalResults"), 1)
}

// certificate returns a certificate in DER.
func certificate(c *client) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ann"}, NotAfter: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		c.t.Fatal(err)
	}
	return der
}

// userCertificates: each value is one certificate, to the byte.
func userCertificates(c *client) {
	one, two := certificate(c), certificate(c)
	made := c.createUser("ann", fmt.Sprintf(`"x509Certificates":[{"value":%q},{"value":%q}]`, base64.StdEncoding.EncodeToString(one), base64.StdEncoding.EncodeToString(two)))
	for i, want := range [][]byte{one, two} {
		der, err := base64.StdEncoding.DecodeString(made.at("x509Certificates", i, "value").(string))
		if err != nil {
			c.t.Fatal(err)
		}
		parsed, err := x509.ParseCertificate(der) // refuses what follows a certificate
		if err != nil || string(parsed.Raw) != string(want) {
			c.t.Errorf("value %d is another certificate: %v", i, err)
		}
	}
	c.do("POST", "/Users", user("bad", `"x509Certificates":[{"value":"-----BEGIN CERTIFICATE-----"}]`)).wantError(400, "invalidValue", "x509Certificates")
}

func userGroupsAreReadOnly(c *client) {
	id := c.createUser("ann", `"groups":[{"value":"made up"}]`).id()
	staff := c.createGroup("staff", `"members":[{"value":"`+id+`"}]`).id()
	r := c.do("PUT", "/Users/"+id, user("ann", `"title":"x"`, `"groups":[]`)).want(200)
	equal(c.t, "groups", r.at("groups"), []any{map[string]any{"value": staff, "$ref": c.base + "/Groups/" + staff, "display": "staff", "type": "direct"}})
	for _, operation := range []string{
		`{"op":"add","path":"groups","value":[{"value":"g"}]}`, `{"op":"remove","path":"groups"}`, `{"op":"remove","path":"groups[value eq \"` + staff + `\"]"}`,
		`{"op":"replace","path":"groups[value eq \"` + staff + `\"].display","value":"x"}`, `{"op":"add","value":{"groups":[{"value":"g"}]}}`,
	} {
		c.do("PATCH", "/Users/"+id, patchBody(operation)).wantError(400, "mutability", "groups")
	}
	equal(c.t, "the user", c.do("GET", "/Users/"+id, "").raw, r.raw)
}

// userManager: the server completes who the manager is; its name is not the
// client's to set.
func userManager(c *client) {
	boss := c.createUser("boss", `"displayName":"The Boss"`).id()
	made := c.do("POST", "/Users", enterpriseUser("ann", `"manager":{"value":"`+boss+`","displayName":"Nobody"}`)).want(201)
	path := "/Users/" + made.id()
	want := map[string]any{"value": boss, "$ref": c.base + "/Users/" + boss, "displayName": "The Boss"}
	for _, r := range []reply{made, c.do("GET", path, ""), c.do("PUT", path, made.raw)} {
		equal(c.t, r.what+": manager", r.at(enterpriseURN, "manager"), want)
	}
	equal(c.t, "who is behind $ref", c.do("GET", want["$ref"].(string), "").want(200).id(), boss)
	c.do("PATCH", path, patchBody(`{"op":"replace","path":"`+enterpriseURN+`:manager.displayName","value":"x"}`)).wantError(400, "mutability", "displayName")
	c.do("PATCH", path, patchBody(`{"op":"remove","path":"`+enterpriseURN+`:manager.displayName"}`)).wantError(400, "mutability", "displayName")
	equal(c.t, "the name follows", c.do("PATCH", "/Users/"+boss, patchBody(`{"op":"replace","path":"displayName","value":"B"}`)).want(200).status, 200)
	equal(c.t, "displayName", c.do("GET", path, "").at(enterpriseURN, "manager", "displayName"), "B")
	equal(c.t, "without a manager", c.do("PATCH", path, patchBody(`{"op":"remove","path":"`+enterpriseURN+`:manager"}`)).want(200).at(enterpriseURN), nil)
}

// userInjection: text that means something to other languages is only text here.
func userInjection(c *client) {
	made := c.createUser("ann")
	for _, text := range []string{`' OR '1'='1`, `"; DROP TABLE users; --`, `*)(uid=*))(|(uid=*`, `{"$ne":null}`, `../../etc/passwd`, "\x00", `%00`, `${7*7}`, `<script>`, `) or (id pr`} {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\x00", `\u0000`).Replace(text)
		equal(c.t, text, c.filter("/Users", `userName eq "`+quoted+`"`).want(200).at("totalResults"), 0)
		c.do("GET", "/Users/"+url.PathEscape(text), "").wantError(404, "")
		c.do("DELETE", "/Users/"+url.PathEscape(text), "").wantError(404, "")
		if r := c.filter("/Users", `userName eq `+text); r.status != 400 {
			c.t.Errorf("the bare text %q in a filter is answered with %d: %s", text, r.status, r.raw)
		}
		c.do("GET", "/Users?sortBy="+url.QueryEscape(text), "").want(200)
		stored := c.do("PATCH", "/Users/"+made.id(), patchBody(`{"op":"replace","path":"title","value":"`+quoted+`"}`)).want(200)
		equal(c.t, "stored", stored.at("title"), text)
		equal(c.t, "found", c.filter("/Users", `title eq "`+quoted+`"`).want(200).names("id"), made.id())
	}
}
