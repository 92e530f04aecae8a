@protocol @discovery
Feature: What the service says about itself
  A client that does not know a service asks it first: what it can do, what it has, and
  how that is built.

  Rule: The configuration says what the service can do (RFC 7644 section 4, RFC 7643 section 5)
    Why: authentik reads it before everything else, and without it takes nothing for supported;
    Nextcloud refuses a service whose answer lacks the URN. What is missing here, nobody uses.
    Fix: Serve /ServiceProviderConfig as one object with patch, bulk, filter, changePassword, sort,
    etag and authenticationSchemes, each with "supported" as a boolean.

    @DISC-01 @must @RFC7644-4-R2 @RFC7643-5-R1 @after-HTTP-17 @core
    Scenario: There is a configuration
      When the client sends GET /ServiceProviderConfig
      Then the answer has status 200
      And the answer has "schemas[=urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig]" "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

    @DISC-02 @must @RFC7643-5-R5 @RFC7643-5-R6 @RFC7643-5-R7 @RFC7643-5-R9 @RFC7643-5-R10 @RFC7643-5-R11 @after-DISC-01 @core
    Scenario: The configuration tells about each capability
      Why: authentik decides by patch.supported whether it sends patches or whole groups, and cuts
      patches to bulk.maxOperations. What is missing, or a text instead of a number, counts as no.
      Fix: Write every capability, with "supported" false where you do not have it, and
      bulk.maxOperations, bulk.maxPayloadSize and filter.maxResults as numbers.

      When the client sends GET /ServiceProviderConfig
      Then the answer has a boolean at "patch.supported"
      And the answer has a boolean at "bulk.supported"
      And the answer has an integer at "bulk.maxOperations"
      And the answer has an integer at "bulk.maxPayloadSize"
      And the answer has a boolean at "filter.supported"
      And the answer has an integer at "filter.maxResults"
      And the answer has a boolean at "changePassword.supported"
      And the answer has a boolean at "sort.supported"
      And the answer has a boolean at "etag.supported"

    @DISC-23 @should @RFC7644-3.5-R2 @after-DISC-02
    Scenario: Patches are offered
      Why: Entra changes people and groups by PATCH and by nothing else, and Okta disables people by
      it. Without it, a change of one member sends the whole group.
      Fix: Implement PATCH, and set patch.supported to true.

      When the client sends GET /ServiceProviderConfig
      Then the answer has "patch.supported" true

    @DISC-10 @must @RFC7643-5-R12 @RFC7643-5-R13 @after-DISC-01
    Scenario: The configuration tells how to be let in
      Why: Whoever sets up a client learns here what to ask an administrator for: a token, or a
      name and a password.
      Fix: List each scheme with type, name and description. The types are oauth, oauth2,
      oauthbearertoken, httpbasic and httpdigest.

      When the client sends GET /ServiceProviderConfig
      Then the answer has an array at "authenticationSchemes"
      And the answer has a text at "authenticationSchemes.name"
      And the answer has a text at "authenticationSchemes.description"
      And the answer has nothing but "oauth", "oauth2", "oauthbearertoken", "httpbasic" and "httpdigest" at "authenticationSchemes.type"

  Rule: Types and schemas are lists (RFC 7644 section 4)
    Why: Tools that adapt to a service (Entra's catalogue apps among them) read the schemas and
    offer to administrators what is in them. What they cannot read, they replace by guesses.
    Fix: Serve /ResourceTypes and /Schemas as ListResponses and each entry at its own address; every
    URN that a type names is a schema there.

    @DISC-03 @must @RFC7644-4-R5 @RFC7643-6-R1 @after-HTTP-17 @core
    Scenario: The resource types are a list
      Why: Clients find out here whether there are groups, and where. A bare array is no list to
      them.
      Fix: Answer GET /ResourceTypes with a ListResponse of all types that you serve, each with
      its name.

      When the client sends GET /ResourceTypes
      Then the answer has status 200
      And the answer has "schemas" ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
      And the answer has a text at "Resources.name"

    @DISC-11 @must @RFC7644-4-R3 @RFC7643-7-R4 @after-HTTP-17 @core
    Scenario: The schemas are a list
      When the client sends GET /Schemas
      Then the answer has status 200
      And the answer has "schemas" ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
      And the answer has a URI at "Resources.id"

    @DISC-16 @must @RFC7643-6-R3 @RFC7643-6-R5 @RFC7643-6-R6 @RFC7643-6-R8 @after-DISC-03
    Scenario: A resource type says what it is called, where it is and how it is built
      Why: A client makes its URLs of "endpoint" and its attributes of "schema" and
      "schemaExtensions". What is missing it replaces by a guess.
      Fix: Give each type name, endpoint (such as /Users) and schema, and each of its
      schemaExtensions schema and required.

      When the client sends GET /ResourceTypes
      Then the answer has a text at "Resources.name"
      And the answer has a URI at "Resources.endpoint"
      And the answer has a URI at "Resources.schema"
      And each "Resources.schemaExtensions" of the answer has a URI at "schema"
      And each "Resources.schemaExtensions" of the answer has a boolean at "required"

    @DISC-21 @must @RFC7643-6-R5 @after-DISC-03
    Scenario: Resources are where their type says
      Why: A client that believes the endpoint is told 404 by everything, and takes all users for
      gone.
      Fix: Serve each type at the endpoint that it names, and take types out that you do not
      serve.

      * every resource type is served at the endpoint that it says

    @DISC-22 @should @RFC7644-3.2-R2 @after-DISC-16 @edge
    Scenario: The endpoint of a type is its name with an s
      Why: Scripts and smaller clients do not read /ResourceTypes: they add an "s" to the name.
      Fix: Serve a type Device at /Devices, and say so in its "endpoint".

      * every resource type has the endpoint of its name

    @DISC-04 @must @RFC7643-6-R6 @RFC7643-6-R8 @RFC7643-7-R1 @RFC7643-3.2-R1 @after-DISC-03 @after-DISC-11 @after-SCHEMA-06
    Scenario: Every schema that a resource type names is published
      Why: What a client cannot read about an extension, its administrators cannot map: the
      attributes are not in the form.
      Fix: Publish at /Schemas every URN that a type names as its schema or as an extension, spelt
      in the same way.

      * every schema that a resource type names is published

    @DISC-05 @must @RFC7644-4-R4 @RFC7644-4-R5 @after-DISC-03 @after-DISC-11 @after-SCHEMA-14 @after-SCHEMA-21
    Scenario: Each entry of the lists can be read on its own
      Why: Clients that need one schema read /Schemas/{urn}. A 404 there says that the extension
      does not exist.
      Fix: Serve each entry under its id: a schema under its whole URN, a type under its name.
      Some routers stumble over the colons.

      * every schema and resource type is found under its id

    @DISC-12 @must @RFC7644-3.4.1-R2 @after-DISC-11
    Scenario: A schema that does not exist is not found
      Why: Clients ask for one schema to find out whether it is there. Anything but 404 reads as
      yes.
      Fix: Answer 404 with an error of SCIM, not an empty schema.

      When the client sends GET /Schemas/urn:example:scimwright:2.0:Nothing
      Then the answer is a SCIM error with status 404

    @DISC-17 @must @RFC7644-3.4.1-R2 @after-DISC-03
    Scenario: A resource type that does not exist is not found
      Why: Clients ask for /ResourceTypes/Group to find out whether there are groups. Anything but
      404 reads as yes.
      Fix: Answer 404 with a SCIM error for a name that no type has.

      When the client sends GET /ResourceTypes/Nothing
      Then the answer is a SCIM error with status 404

    @DISC-18 @must @RFC7644-3.2-R1 @RFC7643-6-R5 @after-DISC-03 @core
    Scenario: Users are at /Users
      Why: Okta, Entra and nearly all others do not look it up: they send /Users.
      Fix: Give the type User the endpoint "/Users", relative to the base URL.

      When the client sends GET /ResourceTypes
      Then the answer has "Resources[name=User].schema" "urn:ietf:params:scim:schemas:core:2.0:User"

  Rule: The lists are what they are, whatever is asked (RFC 7644 section 4)
    Why: A filter that is passed over here tells a client that there is one schema where there are
    three.
    Fix: Answer 403 to a filter on these endpoints, pass over all other parameters, and answer 405
    or 404 to writes.

    @DISC-07 @should @RFC7644-4-R7 @after-DISC-11
    Scenario: A filter on the schemas is refused, or ignored
      When the client sends GET /Schemas
      And the client asks for /Schemas with:
        | filter | id eq "urn:ietf:params:scim:schemas:core:2.0:User" |
      Then the answer has status 403 or 200
      And if it is accepted, the answer is the same as the one before
      And if it is refused, the answer is a SCIM error with status 403

    @DISC-13 @must @RFC7644-4-R6 @after-DISC-11
    Scenario: Paging and sorting of the schemas are ignored
      Why: A client that adds its usual startIndex and count to every list gets a part of the
      schemas, and takes the others for missing.
      Fix: Pass over startIndex, count, sortBy and the like on /Schemas and /ResourceTypes, and
      answer with all.

      When the client sends GET /Schemas
      And the client sends GET /Schemas?startIndex=2&count=1&sortBy=id
      Then the answer is the same as the one before

    @DISC-06 @may @RFC7643-7-R2 @RFC7643-6-R1 @RFC7643-5-R2 @write @edge
    Scenario: The configuration and the schemas cannot be written
      Why: What one client could write here, all others would believe about the service.
      Fix: Answer 405 or 404 to every method but GET on the endpoints of discovery.

      When the client sends POST /ServiceProviderConfig with:
        """
        {}
        """
      Then the answer has status 405, 501, 403 or 404
      When the client sends DELETE /Schemas/{run}nothing
      Then the answer has status 405, 501, 403 or 404

  Rule: What is said is true (RFC 7643 section 5)
    Why: A client plans by what the service says of itself. A capability that is claimed and missing
    fails in the middle of the work; one that is there and not claimed is never used.
    Fix: Answer 501 to what you say you do not offer, and try out each "supported": true once in a
    test.

    @DISC-09 @should @RFC7643-5-R16 @RFC7644-3.12-R15 @write @lacks-patch @after-READ-01
    Scenario: A service without patches says so when it gets one
      Why: A client that tries a patch out changes to PUT when it is told 501 or 405. A page of
      HTML reads as "this user is gone", and 204 without effect as done.
      Fix: Answer 501 (or 405) with a SCIM error to PATCH.

      Given a user barbara
      When the client patches barbara with:
        | op      | path  | value   |
        | replace | title | "Guide" |
      Then the answer has status 501, 405, 404, 403, 200 or 204
      And if it is refused, the answer is a SCIM error with status 501, 405, 404 or 403

    @DISC-19 @should @RFC7643-5-R16 @RFC7644-3.12-R15 @write @lacks-bulk
    Scenario: A service without bulk says so when it gets it
      Why: A client that tries bulk out sends its changes one by one when it is told 501. A page
      of HTML or 500 looks like a failure that will pass.
      Fix: Answer 501 with a SCIM error to POST on /Bulk.

      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [{"method": "DELETE", "path": "/Users/{unknown}"}]}
        """
      Then the answer has status 501, 405, 404, 403 or 200
      And if it is refused, the answer is a SCIM error with status 501, 405, 404 or 403

    @DISC-20 @should @RFC7643-5-R15 @after-DISC-01
    Scenario: The configuration can be read without credentials
      Why: Whoever sets a client up wants to know what credentials the service takes. If it takes
      credentials to read that, they can only guess.
      Fix: Answer GET on /ServiceProviderConfig without credentials; there is nothing secret in
      it. 401 is understood too.

      When the next request has the header "Authorization" ""
      And the client sends GET /ServiceProviderConfig
      Then the answer has status 200 or 401
      And ideally the answer has status 200

  Rule: What happens later is announced as RFC 9967 has it (RFC 9967 sections 2.5.1 and 4)
    Why: A client has to know whether it may ask for a later answer. One that meets a word which it
    does not know cannot tell, and one that is not told what to wait for waits for ever.
    Fix: Write "none", "long" or "request" into securityEvents.asyncRequest, or leave it out.

    @ASYNC-01 @must @RFC9967-4-R2 @after-DISC-01 @edge
    Scenario: If there are events, the configuration tells about them in known words
      When the client sends GET /ServiceProviderConfig
      Then the answer has nothing but "none", "long", "request", "NONE", "LONG" and "REQUEST" at "securityEvents.asyncRequest"

    @ASYNC-02 @must @RFC9967-2.5.1.1-R4 @write @after-CREATE-01 @edge
    Scenario: A create that may come later is carried out at once, or announced without a body
      Why: A client has to know which of the two happened: 201 with a user and its id, or 202 and
      nothing yet. A body with 202 is taken for the user.
      Fix: Pass over Prefer if you have no later answers. If you have, answer 202 without a body.

      When the next request has the header "Prefer" "respond-async"
      And the client creates a user barbara
      Then the answer has status 201 or 202
      And the answer has no body if its status is 202

    @ASYNC-03 @must @RFC9967-3-R1 @RFC9967-2.5.1.1-R6 @RFC9967-2.5.1.1-R7 @write @after-CREATE-01 @after-ASYNC-02 @edge
    Scenario: What is announced can be told from what else is announced
      Why: The client gets the result later, among others. Without a number and an address it
      cannot tell whose it is, and creates the person again.
      Fix: Send Set-Txn with a number of your own, Preference-Applied: respond-async, and the
      Location where the result or the resource will be.

      When the next request has the header "Prefer" "respond-async"
      And the client creates a user barbara
      Then the answer has status 201 or 202
      And the answer has the header "Set-Txn" if its status is 202
      And the answer has the header "Preference-Applied" "respond-async" if its status is 202
      And the answer has the header "Location" if its status is 202

    @ASYNC-05 @must @RFC9967-5-R2 @needs-token @write @after-CREATE-01 @after-ASYNC-03 @after-AUTH-01 @edge
    Scenario: What is announced can only be read by who is let in
      Why: The result of a create is a whole person. An address that is good for anybody who knows
      it is in the logs of every proxy on the way.
      Fix: Serve results behind the same check of the token as everything else, and answer 401 to
      who has none.

      When the next request has the header "Prefer" "respond-async"
      And the client creates a user barbara
      Then the answer has status 201 or 202
      And the place where the answer says that its result will be is closed to strangers

    @ASYNC-04 @must @RFC9967-4-R3 @after-DISC-01 @edge
    Scenario: The events that there are have URIs as names
      Why: The names of events are registered URIs, and clients compare them whole.
      Fix: Write securityEvents.eventUris as an array of URIs, with one element too.

      When the client sends GET /ServiceProviderConfig
      Then the answer has an array at "securityEvents.eventUris", if there is one
      And the answer has a URI at "securityEvents.eventUris", if there is one
