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
    Scenario: JSON a thousand levels deep does no harm
      Why: A parser that calls itself at each level runs out of stack and takes the process down,
      with everybody's requests.
      Fix: Limit the depth of a body before you parse it (many parsers have a setting for that),
      and answer 400.

      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}deep@{domain}", "active": false, "name": {1000 braces}}
        """
      Then the answer has status 400, 413 or 201

    @ROB-02 @must @RFC7644-3.12-R10 @after-READ-03 @edge
    Scenario: An id of 2,000 letters is not found
      Why: An id that is longer than its column, or than the router takes, ends in 500 where 404
      is meant.
      Fix: Answer 404 to an id that is longer than any of yours, before it reaches the database.

      When the client sends GET /Users/{2000 letters}
      Then the answer has status 404, 400 or 414

    @ROB-03 @must @RFC7644-3.12-R10 @RFC7643-9.2-R2 @RFC7644-7.7-R1 @after-READ-03 @edge
    Scenario: An id with signs that mean something elsewhere is not found
      Why: Ids come from outside. Glued into a query or a page, quotation marks and angle brackets
      are commands.
      Fix: Decode the segment of the path once, bind it as a parameter, and escape it wherever you
      show it.

      When the client sends GET /Users/{run}';--<b>"&%
      Then the answer has status 404 or 400

    @ROB-04 @must @RFC7644-3.4.2.4-R7 @after-FILT-16 @edge
    Scenario: A count of a thousand million does no harm
      Why: Clients ask for a million to get all at once. A service that sets memory aside for that
      many falls over.
      Fix: Cut count to your own limit; do not allocate by it.

      When the client asks for /Users with:
        | filter | userName eq "{run}nobody" |
        | count  | 1000000000                |
      Then the answer has status 200 or 400

    @ROB-05 @must @RFC7643-2.3.4-R1 @RFC7644-3.12-R7 @after-LIST-04 @edge
    Scenario: A startIndex of twenty digits is refused or read as a large one
      Why: A number that does not fit becomes a negative one or an exception: "OFFSET must not be
      negative", and 500.
      Fix: Check the range when you read a number; take what does not fit for the largest one, or
      answer 400.

      When the client sends GET /Users?count=1&startIndex=99999999999999999999
      Then the answer has status 200 or 400

    @ROB-06 @must @RFC7644-3.12-R7 @write @after-CREATE-01 @after-HTTP-04 @edge
    Scenario: An attribute that comes twice is refused, or one of the two is taken
      Why: Parsers differ in which of the two counts. If the one that checks takes the first and
      the one that stores the second, what is stored was never checked.
      Fix: Parse a body once and go on with the result, or answer 400 "invalidSyntax".

      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "active": false, "title": "One", "title": "Two"}
        """
      Then the answer has status 201 or 400

    @ROB-07 @must @RFC7644-3.3-R6 @write @after-CREATE-16 @after-PUT-01 @after-READ-01 @edge
    Scenario: Five replacements of one user at the same time are all answered
      Why: Provisioning runs with several workers, and two of them may meet at one person. A
      deadlock that comes out as 500 leaves the change to chance.
      Fix: Try again on a deadlock or a conflict of versions, or answer 409 or 412, which clients
      repeat.

      Given a user barbara
      When the client sends PUT /Users/{barbara.id} 5 times at once with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{barbara}", "displayName": "Barbara", "active": false}
        """
      Then each of the answers has status 200, 409 or 412
      And barbara has "displayName" "Barbara"

    @ROB-08 @must @RFC7643-2.5-R1 @write @after-CREATE-01 @edge
    Scenario: An empty value among many does no harm
      Why: A mapping of a field that is empty for this person sends {} among the values. 500 for
      it keeps the person out.
      Fix: Drop elements without a member, or answer 400 that names the attribute.

      When the client creates a user barbara with:
        """
        {"emails": [{}, {"value": "{run}b@{domain}", "type": "work"}]}
        """
      Then the answer has status 201 or 400
