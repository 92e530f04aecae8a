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
	contentTypeMissing ruleID = iota
	contentTypeJSON
	contentTypeWrong
	charsetNotUTF8
	acceptMissing
	acceptJSON
	acceptExcludesSCIM
	authorizationScheme
	tokenInURL
	bodyUnexpected
	entityTagForm
	ifMatchAbsent
	undeclaredEncoding
	jsonMalformed
	jsonDuplicateName
	jsonByteOrderMark

	// URLs.
	urlEncoding
	urlPlus
	urlUserinfo
	trailingSlash
	doubleSlash
	versionSegment
	unknownEndpoint
	parameterCase
	parameterUnknown
	parameterRepeated
	personalDataInURL
	secretInURL

	// Queries.
	attributesBoth
	attributesNotation
	attributeUnknown
	attributeUnqualified
	filterIncomplete
	filterSyntax
	filterLiteral
	filterUnescaped
	filterValuePath
	filterComplex
	sortComplex
	sortOrder
	pageBounds
	searchSchemas
	cursorCharacters
	cursorAndStartIndex
	cursorAtStart
	cursorInvented
	cursorParametersChanged
	pagingByCount

	// Resources.
	schemasMissing
	schemasBaseMissing
	schemasDuplicate
	schemasUnlisted
	schemasUnknown
	schemasUnused
	urnMalformed
	messageURN
	quotedLiteral
	idChosen
	idDiffers
	serverAttributeSent
	userGroupsWritten
	requiredMissing
	extensionRequired
	extensionMisplaced
	dottedName
	nicknameIsUserName
	putToCreate
	putDropsAttributes
	writeWithoutChange

	// Values.
	wrongType
	booleanAsString
	arrayExpected
	integerForm
	dateTimeForm
	binaryForm
	referenceForm
	referenceMismatch
	twoPrimaries
	emptyString
	memberNotID
	profileURL
	preferredLanguage
	localeTag
	timezoneName
	emailSyntax
	phoneSyntax
	imsType
	photoNotImage
	countryCode
	certificateForm
	certificateBundle

	// PATCH.
	patchSchemas
	patchOperations
	patchOp
	patchOpCase
	patchJSONPatch
	patchPath
	patchUnknownAttribute
	patchReadOnly
	patchImmutable
	patchRequiredRemoved
	patchRemovePath
	patchRemoveValue
	patchAddValue
	patchReplaceValue
	patchComplexValue
	patchPathlessValue
	patchDottedKey
	patchDisplay

	// Bulk.
	bulkSchemas
	bulkOperations
	bulkMethod
	bulkIDMissing
	bulkIDDuplicate
	bulkPath
	bulkData
	bulkReference
	bulkTooLarge

	// One request after another.
	readAfterWrite
	membershipOneByOne
	retryAfterIgnored
	refusedAgain
	createAfterConflict
	listBeforeWrite
)
