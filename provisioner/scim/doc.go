// Package scim holds the words of SCIM 2.0 (RFC 7643, 7644 and 9865): resources,
// schemas, paths, filters, patches, lists, errors and the discovery documents. It
// does no I/O; a client, a server and the engine that provisions share it.
//
// An [Object] is a JSON object as SCIM reads it, with names that match whatever
// their letter case and numbers that keep their digits. [ParseObject] reads one
// strictly, as a server should; [ParseObjectLenient] as a client has to.
//
// A [ResourceType] knows the attributes that its resources may have and does what
// depends on them:
//
//   - [ResourceType.Validate] checks what a client sent and returns it the way it
//     is kept;
//   - [ResourceType.Apply] carries out a [Patch];
//   - [ResourceType.CompileFilter] makes a [Matcher] of a filter that [ParseFilter]
//     read, and [ResourceType.Equalities] finds what an index can answer;
//   - [ResourceType.Project] cuts a resource down to what an answer carries;
//   - [Compare] and [Ref.SortValue] put resources in order.
//
// [UserType] and [GroupType] are the types of RFC 7643; [ParseSchema] reads the
// schema of any other.
//
// Errors are of type [Error], the very thing that travels in the body of a refused
// request: they carry the status and keyword to answer with, and say in Detail which
// attribute, column or line is meant.
//
// The types of expressions and paths are those of scim2/filter-parser, schemas and
// errors those of elimity-com/scim, so that values can be handed on to code that
// uses these packages.
//
// Everything here may be used by several goroutines at once as long as nobody
// changes an object that others read.
package scim
