package mocktarget

import (
	"crypto/x509"
	"encoding/base64"
	"net/mail"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// userText judges the strings of a User that have a syntax of their own (RFC 7643
// section 4.1).
func (l *linter) userText(a *scim.Attribute, s string, at *place) {
	parent := ""
	if a.Parent != nil {
		parent = a.Parent.Name
	}
	switch parent + "." + a.Name {
	case ".profileUrl":
		if u, err := url.Parse(s); err == nil && (!u.IsAbs() || u.Host == "") {
			l.report(ruleProfileURL, at, "profileUrl is %s; send a whole URL such as https://example.com/ann", quoted(s))
		}
	case ".preferredLanguage":
		if !languageRanges.MatchString(s) {
			l.report(rulePreferredLanguage, at, `preferredLanguage is %s; write it like Accept-Language, such as "da, en-gb;q=0.8"`, quoted(s))
		}
	case ".locale":
		if !languageTag.MatchString(s) {
			l.report(ruleLocaleTag, at, `locale is %s; send a language tag such as "en-US"`, quoted(s))
		}
	case ".timezone":
		if !l.x.server.zones.has(s) {
			l.report(ruleTimezoneName, at, `timezone is %s; send a name of the time zone database such as "Europe/Rome"`, quoted(s))
		}
	case "emails.value":
		if address, err := mail.ParseAddress(s); err != nil || address.Address != s {
			l.report(ruleEmailSyntax, at, "%s is not an e-mail address; send one of the form local@domain", quoted(s))
		}
	case "phoneNumbers.value":
		if !telURI.MatchString(s) {
			l.report(rulePhoneSyntax, at, `%s is not a tel URI; send one such as "tel:+1-201-555-0123"`, quoted(s))
		}
	case "ims.type":
		if !slices.Contains(imsTypes, strings.ToLower(s)) {
			l.report(ruleImsType, at, "the type is %s; send one of %s", quoted(s), strings.Join(imsTypes, ", "))
		}
	case "photos.value":
		l.photo(s, at)
	case "addresses.country":
		if !countryLetters.MatchString(s) {
			l.report(ruleCountryCode, at, `the country is %s; send a code of two letters (ISO 3166-1) such as "IT"`, quoted(s))
		}
	case "x509Certificates.value":
		l.certificate(s, at)
	}
}

var (
	// languageTag is what a tag of RFC 5646 looks like; its registry is not consulted.
	languageTag = regexp.MustCompile(`^(?:[A-Za-z]{2,8}|[xXiI])(?:-[A-Za-z0-9]{1,8})*$`)
	// languageRanges is the syntax of Accept-Language (RFC 9110 section 12.5.4).
	languageRanges = regexp.MustCompile(`^` + languageRange + `(?:[ \t]*,[ \t]*` + languageRange + `)*$`)
	// telURI is the syntax of RFC 3966: a global number, or a local one with its
	// context.
	telURI = regexp.MustCompile(`^(?i:tel):(?:\+[0-9.()-]*[0-9][0-9.()-]*(?:;[A-Za-z0-9-]+(?:=[^;\s]+)?)*|` +
		`[0-9A-Fa-f*#.()-]+(?:;[A-Za-z0-9-]+(?:=[^;\s]+)?)*;phone-context=[^;\s]+(?:;[A-Za-z0-9-]+(?:=[^;\s]+)?)*)$`)
	countryLetters = regexp.MustCompile(`^[A-Za-z]{2}$`)
	imsTypes       = []string{"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo", "other"}
)

const languageRange = `(?:[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:[ \t]*;[ \t]*[qQ]=(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?`

// zoneNames remembers which time zones there are: looking one up reads a file.
type zoneNames struct {
	mu    sync.Mutex
	known map[string]bool
}

// mostZones is more than the time zone database has.
const mostZones = 2000

// has reports whether there is a time zone of a name. Without the database every
// name may be one.
func (z *zoneNames) has(name string) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.known[name] {
		return true
	}
	if path.Clean(name) != name || strings.EqualFold(name, "local") {
		return false
	}
	if _, err := time.LoadLocation(name); err != nil {
		_, err := time.LoadLocation("Europe/Rome")
		return err != nil
	}
	if z.known == nil || len(z.known) >= mostZones {
		z.known = map[string]bool{}
	}
	z.known[name] = true
	return true
}

// photo judges the address of a picture by its looks; nothing is fetched.
func (l *linter) photo(s string, at *place) {
	u, err := url.Parse(s)
	if err != nil {
		return
	}
	switch strings.ToLower(path.Ext(u.Path)) {
	case ".html", ".htm", ".xhtml", ".php", ".asp", ".aspx", ".jsp":
		l.report(rulePhotoNotImage, at, "the photo is %s, which looks like a web page; send the URL of the image file", quoted(s))
	}
}

// certificate judges a certificate: one of X.509, in DER, in base64.
func (l *linter) certificate(s string, at *place) {
	der, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return // reported already
	}
	switch certificates, err := x509.ParseCertificates(der); {
	case err != nil:
		l.report(ruleCertificateForm, at, "the value is no certificate of X.509 in DER; send the bytes between the lines of a PEM file")
	case len(certificates) > 1:
		l.report(ruleCertificateBundle, at, "the value holds %d certificates; send each in an element of its own", len(certificates))
	}
}
