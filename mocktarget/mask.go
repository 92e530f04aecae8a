package mocktarget

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// mask stands for a secret in the journal: a JSON string.
const mask = `"***"`

const maskText = "***"

// oauthSecrets are the fields of OAuth that hold credentials.
var oauthSecrets = [...]string{"access_token", "refresh_token", "client_secret", "client_assertion"}

// namesSecret reports whether a path or a name ends in an attribute that is never
// returned, or in a credential of OAuth.
func (m *model) namesSecret(path string) bool {
	name := path[strings.LastIndexAny(path, ":.")+1:]
	name = strings.ToLower(strings.TrimSpace(name))
	return m.secret[name] || slices.Contains(oauthSecrets[:], name)
}

// maskHeader copies header fields without credentials: of an Authorization only
// the scheme is kept, unless it may be a token itself.
func maskHeader(h http.Header) http.Header {
	masked := h.Clone()
	for name, values := range masked {
		if holdsCredential(name) {
			for i := range values {
				values[i] = maskText
			}
		}
	}
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for i, v := range masked[name] {
			masked[name][i] = maskText
			if scheme, _, ok := strings.Cut(v, " "); ok && len(scheme) < len("negotiate ") {
				masked[name][i] = scheme + " " + maskText
			}
		}
	}
	return masked
}

// holdsCredential reports whether a header field is one in which clients send
// credentials instead of Authorization.
func holdsCredential(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"cookie", "token", "secret", "password", "api-key", "apikey"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}

// maskURL returns path and query without tokens and without filters on secrets.
func (m *model) maskURL(u *url.URL) string {
	if u.RawQuery == "" {
		return u.EscapedPath()
	}
	parts := strings.Split(u.RawQuery, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		if m.secretParameter(unescaped(name), unescaped(value)) {
			parts[i] = name + "=" + maskText
		}
	}
	return u.EscapedPath() + "?" + strings.Join(parts, "&")
}

// secretParameter reports whether a parameter of a URL is a credential or a filter on
// a secret, also one that is written so that nobody reads it.
func (m *model) secretParameter(name, value string) bool {
	name = name[strings.LastIndexByte(name, ';')+1:]
	return m.namesSecret(name) || slices.Contains(credentialParameters, strings.ToLower(name)) || m.quotesSecret(value) ||
		strings.EqualFold(name, "filter") && m.maskFilter(value) != value
}

// unescaped undoes percent-encoding, however often it was done.
func unescaped(text string) string {
	const most = 3
	for range most {
		plain, err := url.QueryUnescape(text)
		if err != nil || plain == text {
			break
		}
		text = plain
	}
	return text
}

// maskFilter hides a filter that mentions a secret.
func (m *model) maskFilter(filter string) string {
	folded := strings.ToLower(filter)
	for name := range m.secret {
		if strings.Contains(folded, name) {
			return maskText
		}
	}
	return filter
}

// quotesSecret reports whether text mentions a secret and has something in quotation
// marks: it may be a comparison with one, or JSON.
func (m *model) quotesSecret(text string) bool {
	return strings.ContainsAny(text, `"'`) && m.maskFilter(text) != text
}

// maskBody returns a body without secrets.
func (m *model) maskBody(body []byte, contentType string) []byte {
	if media, _, _ := strings.Cut(contentType, ";"); strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded") {
		return []byte(strings.TrimPrefix(m.maskURL(&url.URL{RawQuery: string(body)}), "?"))
	}
	return m.maskJSON(body)
}

// maskJSON replaces the values of secret attributes in a JSON text, also those of
// patch operations whose path names one and filters that mention one. The rest
// stays byte for byte. Text that is not JSON is cut off where a secret may begin.
func (m *model) maskJSON(text []byte) []byte {
	if !m.mayHoldSecret(text) {
		return text
	}
	spans, err := m.secretSpans(text)
	if err != nil {
		return append(bytes.Clone(text[:m.firstSecret(text)]), maskText...)
	}
	var masked []byte
	at := 0
	for _, s := range spans {
		masked = append(append(masked, text[at:s.from]...), mask...)
		at = s.to
	}
	return append(masked, text[at:]...)
}

