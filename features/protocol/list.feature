@protocol @list
Feature: Reading a list page by page
  Nobody reads a hundred thousand users in one answer. A client asks for pages, knows
  from each how many there are in all, and gets everybody once.

  Rule: A list says that it is one, and how much there is (RFC 7644 section 3.4.2)
    Why: Entra tests a connection by asking for somebody who does not exist, and demands 200 with an
    empty list; 404 fails the test. Okta reads the first two users. Both look for totalResults as a
    number.
    Fix: Answer every query with a ListResponse: schemas, totalResults as an integer and, unless
    that is 0, Resources as an array. Nothing found is 200 with totalResults 0.

    @LIST-01 @must @RFC7644-3.4.2-R4 @RFC7644-3.4.2-R5 @after-HTTP-17 @core
    Scenario: The list of users is a list response
      When the client sends GET /Users?count=1
      Then the answer has status 200
      And the answer has "schemas" ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
      And the answer has an integer at "totalResults"

    @LIST-08 @must @RFC7644-3.4.2-R6 @write @after-LIST-01 @after-CREATE-01
    Scenario: A list that is not empty has resources
      Why: A client that is told of five users and finds none in "Resources" takes the directory
      for empty, and creates everybody again.
      Fix: Put the resources of the page into "Resources", with a capital letter.

      Given a user barbara
      When the client sends GET /Users?count=1
      Then the answer has an array at "Resources"
      And the answer has a text at "Resources[1].id"

    @LIST-11 @must @RFC7644-3.4.2-R9 @write @needs-filter @after-FILT-01 @after-READ-01 @after-READ-02
    Scenario: In a list a resource looks as it does on its own
      Why: Clients decide by the list whether somebody has to be changed. What a list leaves out,
      they write again in every cycle.
      Fix: Write the resources of a list out by the function that a read of one uses.

      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "emails": [{"value": "{run}b@{domain}", "type": "work"}]}
        """
      When the client looks for users where userName eq "{barbara}"
      Then the answer shows barbara as a read does

    @LIST-20 @must @RFC7644-3.4.2-R9 @write @needs-filter @needs-enterprise @after-LIST-11 @after-CREATE-13
    Scenario: In a list a resource has its extensions too
      Why: Clients compare department and manager with what a list shows. What it leaves out, they write
      again in every cycle.
      Fix: Write the resources of a list out by the function that a read of one uses.

      Given a user barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research"}}
        """
      When the client looks for users where userName eq "{barbara}"
      Then the answer shows barbara as a read does

    @LIST-14 @must @RFC7644-3.2-R1 @needs-groups @after-LIST-01
    Scenario: The list of groups is a list response
      Why: Entra's test of a connection asks for /Groups too, and fails at 404.
      Fix: Answer GET /Groups as you answer GET /Users, with totalResults 0 if there is none. If
      you have no groups, take Group out of /ResourceTypes.

      When the client sends GET /Groups?count=1
      Then the answer has status 200
      And the answer has "schemas" ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
      And the answer has an integer at "totalResults"

  Rule: A page has at most as many resources as were asked for (RFC 7644 section 3.4.2.4)
    Why: Okta asks for a hundred at a time and adds a hundred to startIndex. Pages that are longer
    or begin elsewhere give it people twice or not at all, and those it does not see, it takes for
    new.
    Fix: Honour startIndex (from 1) and count in the database query; a cap of your own may make
    pages shorter, never longer.

    @LIST-02 @must @RFC7644-3.4.2.4-R7 @write @after-LIST-01 @after-CREATE-01 @core
    Scenario: With a count of 1, one user comes at most
      Given a user barbara
      And a user carla
      When the client sends GET /Users?count=1
      Then the answer has status 200
      And the answer has at most one value at "Resources"

    @LIST-19 @must @RFC7644-3.4.2.4-R7 @write @needs-groups @after-LIST-02 @after-GROUP-01
    Scenario: With a count of 1, one group comes at most
      Why: Groups have many members. A service that sends all of them for a page of one takes minutes,
      and clients give up.
      Fix: Put paging into the code that all lists share.

      Given a group engineers
      And a group managers
      When the client sends GET /Groups?count=1
      Then the answer has status 200
      And the answer has at most one value at "Resources"

    @LIST-09 @must @RFC7644-3.4.2.4-R6 @after-LIST-01
    Scenario: With a count of 0, only the number comes
      Why: Clients ask with count=0 how many there are before they read them. To send everybody
      for that is to send a directory for a number.
      Fix: For count=0 count in the database, and answer with totalResults and no Resources.

      Given there is somebody
      When the client sends GET /Users?count=0
      Then the answer has status 200
      And the answer has no "Resources"
      And the answer has an integer at "totalResults"

    @LIST-10 @must @RFC7644-3.4.2.4-R5 @after-LIST-01 @edge
    Scenario: A negative count is read as 0
      Why: A negative LIMIT is an error in some databases and no limit in others: the answer is
      500, or everybody.
      Fix: Take a negative count for 0.

      Given there is somebody
      When the client sends GET /Users?count=-5
      Then the answer has status 200
      And the answer has no "Resources"

    @LIST-03 @must @RFC7644-3.4.2.4-R4 @RFC7644-3.4.2.4-R3 @write @needs-filter @after-LIST-01 @after-FILT-01 @edge
    Scenario: A startIndex below 1 is read as 1
      Why: Clients that count from 0 begin with startIndex=0. An error stops them at the first
      page.
      Fix: Take a startIndex below 1 for 1. Off by one here loses the first user.

      Given a user barbara
      When the client asks for /Users with:
        | filter     | userName eq "{barbara}" |
        | startIndex | 0                       |
        | count      | 1                       |
      Then the answer has status 200
      And the answer finds exactly barbara
      When the client asks for /Users with:
        | filter     | userName eq "{barbara}" |
        | startIndex | -3                      |
        | count      | 1                       |
      Then the answer has status 200
      And the answer finds exactly barbara

    @LIST-04 @must @RFC7644-3.4.2-R8 @RFC7644-3.4.2.4-R11 @write @needs-filter @after-LIST-01 @after-FILT-01 @edge
    Scenario: Behind the last page there is nothing, and that is no error
      Why: Many walks end at a page with nothing on it. 404 or 400 there fails the whole import at
      its last request.
      Fix: Answer 200 with totalResults and no Resources, not 404.

      Given a user barbara
      When the client asks for /Users with:
        | filter     | userName eq "{barbara}" |
        | startIndex | 1000                    |
      Then the answer has status 200
      And the answer finds exactly nobody
      And the answer has "totalResults" 1

    @LIST-13 @may @RFC7644-3.4.2.4-R7 @after-LIST-01 @edge
    Scenario: A count that is no number is ignored or refused
      Why: A failure of the service (500) for a mistyped number is sent again, for ever.
      Fix: Answer 400 "invalidValue", or go on with your default. 500 is the only wrong answer.

      When the client sends GET /Users?count=many
      Then the answer has status 200 or 400

  Rule: The pages of a walk hold every resource once (RFC 7644 section 3.4.2.4)
    Why: Pocket ID and Okta's import read the whole list to find out who is there. Without a fixed
    order the database returns rows as it likes: people are missing from all pages, and are then
    created again or closed.
    Fix: Order by a unique column (the id) whenever sortBy is not given, and by it in the second
    place when it is.

    @LIST-05 @must @RFC7644-3.4.2-R7 @RFC7644-3.4.2.4-R10 @RFC7644-3.4.2.4-R12 @write @needs-filter @after-FILT-18 @core
    Scenario: A page says where it begins and how long it is
      Why: Pocket ID goes on by itemsPerPage. The number that was asked for, instead of that which
      came, makes it skip people.
      Fix: itemsPerPage is the number of resources on this page, startIndex that of its first one.

      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client asks for /Users with:
        | filter     | userName sw "{run}" |
        | startIndex | 2                   |
        | count      | 1                   |
      Then the answer has "startIndex" 2
      And the answer has an integer at "itemsPerPage"
      And ideally the answer has "itemsPerPage" 1
      And the answer has at most one value at "Resources"

    @LIST-15 @must @RFC7644-3.4.2.4-R11 @write @needs-filter @after-FILT-18
    Scenario: Each page says how many there are in all
      Why: A totalResults that counts the page only ends the walk after the first one: nobody
      behind it exists for the client.
      Fix: Count all that match the filter, without the limit of the page.

      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | count  | 1                   |
      Then the answer has "totalResults" 3
      When the client asks for /Users with:
        | filter     | userName sw "{run}" |
        | startIndex | 3                   |
        | count      | 1                   |
      Then the answer has "totalResults" 3

    @LIST-06 @must @RFC7644-3.4.2.4-R13 @RFC7644-3.4.2.2-R4 @write @needs-filter @after-FILT-18
    Scenario: Five users are read two at a time
      Given 5 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client walks through users where userName sw "{run}", 2 at a time
      Then the walk found each of u-1, u-2, u-3, u-4 and u-5 once
      And no page of the walk was longer than 2

    @LIST-18 @must @RFC7644-3.4.2.1-R4 @after-LIST-01 @after-ERR-05
    Scenario: A list that is too long is cut into pages, or refused as tooMany
      Why: A client that is told tooMany asks for less. From another error it learns nothing, and
      asks for the same again.
      Fix: Cut the list to your own longest page, or answer 400 "tooMany".

      When the client sends GET /Users
      Then the answer has status 200 or 400
      And if it is refused, the answer is a SCIM error with status 400 and scimType "tooMany"

    @LIST-16 @must @RFC7643-5-R8 @after-LIST-01 @after-LIST-18
    Scenario: No page is longer than the service says its pages can be
      Why: Clients ask for as many as filter.maxResults allows, and plan their memory and time by
      it.
      Fix: Cut count to the filter.maxResults that /ServiceProviderConfig shows.

      Given there is somebody
      When the client sends GET /Users
      Then the answer has status 200 or 400
      And if it is accepted, the answer has no more resources than "filter.maxResults" of the configuration

  @needs-root
  Rule: The list of everything covers every type (RFC 7644 section 3.4.2.1)
    Why: Auditing tools read a whole service in one walk.
    Fix: Answer GET on the base URL with resources of all types, or with 501 if you do not offer
    that.

    @LIST-07 @must @RFC7644-3.4.2.1-R2 @RFC7644-3.4.2.1-R5 @write @needs-filter @needs-groups @after-FILT-01 @after-GROUP-01 @after-FILT-08 @after-FILT-14
    Scenario: Users and groups are found at the base URL
      Given a user barbara
      And a group engineers
      When the client asks for / with:
        | filter | id eq "{barbara.id}" or id eq "{engineers.id}" |
      Then the answer has status 200
      And the answer finds exactly barbara and engineers

    @LIST-17 @must @RFC7644-3.4.2.1-R6 @write @needs-filter @needs-groups @after-LIST-07 @after-FILT-08 @after-FILT-26 @after-FILT-14 @after-FILT-06
    Scenario: At the base URL, what a type does not have counts as having no value
      Why: A filter over everything names attributes that only users have. If groups cannot be
      asked for them, the whole list is refused.
      Fix: Take an attribute that a type does not have for one without a value.

      Given a user barbara
      When the client asks for / with:
        | filter | userName eq "{barbara}" and meta.resourceType eq "User" |
      Then the answer has status 200
      And the answer finds exactly barbara
