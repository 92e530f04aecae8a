package mocktarget_test

func valueCases() []deviationCase {
	user := func(attributes string) string { return `POST /Users {"userName":"a",` + attributes + `}` }
	const certificate = `"x509Certificates":[{"value":"AAAB"}]`
	return []deviationCase{
		{"certificate-as-pem", user(certificate), "x509Certificates/0/value", "AAAB", "-----BEGIN CERTIFICATE-----\nAAAB\n-----END CERTIFICATE-----\n"},
		{"certificates-in-one-value", user(certificate), "x509Certificates/0/value", "AAAB", "AAABAAAB"},
		{"binary-not-checked", user(`"x509Certificates":[{"value":"%"}]`), "status", "400", "201"},
		{"binary-not-checked", user(`"x509Certificates":[{"value":"%"}]`), "x509Certificates/0/value", "-", "%"},
		{"country-by-name", user(`"addresses":[{"type":"work","country":"DE"}]`), "addresses/0/country", "DE", "Germany"},
		{"mail-domain-as-sent", user(`"emails":[{"value":"A@X.example"}]`) + "\nGET /Users/{1}", "emails/0/value", "A@x.example", "A@X.example"},
		{"message-address-as-sent", user(`"ims":[{"value":" Foo Bar "}]`) + "\nGET /Users/{1}", "ims/0/value", "foobar", " Foo Bar "},
		{"telephone-without-country", user(`"phoneNumbers":[{"value":"+1 201 555 0123"}]`), "phoneNumbers/0/value", "+1 201 555 0123", "201 555 0123"},
		{"label-in-capitals-dropped", user(`"emails":[{"value":"a@x.example","type":"WORK"}]`), "emails/0/type", "WORK", "-"},
		{"whole-name-of-account", full, "name/formatted", "-", "a"},
		{"nickname-of-account", full, "nickName", "-", "a"},
		{"profile-without-host", user(`"profileUrl":"https://example.com/people/a"`), "profileUrl", "https://example.com/people/a", "/people/a"},
		{"language-cut", user(`"preferredLanguage":"en-gb;q=0.8"`), "preferredLanguage", "en-gb;q=0.8", "en-gb"},
		{"locale-without-script", user(`"locale":"zh-Hant-TW"`), "locale", "zh-Hant-TW", "zh-TW"},
		{"zone-as-offset", user(`"timezone":"Europe/Rome"`), "timezone", "Europe/Rome", "+01:00"},
		{"extension-not-demanded", "GET /ResourceTypes/User", "schemaExtensions/0/required", "false", "true"},
		{"unique-not-kept", "GET /Schemas/" + userURN, "attributes/5/uniqueness", "none", "server"},
		{"location-with-query", bare, "header Location", "BASE/Users/{1}", "BASE/Users/{1}?tenant=1"},
	}
}
