package mocktarget

import (
	"slices"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A LintRule is one thing that lint looks for.
type LintRule struct {
	// Rule is the stable id, such as "patch-op-case".
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Requirement is the id of the statement that a finding breaks or is about; see
	// package requirement. Without one, Practice is set.
	Requirement string `json:"requirement,omitempty"`
	// Practice is the name of one of [LintPractices].
	Practice string `json:"practice,omitempty"`
	// Also are the ids of further requirements that the rule looks after.
	Also []string `json:"also,omitempty"`
	// About says in a few words what is found.
	About string `json:"about"`
}

// A LintPractice is good manners that no RFC of SCIM asks for.
type LintPractice struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// LintRules returns the rules of lint, by subject.
func LintRules() []LintRule {
	list := make([]LintRule, len(lintRules))
	for i := range lintRules {
		list[i] = lintRules[i].LintRule
		list[i].Also = slices.Clone(list[i].Also)
	}
	return list
}

// LintPractices returns the practices that rules cite, by name.
func LintPractices() []LintPractice { return slices.Clone(lintPractices[:]) }

// A lintRule is a rule and the keyword that a strict tenant refuses with.
type lintRule struct {
	LintRule
	scimType scim.ScimType
}

// lintRuleNamed returns the rule of an id.
func lintRuleNamed(name string) *lintRule {
	for i := range lintRules {
		if lintRules[i].Rule == name {
			return &lintRules[i]
		}
	}
	return nil
}

// A ruleID is the place of a rule in lintRules.
type ruleID int

const (
	// What carries a request.
	ruleContentTypeMissing ruleID = iota
	ruleContentTypeJSON
	ruleContentTypeWrong
	ruleCharsetNotUTF8
	ruleAcceptMissing
	ruleAcceptJSON
	ruleAcceptExcludesSCIM
	ruleAuthorizationScheme
	ruleTokenInURL
	ruleBodyUnexpected
	ruleEntityTagForm
	ruleIfMatchAbsent
	ruleUndeclaredEncoding
	ruleJSONMalformed
	ruleJSONDuplicateName
	ruleJSONByteOrderMark
	ruleJSONInString

	// URLs.
	ruleURLEncoding
	ruleURLPlus
	ruleURLUserinfo
	ruleTrailingSlash
	ruleDoubleSlash
	ruleVersionSegment
	ruleUnknownEndpoint
	ruleParameterCase
	ruleParameterUnknown
	ruleParameterRepeated
	rulePersonalDataInURL
	ruleSecretInURL

	// Queries.
	ruleAttributesBoth
	ruleAttributesNotation
	ruleAttributeUnknown
	ruleAttributeUnqualified
	ruleFilterIncomplete
	ruleFilterSyntax
	ruleFilterLiteral
	ruleFilterUnescaped
	ruleFilterValuePath
	ruleFilterComplex
	ruleSortComplex
	ruleSortOrder
	rulePageBounds
	ruleSearchSchemas
	ruleCursorCharacters
	ruleCursorAndStartIndex
	ruleCursorAtStart
	ruleCursorInvented
	ruleCursorParametersChanged
	rulePagingByCount

	// Resources.
	ruleSchemasMissing
	ruleSchemasBaseMissing
	ruleSchemasDuplicate
	ruleSchemasUnlisted
	ruleSchemasUnknown
	ruleSchemasUnused
	ruleUrnMalformed
	ruleMessageURN
	ruleQuotedLiteral
	ruleIDChosen
	ruleIDDiffers
	ruleServerAttributeSent
	ruleUserGroupsWritten
	ruleRequiredMissing
	ruleExtensionRequired
	ruleExtensionMisplaced
	ruleDottedName
	ruleNicknameIsUserName
	rulePutToCreate
	rulePutDropsAttributes
	ruleWriteWithoutChange

	// Values.
	ruleWrongType
	ruleBooleanAsString
	ruleArrayExpected
	ruleIntegerForm
	ruleDateTimeForm
	ruleBinaryForm
	ruleReferenceForm
	ruleReferenceMismatch
	ruleTwoPrimaries
	ruleEmptyString
	ruleMemberNotID
	ruleProfileURL
	rulePreferredLanguage
	ruleLocaleTag
	ruleTimezoneName
	ruleEmailSyntax
	rulePhoneSyntax
	ruleImsType
	rulePhotoNotImage
	ruleCountryCode
	ruleCertificateForm
	ruleCertificateBundle

	// PATCH.
	rulePatchSchemas
	rulePatchOperations
	rulePatchOp
	rulePatchOpCase
	rulePatchJSONPatch
	rulePatchPath
	rulePatchUnknownAttribute
	rulePatchReadOnly
	rulePatchImmutable
	rulePatchRequiredRemoved
	rulePatchRemovePath
	rulePatchRemoveValue
	rulePatchAddValue
	rulePatchReplaceValue
	rulePatchComplexValue
	rulePatchPathlessValue
	rulePatchDottedKey
	rulePatchDisplay

	// Bulk.
	ruleBulkSchemas
	ruleBulkOperations
	ruleBulkMethod
	ruleBulkIDMissing
	ruleBulkIDDuplicate
	ruleBulkPath
	ruleBulkData
	ruleBulkReference
	ruleBulkTooLarge

	// One request after another.
	ruleReadAfterWrite
	ruleMembershipOneByOne
	ruleOperationsOneByOne
	ruleRetryAfterIgnored
	ruleRefusedAgain
	ruleCreateAfterConflict
	ruleListBeforeWrite
)
