@protocol @read
Feature: Reading a resource
  Whoever knows the id of a resource gets it, whole and the same each time.

  Rule: A resource is read at its id (RFC 7644 section 3.4.1)

    @READ-01 @must @RFC7644-3.4.1-R1 @write @after-CREATE-01 @core
    Scenario: A user that was made is found under its id
      Given a user barbara
      When the client reads barbara
      Then the answer has status 200
      And the answer has "id" "{barbara.id}"
      And the answer has "userName" "{barbara}"

    @READ-02 @must @RFC7643-3.1-R7 @RFC7644-3.1-R6 @write @after-READ-01
    Scenario: A user that nobody changes is the same each time it is read
      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "emails": [{"value": "{run}b@{domain}", "type": "work"}]}
        """
      When the client reads barbara
      And the client sends GET /Users/{barbara.id}
      Then barbara is unchanged

    @READ-03 @must @RFC7644-3.4.1-R2 @RFC7644-3.12-R10 @core
    Scenario: Reading an id that nobody has answers 404
      When the client sends GET /Users/{unknown}
      Then the answer has status 404

    @READ-04 @should @RFC7644-3.12-R10 @edge
    Scenario: An id that is not in the service's own form is not found either
      When the client sends GET /Users/{run}nobody
      Then the answer is a SCIM error with status 404 or 400

    @READ-05 @must @RFC7644-3.4.1-R2 @needs-groups
    Scenario: Reading a group that nobody has made answers 404
      When the client sends GET /Groups/{unknown}
      Then the answer has status 404

    @READ-06 @must @RFC7643-3.1-R6 @RFC7644-3.4.1-R2 @write @needs-groups @after-READ-01
    Scenario: A user is not found among the groups
      Given a user barbara
      When the client sends GET /Groups/{barbara.id}
      Then the answer has status 404

    @READ-07 @must @RFC7644-3.4-R2 @RFC7644-3.9-R1 @write @after-READ-01
    Scenario: A read that asks for nothing special shows what was stored
      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "name": {"familyName": "Jensen"}, "title": "Guide"}
        """
      When the client reads barbara
      Then the answer has:
        | displayName     | "Barbara Jensen" |
        | name.familyName | "Jensen"         |
        | title           | "Guide"          |
      And the answer has an array at "schemas"

    @READ-08 @must @RFC7643-3.1-R11 @write @after-READ-01 @edge
    Scenario: The letter case of an id matters
      Given a user barbara
      When the client sends GET /Users/{CAPITAL barbara.id}
      Then the answer has status 404, 400 or 200
      And if it is accepted, the answer has "id" "{CAPITAL barbara.id}"
