package scim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/elimity-com/scim/errors"
)

// An Error is a SCIM error: what travels in the body of a refused request is what
// Go code returns and inspects with [errors.As] (RFC 7644 section 3.12). Status is
// the HTTP status code, ScimType the error keyword if there is one, Detail a
// sentence for people. It is a value, never a pointer.
type Error = errors.ScimError

// A ScimType is an error keyword of RFC 7644 table 9 or RFC 9865 section 2.1.
type ScimType = errors.ScimType

// The error keywords.
const (
	TypeInvalidFilter  = errors.ScimTypeInvalidFilter
	TypeTooMany        = errors.ScimTypeTooMany
	TypeUniqueness     = errors.ScimTypeUniqueness
	TypeMutability     = errors.ScimTypeMutability
	TypeInvalidSyntax  = errors.ScimTypeInvalidSyntax
	TypeInvalidPath    = errors.ScimTypeInvalidPath
	TypeNoTarget       = errors.ScimTypeNoTarget
	TypeInvalidValue   = errors.ScimTypeInvalidValue
	TypeInvalidVersion = errors.ScimTypeInvalidVersion
	TypeSensitive      = errors.ScimTypeSensitive

	TypeInvalidCursor ScimType = "invalidCursor"
	TypeExpiredCursor ScimType = "expiredCursor"
	TypeInvalidCount  ScimType = "invalidCount"
)

// NewError returns an error of any status. The keyword may be empty.
func NewError(status int, scimType ScimType, format string, args ...any) Error {
	return Error{Status: status, ScimType: scimType, Detail: fmt.Sprintf(format, args...)}
}

// Status returns an error of any status without a keyword.
func Status(status int, format string, args ...any) Error {
	return NewError(status, "", format, args...)
}

// BadRequest returns a 400 without a keyword, for what no keyword describes.
func BadRequest(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, "", format, args...)
}

// InvalidFilter returns a 400 for a filter that cannot be read, or that compares
// an attribute in a way its type does not allow.
func InvalidFilter(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeInvalidFilter, format, args...)
}

// InvalidPath returns a 400 for the path of a PATCH operation that cannot be read
// or names no attribute.
func InvalidPath(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeInvalidPath, format, args...)
}

// InvalidSyntax returns a 400 for a body whose structure is wrong.
func InvalidSyntax(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeInvalidSyntax, format, args...)
}

// InvalidValue returns a 400 for a value that is missing or that its attribute
// cannot hold.
func InvalidValue(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeInvalidValue, format, args...)
}

// InvalidVersion returns a 400 for a protocol version that is not served.
func InvalidVersion(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeInvalidVersion, format, args...)
}

// NoTarget returns a 400 for a path whose filter selects nothing.
func NoTarget(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeNoTarget, format, args...)
}

// Mutability returns a 400 for a change that the attribute's mutability forbids.
func Mutability(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeMutability, format, args...)
}

// Uniqueness returns a 409 for a value that another resource already has.
func Uniqueness(format string, args ...any) Error {
	return NewError(http.StatusConflict, TypeUniqueness, format, args...)
}

// TooMany returns a 400 for a query with more results than will be computed.
func TooMany(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeTooMany, format, args...)
}

// Sensitive returns a 403 for a URL that carries what must not be in one, such as
// the value of an attribute that is never returned (RFC 7644 section 7.5.2).
func Sensitive(format string, args ...any) Error {
	return NewError(http.StatusForbidden, TypeSensitive, format, args...)
}

// InvalidCursor returns a 400 for a cursor that was never given out (RFC 9865).
func InvalidCursor(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeInvalidCursor, format, args...)
}

// ExpiredCursor returns a 400 for a cursor past its time (RFC 9865).
func ExpiredCursor(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeExpiredCursor, format, args...)
}

// InvalidCount returns a 400 for a count that does not go with a cursor (RFC 9865).
func InvalidCount(format string, args ...any) Error {
	return NewError(http.StatusBadRequest, TypeInvalidCount, format, args...)
}

// NotFound returns a 404 that names the resource, such as User "2819c223".
func NotFound(resourceType, id string) Error {
	return NewError(http.StatusNotFound, "", "%s %q not found", resourceType, clip(id))
}

// Conflict returns a 409 without a keyword, for anything but uniqueness.
func Conflict(format string, args ...any) Error {
	return NewError(http.StatusConflict, "", format, args...)
}

// PreconditionFailed returns a 412 for a resource that has changed since the
// version the caller knows (RFC 7644 section 3.14).
func PreconditionFailed(format string, args ...any) Error {
	return NewError(http.StatusPreconditionFailed, "", format, args...)
}

// EncodeError returns the JSON body of an error. The status is a string there, as
// RFC 7644 section 3.12 asks.
func EncodeError(e Error) []byte {
	o := NewObject(Field{"schemas", []any{ErrorSchema}}, Field{"status", strconv.Itoa(e.Status)})
	if e.ScimType != "" {
		o.Set("scimType", string(e.ScimType))
	}
	if e.Detail != "" {
		o.Set("detail", e.Detail)
	}
	return o.AppendJSON(nil)
}

// ParseError reads the body of a refused request. It is tolerant: the status may
// be a string, a number or missing (then 0), an unknown keyword is kept. It
// returns false for a body that is not a SCIM error.
func ParseError(data []byte) (Error, bool) {
	o, err := ParseObjectLenient(data)
	if err != nil {
		return Error{}, false
	}
	e := Error{ScimType: ScimType(o.String("scimType")), Detail: o.String("detail")}
	switch status := o.Get("status").(type) {
	case string:
		e.Status, _ = strconv.Atoi(status)
	case json.Number:
		e.Status, _ = strconv.Atoi(status.String())
	}
	return e, e.Status != 0 && (e.Detail != "" || e.ScimType != "") || claimsSchema(o, ErrorSchema)
}
