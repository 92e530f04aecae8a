package mocktarget

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A hashBudget bounds how many secrets one filter may test: each test is slow by
// design.
type hashBudget struct{ left atomic.Int64 }

// mostHashes lets a filter name a person and test the password, not guess whose
// password it is.
const mostHashes = 100

func (c *filterCompiler) isSecret(ref scim.Ref) bool {
	return ref.Extension == nil && slices.Contains(c.typ.hashed, ref.Attribute)
}

// compileSecret compiles a term on a hashed attribute: eq tests a value, pr and
// comparisons with null tell whether there is one, other operators cannot be answered.
func (c *filterCompiler) compileSecret(e scim.Expression, ref scim.Ref) (m recordMatcher, ok bool, err error) {
	if !c.isSecret(ref) {
		return nil, false, nil
	}
	name := ref.Attribute.Name
	comparison, _ := e.(*scim.AttributeExpression)
	if comparison == nil {
		return nil, false, scim.InvalidFilter("%q takes no filter in brackets", name)
	}
	value, isText := comparison.CompareValue.(string)
	operator, isNull := strings.ToLower(string(comparison.Operator)), comparison.CompareValue == nil
	switch {
	case operator == "pr", operator == "ne" && isNull, operator == "eq" && isNull:
		want := operator != "eq"
		return func(_ uint32, rec *record) bool { _, has := rec.secretOf(name); return has == want }, true, nil
	case operator == "eq" && isText:
		if c.hashing == nil {
			c.hashing = new(hashBudget)
			c.hashing.left.Store(mostHashes)
		}
		c.foreign = true // not to be cached
		budget := c.hashing
		return func(_ uint32, rec *record) bool {
			s, has := rec.secretOf(name)
			return has && budget.left.Add(-1) >= 0 && s.matches(value)
		}, true, nil
	default:
		return nil, false, scim.InvalidFilter("%q can only be compared with eq, and null", name)
	}
}

// problem returns what went wrong while matching.
func (c *filterCompiler) problem() error {
	if c.hashing != nil && c.hashing.left.Load() < 0 {
		return scim.TooMany("the filter tests a secret of more than %d resources; narrow it with another term before it, such as userName eq", mostHashes)
	}
	return nil
}
