@interop
Feature: A narrower SCIM, on which clients could rely
  The RFCs leave choices, and each choice is a case that a client has to handle. A draft
  of an interoperability profile takes most of them away. Some of what it demands is
  against the RFCs: it is judged for those who ask, and nobody else.

  Rule: A service that follows the profile says so, and its discovery is complete (draft of an interoperability profile, data model)
    Why: A client that knows the profile need not try out anything: it reads the switch and goes.
    Fix: Set "interopProfileConformant" to true in /ServiceProviderConfig once the rest passes, and
    publish what is really there.

    @INTEROP-01 @must @IDINTEROP-scope-R1
    Scenario: The configuration says that the profile is followed
      When the client sends GET /ServiceProviderConfig
      Then the answer has "interopProfileConformant" true

    @INTEROP-02 @must @IDINTEROP-data-model-R1
    Scenario: The id of a resource type is its name
      When the client sends GET /ResourceTypes/User
      Then the answer has status 200
      And the answer has "id" "User"
      And the answer has "name" "User"

    @INTEROP-03 @must @IDINTEROP-data-model-R4 @needs-schemas
    Scenario: The kinds of mail addresses are published
      When the client sends GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:User
      Then the answer has an array at "attributes[name=emails].subAttributes[name=type].canonicalValues"

    @INTEROP-04 @must @IDINTEROP-protocol-R5
    Scenario: PATCH is offered
      When the client sends GET /ServiceProviderConfig
      Then the answer has "patch.supported" true

  Rule: What the schemas do not have is refused, and names are compared in one way (draft of an interoperability profile, data model)
    Why: An attribute that is passed over in silence looks delivered to the client, and the
    administrator looks for it in vain.
    Fix: Check each attribute against the schema before anything is stored, and answer 400 with
    invalidSyntax. Compare userName without regard to letter case everywhere.

    @INTEROP-05 @must @IDINTEROP-data-model-R3 @write
    Scenario: An attribute that no schema has is refused
      When the client creates a user barbara with:
        """
        {"planetOfBirth": "Mars"}
        """
      Then the answer is a SCIM error with status 400 and scimType "invalidSyntax"

    @INTEROP-06 @must @IDINTEROP-data-model-R2 @IDINTEROP-protocol-R11 @write
    Scenario: A userName that is taken in other letters is taken
      Given a user barbara
      When the client creates a user carla with:
        """
        {"userName": "{CAPITAL barbara}"}
        """
      Then the answer is a SCIM error with status 409 and scimType "uniqueness"

    @INTEROP-07 @must @IDINTEROP-protocol-R11 @write @needs-patch
    Scenario: A PATCH does not give a userName that is taken
      Given a user barbara
      And a user carla
      When the client patches carla with:
        | op      | path     | value       |
        | replace | userName | "{barbara}" |
      Then the answer is a SCIM error with status 409 and scimType "uniqueness"

  Rule: Lists can be filtered and paged as far as every client needs (draft of an interoperability profile, protocol)
    Why: Provisioning looks people up by two attributes at most. Everything else in filters is
    seldom used and often broken.
    Fix: Take eq and and; refuse attributes that there are not with invalidFilter; take a count of
    100 and shorten the page if that is too much.

    @INTEROP-08 @must @IDINTEROP-protocol-R2 @write
    Scenario: Two comparisons in one filter
      Given a user barbara
      And a user carla
      When the client looks for users where userName eq "{barbara}" and active eq false
      Then the answer finds exactly barbara

    @INTEROP-09 @must @IDINTEROP-protocol-R3
    Scenario: A filter on an attribute that there is not is refused
      When the client looks for users where planetOfBirth eq "Mars"
      Then the answer is a SCIM error with status 400 and scimType "invalidFilter"

    @INTEROP-10 @must @IDINTEROP-protocol-R4
    Scenario: A hundred may be asked for
      When the client sends GET /Users?startIndex=1&count=100
      Then the answer has status 200

  Rule: PATCH and DELETE do one thing each (draft of an interoperability profile, protocol)
    Why: A client that asks for a deletion and gets a deactivation believes that the data is gone.
    Fix: Ask each operation for a path; let add merge and replace swap; keep active=false and DELETE
    apart, and set the userName free when its resource is deleted.

    @INTEROP-11 @must @IDINTEROP-protocol-R6 @write @needs-patch
    Scenario: An operation without a path is refused
      Given a user barbara
      When the client patches barbara with:
        | op      | path | value                  |
        | replace |      | {"displayName": "Half"} |
      Then the answer is a SCIM error with status 400 and scimType "invalidSyntax"
      And barbara is unchanged

    @INTEROP-12 @must @IDINTEROP-protocol-R7 @write @needs-patch
    Scenario: Replacing a name drops what the new one does not have
      Given a user barbara with:
        """
        {"name": {"givenName": "Barbara", "familyName": "Jensen"}}
        """
      When the client patches barbara with:
        | op      | path | value                  |
        | replace | name | {"givenName": "Barbie"} |
      Then barbara has "name.givenName" "Barbie"
      And barbara has no "name.familyName"

    @INTEROP-13 @must @IDINTEROP-protocol-R9 @write @needs-patch
    Scenario: Who is deactivated is still there
      Given a user barbara with:
        """
        {"active": true}
        """
      When the client patches barbara with:
        | op      | path   | value |
        | replace | active | false |
      Then barbara has "active" false

    @INTEROP-14 @must @IDINTEROP-protocol-R9 @write
    Scenario: Who is deleted is gone, and the name is free again
      Given a user barbara
      When the client deletes barbara
      Then barbara is gone
      When the client creates a user carla with:
        """
        {"userName": "{barbara}"}
        """
      Then the answer has status 201
