@stress @write
Feature: Much at once
  On the first day a client sends everybody, with many requests at a time, and groups as
  large as the company. These checks are not made unless they are asked for: they put a
  load on the service.

  Rule: Requests at the same time end as if they had come one after another (RFC 7644 section 3.3)
    Why: Clients send several requests at a time, and repeat one that seems lost. Two accounts for
    one person are found weeks later.
    Fix: Let the database decide: a unique index on the userName, and one transaction for each
    request.

    @STRESS-01 @must @RFC7643-4.1.1-R2 @RFC7644-3.3-R9 @after-CREATE-01
    Scenario: Of twenty creates of one user, one succeeds
      When the client sends POST /Users 20 times at once with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "active": false}
        """
      Then exactly one of the answers has status 201 and the others have 409

    @STRESS-02 @must @RFC7644-3.12-R7 @after-CREATE-01
    Scenario: Twenty replacements at a time all have an answer
      Given a user barbara
      When the client sends PUT /Users/{barbara.id} 20 times at once with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{barbara}", "title": "Guide", "active": false}
        """
      Then each of the answers has status 200, 409 or 412
      And barbara has "title" "Guide"

    @STRESS-03 @must @RFC7644-3.12-R7 @needs-search
    Scenario: Twenty searches at a time all have an answer
      When the client sends POST /Users/.search 20 times at once with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 1}
        """
      Then each of the answers has status 200

  Rule: What is long is whole (RFC 7644 sections 3.4.2.4 and 3.5.2.1)
    Why: A list that loses somebody between two pages makes a client create them again, or take
    them for gone.
    Fix: Page over a fixed order, such as by id; take many members in one operation; refuse with
    400 or 413 what is too long, and never cut it.

    @STRESS-04 @must @RFC7644-3.4.2.4-R13 @needs-filter @after-LIST-01
    Scenario: Fifty users are read seven at a time
      Given 50 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client walks through users where userName sw "{run}", 7 at a time
      Then the walk found each of u-1, u-2, u-3, u-4, u-5, u-6, u-7, u-8, u-9, u-10, u-11, u-12, u-13, u-14, u-15, u-16, u-17, u-18, u-19, u-20, u-21, u-22, u-23, u-24, u-25, u-26, u-27, u-28, u-29, u-30, u-31, u-32, u-33, u-34, u-35, u-36, u-37, u-38, u-39, u-40, u-41, u-42, u-43, u-44, u-45, u-46, u-47, u-48, u-49 and u-50 once

    @STRESS-05 @must @RFC7644-3.5.2.1-R5 @needs-groups @needs-patch @after-GROUP-01
    Scenario: A group gets fifty members in one operation
      Given 50 users u with:
        """
        {"displayName": "Number {n}"}
        """
      And a group engineers
      When the client patches engineers with:
        | op  | path    | value              |
        | add | members | {members u 1-50} |
      Then engineers has "members" {members u 1-50}

    @STRESS-06 @must @RFC7644-3.12-R7
    Scenario: A text of a hundred thousand letters is kept, or refused
      When the client creates a user barbara with:
        """
        {"displayName": "{100000 letters}"}
        """
      Then the answer has status 201, 400 or 413
      And if it is accepted, barbara has "displayName" "{100000 letters}"

    @STRESS-07 @must @RFC7644-3.12-R7
    Scenario: A filter of five thousand letters is answered, or refused
      When the client looks for users where userName eq "{5000 letters}"
      Then the answer has status 200, 400, 413, 414 or 431
