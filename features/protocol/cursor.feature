@protocol @cursor
Feature: Reading a list by cursors
  A list that changes while it is read is better read by cursors: each page names the
  next one, until there is none.

  @needs-pagination
  Rule: The service says that it has cursors, and how they behave (RFC 9865 section 4)
    Why: AWS has changed to cursors, and others follow: numbered pages are slow and lose people in
    large directories. A client finds out from here which of the two it may use.
    Fix: Put "pagination" into /ServiceProviderConfig: cursor, index, defaultPaginationMethod, and
    the limits that you have.

    @CURSOR-01 @must @RFC9865-4-R1 @RFC9865-4-R3 @core
    Scenario: The configuration tells about pages
      When the client sends GET /ServiceProviderConfig
      Then the answer has a boolean at "pagination.cursor"
      And the answer has a boolean at "pagination.index"

  @needs-cursor
  Rule: Each page but the last names the next one (RFC 9865 section 2)
    Why: A client goes on until nextCursor is missing. One on the last page sends it round in
    circles; one that is missing earlier hides everybody behind it.
    Fix: Encode the last sort key of the page into nextCursor, in characters that are safe in URLs;
    leave it out on the last page, and previousCursor on the first.

    @CURSOR-02 @must @RFC9865-2-R9 @RFC9865-2-R10 @RFC9865-2-R16 @write @needs-filter @after-FILT-18 @core
    Scenario: Five users are read two at a time, by cursors
      Given 5 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client walks through users where userName sw "{run}", 2 at a time, by cursors
      Then the walk found each of u-1, u-2, u-3, u-4 and u-5 once

    @CURSOR-03 @must @RFC9865-2-R6 @write @needs-filter @after-CURSOR-02 @after-LIST-02
    Scenario: No page is longer than was asked for
      Given 5 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client walks through users where userName sw "{run}", 2 at a time, by cursors
      Then no page of the walk was longer than 2

    @CURSOR-04 @must @RFC9865-2-R12 @after-LIST-01
    Scenario: Nothing comes before the first page
      When the client sends GET /Users?cursor=&count=1
      Then the answer has status 200
      And the answer has no "previousCursor"

    @CURSOR-05 @must @RFC9865-2-R10 @write @needs-filter @after-FILT-01
    Scenario: The only page names no other
      Given a user barbara
      When the client asks for /Users with:
        | filter | userName eq "{barbara}" |
        | cursor |                         |
        | count  | 5                       |
      Then the answer finds exactly barbara
      And the answer has no "nextCursor"

    @CURSOR-06 @should @RFC9865-2.1-R2 @RFC9865-5.2-R4 @after-ERR-05 @core
    Scenario: A cursor that the client made up is refused
      Fix: Sign cursors, or check them when they come back: 400 "invalidCursor", or
      "expiredCursor" for one that was good.

      When the client sends GET /Users?cursor=scimwright-made-this-up&count=1
      Then the answer is a SCIM error with status 400 and scimType "invalidCursor"

    @CURSOR-07 @must @RFC9865-2-R5 @RFC9865-2-R4 @after-LIST-09 @after-LIST-10 @after-LIST-01 @edge
    Scenario: No resources are asked for, or less than none
      Given there is somebody
      When the client sends GET /Users?cursor=&count=0
      Then the answer has status 200
      And the answer has no "Resources"
      When the client sends GET /Users?cursor=&count=-1
      Then the answer has status 200
      And the answer has no "Resources"

    @CURSOR-08 @must @RFC9865-3-R1 @write @needs-search @needs-filter @after-CURSOR-02 @after-SRCH-01 @after-LIST-02 @after-SRCH-05
    Scenario: A search is read by cursors
      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName sw \"{run}\"", "cursor": "", "count": 2}
        """
      Then the answer has status 200
      And the answer has a text at "nextCursor"

    @CURSOR-09 @must @RFC9865-2-R2 @write @needs-filter @after-CURSOR-02 @after-LIST-02
    Scenario: A cursor can stand in a URL as it is
      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | cursor |                     |
        | count  | 2                   |
      Then the answer has a word at "nextCursor"

    @CURSOR-10 @should @RFC9865-2-R17 @write @needs-filter @after-CURSOR-02 @after-LIST-01 @after-LIST-15 @after-LIST-02
    Scenario: If a page says how many there are in all, it is true
      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | cursor |                     |
        | count  | 2                   |
      Then the answer has nothing but "3" at "totalResults"
      When the client asks for /Users with:
        | filter | userName sw "{run}"  |
        | cursor | {answer.nextCursor}  |
        | count  | 2                    |
      Then the answer has nothing but "3" at "totalResults"

    @CURSOR-11 @should @RFC9865-2.2-R1 @write @needs-filter @needs-sort @after-CURSOR-02 @after-SORT-01 @after-LIST-02
    Scenario: Pages come in order
      Given a user one with:
        """
        {"nickName": "charlie"}
        """
      And a user two with:
        """
        {"nickName": "alfa"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | sortBy | nickName            |
        | cursor |                     |
        | count  | 1                   |
      Then the answer finds exactly two

    @CURSOR-12 @should @RFC9865-2.1-R1 @RFC9865-2.1-R4 @after-LIST-13 @edge
    Scenario: A number that is none is ignored or refused
      Fix: Answer 400 with invalidCount where count is no number, or read it as if it were missing.

      When the client sends GET /Users?cursor=&count=many
      Then the answer has status 200 or 400

    @CURSOR-13 @must @RFC9865-5.2-R2 @write @needs-filter @needs-token @after-CURSOR-02 @after-AUTH-01
    Scenario: A cursor lets nobody in
      Fix: Ask for credentials on every page, whoever has got the cursor.

      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | cursor |                     |
        | count  | 1                   |
      And the next request has the header "Authorization" ""
      And the client asks for /Users with:
        | filter | userName sw "{run}" |
        | cursor | {answer.nextCursor} |
        | count  | 1                   |
      Then the answer has status 401 or 403

    @CURSOR-15 @must @RFC9865-2.4-R2 @write @needs-filter @needs-index @after-FILT-18 @after-LIST-02
    Scenario: Whoever names no kind of page gets the same kind each time
      Why: A client that knows nothing of cursors goes on by startIndex. If its second page is one by
      cursor, it reads the first one twice or stops.
      Fix: Decide on one kind for requests with neither cursor nor startIndex, and name it in
      pagination.defaultPaginationMethod.

      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | count  | 1                   |
      And the client asks for /Users with:
        | filter | userName sw "{run}" |
        | count  | 1                   |
      Then the answer is a page of the default kind, as the one before

    @CURSOR-16 @should @RFC9865-4-R6 @write @needs-filter @after-CURSOR-02 @after-FILT-18 @edge
    Scenario: No page is longer than the longest that the configuration names
      Fix: Cut count to pagination.maxPageSize.

      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | cursor |                     |
        | count  | 100                 |
      Then the answer has status 200 or 400
      And if it is accepted, the answer has no more resources than "pagination.maxPageSize" of the configuration

  @needs-cursor
  Rule: A cursor is good for as long as the configuration says (RFC 9865 sections 2.1 and 4)
    Why: A client that reads a large directory works through each page before it asks for the next.
    If the cursor has gone by then, without a word that says so, it begins again, for ever.
    Fix: Keep a cursor for cursorTimeout seconds at least after it was given out, and answer 400
    "expiredCursor" afterwards.

    @CURSOR-17 @must @RFC9865-4-R7 @write @needs-filter @needs-brief-cursors @after-CURSOR-02
    Scenario: Before its time is over, a cursor leads on
      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | cursor |                     |
        | count  | 2                   |
      And half of the cursor timeout goes by
      And the client asks for /Users with:
        | filter | userName sw "{run}" |
        | cursor | {answer.nextCursor} |
        | count  | 2                   |
      Then the answer has status 200

    @CURSOR-14 @should @RFC9865-2.1-R3 @write @needs-filter @needs-brief-cursors @after-CURSOR-02 @after-CURSOR-06 @after-CURSOR-17
    Scenario: Afterwards it leads on, or is refused as one that has expired
      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | cursor |                     |
        | count  | 2                   |
      And the cursor timeout goes by
      And the client asks for /Users with:
        | filter | userName sw "{run}" |
        | cursor | {answer.nextCursor} |
        | count  | 2                   |
      Then the answer has status 200 or 400
      And if it is refused, the answer is a SCIM error with status 400 and scimType "expiredCursor" or "invalidCursor"
