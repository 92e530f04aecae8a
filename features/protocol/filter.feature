@protocol @filter @needs-filter
Feature: Finding resources by a filter
  A client looks somebody up before it makes them. It has to get whoever matches, all
  of them, and nobody else.

  Rule: Only what satisfies the filter is returned (RFC 7644 section 3.4.2.2)
    Why: Before Entra and Okta make an account, they look for it: userName eq "…". A service that
    passes the filter over answers with everybody, and the client takes the first one for the person
    it looked for. That is how one person gets another's account.
    Fix: Translate the filter into the condition of the query. What you cannot translate, refuse
    with 400 "invalidFilter"; never answer it without the condition.

    @FILT-01 @must @RFC7644-3.4.2.2-R4 @RFC7644-3.4.2.2-R8 @write @after-CREATE-01 @after-LIST-01 @after-LIST-08 @after-READ-01 @core
    Scenario: A user is found by its user name, and nobody else is
      Given a user barbara
      And a user carla
      When the client looks for users where userName eq "{barbara}"
      Then the answer has status 200
      And the answer finds exactly barbara

    @FILT-16 @must @RFC7644-3.4.2-R8 @RFC7644-3.4.2.2-R4 @after-LIST-01 @after-LIST-15 @core
    Scenario: Whoever is not there is not found, and that is no error
      Why: Entra's test of a connection is a filter that finds nobody. It wants 200 and an empty
      list; 404 or an error fails the test.
      Fix: Answer 200 with totalResults 0.

      When the client looks for users where userName eq "{run}nobody"
      Then the answer has status 200
      And the answer has "totalResults" 0
      And the answer finds exactly nobody

    @FILT-05 @must @RFC7644-3.4.2.2-R9 @write @after-FILT-01 @after-FILT-18 @after-FILT-08
    Scenario: "ne" finds those that have another value
      Why: Clients look for everybody whose department is another one in order to move them. "ne"
      that leaves out people without a department loses them.
      Fix: "ne" also finds those that have no such attribute: in SQL, NULL <> 'x' is not true, so
      that IS DISTINCT FROM is what you need.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      And a user carla with:
        """
        {"title": "Director"}
        """
      When the client looks for users where userName sw "{run}" and title ne "Guide"
      Then the answer finds exactly carla

    @FILT-17 @must @RFC7644-3.4.2.2-R10 @write @after-FILT-01
    Scenario: "co" finds those that have the text inside
      Why: Dialogs in which administrators look for people send "co" with what was typed so far.
      Fix: Look for the text anywhere in the value; % and _ in it are letters, not wildcards.

      Given a user barbara with:
        """
        {"title": "Chief {run}tour Guide"}
        """
      And a user carla with:
        """
        {"title": "Chief {run}door Keeper"}
        """
      When the client looks for users where title co "{run}tour"
      Then the answer finds exactly barbara

    @FILT-18 @must @RFC7644-3.4.2.2-R11 @write @after-FILT-01
    Scenario: "sw" finds those that begin with the text
      Why: Walks through a directory letter by letter use "sw". An underscore taken for a wildcard
      brings somebody else along.
      Fix: Escape % and _ when you turn "sw", "co" and "ew" into LIKE.

      Given a user barbara
      And a user carla
      When the client looks for users where userName sw "{run}barb"
      Then the answer finds exactly barbara

    @FILT-49 @must @RFC7644-3.4.2.2-R11 @write @after-FILT-18
    Scenario: "sw" does not find the text further on
      Why: A "sw" that finds the text anywhere returns people whose name merely contains what was
      looked for, and the first of them is taken.
      Fix: Anchor the pattern at the beginning: LIKE 'text%', not LIKE '%text%'.

      Given a user barbara with:
        """
        {"title": "{run}one Chief"}
        """
      And a user carla with:
        """
        {"title": "Chief {run}one"}
        """
      When the client looks for users where title sw "{run}one"
      Then the answer finds exactly barbara

    @FILT-19 @must @RFC7644-3.4.2.2-R12 @write @after-FILT-01
    Scenario: "ew" finds those that end with the text
      Why: Clients find everybody of a company by the end of their address. "ew" that finds it
      anywhere returns example.com.evil.org too.
      Fix: Anchor the pattern at the end: LIKE '%text'.

      Given a user barbara with:
        """
        {"title": "Chief {run}one"}
        """
      And a user carla with:
        """
        {"title": "{run}one Chief"}
        """
      When the client looks for users where title ew "{run}one"
      Then the answer finds exactly barbara

    @FILT-43 @must @RFC7644-3.4.2.2-R11 @RFC7644-3.4.2.2-R12 @RFC7644-3.4.2.2-R10 @write @after-FILT-18 @edge
    Scenario: A whole value contains, begins and ends with itself
      Why: Where a comparison wants at least one letter more, somebody whose whole name was typed
      is not found, and is made again.
      Fix: Let "co", "sw" and "ew" be true for the value itself.

      Given a user barbara
      When the client looks for users where userName sw "{barbara}"
      Then the answer finds exactly barbara
      When the client looks for users where userName ew "{barbara}"
      Then the answer finds exactly barbara
      When the client looks for users where userName co "{barbara}"
      Then the answer finds exactly barbara

    @FILT-20 @must @RFC7644-3.4.2.2-R13 @write @after-FILT-18 @after-FILT-08
    Scenario: "pr" finds those that have any value
      Why: Reports ask for everybody with a manager. "pr" that finds all, or nobody, is a wrong
      report without an error.
      Fix: "pr" is true for any value but null and empty ones.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      And a user carla
      When the client looks for users where userName sw "{run}" and title pr
      Then the answer finds exactly barbara

    @FILT-27 @must @RFC7644-3.4.2.2-R13 @write @after-FILT-20 @after-CREATE-14
    Scenario: "pr" finds complex values and values among many
      Why: Audits ask who has an e-mail address at all. Where "pr" looks for a column of that name
      and not into the other table, the answer is nobody.
      Fix: A complex attribute is present if one of its parts is, an array if it has an element.

      Given a user barbara with:
        """
        {"name": {"familyName": "Jensen"}, "emails": [{"value": "{run}b@{domain}", "type": "work"}]}
        """
      And a user carla with:
        """
        {"name": {"givenName": "Carla"}}
        """
      When the client looks for users where userName sw "{run}" and name.familyName pr
      Then the answer finds exactly barbara
      When the client looks for users where userName sw "{run}" and emails pr
      Then the answer finds exactly barbara
      When the client looks for users where userName sw "{run}" and name pr
      Then the answer finds exactly barbara and carla

    @FILT-44 @must @RFC7644-3.4.2.2-R13 @write @after-FILT-20 @edge
    Scenario: A value that is false is a value
      Why: Whoever asks for active pr wants everybody whose account is known to be open or closed.
      Languages in which false counts as nothing lose the closed ones.
      Fix: Ask whether there is a value, not whether it is true.

      Given a user barbara with:
        """
        {"active": false}
        """
      When the client looks for users where userName eq "{barbara}" and active pr
      Then the answer finds exactly barbara

    @FILT-21 @must @RFC7644-3.4.2.2-R14 @write @after-FILT-18 @after-FILT-08
    Scenario: Texts have an order
      Why: Walks that go on behind the last name that they have seen use "gt". With "ge" the last
      one comes twice, with a wrong order people are left out.
      Fix: Compare texts letter by letter, folded where caseExact is false; "gt" and "lt" leave
      out what is equal.

      Given a user barbara with:
        """
        {"nickName": "bravo"}
        """
      And a user carla with:
        """
        {"nickName": "charlie"}
        """
      And a user dan with:
        """
        {"nickName": "delta"}
        """
      When the client looks for users where userName sw "{run}" and nickName gt "charlie"
      Then the answer finds exactly dan
      When the client looks for users where userName sw "{run}" and nickName ge "charlie"
      Then the answer finds exactly carla and dan
      When the client looks for users where userName sw "{run}" and nickName lt "charlie"
      Then the answer finds exactly barbara
      When the client looks for users where userName sw "{run}" and nickName le "charlie"
      Then the answer finds exactly barbara and carla

    @FILT-06 @must @RFC7644-3.4.2.2-R15 @write @after-FILT-18 @after-FILT-08 @after-CREATE-03
    Scenario: Dates have an order, whatever zone they are written in
      Why: Clients that fetch what has changed ask for meta.lastModified gt the time of their last
      visit, written in their own zone. An hour that is lost there is an hour of changes that
      never arrive.
      Fix: Parse dates on both sides and compare instants. Comparing text goes wrong with other
      zones and with fractions of a second.

      Given a user barbara
      When the client looks for users where userName eq "{barbara}" and meta.created ge "2001-01-01T00:00:00Z"
      Then the answer finds exactly barbara
      When the client looks for users where userName eq "{barbara}" and meta.created gt "2001-01-01T00:00:00-11:00"
      Then the answer finds exactly barbara
      When the client looks for users where userName eq "{barbara}" and meta.created lt "2001-01-01T00:00:00Z"
      Then the answer finds exactly nobody
      When the client looks for users where userName eq "{barbara}" and meta.created le "9000-01-01T00:00:00+11:00"
      Then the answer finds exactly barbara

    @FILT-45 @must @RFC7644-3.4.2.2-R15 @write @after-FILT-06 @after-CREATE-03 @after-READ-01 @edge
    Scenario: The same instant in two zones is the same
      Why: A client in Rome and one in New York mean the same moment and write it differently.
      Fix: Parse both sides and compare instants; +02:00 is part of the value.

      Given a user barbara
      When the client reads barbara
      And the client looks for users where userName eq "{barbara}" and meta.created ge "{+02:00 barbara.meta.created}"
      Then the answer finds exactly barbara
      When the client looks for users where userName eq "{barbara}" and meta.created lt "{-09:30 barbara.meta.created}"
      Then the answer finds exactly nobody

  Rule: Letter case follows the definition of the attribute (RFC 7644 section 3.4.2.2, RFC 7643 section 2.1)
    Why: Directories write addresses in other letter cases than people do. Where user names are
    compared letter by letter, the account is not found, and a second one is made or the create
    fails with 409.
    Fix: Fold both sides where the schema has caseExact false (userName and e-mail addresses), and
    compare exactly where it is true (id, externalId). Fold attribute names and operators always.

    @FILT-55 @must @RFC7643-2.3.6-R4 @write @needs-certificates @after-FILT-01 @after-FILT-08 @edge
    Scenario: A certificate in other letters is another one
      Why: In base64, a and A are different bits.
      Fix: Compare binary values byte by byte, whatever their schema says about letter case.

      Given a user barbara with:
        """
        {"x509Certificates": [{"value": "{certificate}"}]}
        """
      When the client looks for users where userName eq "{barbara}" and x509Certificates.value eq "{CAPITAL certificate}"
      Then the answer has status 200 or 400
      And if it is accepted, the answer finds exactly nobody

    @FILT-02 @must @RFC7644-3.4.2.2-R5 @RFC7643-2.1-R1 @write @after-FILT-01 @core
    Scenario: The letter case of attribute names and operators means nothing
      Why: Clients write username EQ as some documentation has it. What finds nobody because of a
      capital letter is made a second time.
      Fix: Look attribute names up without regard to letter case, and compare operators folded.

      Given a user barbara
      When the client looks for users where USERname EQ "{barbara}"
      Then the answer finds exactly barbara

    @FILT-03 @must @RFC7644-3.4.2.2-R34 @RFC7643-4.1.1-R3 @RFC7643-7-R12 @write @needs-caseless-usernames @after-FILT-01 @core
    Scenario: A user name is found in capital letters
      Fix: Compare lower(userName) with the folded literal, by an index on the same expression.

      Given a user barbara
      When the client looks for users where userName eq "{CAPITAL barbara}"
      Then the answer finds exactly barbara

    @FILT-04 @must @RFC7644-3.4.2.2-R34 @RFC7643-3.1-R18 @RFC7643-7-R12 @write @after-FILT-35
    Scenario: An externalId is not found in capital letters
      Why: Two externalIds that differ in letter case are two people.
      Fix: Compare externalId exactly, in a column with a binary collation.

      Given a user barbara with:
        """
        {"externalId": "{run}external"}
        """
      When the client looks for users where externalId eq "{CAPITAL run}EXTERNAL"
      Then the answer finds exactly nobody

    @FILT-39 @must @RFC7644-3.4.2.2-R8 @RFC7644-3.4.2.2-R27 @write @needs-schemas @after-FILT-01 @after-FILT-08 @after-CREATE-17 @after-CREATE-14 @after-CREATE-38
    Scenario: Every attribute of the schema can be filtered by
      Why: An attribute that is published and cannot be filtered by is found out by a client in
      the middle of its work: its search for the person fails, and so does the create.
      Fix: Offer every attribute of /Schemas to filters, or answer 400 "invalidFilter" for those
      that you cannot.

      * each attribute finds the user that has it

    @FILT-52 @must @RFC7644-3.4.2.2-R16 @write @needs-schemas @after-FILT-01 @after-FILT-08 @after-FILT-39
    Scenario: Every number is compared as a number
      Why: As texts, 9 comes after 10: a filter for cost centres below 10 leaves out nine of them.
      Fix: Compare integers and decimals by value, in a column of a numeric type.

      * each attribute that is a number has the order of numbers

    @FILT-53 @must @RFC7644-3.4.2.2-R31 @write @needs-schemas @after-FILT-01 @after-FILT-08 @after-CREATE-01 @after-CREATE-47
    Scenario: What the service fills in can be filtered by as it is shown
      Why: A client that reads "active": true and then asks for all active users expects that user
      among them. A default that exists in answers only is a person who is in no report.
      Fix: Store defaults when the resource is made, or put them into the query (COALESCE) that
      carries out the filter.

      * each attribute that the service fills in finds the user that has it

    @FILT-40 @must @RFC7643-7-R12 @RFC7644-3.4.2.2-R34 @write @needs-schemas @after-FILT-01 @after-FILT-08 @after-FILT-39 @after-CREATE-17
    Scenario: Every attribute is compared as its definition says
      Why: Whoever is matched by an attribute that is compared otherwise than the schema says is
      found by one client and missed by the next.
      Fix: Let the comparison look caseExact up in the definition of the attribute, not in a list
      of its own.

      * each attribute is found in another letter case unless it is caseExact

  Rule: Conditions are combined: "not" before "and" before "or", parentheses first (RFC 7644 section 3.4.2.2)
    Why: Nextcloud looks for externalId eq "x" or userName eq "x"; auditing tools combine more.
    Where "or" binds closer than "and", the wrong people are returned, without any error.
    Fix: Parse the filter with a grammar: "not" first, then "and", then "or", parentheses before
    all. Splitting the text at " and " is not enough.

    @FILT-08 @must @RFC7644-3.4.2.2-R19 @write @after-FILT-01 @core
    Scenario: Both of two conditions, or either of them
      Fix: Build the condition of the query from a syntax tree, with AND and OR where the tree has
      them.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      And a user carla with:
        """
        {"title": "Guide"}
        """
      When the client looks for users where userName eq "{barbara}" and title eq "Guide"
      Then the answer finds exactly barbara
      When the client looks for users where userName eq "{barbara}" or userName eq "{carla}"
      Then the answer finds exactly barbara and carla
      When the client looks for users where userName eq "{barbara}" and title eq "Director"
      Then the answer finds exactly nobody

    @FILT-56 @must @RFC7644-3.4.2.2-R19 @RFC7644-3.4.2.2-R4 @write @after-FILT-08
    Scenario: Of three conditions each one counts
      Why: Clients add conditions of their own to those of an administrator. A service that takes two of
      them returns people who were to be left out.
      Fix: Let the grammar repeat: a term, then any number of "and" with a term, in a loop.

      Given a user barbara with:
        """
        {"title": "Guide", "displayName": "Barbara"}
        """
      And a user carla with:
        """
        {"title": "Guide", "displayName": "Carla"}
        """
      When the client looks for users where userName sw "{run}" and title eq "Guide" and displayName eq "Barbara"
      Then the answer finds exactly barbara

    @FILT-23 @must @RFC7644-3.4.2.2-R19 @write @after-FILT-08 @after-FILT-18
    Scenario: "not" finds the others
      Why: Reports of everybody who is not in a state use "not". Where it is passed over, they
      list exactly the wrong people.
      Fix: Put NOT before the whole condition in parentheses, and mind that NULL is not false in
      SQL: NOT COALESCE(…, false).

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      And a user carla with:
        """
        {"title": "Director"}
        """
      When the client looks for users where userName sw "{run}" and not (title eq "Guide")
      Then the answer finds exactly carla

    @FILT-24 @must @RFC7644-3.4.2.2-R28 @write @after-FILT-08
    Scenario: "and" binds closer than "or"
      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      And a user carla with:
        """
        {"title": "Director"}
        """
      When the client looks for users where userName eq "{barbara}" or userName eq "{carla}" and title eq "Nothing"
      Then the answer finds exactly barbara

    @FILT-25 @must @RFC7644-3.4.2.2-R28 @write @after-FILT-24
    Scenario: Parentheses bind closest
      Why: Where parentheses are dropped, a search for two people among those of one department
      finds somebody outside of it.
      Fix: Keep parentheses when you write the condition out: they are nodes of the tree.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      And a user carla with:
        """
        {"title": "Director"}
        """
      When the client looks for users where (userName eq "{barbara}" or userName eq "{carla}") and title eq "Director"
      Then the answer finds exactly carla

    @FILT-46 @must @RFC7644-3.4.2.2-R28 @RFC7644-3.4.2.2-R19 @write @after-FILT-23 @after-FILT-25
    Scenario: "not" binds closer than "and", and turns a whole group round
      Given a user barbara with:
        """
        {"title": "Guide", "nickName": "Babs"}
        """
      And a user carla with:
        """
        {"title": "Director", "nickName": "Babs"}
        """
      When the client looks for users where userName sw "{run}" and not (title eq "Guide") and nickName eq "Babs"
      Then the answer finds exactly carla
      When the client looks for users where not (title eq "Guide") and userName sw "{run}"
      Then the answer finds exactly carla
      When the client looks for users where userName sw "{run}" and not (title eq "Guide" or title eq "Director")
      Then the answer finds exactly nobody

  Rule: A filter looks into complex values and among many (RFC 7644 section 3.4.2.2)
    Why: Entra may match people by emails[type eq "work"].value eq "…". Two conditions that are
    tried on different elements find somebody who has that address at home.
    Fix: For attr[...] find one element for which all conditions in the brackets hold: an EXISTS
    over the child table.

    @FILT-10 @must @RFC7644-3.4.2.2-R29 @RFC7644-3.4.2.2-R27 @write @after-FILT-01
    Scenario: One matching value among many is enough
      Why: People have several addresses. A service that compares the first one only does not find
      somebody by the second, and the client makes them again.
      Fix: For an attribute with many values, use EXISTS over its table: one match is enough.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work", "primary": true}, {"value": "{run}home@{domain}", "type": "home"}]}
        """
      And a user carla with:
        """
        {"emails": [{"value": "{run}carla@{domain}", "type": "work"}]}
        """
      When the client looks for users where emails.value eq "{run}home@{domain}"
      Then the answer finds exactly barbara

    @FILT-54 @must @RFC7643-2.4-R4 @write @after-FILT-10 @after-FILT-18
    Scenario: A value that does not say whether it is primary is not
      Why: Whoever mails to the primary address only, mails to nobody twice; if each address counts,
      everybody gets it twice.
      Fix: Treat a missing primary as false, in filters too.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}a@{domain}", "type": "work", "primary": true}]}
        """
      And a user carla with:
        """
        {"emails": [{"value": "{run}b@{domain}", "type": "work"}]}
        """
      When the client looks for users where userName sw "{run}" and emails.primary eq true
      Then the answer finds exactly barbara

    @FILT-26 @must @RFC7644-3.4.2.2-R27 @RFC7644-3.4.2.2-R30 @write @after-FILT-01 @after-CREATE-14 @core
    Scenario: A part of a complex value is compared
      Why: Name and address are objects. A client that looks for name.familyName finds nobody in a
      service that knows plain columns only, or is told 400.
      Fix: Resolve the dot in attribute paths to the member of the object.

      Given a user barbara with:
        """
        {"name": {"familyName": "{run}Jensen", "givenName": "Barbara"}}
        """
      And a user carla with:
        """
        {"name": {"familyName": "Other", "givenName": "Carla"}}
        """
      When the client looks for users where name.familyName eq "{run}Jensen"
      Then the answer finds exactly barbara

    @FILT-09 @must @RFC7644-3.4.2.2-R22 @RFC7644-3.4.2.2-R23 @write @after-FILT-10 @after-FILT-18
    Scenario: Conditions in brackets are about one and the same value
      Given a user barbara with:
        """
        {"emails": [{"value": "{run}a@{domain}", "type": "work"}, {"value": "{run}b@{domain}", "type": "home"}]}
        """
      And a user carla with:
        """
        {"emails": [{"value": "{run}b2@{domain}", "type": "work"}]}
        """
      When the client looks for users where emails[type eq "work" and value sw "{run}b"]
      Then the answer has status 200 or 400
      And if it is accepted, the answer finds exactly carla

    @FILT-47 @must @RFC7644-3.4.2.2-R23 @write @after-FILT-09
    Scenario: Brackets are a condition like any other
      Why: Clients combine brackets with other conditions. A grammar that takes brackets
      only on their own refuses those, or drops the rest.
      Fix: Treat attr[...] as one condition that can stand wherever a comparison can.

      Given a user barbara with:
        """
        {"title": "Guide", "emails": [{"value": "{run}b@{domain}", "type": "work"}]}
        """
      When the client looks for users where title eq "Guide" and emails[type eq "work" and value sw "{run}"]
      Then the answer has status 200 or 400
      And if it is accepted, the answer finds exactly barbara

    @FILT-12 @must @RFC7644-3.4.2.2-R27 @RFC7644-3.10-R1 @write @needs-enterprise @after-FILT-01 @after-CREATE-13
    Scenario: An attribute of an extension goes by the name of its schema
      Why: Departments and cost centres are found by the name of their schema alone. Dots and
      colons in the URN break paths that are split at the first dot.
      Fix: Take the URN of an extension off the front of the attribute and look the rest up in
      that extension.

      Given a user barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "{run}Research"}}
        """
      And a user carla with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}}
        """
      When the client looks for users where urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "{run}Research"
      Then the answer finds exactly barbara

    @FILT-31 @must @RFC7644-3.4.2.2-R27 @RFC7644-3.10-R4 @write @after-FILT-01
    Scenario: An attribute of a user may go by the name of its schema too
      Why: Some clients qualify every attribute. They find nobody where only extensions may be
      named by their schema.
      Fix: Accept urn:ietf:params:scim:schemas:core:2.0:User:userName for userName.

      Given a user barbara
      When the client looks for users where urn:ietf:params:scim:schemas:core:2.0:User:userName eq "{barbara}"
      Then the answer finds exactly barbara

  Rule: What a resource has beside its schema can be filtered by as well (RFC 7643 section 3.1)
    Why: Entra checks memberships by id and members, and Auth0 and Nextcloud match people by
    externalId. Without these a client reads the whole directory to find one person.
    Fix: Offer id, externalId, meta and active to filters like other attributes; they are common to
    all resources.

    @FILT-14 @must @RFC7644-3.4.2.2-R8 @RFC7643-3-R5 @write @after-FILT-01
    Scenario: A user is found by its id
      Why: Entra asks whether somebody is in a group by id and members in one filter.
      Fix: Offer id to filters like any other attribute; it is a unique index anyway.

      Given a user barbara
      When the client looks for users where id eq "{barbara.id}"
      Then the answer finds exactly barbara

    @FILT-35 @must @RFC7644-3.4.2.2-R8 @RFC7643-3.1-R18 @write @after-FILT-01 @after-CREATE-35 @core
    Scenario: A user is found by its externalId
      Why: Auth0, Nextcloud and others match people by externalId before they create them. What
      they do not find they make again.
      Fix: Keep externalId in a column of its own with an index, and offer it to filters.

      Given a user barbara with:
        """
        {"externalId": "{run}external"}
        """
      When the client looks for users where externalId eq "{run}external"
      Then the answer finds exactly barbara

    @FILT-36 @must @RFC7644-3.4.2.2-R26 @RFC7644-3.4.2.2-R8 @RFC7643-2.3.2-R1 @write @after-FILT-08 @after-CREATE-38
    Scenario: True and false are compared without quotes
      Why: Dashboards ask for active eq false to list who is locked out. A literal read as the
      text "false" finds nobody.
      Fix: Read true and false without quotes as booleans.

      Given a user barbara with:
        """
        {"active": false}
        """
      When the client looks for users where userName eq "{barbara}" and active eq false
      Then the answer finds exactly barbara
      When the client looks for users where userName eq "{barbara}" and active eq true
      Then the answer finds exactly nobody

    @FILT-37 @must @RFC7644-3.4.2.2-R29 @RFC7643-4.1.2-R15 @write @needs-groups @after-FILT-01 @after-GROUP-02 @edge
    Scenario: Users are found by the group they are in
      Why: Auditing tools list the users of one group so. Without it they read all groups.
      Fix: Translate groups.value into a condition on the table of memberships, or answer 400
      "invalidFilter".

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client looks for users where groups.value eq "{engineers.id}"
      Then the answer has status 200 or 400
      And if it is accepted, the answer finds exactly barbara

    @FILT-42 @must @RFC7644-3.4.2.2-R8 @write @needs-groups @after-GROUP-01 @after-LIST-08 @core
    Scenario: A group is found by its name
      Why: Okta and Entra look for a group by displayName before they make it. If that finds
      nothing, each push makes another one.
      Fix: Support displayName eq on /Groups.

      Given a group engineers
      And a group others
      When the client looks for groups where displayName eq "{engineers}"
      Then the answer finds exactly engineers

    @FILT-48 @must @RFC7644-3.4.2.2-R29 @write @needs-groups @after-FILT-42 @after-GROUP-01
    Scenario: A group is found by a member
      Why: Before somebody is removed, clients ask which groups hold them. "None" is then taken
      for the truth.
      Fix: Translate members.value into a condition on the table of memberships, or answer 400
      "invalidFilter".

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      And a group others
      When the client looks for groups where members.value eq "{barbara.id}"
      Then the answer has status 200 or 400
      And if it is accepted, the answer finds exactly engineers

  Rule: Values are written as in JSON (RFC 7644 section 3.4.2.2)
    Why: O'Brien, and an address with a plus sign, are people too: where the text of a filter is
    glued into a query, their accounts are never found, or the database is open to whoever can
    filter.
    Fix: Read the literal with a JSON parser, and hand it to the database as a bound parameter.
    Decode the URL once: %2B is a plus, + is a space.

    @FILT-11 @must @RFC7644-3.4.2.2-R26 @write @after-FILT-01
    Scenario: Quotation marks and backslashes in a text are escaped
      Why: A quotation mark in a value ends the text too early: the filter is refused, or asks for
      something else.
      Fix: Read the literal with a JSON parser, in which \" and \\ are escapes, and bind the
      result as a parameter.

      Given a user barbara with:
        """
        {"title": "{run}the \"best\" \\ guide"}
        """
      When the client looks for users where title eq "{run}the \"best\" \\ guide"
      Then the answer finds exactly barbara

    @FILT-29 @must @RFC7644-3.4.2.2-R26 @RFC7644-1.2-R1 @write @after-FILT-01
    Scenario: Signs that mean something in a URL are text like any other
      Why: barbara+test@example.com is an address. Decoded twice, its plus is a space and nobody
      is found; an "&" cuts the filter off.
      Fix: Have your HTTP library decode the query, once: %2B is a plus, + is a space.

      Given a user barbara with:
        """
        {"title": "{run}a+b & c=d ? 100% #1"}
        """
      When the client looks for users where title eq "{run}a+b & c=d ? 100% #1"
      Then the answer finds exactly barbara

    @FILT-50 @must @RFC7644-3.4.2.2-R26 @RFC7643-9.2-R2 @RFC7644-7.7-R1 @write @after-FILT-01 @after-CREATE-15
    Scenario: An apostrophe is a letter like any other
      Given a user barbara with:
        """
        {"title": "{run}O'Connor"}
        """
      When the client looks for users where title eq "{run}O'Connor"
      Then the answer finds exactly barbara

    @FILT-51 @must @RFC7644-3.4.2.2-R26 @after-HTTP-17 @edge
    Scenario: Null is a value that a filter may name
      Why: Generated clients write eq null for "has no value". A failure of the service at that
      point stops their whole run.
      Fix: Read null as a literal: eq null is met by what has no value; or answer 400.

      When the client looks for users where userName eq "{run}nobody" and title eq null
      Then the answer has status 200 or 400
      And if it is accepted, the answer finds exactly nobody

    @FILT-28 @must @RFC7644-3.4.2.2-R26 @RFC7643-2.3.1-R1 @write @after-FILT-01 @after-CREATE-15
    Scenario: Letters of every script are found
      Why: A person whose name has letters beyond ASCII cannot be found where the text is decoded
      twice or compared in another encoding.
      Fix: Decode the URL once, as UTF-8, and compare in a column that holds Unicode.

      Given a user barbara with:
        """
        {"title": "{run}Đặng 名前 🙂"}
        """
      When the client looks for users where title eq "{run}Đặng 名前 🙂"
      Then the answer finds exactly barbara

    @FILT-30 @must @RFC7644-3.4.2.2-R26 @RFC7644-3.4.2.2-R25 @write @after-FILT-01 @edge
    Scenario: Parentheses and operators inside a text are text
      Why: A parser that splits at words and parentheses without minding quotation marks reads
      conditions out of a title, and finds somebody else, or everybody.
      Fix: Cut the filter into tokens first, of which a quoted text is one; do not split it by
      regular expressions.

      Given a user barbara with:
        """
        {"title": "{run}x) or (userName pr and y"}
        """
      And a user carla
      When the client looks for users where title eq "{run}x) or (userName pr and y"
      Then the answer finds exactly barbara

    @FILT-57 @must @RFC7644-3.4.2.2-R26 @RFC7644-3.4.2.2-R25 @write @after-FILT-30 @edge
    Scenario: Commas and brackets inside a text are text
      Why: Titles and departments have commas. A parser that splits at them finds nobody, or refuses the
      filter, and the client makes the person again.
      Fix: Cut the filter into tokens first, of which a quoted text is one.

      Given a user barbara with:
        """
        {"title": "{run}Head, Sales [EU]"}
        """
      And a user carla
      When the client looks for users where title eq "{run}Head, Sales [EU]"
      Then the answer finds exactly barbara

    @FILT-58 @must @RFC7644-3.4.2.2-R8 @RFC7644-3.4.2.2-R26 @write @after-FILT-08
    Scenario: Signs that stand for others in a database stand for themselves in a filter
      Why: In SQL an underscore stands for any letter, and user names have underscores: a client that
      looks for a_b finds axb, and disables the wrong person.
      Fix: Compare with =, and escape %, _ and the escape sign itself where you have to use LIKE.

      Given a user barbara with:
        """
        {"displayName": "{run}a_c%"}
        """
      And a user carla with:
        """
        {"displayName": "{run}abc100"}
        """
      When the client looks for users where displayName eq "{run}a_c%"
      Then the answer finds exactly barbara

  Rule: A filter that cannot be carried out is refused, and never answered with everything (RFC 7644 sections 3.4.2.2 and 3.12)
    Why: A filter that is answered with everybody is worse than none: the client takes the first
    result for its person. A refusal is something that it can deal with.
    Fix: Answer 400 "invalidFilter", with the place in detail. Limit depth and length, so that no
    filter can take the service down.

    @FILT-13 @must @RFC7644-3.4.2.2-R25 @RFC7644-3.12-R16 @RFC7644-3.4.2.2-R6 @after-ERR-05 @core
    Scenario: A filter that is no filter is refused
      Why: Answering a broken filter with everybody is how a client takes over the first account
      of the list.
      Fix: Answer 400 "invalidFilter", and say in detail at which letter the parser stopped.

      When the client looks for users where userName eq
      Then the answer is a SCIM error with status 400
      And ideally the answer is a SCIM error with status 400 and scimType "invalidFilter"

    @FILT-32 @must @RFC7644-3.4.2.2-R33 @RFC7644-3.12-R16 @after-ERR-05
    Scenario: An operator that does not exist is refused
      Why: A client of another dialect sends "like" or "==". If that finds everybody, it goes on
      with the wrong person.
      Fix: Know eq, ne, co, sw, ew, gt, ge, lt, le and pr; answer 400 "invalidFilter" to any other
      word.

      When the client looks for users where userName like "{run}nobody"
      Then the answer is a SCIM error with status 400 and scimType "invalidFilter"

    @FILT-34 @must @RFC7644-3.4.2.2-R25 @RFC7644-3.12-R16 @after-ERR-05
    Scenario: A parenthesis that is never closed is refused
      Why: A filter that was cut off on the way reads like a wider one. What it finds is not what
      was asked for.
      Fix: Demand that the parser has read all of the filter and that its parentheses are closed.

      When the client looks for users where (userName eq "{run}nobody"
      Then the answer is a SCIM error with status 400 and scimType "invalidFilter"

    @FILT-33 @must @RFC7644-3.4.2.2-R36
    Scenario: An attribute that does not exist finds nobody, or is refused
      Why: A filter on what does not exist that is answered with everybody makes a client take the
      first one for its person.
      Fix: Answer 400 "invalidFilter", or with nobody. Okta and others rely on not getting
      everybody.

      When the client looks for users where shoeSize eq "{run}42"
      Then the answer has status 200 or 400
      And if it is accepted, the answer has "totalResults" 0
      And if it is accepted, the answer finds exactly nobody

    @FILT-07 @must @RFC7644-3.4.2.2-R17 @RFC7644-3.12-R16 @after-ERR-05
    Scenario: True and false have no order
      Why: A comparison that makes no sense is a mistake of whoever wrote it. An empty list hides
      it, a full one makes it worse.
      Fix: Answer 400 "invalidFilter" where gt, ge, lt or le meets a boolean.

      When the client looks for users where active gt false
      Then the answer is a SCIM error with status 400 and scimType "invalidFilter"

    @FILT-22 @must @RFC7644-3.4.2.2-R18 @RFC7644-3.12-R16 @needs-certificates @after-ERR-05
    Scenario: Binary values have no order
      Why: Certificates have no order; a list that pretends otherwise depends on the database.
      Fix: Answer 400 "invalidFilter" where gt, ge, lt or le meets a binary attribute.

      When the client looks for users where x509Certificates.value gt "AAAA"
      Then the answer is a SCIM error with status 400 and scimType "invalidFilter"

    @FILT-41 @must @RFC7643-4.1.1-R15 @RFC7643-7-R20 @RFC7644-7.5.2-R2 @write @after-FILT-01 @after-CREATE-10
    Scenario: A filter by password does not show a password
      Why: Whoever can filter by password sw "a" can guess it letter by letter.
      Fix: Refuse filters on what is never returned.

      Given a user barbara with:
        """
        {"password": "Zq7!{run}vK#9"}
        """
      When the client looks for users where userName eq "{barbara}" and password pr
      Then the answer has status 200, 400 or 403
      And if it is refused, the answer is a SCIM error with status 400 or 403
      And "Zq7!{run}vK#9" is in no answer

    @FILT-15 @may @RFC7644-3.4.2.2-R25 @edge
    Scenario: A filter of a hundred parentheses is answered or refused
      Why: One request with a nested filter takes a recursive parser down, and the service with
      it.
      Fix: Limit the depth of a filter (50 is plenty) before you go into it, and answer 400
      "invalidFilter" beyond.

      When the client looks for users where ((((((((((((((((((((((((((((((((((((((((((((((((((userName eq "{run}nobody"))))))))))))))))))))))))))))))))))))))))))))))))))
      Then the answer has status 200, 400, 403 or 414
      And if it is accepted, the answer finds exactly nobody

    @FILT-38 @may @RFC7644-3.4.2.2-R25 @edge
    Scenario: A filter of 5,000 letters is answered or refused
      Why: A filter as long as a book costs time in the parser, in the log and in the database,
      for each request.
      Fix: Limit the length of a filter, and answer 400, 413 or 414 beyond.

      When the client looks for users where userName eq "{5000 letters}"
      Then the answer has status 200, 400, 403, 413, 414 or 431
      And if it is accepted, the answer finds exactly nobody
