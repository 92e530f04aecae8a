package mocktarget

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/permiso/scimwright/provisioner/scim"
)

// request judges a request by itself.
func (l *linter) request() {
	l.headers()
	l.address()
	if l.mayHaveBody() {
		l.json()
	}
	switch x := l.x; {
	case x.r.Method == http.MethodGet || x.r.Method == http.MethodHead:
		l.reading()
	case l.body == nil:
	case x.target.kind == kindBulk:
		l.bulk()
	case x.target.kind == kindTypeSearch, x.target.kind == kindRootSearch:
		l.search()
	case x.r.Method == http.MethodPost && l.target() != nil:
		l.resource(l.target(), l.body, nil, writeContext{creating: true})
	case x.r.Method == http.MethodPut && l.target() != nil:
		l.resource(l.target(), l.body, nil, writeContext{id: x.target.id})
	case x.r.Method == http.MethodPatch && l.target() != nil:
		l.patch(l.target(), l.body, nil, writeContext{id: x.target.id})
	}
	if l.x.r.URL.RawQuery != "" && l.isWrite() {
		l.projection(l.parameters())
	}
}

// A writeContext says what a resource in a request is for.
type writeContext struct {
	creating bool
	id       string // of the resource that is changed, "" if it is not known
}

// target returns the type of the resource or collection a request is about, nil if
// it is about something else.
func (l *linter) target() *resourceType {
	if l.x.target.kind == kindMe {
		return l.x.selfType()
	}
	return l.x.target.typ
}

// mayHaveBody reports whether the request is one that has a body.
func (l *linter) mayHaveBody() bool {
	switch l.x.r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return true
	default:
		return false
	}
}

// isWrite reports whether the request is for changing one resource.
func (l *linter) isWrite() bool {
	return l.mayHaveBody() && slices.Contains([]targetKind{kindCollection, kindResource, kindMe}, l.x.target.kind)
}

func (l *linter) headers() {
	h := l.x.r.Header
	if scheme, _, ok := strings.Cut(h.Get("Authorization"), " "); !ok && scheme != "" {
		l.report(ruleAuthorizationScheme, nil, `Authorization is one word; send "Authorization: Bearer TOKEN"`)
	}
	l.accept(h.Values("Accept"))
	if l.mayHaveBody() {
		if l.x.r.ContentLength != 0 {
			l.contentType(h.Get("Content-Type"))
		}
	} else if l.x.r.ContentLength > 0 {
		l.report(ruleBodyUnexpected, nil, "%s has a body of %d bytes, which means nothing there and is refused by some servers; leave it out", l.x.r.Method, l.x.r.ContentLength)
	}
	for _, name := range []string{"If-Match", "If-None-Match"} {
		for _, list := range h.Values(name) {
			l.entityTags(name, list)
		}
	}
	if m := l.x.r.Method; l.x.target.kind == kindResource && (m == http.MethodPut || m == http.MethodPatch) && len(h.Values("If-Match")) == 0 {
		l.report(ruleIfMatchAbsent, nil, "%s has no If-Match; send the ETag or meta.version you know, so that a change by somebody else is not overwritten unseen", m)
	}
}

func (l *linter) accept(values []string) {
	if l.x.r.Method == http.MethodDelete || l.x.r.Method == http.MethodOptions {
		return
	}
	if len(values) == 0 {
		l.report(ruleAcceptMissing, nil, "there is no Accept; send %q", "Accept: "+scim.MediaType)
		return
	}
	asJSON, ok := acceptable(values)
	if !ok {
		l.report(ruleAcceptExcludesSCIM, nil, "Accept is %s; send %q", quoted(strings.Join(values, ", ")), scim.MediaType)
		return
	}
	if asJSON && !strings.Contains(strings.ToLower(strings.Join(values, ",")), scim.MediaType) {
		l.report(ruleAcceptJSON, nil, "Accept is %s; name %q as well", quoted(strings.Join(values, ", ")), scim.MediaType)
	}
}

func (l *linter) contentType(value string) {
	if value == "" {
		l.report(ruleContentTypeMissing, nil, "the body comes without Content-Type; send %q", "Content-Type: "+scim.MediaType)
		return
	}
	media, params, err := mime.ParseMediaType(value)
	switch {
	case err == nil && media == scim.MediaType:
	case err == nil && media == "application/json":
		l.report(ruleContentTypeJSON, nil, "Content-Type is application/json, which servers need not accept; send %q", scim.MediaType)
	default:
		l.report(ruleContentTypeWrong, nil, "Content-Type is %s; send %q", quoted(value), scim.MediaType)
		return
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		l.report(ruleCharsetNotUTF8, nil, "the charset is %s; send UTF-8, which is all that a server has to read", quoted(charset))
	}
}

