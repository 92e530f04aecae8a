package mocktarget

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A secret is a write-only value such as a password. Only its hash is kept, so no
// response, journal entry or snapshot can show it (RFC 7643 section 9.2).
type secret struct {
	attribute string
	salt      [16]byte
	hash      [sha256.Size]byte
}

// secretIterations is the least count RFC 7677 asks for. The passwords of a mock
// guard nothing; a higher count would only slow down creating users.
const secretIterations = 4096

func newSecret(attribute, value string) secret {
	s := secret{attribute: attribute}
	_, _ = rand.Read(s.salt[:]) // never fails (crypto/rand)
	s.hash = hashSecret(s.salt, value)
	return s
}

func hashSecret(salt [16]byte, value string) [sha256.Size]byte {
	key, err := pbkdf2.Key(sha256.New, prepareSecret(value), salt[:], secretIterations, sha256.Size)
	if err != nil {
		panic(err) // only a key too short for FIPS 140 makes an error; ours is not
	}
	return [sha256.Size]byte(key)
}

// prepareSecret brings a value into the form in which passwords are compared (RFC
// 7644 section 5): as the profile OpaqueString of RFC 8265 section 4.2 does, all
// spaces become the plain one and what can be composed is. Nothing is refused.
func prepareSecret(value string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, value))
}

// matches reports whether a value is the one that was hashed.
func (s secret) matches(value string) bool {
	hash := hashSecret(s.salt, value)
	return subtle.ConstantTimeCompare(hash[:], s.hash[:]) == 1
}

// secretOf returns the secret of an attribute and whether there is one.
func (r *record) secretOf(attribute string) (secret, bool) {
	for _, s := range r.secrets {
		if s.attribute == attribute {
			return s, true
		}
	}
	return secret{}, false
}

// takeSecrets moves the write-only values of a document into hashes. A value that
// equals the one held keeps its hash; one that is missing is kept too unless
// forget says that missing means removed. changed tells whether any is different.
func (typ *resourceType) takeSecrets(document *scim.Object, held []secret, forget bool) (secrets []secret, changed bool) {
	before := record{secrets: held}
	for _, a := range typ.hashed {
		was, had := before.secretOf(a.Name)
		value, given := document.Get(a.Name).(string)
		document.Delete(a.Name)
		switch {
		case given && had && (value == was.marker() || was.matches(value)), !given && had && !forget:
			secrets = append(secrets, was)
		case given:
			secrets = append(secrets, newSecret(a.Name, value))
			changed = true
		case had:
			changed = true
		}
	}
	return secrets, changed
}

// marker stands for a secret in a document that a patch is applied to: it is the
// secret's own hash, which nobody knows.
func (s secret) marker() string { return string(s.salt[:]) + string(s.hash[:]) }
