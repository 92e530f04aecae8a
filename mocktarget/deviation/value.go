package deviation

import (
	"encoding/base64"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// values are departures in what single attributes of users hold (RFC 7643 sections 2.3,
// 2.4 and 4.1).
func values() []Deviation {
	return []Deviation{
		{Name: "certificate-as-pem", Summary: "Certificates are shown as PEM texts.", Requirements: ids("7643-2.3.6-R1", "7643-4.1.2-R20"),
			Project: eachElement("x509Certificates", func(e *scim.Object) {
				e.Set("value", "-----BEGIN CERTIFICATE-----\n"+e.String("value")+"\n-----END CERTIFICATE-----\n")
			})},
		{Name: "certificates-in-one-value", Summary: "A certificate is shown together with that of its issuer, in one value.", Requirements: ids("7643-4.1.2-R21"),
			Project: eachElement("x509Certificates", func(e *scim.Object) {
				der, _ := base64.StdEncoding.DecodeString(e.String("value"))
				e.Set("value", base64.StdEncoding.EncodeToString(append(der, der...)))
			})},
		{Name: "binary-not-checked", Summary: "A binary value that is not base64 is kept.", Requirements: ids("7643-2.3.6-R1"),
			Decode: on(Create, func(r *Request) {
				for _, e := range elements(r.Object(), "x509Certificates") {
					if _, err := base64.StdEncoding.DecodeString(e.String("value")); err != nil {
						keepGiven("x509Certificates")(r)
						r.Edit(drop("x509Certificates"))
						return
					}
				}
			}), Project: showGiven("x509Certificates")},
		{Name: "country-by-name", Summary: "Some countries are shown by their names.", Requirements: ids("7643-4.1.2-R14"),
			Project: eachElement("addresses", func(e *scim.Object) {
				if name := map[string]string{"DE": "Germany", "FR": "France"}[e.String("country")]; name != "" {
					e.Set("country", name)
				}
			})},
		{Name: "mail-domain-as-sent", Summary: "The domain of a mail address keeps the letter case that it was sent in.", Requirements: ids("7643-4.1.2-R2"),
			Decode: keepValues("emails"), Project: showValues("emails")},
		{Name: "message-address-as-sent", Summary: "An address for messages keeps its capitals and spaces.", Requirements: ids("7643-4.1.2-R7"),
			Decode: keepValues("ims"), Project: showValues("ims")},
		{Name: "telephone-without-country", Summary: "A telephone number loses what stands before the first space.", Requirements: ids("7643-4.1.2-R6"),
			Project: eachElement("phoneNumbers", func(e *scim.Object) {
				if _, rest, spaced := strings.Cut(e.String("value"), " "); spaced {
					e.Set("value", rest)
				}
			})},
		{Name: "label-in-capitals-dropped", Summary: "A label in capital letters is dropped.", Requirements: ids("7643-2.4-R7"),
			Decode: body(Create, func(o *scim.Object) {
				for _, e := range elements(o, "emails") {
					if label := e.String("type"); label != strings.ToLower(label) {
						e.Delete("type")
					}
				}
			})},
		{Name: "whole-name-of-account", Summary: "name.formatted is the userName.", Requirements: ids("7643-4.1.1-R5"),
			Project: func(r *Request, o *scim.Object) {
				if n := o.Object("name"); n != nil && n.Get("formatted") == nil && o.String("userName") != "" && !r.Query.Has("attributes") {
					n.Set("formatted", o.String("userName"))
				}
			}},
		{Name: "nickname-of-account", Summary: "Who has no nickName gets the userName as one.", Requirements: ids("7643-4.1.1-R8"),
			Project: func(r *Request, o *scim.Object) {
				if o.Get("nickName") == nil && o.String("userName") != "" && o.Get("active") != nil {
					o.Set("nickName", o.String("userName"))
				}
			}},
		{Name: "profile-without-host", Summary: "The profileUrl of a person loses its host.", Requirements: ids("7643-4.1.1-R9"),
			Project: eachMatch("profileUrl", "https://example.com/people/", "/people/")},
		{Name: "language-cut", Summary: "preferredLanguage loses how much it is preferred.", Requirements: ids("7643-4.1.1-R10"),
			Project: eachMatch("preferredLanguage", ";q=0.8", "")},
		{Name: "locale-without-script", Summary: "A locale loses the script.", Requirements: ids("7643-4.1.1-R11"),
			Project: eachMatch("locale", "-Hant", "")},
		{Name: "zone-as-offset", Summary: "A time zone is shown as an offset.", Requirements: ids("7643-4.1.1-R13"),
			Project: eachMatch("timezone", "Europe/Rome", "+01:00")},
		{Name: "extension-not-demanded", Summary: "The type of users says that each extension is required, and none is.", Requirements: ids("7643-6-R9"),
			Respond: func(r *Request, p *Response) {
				if r.Is(Types, Type) && p.OK() {
					p.Edit(func(o *scim.Object) {
						for _, typ := range append(resources(o), o) {
							eachElement("schemaExtensions", set("required", true))(r, typ)
						}
					})
				}
			}},
		{Name: "unique-not-kept", Summary: "The schema says that titles are unique, and they are not.", Requirements: ids("7643-7-R26", "7643-7-R27"),
			Respond: characteristic("title", "uniqueness", "server")},
		{Name: "location-with-query", Summary: "The location of a resource has a query.", Requirements: ids("7644-1.3-R1", "7644-3.3-R8"),
			Respond: func(r *Request, p *Response) {
				if to := p.Header.Get("Location"); r.Is(Create) && to != "" {
					p.Header.Set("Location", to+"?tenant=1")
					p.Edit(func(o *scim.Object) { meta(set("location", to+"?tenant=1"))(r, o) })
				}
			}},
	}
}

// folded is a value without what a canonical form drops.
func folded(value string) string {
	return strings.ToLower(strings.Join(strings.Fields(value), ""))
}

// keepValues remembers the values of an attribute as they were sent, and showValues shows
// them so.
func keepValues(name string) func(*Request) {
	return func(r *Request) {
		if !r.Is(Create) || !isUser(r) {
			return
		}
		for _, e := range elements(r.Object(), name) {
			r.Memory.Put(folded(e.String("value")), e.String("value"))
		}
	}
}

func showValues(name string) func(*Request, *scim.Object) {
	return func(r *Request, o *scim.Object) {
		for _, e := range elements(o, name) {
			if sent, kept := r.Memory.Get(folded(e.String("value"))).(string); kept {
				e.Set("value", sent)
			}
		}
	}
}

// eachMatch replaces a part of a text, wherever it is shown.
func eachMatch(name, part, by string) func(*Request, *scim.Object) {
	return func(_ *Request, o *scim.Object) {
		if text := o.String(name); strings.Contains(text, part) {
			o.Set(name, strings.Replace(text, part, by, 1))
		}
	}
}
