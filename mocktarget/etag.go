package mocktarget

import (
	"net/http"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// conditions are the preconditions of a request (RFC 7644 section 3.14, RFC 9110
// section 13).
type conditions struct {
	match, noneMatch string
	reading          bool
	required         bool // refuse a write without If-Match
}

func (x *exchange) conditions() conditions {
	return conditions{
		match:     strings.Join(x.r.Header.Values("If-Match"), ","),
		noneMatch: strings.Join(x.r.Header.Values("If-None-Match"), ","),
		reading:   x.reads(),
		required:  x.settings.RequireIfMatch,
	}
}

// check compares the conditions with a resource. Entity tags compare weakly, in
// If-Match too: SCIM versions are weak.
func (c conditions) check(typ *resourceType, rec *record) error {
	if c.match == "" && c.required && !c.reading {
		return scim.Status(http.StatusPreconditionRequired, "say with If-Match which version of %s %s you change; it is %s now", typ.Name, rec.id, etag(rec))
	}
	if c.match != "" && !matchesTag(c.match, etag(rec)) {
		return scim.Status(http.StatusPreconditionFailed, "%s %s has changed: its version is %s now", typ.Name, rec.id, etag(rec))
	}
	if c.noneMatch != "" && matchesTag(c.noneMatch, etag(rec)) {
		if c.reading {
			return scim.Status(http.StatusNotModified, "not modified")
		}
		return scim.Status(http.StatusPreconditionFailed, "%s %s has the version %s, which If-None-Match rules out", typ.Name, rec.id, etag(rec))
	}
	return nil
}

// matchesTag reports whether a list of entity tags holds one by weak comparison.
// A tag without quotes is taken too: SCIM clients send meta.version in many forms.
func matchesTag(list, tag string) bool {
	opaque := func(t string) string {
		return strings.Trim(strings.TrimPrefix(strings.TrimSpace(t), "W/"), `"`)
	}
	for candidate := range strings.SplitSeq(list, ",") {
		if c := strings.TrimSpace(candidate); c == "*" || c != "" && opaque(c) == opaque(tag) {
			return true
		}
	}
	return false
}
