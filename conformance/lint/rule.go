package lint

import "net/http"

// A Rule is one kind of finding.
type Rule struct {
	// ID names the rule for ever, such as "LINT-04".
	ID string
	// Level is "must", "should" or "may".
	Level string
	// Title says what is so if nothing is found, Demand what it is for and where it
	// stands.
	Title, Demand string
	// Why says what goes wrong in the field where a service breaks the rule, Fix what
	// its developer can do about it.
	Why, Fix string
	// Requirements are ids of package requirement.
	Requirements []string
	// After are the checks that find the same on purpose. If one of them has failed,
	// it is the reason.
	After []string

	// about reports whether the rule is about an answer, look says what is wrong
	// with it, "" if nothing is.
	about func(*answer) bool
	look  func(*answer) string
}

// Rules lists the rules by id.
func Rules() []Rule { return append([]Rule(nil), rules...) }

var rules = []Rule{
	{
		ID: "LINT-01", Level: "should", Title: "Every body is of the media type of SCIM",
		Demand:       "Answers are application/scim+json, or application/json for a client that asks for it (RFC 7644 sections 3.8 and 8.1); the page of a gateway whose service is away is not judged",
		Why:          "Entra stops at an answer of another media type, and client libraries refuse to read it.",
		Fix:          "Set Content-Type: application/scim+json in the middleware, for every answer with a body.",
		Requirements: []string{"RFC7644-8.1-R1", "RFC7644-3.8-R8"}, After: []string{"HTTP-01", "ERR-04"},
		about: func(a *answer) bool { return a.hasBody() && !a.unavailable() }, look: mediaType,
	},
	{
		ID: "LINT-02", Level: "must", Title: "Every body is JSON",
		Demand:       "The body of an answer is a JSON object (RFC 7644 section 3.2); what a gateway answers is not judged",
		Why:          "Okta shows \"invalid JSON\" to the administrator, and what was wrong is lost.",
		Fix:          "Let errors of the framework (404, 405, 413, 500) go through the function that writes errors of SCIM, too.",
		Requirements: []string{"RFC7644-3.2-R8"}, After: []string{"ERR-01", "LIST-01"},
		about: func(a *answer) bool { return a.hasBody() && !a.gateway() }, look: isJSON,
	},
	{
		ID: "LINT-03", Level: "must", Title: "Every body is UTF-8",
		Demand:       "JSON travels in UTF-8 (RFC 7644 section 3.8)",
		Why:          "Names with accents arrive as question marks, or the client cannot parse the answer at all.",
		Fix:          "Encode in UTF-8 from the database to the wire.",
		Requirements: []string{"RFC7644-3.8-R2", "RFC7644-3.8-R1"},
		about:        (*answer).hasBody, look: isUTF8,
	},
	{
		ID: "LINT-04", Level: "must", Title: "Every error says that it is one",
		Demand:       "The body of an error carries the URN of errors (RFC 7644 section 3.12)",
		Why:          "A client that looks for the URN of Error takes anything else for a resource with no attributes.",
		Fix:          "Write all errors by one function that sets schemas to urn:ietf:params:scim:api:messages:2.0:Error.",
		Requirements: []string{"RFC7644-3.12-R1", "RFC7644-8.2-R1"}, After: []string{"ERR-01", "AUTH-03", "LINT-02"},
		about: (*answer).isError, look: errorURN,
	},
	{
		ID: "LINT-05", Level: "must", Title: "Every error repeats its status, as a text",
		Demand:       "The status of an error is the HTTP status, as a JSON string (RFC 7644 section 3.12)",
		Why:          "Typed clients fail on \"status\": 404, and lose what the error says.",
		Fix:          "Write \"status\": \"404\", equal to the status line.",
		Requirements: []string{"RFC7644-3.12-R2"}, After: []string{"ERR-02", "ERR-01", "LINT-04"},
		about: (*answer).isError, look: errorStatus,
	},
	{
		ID: "LINT-06", Level: "should", Title: "Every scimType is one of those that there are",
		Demand:       "A scimType is a keyword of RFC 7644 section 3.12 or RFC 9865 section 2.1",
		Why:          "Clients decide by scimType what to do next; a word of your own means nothing to them.",
		Fix:          "Use a keyword of the RFC, or leave scimType out and say it in detail.",
		Requirements: []string{"RFC7644-3.12-R3"},
		about:        func(a *answer) bool { return a.isError() && get(a.body, "scimType") != nil }, look: scimType,
	},
	{
		ID: "LINT-07", Level: "should", Title: "No error shows the inside of the service",
		Demand:       "An error explains to a client what was wrong, and tells nobody about code and databases (RFC 7644 section 3.12)",
		Why:          "Stack traces and SQL tell an attacker what is inside, and an administrator nothing.",
		Fix:          "Log the cause with a number, and answer with a sentence and that number.",
		Requirements: []string{"RFC7644-3.12-R14"},
		about:        func(a *answer) bool { return a.Status >= 400 && a.hasBody() }, look: stackTrace,
	},
	{
		ID: "LINT-08", Level: "should", Title: "Nothing that was asked makes the service fail",
		Demand:       "Whatever is wrong with a request is answered by a status of 4xx (RFC 7644 section 3.12)",
		Why:          "5xx makes a client send the same again; Entra counts it towards its quarantine.",
		Fix:          "Look for the request in your log and turn what was wrong with it into a 4xx.",
		Requirements: []string{"RFC7644-3.12-R7", "RFC7644-3.12-R14"},
		about:        func(*answer) bool { return true }, look: serverError,
	},
	{
		ID: "LINT-09", Level: "must", Title: "Every 401 says how to be let in",
		Demand:       "A 401 names the schemes in WWW-Authenticate (RFC 7644 section 2)",
		Why:          "Without it, a client cannot tell which kind of credentials is wanted.",
		Fix:          "Add WWW-Authenticate: Bearer to every 401.",
		Requirements: []string{"RFC7644-2-R7"}, After: []string{"AUTH-02"},
		about: func(a *answer) bool { return a.Status == 401 }, look: authenticate,
	},
	{
		ID: "LINT-10", Level: "should", Title: "No cookie outlives the session",
		Demand:       "A cookie, if there is one, ends with the session (RFC 7644 section 7.4)",
		Why:          "A client that keeps cookies goes on with a session after its token was taken away.",
		Fix:          "Keep SCIM endpoints out of the session middleware.",
		Requirements: []string{"RFC7644-7.4-R5"},
		about:        func(a *answer) bool { return true }, look: cookies,
	},
	{
		ID: "LINT-11", Level: "must", Title: "Every list counts",
		Demand:       "A list has a number of results and, unless that is zero, resources (RFC 7644 section 3.4.2)",
		Why:          "Clients count by totalResults; without a number they stop after the first page, or never.",
		Fix:          "Write totalResults as a JSON number, and Resources as an array whenever it is not 0.",
		Requirements: []string{"RFC7644-3.4.2-R5", "RFC7644-3.4.2-R4"}, After: []string{"LIST-01", "LIST-08", "LIST-06"},
		about: (*answer).isList, look: envelope,
	},
	{
		ID: "LINT-12", Level: "must", Title: "No page is longer than its list",
		Demand:       "totalResults is the number of all that match, of which a page is a part (RFC 7644 section 3.4.2.4)",
		Why:          "A client that has received totalResults resources stops reading. If there are more, it never sees them.",
		Fix:          "Count all that match with the same condition as the page.",
		Requirements: []string{"RFC7644-3.4.2.4-R11"}, After: []string{"LINT-11", "LIST-15"},
		about: (*answer).isList, look: totals,
	},
	{
		ID: "LINT-13", Level: "must", Title: "Every resource has an id",
		Demand:       "The id is there whatever was asked for, is a text, and is no bulkId (RFC 7643 section 3.1)",
		Why:          "A resource without an id cannot be changed or deleted by anybody.",
		Fix:          "Show id in every representation, whatever attributes= and excludedAttributes= say.",
		Requirements: []string{"RFC7643-3.1-R5", "RFC7643-3.1-R13", "RFC7643-3.1-R10"}, After: []string{"CREATE-01", "PROJ-02", "LIST-01", "SRCH-01"},
		about: (*answer).hasResources, look: each(hasID),
	},
	{
		ID: "LINT-14", Level: "must", Title: "Every resource names its schemas",
		Demand:       "schemas holds the schema of the type and no other text than URIs (RFC 7643 section 3)",
		Why:          "Clients read schemas to find out what they have before them.",
		Fix:          "Put schemas into every resource, with the schema of its type.",
		Requirements: []string{"RFC7643-3-R1", "RFC7643-2.1-R2", "RFC7643-3-R6"}, After: []string{"DISC-04", "LIST-01", "SRCH-01"},
		about: (*answer).hasWhole, look: each(namesSchemas),
	},
	{
		ID: "LINT-15", Level: "must", Title: "No schema is named twice",
		Demand:       "schemas has no duplicates (RFC 7643 section 3)",
		Why:          "A client that goes through schemas handles an extension twice.",
		Fix:          "Build schemas as a set.",
		Requirements: []string{"RFC7643-3-R3"}, After: []string{"CREATE-19"},
		about: (*answer).hasResources, look: each(schemasTwice),
	},
	{
		ID: "LINT-16", Level: "must", Title: "No resource names a schema that is not of its type",
		Demand:       "schemas holds the schema and the extensions that /ResourceTypes has for the type (RFC 7643 section 3)",
		Why:          "A URN that /ResourceTypes does not have for the type is one that a strict client refuses.",
		Fix:          "Show the schema of the type and its published extensions only, whatever a client has sent.",
		Requirements: []string{"RFC7643-3-R2"}, After: []string{"CREATE-18", "DISC-03", "LIST-01", "SRCH-01"},
		about: (*answer).hasTyped, look: each(schemasForeign),
	},
	{
		ID: "LINT-17", Level: "must", Title: "Whatever extension there is, schemas names it",
		Demand:       "An extension with attributes is in schemas (RFC 7643 section 3.3)",
		Why:          "Clients look in schemas whether there is an extension, and pass over what is not named.",
		Fix:          "Add the URN of each extension that has a value.",
		Requirements: []string{"RFC7643-3.3-R5", "RFC7643-3.3-R1"}, After: []string{"CREATE-13", "PATCH-48"},
		about: (*answer).hasWhole, look: each(schemasMissing),
	},
	{
		ID: "LINT-18", Level: "must", Title: "Every meta is of the type and has dates",
		Demand:       "meta says the type as /ResourceTypes calls it, and when the resource was made and changed (RFC 7643 section 3.1)",
		Why:          "Pocket ID goes by lastModified, and tools that read everything by resourceType.",
		Fix:          "Show meta with resourceType as /ResourceTypes calls it, and dates with a zone, such as 2024-05-01T12:00:00Z.",
		Requirements: []string{"RFC7643-3-R8", "RFC7643-3.1-R22", "RFC7643-3.1-R23", "RFC7643-2.3.5-R1"}, After: []string{"CREATE-03", "DISC-16"},
		about: (*answer).hasResources, look: each(meta),
	},
	{
		ID: "LINT-19", Level: "must", Title: "A location in a header is that in meta",
		Demand:       "Location of a create and Content-Location are meta.location (RFC 7644 section 3.3, RFC 7643 section 3.1)",
		Why:          "A client that has two addresses for one user takes one of them, perhaps the wrong one.",
		Fix:          "Make the address in one place and use that text for both.",
		Requirements: []string{"RFC7644-3.3-R8", "RFC7643-3.1-R26"}, After: []string{"CREATE-02"},
		about: (*answer).hasOne, look: location,
	},
	{
		ID: "LINT-20", Level: "must", Title: "A version in a header is that in meta",
		Demand:       "ETag and meta.version are the same text (RFC 7643 section 3.1, RFC 7644 section 3.14)",
		Why:          "A client that sends meta.version in If-Match is told 412 though nothing has changed.",
		Fix:          "Put the same text, quotation marks included, into ETag and meta.version.",
		Requirements: []string{"RFC7643-3.1-R27", "RFC7644-3.14-R3"}, After: []string{"ETAG-01"},
		about: (*answer).hasOne, look: version,
	},
	{
		ID: "LINT-21", Level: "must", Title: "Every value is of the type that its attribute has",
		Demand:       "Texts are strings, switches are booleans, many values are arrays (RFC 7643 sections 2.3 and 2.4)",
		Why:          "Typed clients fail on \"active\": \"true\", and on an object where an array should be, and lose the whole page.",
		Fix:          "Convert values to the type of the schema before writing them out; one address is an array with one element.",
		Requirements: []string{"RFC7643-2.3-R2", "RFC7643-2.3.2-R1", "RFC7643-2.3.4-R1", "RFC7643-2.3.5-R1", "RFC7643-2.4-R1", "RFC7644-3.8-R9"}, After: []string{"SCHEMA-02"},
		about: (*answer).hasTyped, look: each(types),
	},
	{
		ID: "LINT-22", Level: "may", Title: "No resource has an attribute that its schema does not have",
		Demand:       "What a client reads, it can look up in /Schemas (RFC 7643 section 7)",
		Why:          "A client cannot know what such an attribute means, and strict ones refuse the resource.",
		Fix:          "Publish it in an extension of your own, or leave it out.",
		Requirements: []string{"RFC7643-7-R1"},
		about:        (*answer).hasTyped, look: each(unknown),
	},
	{
		ID: "LINT-23", Level: "must", Title: "Nothing that is never returned is returned",
		Demand:       "A password, and what the schema says is never returned, is in no answer (RFC 7643 sections 4.1.1 and 7)",
		Why:          "What is shown once is in the logs of every party on the way.",
		Fix:          "Drop attributes with \"returned\": \"never\" in the function that writes resources out.",
		Requirements: []string{"RFC7643-7-R20", "RFC7643-4.1.1-R15", "RFC7643-7-R18"}, After: []string{"CREATE-10", "CREATE-24"},
		about: (*answer).hasResources, look: each(never),
	},
	{
		ID: "LINT-24", Level: "must", Title: "Of many values at most one is the primary one",
		Demand:       "At most one element has primary true (RFC 7643 section 2.4)",
		Why:          "Which of the two primary addresses gets the mail is up to chance.",
		Fix:          "Keep at most one primary true for each attribute, by a rule in the database.",
		Requirements: []string{"RFC7643-2.4-R3"}, After: []string{"CREATE-11", "PATCH-07", "PATCH-32"},
		about: (*answer).hasResources, look: each(primaries),
	},
	{
		ID: "LINT-25", Level: "should", Title: "No value is there twice with one type",
		Demand:       "A pair of type and value appears once (RFC 7643 section 2.4)",
		Why:          "The second copy stays when a client removes the first.",
		Fix:          "Compare type and value before you append.",
		Requirements: []string{"RFC7643-2.4-R9"}, After: []string{"PATCH-25", "GROUP-04"},
		about: (*answer).hasResources, look: each(twice),
	},
	{
		ID: "LINT-26", Level: "may", Title: "Whoever has asked too much is told for how long to wait",
		Demand:       "A 429 has a Retry-After (RFC 6585 section 4), and what went wrong is said by what HTTP has for it (RFC 7644 section 3.2)",
		Why:          "Entra and Okta wait for as long as they are told. Without a time they guess, come back too early, and make a service that has much to do busier.",
		Fix:          "Send Retry-After with the seconds until a request is let through again; gateways that limit rates can do so too.",
		Requirements: []string{"RFC7644-3.2-R7"},
		about:        func(a *answer) bool { return a.Status == http.StatusTooManyRequests }, look: saysWhen,
	},
	{
		ID: "LINT-27", Level: "should", Title: "Every time to wait can be read",
		Demand:       "Retry-After is a number of seconds or a date of HTTP (RFC 9110 section 10.2.3), as one error means the same to every client (RFC 7644 section 3.2)",
		Why:          "A client that cannot read the time takes it for none. Some give up instead, and the change that they had to make is lost.",
		Fix:          "Write whole seconds, such as Retry-After: 30, or a date in GMT, such as Wed, 21 Oct 2026 07:28:00 GMT.",
		Requirements: []string{"RFC7644-3.2-R7"},
		about:        func(a *answer) bool { return a.Header.Get("Retry-After") != "" }, look: when,
	},
}
