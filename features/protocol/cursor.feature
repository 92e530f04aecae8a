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
      Why: Clients choose count so that a page fits into their memory and into the time that they
      wait.
      Fix: Read count rows and one more, which tells whether there is a next page; do not send
      that one.

      Given 5 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client walks through users where userName sw "{run}", 2 at a time, by cursors
      Then no page of the walk was longer than 2

    @CURSOR-04 @must @RFC9865-2-R12 @after-LIST-01
    Scenario: The first page has no previousCursor
      Why: A client that goes back does so until previousCursor is missing. On the first page it
      leads to nothing.
      Fix: Leave previousCursor out where nothing comes before, or do not offer it at all.

      When the client sends GET /Users?cursor=&count=1
      Then the answer has status 200
      And the answer has no "previousCursor"

    @CURSOR-05 @must @RFC9865-2-R10 @write @needs-filter @after-FILT-01
    Scenario: The only page has no nextCursor
      Why: Most look-ups find one person. A nextCursor there makes two requests of each of them,
      and an empty page at the end.
      Fix: Read one row more than was asked for, and name a next page only if there is that row.

      Given a user barbara
      When the client asks for /Users with:
        | filter | userName eq "{barbara}" |
        | cursor |                         |
        | count  | 5                       |
      Then the answer finds exactly barbara
      And the answer has no "nextCursor"

    @CURSOR-06 @should @RFC9865-2.1-R2 @RFC9865-5.2-R4 @after-ERR-05 @core
    Scenario: A cursor that the client made up is refused
      Why: A client whose cursor is broken has to begin again. If it gets the first page without a
      word, it reads the same people twice, or goes round for ever.
      Fix: Sign cursors, or check them when they come back: 400 "invalidCursor", or
      "expiredCursor" for one that was good.

      When the client sends GET /Users?cursor=scimwright-made-this-up&count=1
      Then the answer is a SCIM error with status 400 and scimType "invalidCursor"

    @CURSOR-07 @must @RFC9865-2-R5 @RFC9865-2-R4 @after-LIST-09 @after-LIST-10 @after-LIST-01 @edge
    Scenario: A count of 0, or below, brings no resources by cursor
      Why: count=0 is how a client asks for the number only. An error, or a page, is not what it
      can use.
      Fix: Answer 200 without Resources for a count of 0, and take a negative one for 0.

      Given there is somebody
      When the client sends GET /Users?cursor=&count=0
      Then the answer has status 200
      And the answer has no "Resources"
      When the client sends GET /Users?cursor=&count=-1
      Then the answer has status 200
      And the answer has no "Resources"

    @CURSOR-08 @must @RFC9865-3-R1 @write @needs-search @needs-filter @after-CURSOR-02 @after-SRCH-01 @after-LIST-02 @after-SRCH-05
    Scenario: A search is read by cursors
      Why: Searches are POSTed because their filter is private or long, not because they find few.
      Behind the first page they need cursors too.
      Fix: Read cursor and count from the body of a search, and put nextCursor into its answer.

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
      Why: Clients put nextCursor into the next URL, and not all of them encode it: "+" arrives as
      a space, "&" ends it, and the walk breaks off.
      Fix: Write cursors in base64url without padding, or in letters, digits, "-", ".", "_" and
      "~" only.

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
      Why: Clients compare totalResults with what they have read. A number that counts the page,
      or what is left, says that everybody has been there, or that somebody is missing.
      Fix: Count all that match the filter, on every page, or leave totalResults out.

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
    Scenario: Pages by cursor are in the order of sortBy
      Why: Clients that show people sort them. With pages that come in another order, the list is
      neither by name nor by anything else.
      Fix: Make the cursor of the sort key and the id of the last resource, and go on behind both.

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
    Scenario: A count that is no number is ignored or refused, with a cursor too
      Why: A failure of the service (500) for a mistyped number is sent again, for ever.
      Fix: Answer 400 with invalidCount where count is no number, or read it as if it were
      missing.

      When the client sends GET /Users?cursor=&count=many
      Then the answer has status 200 or 400

    @CURSOR-13 @must @RFC9865-5.2-R2 @write @needs-filter @needs-token @after-CURSOR-02 @after-AUTH-01
    Scenario: A cursor does not take the place of credentials
      Why: Cursors stand in URLs, and URLs in logs. One that works without a token shows people to
      whoever reads those.
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
      Why: A client plans its memory and its time by maxPageSize. A page that is longer runs into
      a limit of its own.
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
    Scenario: When its time is over, a cursor leads on, or is refused as expired
      Fix: Answer 400 "expiredCursor" when the time of a cursor is over, or let it lead on; never
      show the first page or an empty one instead.

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
