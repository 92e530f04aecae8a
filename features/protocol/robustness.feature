@protocol @robustness
Feature: Requests that nobody expects
  Networks repeat, clients have bugs and some people try things out. A service answers
  all of it in its own words, and stays up.

  Rule: Whatever comes in, the answer is not a failure of the service (RFC 7644 section 3.12)
    Why: A service that breaks on one odd request is down for all clients, and 5xx tells them to
    send it again.
    Fix: Limit depth and size of bodies, check ids before they reach the database, and turn every
    surprise into a 4xx with an error of SCIM.

    @ROB-01 @must @RFC7644-3.12-R7 @write @after-HTTP-04 @edge
    Scenario: JSON a thousand levels deep is refused
      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}deep@{domain}", "active": false, "name": {1000 braces}}
        """
      Then the answer has status 400, 413 or 201

    @ROB-02 @must @RFC7644-3.12-R10 @after-READ-03 @edge
    Scenario: An id of 2,000 letters is not found
      When the client sends GET /Users/{2000 letters}
      Then the answer has status 404, 400 or 414

    @ROB-03 @must @RFC7644-3.12-R10 @RFC7643-9.2-R2 @RFC7644-7.7-R1 @after-READ-03 @edge
    Scenario: An id with signs that mean something elsewhere is not found
      When the client sends GET /Users/{run}';--<b>"&%
      Then the answer has status 404 or 400

    @ROB-04 @must @RFC7644-3.4.2.4-R7 @after-FILT-16 @edge
    Scenario: A page of a thousand million is as long as the service's pages are
      Fix: Cut count to your own limit; do not allocate by it.

      When the client asks for /Users with:
        | filter | userName eq "{run}nobody" |
        | count  | 1000000000                |
      Then the answer has status 200 or 400

    @ROB-05 @must @RFC7643-2.3.4-R1 @RFC7644-3.12-R7 @after-LIST-04 @edge
    Scenario: A number beyond all numbers is refused or read as a large one
      When the client sends GET /Users?count=1&startIndex=99999999999999999999
      Then the answer has status 200 or 400

    @ROB-06 @must @RFC7644-3.12-R7 @write @after-CREATE-01 @after-HTTP-04 @edge
    Scenario: An attribute that comes twice is refused, or one of the two is taken
      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "active": false, "title": "One", "title": "Two"}
        """
      Then the answer has status 201 or 400

    @ROB-07 @must @RFC7644-3.3-R6 @write @after-CREATE-16 @after-PUT-01 @after-READ-01 @edge
    Scenario: Five changes at the same time are all carried out
      Why: Provisioning runs with several workers. Where a patch is read, change, write without a
      lock, the last one wins and the others are lost, with success.
      Fix: Lock the row, or check its version, for as long as a patch takes; try again on a
      conflict.

      Given a user barbara
      When the client sends PUT /Users/{barbara.id} 5 times at once with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{barbara}", "displayName": "Barbara", "active": false}
        """
      Then each of the answers has status 200, 409 or 412
      And barbara has "displayName" "Barbara"

    @ROB-08 @must @RFC7643-2.5-R1 @write @after-CREATE-01 @edge
    Scenario: An empty value among many does no harm
      When the client creates a user barbara with:
        """
        {"emails": [{}, {"value": "{run}b@{domain}", "type": "work"}]}
        """
      Then the answer has status 201 or 400
