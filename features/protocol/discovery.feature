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
      When the client sends GET /ResourceTypes
      Then the answer has a text at "Resources.name"
      And the answer has a URI at "Resources.endpoint"
      And the answer has a URI at "Resources.schema"
      And each "Resources.schemaExtensions" of the answer has a URI at "schema"
      And each "Resources.schemaExtensions" of the answer has a boolean at "required"

    @DISC-21 @must @RFC7643-6-R5 @after-DISC-03
    Scenario: Resources are where their type says
      * every resource type is served at the endpoint that it says

    @DISC-22 @should @RFC7644-3.2-R2 @after-DISC-16 @edge
    Scenario: The endpoint of a type is its name with an s
      Why: Scripts and smaller clients do not read /ResourceTypes: they add an "s" to the name.
      Fix: Serve a type Device at /Devices, and say so in its "endpoint".

      * every resource type has the endpoint of its name

    @DISC-04 @must @RFC7643-6-R6 @RFC7643-6-R8 @RFC7643-7-R1 @RFC7643-3.2-R1 @after-DISC-03 @after-DISC-11 @after-SCHEMA-06
    Scenario: Every schema that a resource type names is published
      * every schema that a resource type names is published

    @DISC-05 @must @RFC7644-4-R4 @RFC7644-4-R5 @after-DISC-03 @after-DISC-11 @after-SCHEMA-14 @after-SCHEMA-21
    Scenario: Each entry of the lists can be read on its own
      * every schema and resource type is found under its id

    @DISC-12 @must @RFC7644-3.4.1-R2 @after-DISC-11
    Scenario: A schema that does not exist is not found
      Fix: Answer 404 with an error of SCIM, not an empty schema.

      When the client sends GET /Schemas/urn:example:scimwright:2.0:Nothing
      Then the answer is a SCIM error with status 404

    @DISC-17 @must @RFC7644-3.4.1-R2 @after-DISC-03
    Scenario: A resource type that does not exist is not found
      When the client sends GET /ResourceTypes/Nothing
      Then the answer is a SCIM error with status 404

    @DISC-18 @must @RFC7644-3.2-R1 @RFC7643-6-R5 @after-DISC-03 @core
    Scenario: Users are at /Users
      Fix: Give the type User the endpoint "/Users", relative to the base URL.

      When the client sends GET /ResourceTypes
      Then the answer has "Resources[name=User].schema" "urn:ietf:params:scim:schemas:core:2.0:User"

  Rule: The lists are what they are, whatever is asked (RFC 7644 section 4)
    Why: A filter that is passed over here tells a client that there is one schema where there are
    three.
    Fix: Answer 403 to a filter on these endpoints, pass over all other parameters, and answer 405
    or 404 to writes.

    @DISC-07 @should @RFC7644-4-R7 @after-DISC-11
    Scenario: A filter is refused, or ignored
      When the client sends GET /Schemas
      And the client asks for /Schemas with:
        | filter | id eq "urn:ietf:params:scim:schemas:core:2.0:User" |
      Then the answer has status 403 or 200
      And if it is accepted, the answer is the same as the one before
      And if it is refused, the answer is a SCIM error with status 403

    @DISC-13 @must @RFC7644-4-R6 @after-DISC-11
    Scenario: Other parameters are ignored
      When the client sends GET /Schemas
      And the client sends GET /Schemas?startIndex=2&count=1&sortBy=id
      Then the answer is the same as the one before

    @DISC-06 @may @RFC7643-7-R2 @RFC7643-6-R1 @RFC7643-5-R2 @write @edge
    Scenario: Nobody can write there
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
      Given a user barbara
      When the client patches barbara with:
        | op      | path  | value   |
        | replace | title | "Guide" |
      Then the answer has status 501, 405, 404, 403, 200 or 204
      And if it is refused, the answer is a SCIM error with status 501, 405, 404 or 403

    @DISC-19 @should @RFC7643-5-R16 @RFC7644-3.12-R15 @write @lacks-bulk
    Scenario: A service without bulk says so when it gets it
      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [{"method": "DELETE", "path": "/Users/{unknown}"}]}
        """
      Then the answer has status 501, 405, 404, 403 or 200
      And if it is refused, the answer is a SCIM error with status 501, 405, 404 or 403

    @DISC-20 @should @RFC7643-5-R15 @after-DISC-01
    Scenario: How to be let in can be read from outside
      When the next request has the header "Authorization" ""
      And the client sends GET /ServiceProviderConfig
      Then the answer has status 200 or 401
      And ideally the answer has status 200

  Rule: What happens later is announced as RFC 9967 has it (RFC 9967 sections 2.5.1 and 4)
    Why: A client that asked for an answer later waits for ever, if it is not told what to wait
    for.
    Fix: Say in securityEvents.asyncRequest "none", "long" or "request", and answer 202 without a
    body and with Set-Txn, Preference-Applied and Location.

    @ASYNC-01 @must @RFC9967-4-R2 @after-DISC-01 @edge
    Scenario: If there are events, the configuration tells about them in known words
      When the client sends GET /ServiceProviderConfig
      Then the answer has nothing but "none", "long", "request", "NONE", "LONG" and "REQUEST" at "securityEvents.asyncRequest"

    @ASYNC-02 @must @RFC9967-2.5.1.1-R4 @write @after-CREATE-01 @edge
    Scenario: A create that may come later is carried out at once, or announced without a body
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

    @ASYNC-04 @must @RFC9967-4-R3 @after-DISC-01 @edge
    Scenario: The events that there are have URIs as names
      Fix: Write securityEvents.eventUris as an array of URIs, with one element too.

      When the client sends GET /ServiceProviderConfig
      Then the answer has an array at "securityEvents.eventUris", if there is one
      And the answer has a URI at "securityEvents.eventUris", if there is one
