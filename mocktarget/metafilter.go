package mocktarget

import (
	"cmp"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// compileTime compiles a comparison of meta.created or meta.lastModified with a
// date so that testing a record compares two numbers: clients that ask for what has
// changed since their last visit make the server look at every resource.
//
// The matcher m of package scim decides. Records count in whole milliseconds, so
// its answer can only be of three kinds: for those before the millisecond of the
// date, for those in it, and for those after it.
func compileTime(e scim.Expression, ref scim.Ref, m scim.Matcher) (recordMatcher, bool) {
	comparison, ok := e.(*scim.AttributeExpression)
	if !ok || !isMeta(ref) || ref.Sub == nil {
		return nil, false
	}
	switch strings.ToLower(string(comparison.Operator)) {
	case "eq", "ne", "gt", "ge", "lt", "le":
	default:
		return nil, false // co, sw and ew look at the text
	}
	text, _ := comparison.CompareValue.(string)
	at, ok := scim.ParseDateTime(text)
	if !ok {
		return nil, false
	}
	var field func(*record) int64
	switch name := ref.Sub.Name; {
	case strings.EqualFold(name, "created"):
		field = func(rec *record) int64 { return rec.created }
	case strings.EqualFold(name, "lastModified"):
		field = func(rec *record) int64 { return rec.modified }
	default:
		return nil, false
	}
	millisecond := at.Truncate(time.Millisecond).UnixMilli()
	var answers [3]bool
	for i := range answers {
		answers[i] = m(scim.NewObject(scim.Field{Name: "meta", Value: scim.NewObject(
			scim.Field{Name: ref.Sub.Name, Value: stamp(millisecond + int64(i) - 1)},
		)}))
	}
	return func(_ uint32, rec *record) bool { return answers[cmp.Compare(field(rec), millisecond)+1] }, true
}
