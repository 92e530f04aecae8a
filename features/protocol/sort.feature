@protocol @sort @write @needs-sort @needs-filter @after-FILT-18
Feature: Reading a list in order
  Whoever shows a list to people wants it in order, by what they sort by.

  Rule: sortBy puts a list in order, ascending unless told otherwise (RFC 7644 section 3.4.2.3)
    Why: Auditing tools read people in the order of their names or of their last change. An order
    that changes from page to page loses some.
    Fix: Translate sortBy and sortOrder into ORDER BY, with the id as the last column. If you do not
    offer it, say so in /ServiceProviderConfig (sort.supported false) and this is not judged.

    @SORT-01 @must @RFC7644-3.4.2.3-R3 @RFC7644-3.4.2.3-R8 @core
    Scenario: Users come in the order of an attribute
      Given a user one with:
        """
        {"nickName": "charlie"}
        """
      And a user two with:
        """
        {"nickName": "alfa"}
        """
      And a user three with:
        """
        {"nickName": "bravo"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | sortBy | nickName            |
      Then the answer finds, in this order, two, three and one

    @SORT-03 @must @RFC7644-3.4.2.3-R7 @after-SORT-01 @core
    Scenario: Users come in descending order
      Why: Whoever looks for a mistake wants the latest change first. Without it they see the
      oldest one, and take it for that.
      Fix: Translate sortOrder "descending" into DESC; anything else, or nothing, is ascending.

      Given a user one with:
        """
        {"nickName": "bravo"}
        """
      And a user two with:
        """
        {"nickName": "charlie"}
        """
      And a user three with:
        """
        {"nickName": "alfa"}
        """
      When the client asks for /Users with:
        | filter    | userName sw "{run}" |
        | sortBy    | nickName            |
        | sortOrder | descending          |
      Then the answer finds, in this order, two, one and three

    @SORT-02 @must @RFC7644-3.4.2.3-R9 @after-SORT-01
    Scenario: Letter case does not matter where it has no meaning
      Why: People whose names are written small (de Vries) come behind Z, where nobody looks for
      them.
      Fix: Fold values whose schema has caseExact false before comparing: ORDER BY lower(…).

      Given a user one with:
        """
        {"nickName": "Bravo"}
        """
      And a user two with:
        """
        {"nickName": "charlie"}
        """
      And a user three with:
        """
        {"nickName": "alfa"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | sortBy | nickName            |
      Then the answer finds, in this order, three, one and two

    @SORT-04 @must @RFC7644-3.4.2.3-R6 @after-SORT-01
    Scenario: Whoever has no value comes last
      Why: Databases differ in where they put NULL. A client that stops at the first resource
      without a value misses everybody behind it.
      Fix: Put those without a value last in ascending order (NULLS LAST) and first in descending
      order.

      Given a user one
      And a user two with:
        """
        {"nickName": "bravo"}
        """
      And a user three with:
        """
        {"nickName": "alfa"}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | sortBy | nickName            |
      Then the answer finds, in this order, three, two and one

    @SORT-05 @must @RFC7644-3.4.2.3-R6 @after-SORT-03
    Scenario: In descending order, whoever has no value comes first
      Why: Descending is ascending turned round. If those without a value stay at the end, whoever
      reads from the other side meets other people.
      Fix: Put those without a value first in descending order (NULLS FIRST).

      Given a user one with:
        """
        {"nickName": "bravo"}
        """
      And a user two
      And a user three with:
        """
        {"nickName": "alfa"}
        """
      When the client asks for /Users with:
        | filter    | userName sw "{run}" |
        | sortBy    | nickName            |
        | sortOrder | descending          |
      Then the answer finds, in this order, two, one and three

    @SORT-06 @must @RFC7644-3.4.2.3-R3 @after-SORT-01 @after-CREATE-14
    Scenario: Users come in the order of a part of an attribute
      Why: People are sorted by family name, which is a part of name. A service that knows whole
      attributes only sorts by something else.
      Fix: Resolve sortBy like the path of a filter: name.familyName, or the URN of a schema in
      front.

      Given a user one with:
        """
        {"name": {"familyName": "bravo"}}
        """
      And a user two with:
        """
        {"name": {"familyName": "alfa"}}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | sortBy | name.familyName     |
      Then the answer finds, in this order, two and one

    @SORT-07 @must @RFC7644-3.4.2.3-R4 @after-SORT-01
    Scenario: Of many values the primary one counts
      Why: Somebody with several addresses is looked for under the main one, not under the one
      that was stored first.
      Fix: Sort by the value with primary true, otherwise by the first one.

      Given a user one with:
        """
        {"emails": [{"value": "{run}a@{domain}", "type": "home"}, {"value": "{run}z@{domain}", "type": "work", "primary": true}]}
        """
      And a user two with:
        """
        {"emails": [{"value": "{run}m@{domain}", "type": "work", "primary": true}]}
        """
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | sortBy | emails.value        |
      Then the answer finds, in this order, two and one

    @SORT-08 @must @RFC7644-3.4.2.3-R9 @after-SORT-01
    Scenario: Dates come in the order of time
      Why: As texts, dates in other zones or with fractions of a second are out of order: the last
      change is not the last in the list.
      Fix: Sort by instants, not by their text.

      Given a user one
      And some time goes by
      And a user two
      When the client asks for /Users with:
        | filter    | userName sw "{run}" |
        | sortBy    | meta.created        |
        | sortOrder | descending          |
      Then the answer finds, in this order, two and one

    @SORT-09 @must @RFC7644-3.4.2.3-R3 @RFC7644-3.4.2.4-R13 @after-SORT-01 @after-LIST-05
    Scenario: The order goes on from page to page
      Given a user one with:
        """
        {"nickName": "charlie"}
        """
      And a user two with:
        """
        {"nickName": "alfa"}
        """
      And a user three with:
        """
        {"nickName": "bravo"}
        """
      When the client asks for /Users with:
        | filter     | userName sw "{run}" |
        | sortBy     | nickName            |
        | startIndex | 2                   |
        | count      | 1                   |
      Then the answer finds exactly three
      When the client asks for /Users with:
        | filter     | userName sw "{run}" |
        | sortBy     | nickName            |
        | startIndex | 3                   |
        | count      | 1                   |
      Then the answer finds exactly one

    @SORT-10 @may @RFC7644-3.4.2.3-R3 @edge
    Scenario: An order by an attribute that does not exist is ignored or refused
      Why: Somebody who sorts by what you do not have wants to see the list all the same. 500, or
      an empty one, reads as if nobody were there.
      Fix: Pass over an attribute that you do not have, or answer 400 "invalidPath".

      Given a user one
      When the client asks for /Users with:
        | filter | userName sw "{run}" |
        | sortBy | shoeSize            |
      Then the answer has status 200 or 400
      And if it is accepted, the answer finds exactly one
