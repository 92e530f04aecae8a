package scimclient

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Credential is what requests carry for the server to let them in: a [Bearer] token,
// a name and password ([Basic]), or the tokens of a [TokenSource].
type Credential interface {
	// authorization returns what the Authorization header is to hold. The error is a
	// [*TokenError], or that of a context that has ended.
	authorization(ctx context.Context) (string, error)
	// renew is told that the server has refused an authorization, and reports whether
	// there can be another one.
	renew(refused string) bool
	// secrets are the texts that nobody is to read, those that hold others first.
	secrets() []string
	// check returns what is wrong with the credential, nil if it can be sent.
	check() error
}

// leastSecret and leastHeader are how many characters a secret, and the value of a
// further header, have at least to be taken out of texts: those that are shorter stand
// there for something else.
const (
	leastSecret = 4
	leastHeader = 8
)

// A fixed credential is always the same.
type fixed struct {
	header string
	hidden []string
	wrong  error
}

func (f fixed) authorization(context.Context) (string, error) { return f.header, nil }
func (f fixed) renew(string) bool                             { return false }
func (f fixed) secrets() []string                             { return f.hidden }
func (f fixed) check() error                                  { return f.wrong }

// Bearer returns the credential that is a bearer token (RFC 6750).
func Bearer(token string) Credential {
	f := fixed{header: "Bearer " + token, hidden: spellings(token, leastSecret)}
	switch {
	case token == "":
		f.wrong = errors.New("token: it is empty")
	case !isVisible(token):
		f.wrong = errors.New("token: it holds a space, line break, control or non-ASCII character; check how it was read")
	}
	return f
}

// Basic returns the credential that is a user name and a password (RFC 7617), in UTF-8.
func Basic(name, password string) Credential {
	encoded := base64.StdEncoding.EncodeToString([]byte(name + ":" + password))
	f := fixed{header: "Basic " + encoded, hidden: append(spellings(encoded, leastSecret), spellings(password, leastSecret)...)}
	switch {
	case name == "" || strings.Contains(name, ":"):
		f.wrong = errors.New("user name: it is empty or holds a colon, which HTTP Basic cannot send")
	case password == "":
		f.wrong = errors.New("password: it is empty")
	case !isPrintable(name) || !isPrintable(password):
		f.wrong = errors.New("user name or password: it holds a line break or another control character; check how it was read")
	}
	return f
}

// isPrintable reports whether a text is UTF-8 without control characters.
func isPrintable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// Limits of [Config].Header.
const (
	maxHeaders     = 20
	maxHeaderBytes = 8 << 10 // of all names and values
)

// ownHeaders are those that the client, or HTTP itself, decides about (RFC 9110 section
// 7.6.1 for those that are for one connection).
var ownHeaders = []string{
	"Accept", "Accept-Encoding", "Authorization", "Connection", "Expect", "Host", "Http2-Settings", "Keep-Alive", "Proxy-Authenticate",
	"Proxy-Authorization", "Proxy-Connection", "Range", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent",
}

// headerName is what most servers take (RFC 9110 section 5.6.2 allows more).
var headerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// canonicalHeaders checks the headers that are to be sent beside the client's own and
// returns them by canonical name. Errors do not repeat a value.
func canonicalHeaders(headers map[string]string) (map[string]string, error) {
	if len(headers) > maxHeaders {
		return nil, fmt.Errorf("headers: there are %d of them: use %d at the most", len(headers), maxHeaders)
	}
	out, size := make(map[string]string, len(headers)), 0
	for name, value := range headers {
		if !headerName.MatchString(name) {
			return nil, fmt.Errorf("header %q: use a name of letters, digits, '-' and '_' that begins with a letter", name)
		}
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		_, twice := out[canonical]
		size += len(name) + len(value)
		switch {
		case slices.Contains(ownHeaders, canonical) || strings.HasPrefix(canonical, "Content-") || strings.HasPrefix(canonical, "If-"):
			return nil, fmt.Errorf("header %s: it cannot be set, since requests carry their own or must not carry any", canonical)
		case twice:
			return nil, fmt.Errorf("header %s: it is there twice", canonical)
		case value == "" || value != strings.TrimSpace(value) || !isVisible(strings.ReplaceAll(value, " ", "")):
			return nil, fmt.Errorf("header %s: its value is empty, begins or ends with a space, or holds a line break, control or non-ASCII character", canonical)
		case size > maxHeaderBytes:
			return nil, fmt.Errorf("headers: they are longer than %d bytes together", maxHeaderBytes)
		}
		out[canonical] = value
	}
	return out, nil
}
