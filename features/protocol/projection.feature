@protocol @projection @write @after-READ-01
Feature: Asking for some attributes only
  A client that needs two attributes of ten thousand users asks for those two. The
  service sends them, what it always sends, and nothing else.

  Rule: With "attributes" there are those, what is always returned, and nothing else (RFC 7644 sections 3.4.2.5 and 3.9)
    Why: A client that asks for two attributes of 50,000 users asks so in order not to be sent the
    rest. One that gets everything takes hours; one that does not get the id cannot use the answer.
    Fix: Filter the attributes of each resource just before it is written out: those asked for,
    those that are always returned (id and schemas among them), nothing else.

    @PROJ-01 @must @RFC7644-3.4.2.5-R1 @RFC7644-3.4.2.5-R3 @RFC7644-3.9-R4 @RFC7643-7-R21 @core
    Scenario: One attribute is asked for
      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide", "emails": [{"value": "{run}b@{domain}", "type": "work"}]}
        """
      When the client sends GET /Users/{barbara.id}?attributes=displayName
      Then the answer has status 200
      And the answer has "displayName" "Barbara Jensen"
      And the answer has "id" "{barbara.id}"
      And the answer has nothing but "schemas", "id", "meta" and "displayName"
      And ideally the answer has no "meta"

    @PROJ-06 @must @RFC7644-3.9-R5 @RFC7644-3.9-R4 @after-PROJ-01
    Scenario: Several attributes are asked for, with commas between them
      Why: Clients name all that they map in one text with commas. Taken for one name, it is the
      name of nothing.
      Fix: Split attributes at the commas, trim each name, and look each one up.

      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide", "nickName": "Babs"}
        """
      When the client sends GET /Users/{barbara.id}?attributes=title,displayName
      Then the answer has "displayName" "Barbara Jensen"
      And the answer has "title" "Guide"
      And the answer has nothing but "schemas", "id", "meta", "title" and "displayName"

    @PROJ-07 @must @RFC7644-3.4.2-R9 @RFC7644-3.4.2.5-R1 @needs-filter @after-PROJ-01 @after-FILT-01 @after-LIST-11 @after-LIST-08
    Scenario: A list shows of each resource what was asked for
      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide"}
        """
      When the client asks for /Users with:
        | filter     | userName eq "{barbara}" |
        | attributes | displayName             |
      Then the answer has "Resources[1].displayName" "Barbara Jensen"
      And the answer has "Resources[1].id" "{barbara.id}"
      And the answer has nothing but "schemas", "id", "meta" and "displayName"

    @PROJ-03 @must @RFC7644-3.10-R1 @RFC7644-3.9-R4 @after-PROJ-01 @after-CREATE-14
    Scenario: A part of an attribute is asked for
      Why: A report of family names asks for name.familyName. A service that knows whole
      attributes only sends nothing for it.
      Fix: For name.givenName show name with that member only.

      Given a user barbara with:
        """
        {"name": {"givenName": "Barbara", "familyName": "Jensen"}, "displayName": "Barbara Jensen"}
        """
      When the client sends GET /Users/{barbara.id}?attributes=name.familyName
      Then the answer has "name.familyName" "Jensen"
      And the answer has no "name.givenName"
      And the answer has nothing but "schemas", "id", "meta" and "name"

    @PROJ-08 @must @RFC7643-2.1-R1 @RFC7644-3.10-R4 @after-PROJ-01
    Scenario: The letter case of what is asked for means nothing
      Why: A client that asks for displayname and gets nothing takes everybody for nameless.
      Fix: Compare names without regard to letter case, and show them as the schema spells them.

      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide"}
        """
      When the client sends GET /Users/{barbara.id}?attributes=DISPLAYname
      Then the answer has "displayName" "Barbara Jensen"
      And the answer has nothing but "schemas", "id", "meta" and "displayName"

    @PROJ-09 @must @RFC7644-3.10-R1 @after-PROJ-01
    Scenario: An attribute is asked for under the name of its schema
      Why: Clients that take the names from /Schemas write them in full. Where that is not
      understood, they get nothing, or everything.
      Fix: Take the URN of the schema off what was asked for before you compare names.

      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide"}
        """
      When the client sends GET /Users/{barbara.id}?attributes=urn:ietf:params:scim:schemas:core:2.0:User:displayName
      Then the answer has "displayName" "Barbara Jensen"
      And the answer has nothing but "schemas", "id", "meta" and "displayName"

    @PROJ-10 @must @RFC7644-3.10-R1 @needs-enterprise @after-PROJ-01 @after-CREATE-13
    Scenario: An attribute of an extension is asked for
      Why: Departments and managers can be asked for in no other way.
      Fix: For urn:…:enterprise:2.0:User:department show the extension's object with that member
      only.

      Given a user barbara with:
        """
        {"title": "Guide", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research", "costCenter": "4130"}}
        """
      When the client sends GET /Users/{barbara.id}?attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department
      Then the answer has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Research"
      And the answer has no "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter"
      And the answer has no "title"

    @PROJ-11 @must @RFC7644-3.9-R4 @after-PROJ-01 @edge
    Scenario: An attribute that does not exist brings nothing, or is refused
      Why: Mappings name attributes that your app does not have. To send everything for that is
      the opposite of what was asked.
      Fix: Pass over a name that the schema does not have, or answer 400. Do not fall back to
      showing everything.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      When the client sends GET /Users/{barbara.id}?attributes=shoeSize
      Then the answer has status 200 or 400
      And if it is accepted, the answer has nothing but "schemas", "id" and "meta"

    @PROJ-12 @must @RFC7643-7-R21 @needs-schemas @after-PROJ-01 @after-CREATE-29
    Scenario: Every attribute of the schema can be asked for on its own
      Why: What is in /Schemas, a client may ask for. An attribute that a list written by hand has
      forgotten is empty for everybody.
      Fix: Let the projection go by the schema, not by a list of its own.

      * each attribute comes alone when it is asked for

  Rule: With "excludedAttributes" the named ones are left out, but never what is always returned (RFC 7644 sections 3.4.2.5 and 3.9)
    Why: Entra reads groups with excludedAttributes=members. A service that sends the members all
    the same sends 50,000 of them at each membership change, and runs into a timeout.
    Fix: Drop the named attributes before writing out, except those with "returned": "always". Do
    not load members from the database if they were left out.

    @PROJ-02 @must @RFC7644-3.4.2.5-R5 @RFC7644-3.4.2.5-R6 @RFC7644-3.9-R6 @RFC7643-3.1-R13 @RFC7643-3.1-R4 @core
    Scenario: An attribute is left out, the id is not
      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide"}
        """
      When the client sends GET /Users/{barbara.id}?excludedAttributes=title,id
      Then the answer has status 200
      And the answer has no "title"
      And the answer has "displayName" "Barbara Jensen"
      And the answer has "id" "{barbara.id}"

    @PROJ-13 @must @RFC7644-3.9-R6 @RFC7643-7-R19 @needs-schemas @after-PROJ-02
    Scenario: Whatever the schema says is always returned cannot be left out
      Why: Without id and schemas a client cannot use what it gets: it does not know whose it is.
      Fix: Pass over the names of attributes whose schema has "returned": "always".

      * each attribute that is always returned cannot be left out

    @PROJ-21 @should @RFC7643-3.1-R21 @after-PROJ-02 @after-CREATE-03
    Scenario: The meta is left out when it is excluded
      Why: Clients that compare two states leave meta out, since its dates always differ.
      Fix: meta is returned by default, not always: treat it like other attributes here.

      Given a user barbara
      When the client sends GET /Users/{barbara.id}?excludedAttributes=meta
      Then the answer has status 200
      And the answer has "userName" "{barbara}"
      And the answer has no "meta"

    @PROJ-14 @must @RFC7644-3.9-R6 @needs-groups @after-PROJ-02 @after-GROUP-01
    Scenario: A large group is read without its members
      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client sends GET /Groups/{engineers.id}?excludedAttributes=members
      Then the answer has "displayName" "{engineers}"
      And the answer has no "members"

    @PROJ-15 @must @RFC7644-3.9-R6 @RFC7644-3.10-R1 @after-PROJ-02 @after-CREATE-14
    Scenario: A part of an attribute is left out
      Why: What somebody must not see may be a part of an attribute, such as a street. If it stays
      it is seen; if the whole attribute goes, too much is missing.
      Fix: For name.givenName drop that member, and keep the others.

      Given a user barbara with:
        """
        {"name": {"givenName": "Barbara", "familyName": "Jensen"}}
        """
      When the client sends GET /Users/{barbara.id}?excludedAttributes=name.givenName
      Then the answer has "name.familyName" "Jensen"
      And the answer has no "name.givenName"

    @PROJ-19 @must @RFC7643-2.1-R1 @RFC7644-3.10-R4 @after-PROJ-02
    Scenario: The letter case of what is left out means nothing
      Why: Where "Members" is not taken for "members", the whole group is sent after all.
      Fix: Compare the names in excludedAttributes without regard to letter case.

      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide"}
        """
      When the client sends GET /Users/{barbara.id}?excludedAttributes=TITLE
      Then the answer has no "title"
      And the answer has "displayName" "Barbara Jensen"

    @PROJ-20 @must @RFC7644-3.4.2.5-R1 @RFC7644-3.9-R6 @needs-filter @after-PROJ-02 @after-FILT-01 @after-LIST-11 @after-LIST-08
    Scenario: A list leaves out of each resource what it should
      Why: Entra looks groups up by a list with a filter and excludedAttributes=members. A service
      that leaves out in reads of one only sends all members at each look-up.
      Fix: Put the projection into the function that writes a resource, so that lists have it too.

      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide"}
        """
      When the client asks for /Users with:
        | filter             | userName eq "{barbara}" |
        | excludedAttributes | title                   |
      Then the answer finds exactly barbara
      And the answer has no "Resources.title"
      And the answer has "Resources[1].displayName" "Barbara Jensen"

    @PROJ-16 @must @RFC7644-3.9-R3 @after-PROJ-01 @after-PROJ-02 @edge
    Scenario: "attributes" and "excludedAttributes" at once are refused, or one of them wins
      Why: A client that sends both has a mistake in it, and any clear answer will show it. 500,
      or the attribute that was to be left out, will not.
      Fix: Answer 400, or let attributes win.

      Given a user barbara with:
        """
        {"displayName": "Barbara Jensen", "title": "Guide"}
        """
      When the client sends GET /Users/{barbara.id}?attributes=displayName&excludedAttributes=title
      Then the answer has status 400 or 200
      And if it is accepted, the answer has "id" "{barbara.id}"
      And if it is accepted, the answer has no "title"

  Rule: The two work wherever a resource comes back, on writes as well (RFC 7644 section 3.9)
    Why: A client that writes large groups asks for little in the answer. A service that heeds the
    parameters in reads only sends the group back at each write.
    Fix: Put the projection behind every handler that writes a resource out. A PATCH with
    attributes= has to answer 200 with a body.

    @PROJ-04 @must @RFC7644-3.9-R4 @after-PROJ-01 @after-CREATE-32 @after-CREATE-29
    Scenario: A create shows what was asked for
      When the client sends POST /Users?attributes=userName with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "displayName": "Barbara", "active": false}
        """
      Then the answer has status 201
      And the answer has nothing but "schemas", "id", "meta" and "userName"

    @PROJ-17 @must @RFC7644-3.9-R4 @after-PROJ-01 @after-PUT-01 @after-CREATE-29 @after-PUT-12
    Scenario: A replacement shows what was asked for
      Given a user barbara
      When the client sends PUT /Users/{barbara.id}?attributes=userName with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{barbara}", "displayName": "Barbara", "active": false}
        """
      Then the answer has status 200
      And the answer has nothing but "schemas", "id", "meta" and "userName"

    @PROJ-18 @must @RFC7644-3.5.2-R21 @RFC7644-3.9-R4 @needs-patch @after-PROJ-01 @after-PATCH-01 @after-PATCH-12
    Scenario: A patch shows what was asked for
      Given a user barbara
      When the client sends PATCH /Users/{barbara.id}?attributes=title with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "title", "value": "Guide"}]}
        """
      Then the answer has status 200
      And the answer has "title" "Guide"
      And the answer has nothing but "schemas", "id", "meta" and "title"

  Rule: What is returned on request only has to be asked for (RFC 7643 section 7)
    Why: Such attributes are large or delicate, or the vendor would not have marked them.
    Fix: Show attributes with "returned": "request" only if attributes= names them; after a write
    also if the client has just sent them.

    @PROJ-05 @must @RFC7643-7-R22 @needs-schemas @after-READ-01
    Scenario: Whatever the schema says is returned on request stays away otherwise
      * each attribute that is returned on request comes when it is asked for
