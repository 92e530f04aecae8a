@protocol @search
Feature: Searching without a query in the URL
  What is searched for may be private, or too long for a URL. A search sends it in a
  body, and the answer is the same.

  Rule: Whoever cannot put a query into a URL can POST it (RFC 7644 section 3.4.3)
    Why: A filter in a URL ends up in the logs of every proxy on the way, with the names and
    addresses in it, and a long one does not fit.
    Fix: Take POST on /Users/.search with the parameters of a list in a SearchRequest, and never
    create anything there.

    @SRCH-10 @should @RFC7644-3.4.3-R2
    Scenario: Searching by POST is offered
      When the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 1}
        """
      Then the answer has status 200

  @needs-search
  Rule: A POST to .search answers like a GET (RFC 7644 section 3.4.3)
    Why: The value of a filter (a name, an address) stays in the logs of every proxy when it is part
    of the URL. Careful clients search by POST for that reason.
    Fix: Read filter, attributes, sortBy, startIndex and count from the body and hand them to the
    code that answers a GET. If you do not offer it, answer 404 or 501.

    @SRCH-01 @must @RFC7644-3.4.3-R9 @RFC7644-3.4.3-R7 @write @needs-filter @after-FILT-01 @after-LIST-01 @core
    Scenario: A user is searched for
      Given a user barbara
      And a user carla
      When the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"{barbara}\""}
        """
      Then the answer has status 200
      And the answer has "schemas" ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
      And the answer has "totalResults" 1
      And the answer finds exactly barbara

    @SRCH-03 @must @RFC7644-3.4.3-R5 @write @needs-filter @after-SRCH-01 @after-PROJ-01 @after-LIST-11 @after-LIST-08
    Scenario: A search asks for some attributes
      Why: A search over the whole directory asks for the two attributes that it shows. In a body
      they are an array: code that expects a text with commas passes over it, and sends
      everything.
      Fix: Read attributes from the body as an array of names, and hand it to the projection of a
      GET.

      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide"}
        """
      When the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"{barbara}\"", "attributes": ["displayName"]}
        """
      Then the answer finds exactly barbara
      And the answer has "Resources[1].displayName" "Barbara Jensen"
      And the answer has nothing but "schemas", "id", "meta" and "displayName"

    @SRCH-04 @must @RFC7644-3.4.3-R5 @RFC7644-3.4.3-R6 @write @needs-filter @after-SRCH-01 @after-PROJ-02 @after-LIST-11 @after-LIST-08
    Scenario: A search leaves some attributes out
      Why: In a body the names are an array: code that expects a text with commas passes over it,
      and sends groups with all their members.
      Fix: Read excludedAttributes from the body as an array of names; id stays, whatever it says.

      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide"}
        """
      When the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"{barbara}\"", "excludedAttributes": ["title", "id"]}
        """
      Then the answer finds exactly barbara
      And the answer has no "Resources[1].title"
      And the answer has "Resources[1].displayName" "Barbara Jensen"

    @SRCH-05 @must @RFC7644-3.4.3-R9 @RFC7644-3.4.2.4-R7 @write @needs-filter @after-SRCH-01 @after-FILT-18 @after-LIST-05 @after-LIST-15 @after-LIST-02 @after-LIST-06
    Scenario: A search is read page by page
      Why: A search over the whole directory is read by pages. Where startIndex in the body is
      passed over, the first page comes again and again.
      Fix: Read startIndex and count from the body, as numbers, and hand them to the code of a
      GET.

      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName sw \"{run}\"", "startIndex": 2, "count": 1}
        """
      Then the answer has "totalResults" 3
      And the answer has "startIndex" 2
      And the answer has at most one value at "Resources"

    @SRCH-06 @must @RFC7644-3.4.3-R8 @write @needs-filter @needs-sort @after-SRCH-01 @after-SORT-01 @after-SORT-03
    Scenario: A search is sorted
      Why: A list that is shown to people is in order, however its query was sent.
      Fix: Read sortBy and sortOrder from the body, and hand them to the code of a GET.

      Given a user one with:
        """
        {"nickName": "bravo"}
        """
      And a user two with:
        """
        {"nickName": "charlie"}
        """
      When the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName sw \"{run}\"", "sortBy": "nickName", "sortOrder": "descending"}
        """
      Then the answer finds, in this order, two and one

    @SRCH-07 @must @RFC7644-3.4.3-R2 @RFC7644-3.4.2.1-R2 @write @needs-filter @needs-groups @after-SRCH-01 @after-GROUP-01 @after-FILT-08 @after-LIST-07
    Scenario: A search at the base URL finds users and groups
      Why: Auditing tools that look for a name among everything ask once, at the base URL.
      Fix: Search all types at /.search, or answer 501 or 404 if you do not offer that.

      Given a user barbara
      And a group engineers
      When the client sends POST /.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"{barbara}\" or displayName eq \"{engineers}\""}
        """
      Then the answer has status 200, 400, 403, 404, 405 or 501
      And if it is accepted, the answer finds exactly barbara and engineers

    @SRCH-08 @must @RFC7644-3.4.3-R7 @RFC7644-3.12-R16 @needs-filter @after-FILT-13 @after-ERR-05
    Scenario: A search for what is no filter is refused
      Why: To answer a broken filter with everybody is how a client takes the first account of a
      list for its person.
      Fix: Refuse what is no filter in a search as you do in a GET: 400 "invalidFilter".

      When the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq"}
        """
      Then the answer is a SCIM error with status 400 and scimType "invalidFilter" or "invalidSyntax"

    @SRCH-02 @must @RFC7644-3.1-R2 @RFC7644-8.2-R1 @RFC7644-3.4.3-R2 @edge
    Scenario: A search that does not say that it is one is refused, or read as one
      Why: A body that does not say what it is may be a create that was sent to the wrong address.
      A user that comes of it is one that nobody wanted.
      Fix: Answer 400 "invalidSyntax" where schemas lacks the URN of SearchRequest, or read it as
      a search anyway.

      When the client sends POST /Users/.search with:
        """
        {"count": 0}
        """
      Then the answer has status 200 or 400
      And if it is accepted, the answer has "schemas" ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]

    @SRCH-09 @must @RFC7644-3.4.3-R9 @RFC7644-3.4.2.4-R6 @after-LIST-09 @after-LIST-01
    Scenario: A search with a count of 0 gets the number only
      Why: Whoever counts licences asks for the number only. A count of 0 that is read as "not
      given" brings everybody.
      Fix: Tell a count of 0 from one that is missing, and answer with totalResults and no
      Resources.

      Given there is somebody
      When the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 0}
        """
      Then the answer has status 200
      And the answer has an integer at "totalResults"
      And the answer has no "Resources"
