@protocol @extension @write @needs-enterprise @after-CREATE-13
Feature: Attributes beyond the core
  What a company needs to know of its people beyond their names stands in extensions,
  each under the name of its schema.

  Rule: An extension is changed like the rest of the resource (RFC 7643 sections 3.3 and 4.3)
    Why: Departments, cost centres and managers live in the enterprise extension, and approvals hang
    on them. Many services take it in a create and lose it in updates.
    Fix: Hand the object below the URN to the code that handles the core attributes, for PUT, PATCH,
    filters and projections alike.

    @EXT-01 @must @RFC7644-3.5.1-R3 @RFC7643-3.3-R5 @after-PUT-01 @core
    Scenario: A replacement replaces an extension
      Given a user barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research"}}
        """
      When the client replaces barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}}
        """
      Then the answer has status 200
      And barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Sales"

    @EXT-02 @must @RFC7644-3.5.2.1-R2 @needs-patch @after-PATCH-02 @after-PATCH-24
    Scenario: A patch without a path changes an extension
      Why: Clients that patch without a path send the whole object of the extension. If it takes
      the place of the old one, the cost centre goes when the department changes.
      Fix: Go into the object below the URN, set what it holds, and keep what it does not.

      Given a user barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research", "costCenter": "4130"}}
        """
      When the client patches barbara with:
        | op  | path | value                                                                                      |
        | add |      | {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}} |
      Then the answer has status 200 or 204
      And barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Sales"
      And barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter" "4130"

    @EXT-03 @must @RFC7644-3.5.2.2-R2 @needs-patch @after-PATCH-09 @after-PATCH-17
    Scenario: A value of an extension is removed
      Why: Entra names these attributes by URN, colon and name. A path that is cut at its first
      dot (the one in "2.0") means nothing, or the whole extension.
      Fix: Compare the beginning of a path with the URNs of your schemas, take off the one that
      fits and its colon, and look the rest up in that schema.

      Given a user barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research", "costCenter": "4130"}}
        """
      When the client patches barbara with:
        | op     | path                                                                  | value |
        | remove | urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department |       |
      Then the answer has status 200 or 204
      And barbara has no "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
      And barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter" "4130"

    @EXT-04 @must @RFC7643-4.3-R3 @RFC7643-7-R15 @edge
    Scenario: The name of a manager is not the client's to say
      Why: If the client's text is shown, people see one name as their manager while approvals go
      to another.
      Fix: manager.displayName is readOnly: show the name of the user that manager.value leads to.

      Given a user carla with:
        """
        {"displayName": "Carla"}
        """
      When the client creates a user barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "{carla.id}", "displayName": "{run}somebody"}}}
        """
      Then the answer has status 201
      And "{run}somebody" is in no answer

    @EXT-05 @should @RFC7643-4.3-R2
    Scenario: A manager is named by id
      Why: Entra sends the manager as an object, in an array, or as the bare id, depending on its
      mode.
      Fix: Store the id in manager.value, and show $ref for it.

      Given a user carla
      And a user barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "{carla.id}"}}}
        """
      Then barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value" "{carla.id}"

    @EXT-06 @must @RFC7644-3.10-R4 @RFC7643-2.1-R1 @edge
    Scenario: The letter case of the name of a schema means nothing
      Why: Clients write the URN as some documentation has it. An extension in other letters is
      dropped, or kept a second time beside the first.
      Fix: Compare URNs without regard to letter case, and show them as /Schemas does.

      When the client creates a user barbara with:
        """
        {
          "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
          "urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User": {"department": "Research"}
        }
        """
      Then the answer has status 201 or 400
      And if it is accepted, barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Research"

    @EXT-07 @must @RFC7644-3.10-R1 @RFC7644-3.9-R4 @after-PROJ-10
    Scenario: A whole extension is asked for by its name
      Why: Reports on departments and cost centres want the extension of everybody and nothing
      else.
      Fix: Take the URN of an extension in attributes for all of its attributes.

      Given a user barbara with:
        """
        {"title": "Guide", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research"}}
        """
      When the client sends GET /Users/{barbara.id}?attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User
      Then the answer has status 200 or 400
      And if it is accepted, the answer has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Research"
      And if it is accepted, the answer has no "title"

    @EXT-08 @should @RFC7644-3.1-R4 @after-CREATE-09 @after-CREATE-08 @edge
    Scenario: What an extension does not have is ignored or refused
      Why: A mapping to an attribute that is not there is a mistake in one line. 500 keeps the
      whole person out for it.
      Fix: Drop what the schema of the extension does not have, or answer 400 that names it; show
      only what it has.

      When the client creates a user barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research", "shoeSize": 42}}
        """
      Then the answer has status 201 or 400
      And if it is accepted, barbara has no "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:shoeSize"
