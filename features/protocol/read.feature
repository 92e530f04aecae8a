@protocol @read
Feature: Reading a resource
  Whoever knows the id of a resource gets it, whole and the same each time.

  Rule: A resource is read at its id (RFC 7644 section 3.4.1)
    Why: Okta reads a user before it replaces it, and other clients check by a read what became of a
    write. What is not readable is treated as deleted.
    Fix: Serve GET /Users/{id} from the store that writes go to (or wait until a replica has caught
    up), with the whole resource.

    @READ-01 @must @RFC7644-3.4.1-R1 @RFC7644-3.2-R4 @write @after-CREATE-01 @core
    Scenario: A user that was made is found under its id
      Given a user barbara
      When the client sends GET /Users/{barbara.id}
      Then the answer has status 200
      And the answer has "id" "{barbara.id}"
      And the answer has "userName" "{barbara}"

    @READ-02 @must @RFC7643-3.1-R7 @RFC7644-3.1-R6 @write @after-READ-01 @after-ETAG-05
    Scenario: A user that nobody changes is the same each time it is read
      Why: Clients compare two reads to find out whether somebody else has changed the user. Dates
      that move by themselves look like a change each time.
      Fix: Change lastModified and version only when a write changes the resource, not on reads or
      sign-ins.

      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "emails": [{"value": "{run}b@{domain}", "type": "work"}]}
        """
      When the client reads barbara
      And the client sends GET /Users/{barbara.id}
      Then barbara is unchanged

    @READ-03 @must @RFC7644-3.4.1-R2 @RFC7644-3.12-R10 @core
    Scenario: Reading an id that nobody has answers 404
      Why: 404 is how a client learns that a user is gone and has to be made again. 200 with an
      empty body, 400 or 500 leave it stuck.
      Fix: Answer 404 with an error of SCIM (status as text, a sentence in detail) for an id that
      you do not have.

      When the client sends GET /Users/{unknown}
      Then the answer has status 404

    @READ-04 @should @RFC7644-3.12-R10 @edge
    Scenario: An id that is not in the service's own form is not found either
      Why: Stores with UUIDs tend to answer 400 or 500 to an id that is none. A client that
      changed from another system sends its old ids and has to hear "not here".
      Fix: Answer 404 when the id cannot be parsed: nobody has it.

      When the client sends GET /Users/{run}nobody
      Then the answer is a SCIM error with status 404 or 400

    @READ-05 @must @RFC7644-3.4.1-R2 @needs-groups
    Scenario: Reading a group that nobody has made answers 404
      Why: A client that is told 404 makes the group again. Told 200, it takes the group for one
      that everybody has left.
      Fix: Answer 404 with a SCIM error for groups as for users.

      When the client sends GET /Groups/{unknown}
      Then the answer has status 404

    @READ-06 @must @RFC7643-3.1-R6 @RFC7644-3.4.1-R2 @write @needs-groups @after-READ-01
    Scenario: A user is not found among the groups
      Why: Where all types are in one table, /Groups/{id} shows a user, and a client that clears
      up groups deletes a person.
      Fix: Look the id up among resources of the endpoint's type only.

      Given a user barbara
      When the client sends GET /Groups/{barbara.id}
      Then the answer has status 404

    @READ-07 @must @RFC7644-3.4-R2 @RFC7644-3.9-R1 @write @after-READ-01
    Scenario: A read that asks for nothing special shows what was stored
      Why: Clients compare what they read with what they want. What a plain read leaves out, they
      write again in every cycle.
      Fix: Show whatever has a value, but for attributes that are returned never or on request
      only.

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
      Why: ids are case-exact. Where two cases lead to one user, a client can hold one user under
      two keys.
      Fix: Compare ids byte by byte; mind the default collation of MySQL and SQL Server.

      Given a user barbara
      When the client sends GET /Users/{CAPITAL barbara.id}
      Then the answer has status 404, 400 or 200
      And if it is accepted, the answer has "id" "{CAPITAL barbara.id}"
