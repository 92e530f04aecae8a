@protocol @delete @write
Feature: Deleting a resource
  A deleted user is gone for the client: from its address, from every list, and from
  the way of whoever comes next.

  Rule: A delete answers 204, and nothing is found there afterwards (RFC 7644 section 3.6)
    Why: The delete is the last that a client says about a person. If the account can still be read,
    listed or changed, the client sees it in the next cycle and starts again, or takes it for alive.
    Fix: Remove the user, or mark it deleted and leave marked ones out of every query; answer 204
    without a body.

    @DEL-01 @must @RFC7644-3.6-R5 @RFC7644-3.6-R2 @RFC7644-3.2-R4 @after-READ-01 @after-READ-03 @core
    Scenario: A user is deleted
      Given a user barbara
      When the client deletes barbara
      Then the answer has status 204
      And the answer has no body
      And barbara is gone

    @DEL-04 @must @RFC7644-3.6-R2 @RFC7644-3.6-R6 @after-DEL-01 @core
    Scenario: A second delete of a user answers 404
      Why: A client whose first answer was lost deletes again. 404 tells it that this is done; 500
      or 409 keeps it trying.
      Fix: Answer 404 to a second DELETE. Clients take that for success.

      Given a user barbara
      When the client deletes barbara
      And the client deletes barbara
      Then the answer is a SCIM error with status 404

    @DEL-05 @must @RFC7644-3.6-R6 @after-DEL-01
    Scenario: Deleting an id that nobody has answers 404
      Why: Clients take 404 for success: what they want gone is gone. 500 comes again in every
      cycle, and 204 hides that the id was wrong.
      Fix: Answer 404 with a SCIM error if the statement deleted no row.

      When the client sends DELETE /Users/{unknown}
      Then the answer is a SCIM error with status 404

    @DEL-02 @must @RFC7644-3.6-R2 @after-DEL-01 @after-PUT-04
    Scenario: A deleted user cannot be replaced
      Why: A PUT that finds the marked record changes a user that nobody can see, or brings back
      an account that was closed.
      Fix: Let PUT look among living users only, and answer 404.

      Given a user barbara
      When the client deletes barbara
      And the client replaces barbara with:
        """
        {"displayName": "Barbara"}
        """
      Then the answer is a SCIM error with status 404

    @DEL-06 @must @RFC7644-3.6-R2 @needs-patch @after-DEL-01 @after-PATCH-44
    Scenario: A deleted user cannot be patched
      Why: A client that is told 404 makes the user again. One that is told 200 goes on changing
      somebody who is not there, and the person has no account.
      Fix: Look the user up among the living before the first operation, and answer 404.

      Given a user barbara
      When the client deletes barbara
      And the client patches barbara with:
        | op      | path        | value     |
        | replace | displayName | "Barbara" |
      Then the answer is a SCIM error with status 404

    @DEL-07 @must @RFC7644-3.6-R3 @needs-filter @after-DEL-01 @after-FILT-01 @after-FILT-16
    Scenario: A deleted user is in no list
      Why: Clients that go by lists (Pocket ID, Okta's import) take what is listed for what
      exists, and deal with the dead again and again.
      Fix: Put the condition "not deleted" into the one query that all lists are made from, and
      count with it too.

      Given a user barbara
      When the client deletes barbara
      And the client looks for users where userName eq "{barbara}"
      Then the answer has "totalResults" 0

    @DEL-08 @must @RFC7644-3.6-R3 @needs-search @needs-filter @after-DEL-01 @after-SRCH-01
    Scenario: A deleted user is found by no search
      Why: Search is often code of its own, and forgotten when deleting becomes marking: the dead
      are found again, by those who search with POST.
      Fix: Let .search and the list use one query, with the condition "not deleted" in it.

      Given a user barbara
      When the client deletes barbara
      And the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"{barbara}\""}
        """
      Then the answer has "totalResults" 0

  Rule: A deleted user stands in nobody's way (RFC 7644 section 3.6)
    Why: People come back. If their name is still taken by a deleted record, the create is answered
    409, the search finds nobody, and the client is stuck between the two.
    Fix: Let the unique index cover living users only (a partial index, or rename what is deleted).

    @DEL-03 @should @RFC7644-3.6-R4 @RFC7643-3.1-R7 @after-DEL-01 @after-CREATE-05 @after-CREATE-25
    Scenario: The user name can be taken again, by another user
      Given a user barbara
      When the client deletes barbara
      And the client creates a user next with:
        """
        {"userName": "{barbara}"}
        """
      Then the answer has status 201
      And the answer has another "id" than "{barbara.id}"

    @DEL-09 @must @RFC7644-3.6-R5 @RFC7644-3.1-R6 @RFC7644-3.2-R4 @needs-groups @after-DEL-01 @after-GROUP-01
    Scenario: A group is deleted, and its members stay
      Why: A group that takes its members along when it goes locks a whole department out.
      Fix: Deleting a group removes the group and the memberships, never the users.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client deletes engineers
      Then the answer has status 204
      And engineers is gone
      And barbara has "userName" "{barbara}"
