package steps

import (
	"encoding/json"
	"strings"

	"github.com/permiso/scimwright/conformance/lint"
)

// sample returns a value that an attribute takes, for a resource of a nick. It is nil
// for what cannot be made up: references to resources, and certificates.
func (c *client) sample(p lint.Place, nick string) any {
	one := c.sampleElement(p, nick)
	if one == nil || !p.MultiValued {
		return one
	}
	return []any{one}
}

func (c *client) sampleElement(p lint.Place, nick string) any {
	if p.Type != "complex" {
		return c.sampleValue(p, nick)
	}
	o := map[string]any{}
	for _, sub := range p.SubAttributes {
		if sub.Mutability == "readOnly" || sub.Name == "primary" || sub.Name == "display" || sub.Name == "$ref" {
			continue
		}
		if v := c.sample(lint.Place{Attribute: sub, Extension: p.Extension, Parent: &p.Attribute}, nick); v != nil {
			o[sub.Name] = v
		}
	}
	if len(o) == 0 || p.MultiValued && o["value"] == nil && hasSub(p.SubAttributes, "value") || strings.EqualFold(p.Name, "manager") {
		return nil
	}
	return o
}

func hasSub(all []lint.Attribute, name string) bool {
	for _, a := range all {
		if strings.EqualFold(a.Name, name) {
			return true
		}
	}
	return false
}

// sampleValue returns a value of a simple type. Attributes whose text has a form of
// its own (RFC 7643 section 4.1) get one of that form.
func (c *client) sampleValue(p lint.Place, nick string) any {
	switch p.Type {
	case "boolean":
		return true
	case "integer":
		return json.Number("7")
	case "decimal":
		return json.Number("1.5")
	case "dateTime":
		return "2020-01-02T03:04:05Z"
	case "binary":
		return nil
	case "reference":
		for _, t := range p.ReferenceTypes {
			if strings.EqualFold(t, "external") || strings.EqualFold(t, "uri") {
				return "https://example.com/" + nick
			}
		}
		return nil
	}
	if len(p.CanonicalValues) > 0 {
		return p.CanonicalValues[0]
	}
	parent := ""
	if p.Parent != nil {
		parent = strings.ToLower(p.Parent.Name)
	}
	switch name := strings.ToLower(p.Name); {
	case name == "username":
		return c.s.address(nick)
	case parent == "emails" && name == "value":
		return c.s.address(nick)
	case parent == "phonenumbers" && name == "value":
		return "tel:+1-201-555-0123"
	case parent == "x509certificates":
		return nil
	case name == "type":
		return "work"
	case name == "country":
		return "NL"
	case name == "locale", name == "preferredlanguage":
		return "en-US"
	case name == "timezone":
		return "Europe/Amsterdam"
	case name == "password":
		return secret(c.s.prefix)
	case parent == "ims" && name == "value":
		return strings.ToLower(c.s.name(nick))
	default:
		return "Sample " + p.Name
	}
}

// secret is a password that is unlike any other text of the scenario and satisfies
// common rules for passwords.
func secret(prefix string) string { return "Zq7!" + prefix + "vK#9" }

// certificate is an X.509 certificate that signs itself, in base64.
const certificate = "MIHWMIGJoAMCAQICAQEwBQYDK2VwMBUxEzARBgNVBAMTCnNjaW13cmlnaHQwHhcNMjAwMTAxMDAwMDAwWhcNNDkwMTAxMDAwMDAwWjAV" +
	"MRMwEQYDVQQDEwpzY2ltd3JpZ2h0MCowBQYDK2VwAyEA9uBsKggnwkJi7+rx0KRJfPn7nXmfPwe4t7jh4Fpam7EwBQYDK2VwA0EATVqRJGFVUW3G9dLldTUQ" +
	"eenFup7O9P0WFgE+0/PzuXyl9qojVXxnZlHwJM9fQfBSRUJQP1MKNvFEnCyXjSprDA=="