// mayHoldSecret is a quick test for texts that need no masking, which most do not.
// A backslash may hide a name.
func (m *model) mayHoldSecret(text []byte) bool {
	return m.firstSecret(text) < len(text) || bytes.Contains(text, []byte(`\u`))
}

// firstSecret returns where the first name of a secret stands, or the end.
func (m *model) firstSecret(text []byte) int {
	folded := bytes.ToLower(text)
	first := len(text)
	for name := range m.secret {
		if i := bytes.Index(folded, []byte(name)); i >= 0 {
			first = min(first, i)
		}
	}
	for _, name := range append(oauthSecrets[:], `\u`) {
		if i := bytes.Index(folded, []byte(name)); i >= 0 {
			first = min(first, i)
		}
	}
	return min(first, len(text))
}

// maskDepth is how deep JSON may nest to be looked through for secrets.
const maskDepth = 256

type span struct{ from, to int }

// secretSpans returns where the values of secrets are in a JSON text.
func (m *model) secretSpans(text []byte) ([]span, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	f := &spanFinder{model: m, text: text, decoder: d}
	if _, err := f.value(0); err != nil {
		return nil, err
	}
	return f.spans, nil
}

type spanFinder struct {
	model   *model
	text    []byte
	decoder *json.Decoder
	spans   []span
}

// value reads one value and returns where it stands. Inside it, spans are added.
func (f *spanFinder) value(depth int) (span, error) {
	if depth > maskDepth {
		return span{}, errors.New("nested too deep")
	}
	token, err := f.decoder.Token()
	if err != nil {
		return span{}, err
	}
	end := int(f.decoder.InputOffset())
	switch token := token.(type) {
	case json.Delim:
		from := end - 1
		if token == '{' {
			err = f.object(depth)
		} else {
			err = f.array(depth)
		}
		return span{from, int(f.decoder.InputOffset())}, err
	default:
		at := span{f.start(end), end}
		if s, ok := token.(string); ok && f.model.quotesSecret(s) {
			f.spans = append(f.spans, at)
		}
		return at, nil
	}
}

// start returns where the scalar that ends at a place begins: the decoder tells
// only the end.
func (f *spanFinder) start(end int) int {
	if f.text[end-1] == '"' {
		for i := end - 2; i >= 0; i-- {
			if f.text[i] != '"' {
				continue
			}
			slashes := 0
			for j := i - 1; j >= 0 && f.text[j] == '\\'; j-- {
				slashes++
			}
			if slashes%2 == 0 {
				return i
			}
		}
	}
	return max(0, bytes.LastIndexAny(f.text[:end], " \t\r\n:,[")+1)
}

func (f *spanFinder) array(depth int) error {
	for f.decoder.More() {
		if _, err := f.value(depth + 1); err != nil {
			return err
		}
	}
	_, err := f.decoder.Token()
	return err
}

// object reads the fields of an object. Of a patch operation the value is secret
// if the path names a secret.
func (f *spanFinder) object(depth int) error {
	var value span
	secretPath := false
	before := len(f.spans)
	for f.decoder.More() {
		token, err := f.decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		inner := len(f.spans)
		at, err := f.value(depth + 1)
		if err != nil {
			return err
		}
		var text string
		if json.Unmarshal(f.text[at.from:at.to], &text) != nil {
			text = ""
		}
		switch {
		case f.model.namesSecret(name), strings.EqualFold(name, "filter") && f.model.maskFilter(text) != text:
			f.spans = append(f.spans[:inner], at)
		case strings.EqualFold(name, "path"):
			secretPath = f.model.maskFilter(text) != text
		case strings.EqualFold(name, "value"):
			value = at
		}
	}
	if secretPath && value.to > 0 {
		kept := f.spans[:before]
		for _, s := range f.spans[before:] {
			if s.to <= value.from || s.from >= value.to {
				kept = append(kept, s)
			}
		}
		f.spans = insertSpan(kept, value)
	}
	_, err := f.decoder.Token()
	return err
}

func insertSpan(spans []span, s span) []span {
	i := len(spans)
	for i > 0 && spans[i-1].from > s.from {
		i--
	}
	return append(spans[:i], append([]span{s}, spans[i:]...)...)
}