func (l *linter) entityTags(header, list string) {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimSpace(tag)
		opaque := strings.TrimPrefix(tag, "W/")
		if tag != "*" && (len(opaque) < 2 || opaque[0] != '"' || opaque[len(opaque)-1] != '"') {
			l.report(ruleEntityTagForm, nil, `%s has the tag %s; send the ETag as it was given, such as W/"1", with its quotation marks`, header, clip(tag))
		}
	}
}

// address judges the URL.
func (l *linter) address() {
	u := l.x.r.URL
	if u.User != nil {
		l.report(ruleURLUserinfo, nil, "the URL has a user name in front of the host; send credentials in the Authorization header")
	}
	if bad, found := unencoded(l.x.r.RequestURI); found {
		l.report(ruleURLEncoding, nil, "the URL has %q as it is; percent-encode it", bad)
	} else if _, err := url.ParseQuery(u.RawQuery); err != nil {
		l.report(ruleURLEncoding, nil, "the URL has a percent sign or a semicolon that encodes nothing; percent-encode each value of the query")
	}
	l.path(u.EscapedPath())
	if u.RawQuery != "" {
		l.parameterNames()
	}
}

// unencoded returns the first character of a request target that RFC 3986 has
// encoded.
func unencoded(target string) (bad rune, found bool) {
	for _, c := range target {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune("\"<>[]\\^`{|}", c) {
			return c, true
		}
	}
	return 0, false
}

func (l *linter) path(path string) {
	switch {
	case strings.Contains(path, "//"):
		l.report(ruleDoubleSlash, nil, "the path has \"//\" in it; join base URL and endpoint with one slash")
	case strings.HasSuffix(path, "/") && l.x.target.kind != kindRoot:
		l.report(ruleTrailingSlash, nil, "the path ends in a slash, which other servers answer with 404 or a redirection; leave it out")
	}
	first, below, _ := strings.Cut(strings.TrimPrefix(mux.Vars(l.x.r)["rest"], "/"), "/")
	if version := strings.TrimLeft(first, "vV"); version != "" && strings.Trim(version, "0123456789.") == "" && first != "v2" {
		l.report(ruleVersionSegment, nil, "the version in the path is %s; it is \"v2\" for SCIM 2.0", quoted(first))
		return
	}
	if l.x.target.kind != kindUnknown || strings.Contains(path, "//") {
		return
	}
	if second, _, _ := strings.Cut(below, "/"); isVersion(first) && isVersion(second) {
		l.report(ruleVersionSegment, nil, "the version stands in the path twice; give it once, directly in front of the endpoint")
		return
	}
	names := make([]string, 0, len(l.m.types))
	for _, typ := range l.m.types {
		names = append(names, typ.Endpoint)
	}
	l.report(ruleUnknownEndpoint, nil, "there is no endpoint %s, letter case counts; /ResourceTypes lists those there are: %s", quoted(l.x.r.URL.Path), strings.Join(names, ", "))
}

// queryParameters are the names RFC 7644 section 3.4.2 and RFC 9865 section 2 give.
var queryParameters = []string{"filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes"}

// credentialParameters are names under which clients put credentials into URLs.
var credentialParameters = []string{"access_token", "auth_token", "token", "bearer", "api_key", "apikey", "authorization"}

func (l *linter) parameterNames() {
	values := l.x.r.URL.Query()
	for name, given := range values {
		at := parameter(name)
		folded := slices.IndexFunc(queryParameters, func(known string) bool { return strings.EqualFold(known, name) })
		switch {
		case slices.Contains(credentialParameters, strings.ToLower(name)):
			l.report(ruleTokenInURL, &at, "a credential is in the URL, which ends up in logs; send it in the Authorization header")
		case folded >= 0 && queryParameters[folded] != name:
			l.report(ruleParameterCase, &at, "the parameter is called %q; %s is not read", queryParameters[folded], quoted(name))
		case folded < 0:
			l.report(ruleParameterUnknown, &at, "%s is not a parameter of SCIM and is passed over", quoted(name))
		case len(given) > 1 && !strings.HasSuffix(strings.ToLower(name), "attributes"):
			l.report(ruleParameterRepeated, &at, "the parameter is given %d times and one of them is read; give it once", len(given))
		}
	}
	l.plus()
}

// plus finds a filter whose spaces are %20 and that has a plus sign: whoever
// encodes spaces so means the plus sign, and it is read as a space.
func (l *linter) plus() {
	for part := range strings.SplitSeq(l.x.r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		if name == "filter" && strings.Contains(value, "%20") && strings.Contains(value, "+") {
			at := parameter(name)
			l.report(ruleURLPlus, &at, "the filter has a plus sign, which is read as a space; write it as %%2B")
		}
	}
}

// parameter is the place of a parameter of the URL.
func parameter(name string) place { return place{name: name, kind: placeParameter} }
