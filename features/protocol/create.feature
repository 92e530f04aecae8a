@protocol @create @write
Feature: Creating a user
  A client sends a POST to /Users with what it knows of somebody. The service answers
  with the user it has made: with an id, with what it has stored, and with the address
  where the user is found from now on.

  Rule: A create answers 201 with the user that was made (RFC 7644 section 3.3)
    Why: The client keeps the id of this answer and uses it in every later request. Okta gives up on
    a user whose create came back empty; a client that gets no id has to search, or makes the person
    a second time.
    Fix: Answer 201 with the stored user in the body: "id" as a non-empty string, "schemas", "meta",
    and every attribute that was kept. Read it back from storage instead of echoing the request. If
    the create is refused for what every user has to have and no schema tells, run with --extra-user.

    @CREATE-01 @must @RFC7644-3.3-R6 @RFC7644-3.3-R1 @RFC7643-3.1-R5 @RFC7644-3.2-R4 @after-HTTP-17 @core
    Scenario: A new user is created and comes back with an id
      When the client creates a user barbara
      Then the answer has status 201
      And the answer has a text at "id"
      And the answer has "userName" "{barbara}"

    @CREATE-31 @should @RFC7644-3.3-R7 @after-CREATE-01 @after-READ-01 @after-READ-02 @after-ETAG-07 @after-READ-07
    Scenario: The answer to the create shows the whole user, as a read does
      Why: Clients compare this answer with what they sent, and send what is missing once more. An
      attribute that is stored and not shown costs a write in every cycle of Entra or authentik.
      Fix: Build the answer to a create with the function that answers a read of the same user.

      When the client creates a user barbara with:
        """
        {"displayName": "Barbara Jensen", "name": {"givenName": "Barbara", "familyName": "Jensen"}}
        """
      Then the answer has status 201
      And barbara is unchanged

    @CREATE-02 @must @RFC7644-3.3-R8 @after-CREATE-01 @core
    Scenario: The answer says where the user is, in the header and in the body
      Why: A client whose answer got cut off finds the user through Location. Two addresses that
      differ send it to two places, one of which is wrong behind a proxy.
      Fix: Make the address once, from the base URL that the client has used, and put that text
      into the Location header and into meta.location.

      When the client creates a user barbara
      Then the answer has the header "Location"
      And the answer has "meta.location" "{header Location}"

    @CREATE-32 @must @RFC7644-3.3-R8 @RFC7643-2.3.7-R4 @after-CREATE-02 @after-READ-01
    Scenario: The user is found at its location
      Why: A client that goes by Location reaches nothing if the address has the name of an inner
      host or lacks the prefix of the path.
      Fix: Build it from the public base URL (the Host that the client named, X-Forwarded-Proto
      and -Prefix if you trust your proxy), then the endpoint, then the id, escaped for a path.

      When the client creates a user barbara
      And the client follows "{header Location}"
      Then the answer has status 200
      And the answer has "id" "{barbara.id}"

    @CREATE-33 @should @RFC7644-3.3-R8 @RFC7644-1.3-R1 @after-CREATE-02
    Scenario: The location is a whole URL, which every client understands
      Why: The RFC allows a relative reference, and many clients take the text for a URL as it is
      and fail.
      Fix: Send scheme, host and path in Location and meta.location.

      When the client creates a user barbara
      Then the answer has the header "Location" "{base}/Users/{barbara.id}"

  Rule: The service gives each resource its id and meta itself (RFC 7643 section 3.1)
    Why: Pocket ID decides by meta.lastModified whether a user has to be written again, and tools
    that walk a directory trust meta.resourceType. Where the client can choose ids, two clients end
    up on one record.
    Fix: Make id and meta on the server when the resource is stored, and drop what the client sent
    for them without an error. Entra sends meta.resourceType with each create.

    @CREATE-03 @must @RFC7643-3.1-R2 @RFC7643-3.1-R22 @RFC7643-3.1-R23 @RFC7643-3-R8 @RFC7644-3.3.1-R1 @after-CREATE-01 @after-READ-01 @core
    Scenario: A new user has its type, its dates and its location
      Fix: Store the moment of creation, and show it as created and lastModified in the form
      2024-05-01T12:00:00Z. resourceType is the name from /ResourceTypes ("User", not "Users" or
      "user").

      Given a user barbara
      Then barbara has "meta.resourceType" "User"
      And barbara has a date at "meta.created"
      And barbara has a date at "meta.lastModified"
      And barbara has a URI at "meta.location"

    @CREATE-34 @must @RFC7643-3.1-R24 @after-CREATE-03 @after-READ-01 @after-READ-02
    Scenario: A user that was never changed was modified last when it was created
      Why: Clients that write whatever has changed since it was made write every new user once
      more.
      Fix: Take the clock once for a create and use that one value for created and lastModified.

      Given a user barbara
      When the client reads barbara
      Then the answer has "meta.lastModified" "{answer.meta.created}"

    @CREATE-04 @must @RFC7643-3.1-R9 @RFC7643-3.1-R19 @RFC7644-3.3-R2 @after-CREATE-01 @after-READ-01
    Scenario: An id and a meta that the client makes up are ignored
      Why: Clients send back what they have read from another service, its id included. A service
      that takes over such an id can be made to write into somebody else's record.
      Fix: Make id and meta yourself and drop what the body has for them, without an error.

      When the client creates a user barbara with:
        """
        {"id": "{run}chosen", "meta": {"resourceType": "Robot", "created": "1999-12-31T23:59:59Z", "version": "W/\"chosen\""}}
        """
      Then the answer has status 201
      And barbara has "meta.resourceType" "User"
      And "{run}chosen" is in no answer
      And "1999-12-31" is in no answer
      And "Robot" is in no answer

    @CREATE-23 @must @RFC7644-3.3-R2 @RFC7643-7-R15 @needs-schemas @after-CREATE-01 @after-READ-01 @after-SCHEMA-20
    Scenario: Whatever the schema calls readOnly is ignored in a create
      Why: Okta creates users with "groups": [], and many clients send back attributes that they
      have read. A service that stores them lets a client put itself into groups or set dates.
      Fix: Go through the schema before you store, and drop what has the mutability readOnly. It
      is no error.

      * each readOnly attribute that a create carries is ignored

    @CREATE-30 @must @RFC7643-3.1-R6 @after-CREATE-01 @after-READ-01
    Scenario: Two users whose names are alike have two ids
      Why: A client keys its records by id. One id for two people merges their accounts.
      Fix: Let storage make the id (a UUID or a sequence), never from the user name or from what
      was sent.

      Given a user barbara
      When the client creates a user namesake with:
        """
        {"userName": "{run}barbara@eu.{domain}"}
        """
      Then if it is accepted, the answer has another "id" than "{barbara.id}"
      And barbara has "userName" "{barbara}"

    @CREATE-29 @must @RFC7643-3.1-R15 @after-CREATE-01 @after-READ-01
    Scenario: The service does not make up an externalId
      Why: The externalId is the client's own key. A client that finds one which it did not set
      takes the account for somebody else's and leaves it alone, or deletes it.
      Fix: Leave externalId out of the resource until a client sets it; do not copy the id into
      it.

      Given a user barbara
      Then barbara has no "externalId"

    @CREATE-35 @must @RFC7643-3.1-R18 @RFC7643-3-R5 @RFC7643-7-R13 @after-CREATE-01 @after-READ-01
    Scenario: The externalId is kept letter by letter
      Why: Keys of identity providers differ in letter case only (object ids in base64, for
      instance). A service that folds them hands one person's account to another.
      Fix: Store externalId byte by byte, and compare it exactly.

      Given a user barbara with:
        """
        {"externalId": "{run}MiXeD-Case"}
        """
      Then barbara has "externalId" "{run}MiXeD-Case"

  Rule: A user name belongs to one user (RFC 7644 section 3.3, RFC 7643 section 4.1.1)
    Why: After a timeout a client sends a create again. If that makes a second account, one person
    has two, and the one that is disabled on the last day may be the other one. A 409 tells the
    client to look the account up and to take it over, as authentik does.
    Fix: Put a unique index on the folded user name, and answer its violation with 409, scimType
    "uniqueness".

    @CREATE-05 @must @RFC7644-3.3-R9 @RFC7643-4.1.1-R2 @RFC7644-3.12-R18 @RFC7644-3.12-R11 @after-CREATE-01 @after-ERR-05 @core
    Scenario: A second user of the same name is refused
      Fix: Put a unique index on the folded user name, and answer its violation with 409 and the
      scimType "uniqueness". 400 or 500 tell the client nothing that it could act on.

      Given a user barbara
      When the client creates a user copy with:
        """
        {"userName": "{barbara}"}
        """
      Then the answer is a SCIM error with status 409 and scimType "uniqueness"

    @CREATE-60 @must @RFC7644-3.3-R10 @needs-filter @after-CREATE-05 @after-FILT-01 @after-READ-01
    Scenario: A second user that was refused is not there
      Why: The client was told that the name is taken, and takes over the account that has it. If
      there are two by now, one of them is nobody's.
      Fix: Check and insert in one transaction, and roll it back when you refuse.

      Given a user barbara
      When the client creates a user copy with:
        """
        {"userName": "{barbara}"}
        """
      And the client looks for users where userName eq "{barbara}"
      Then the answer finds exactly barbara

    @CREATE-06 @must @RFC7643-4.1.1-R3 @RFC7643-4.1.1-R2 @needs-caseless-usernames @after-CREATE-05
    Scenario: The same name in capital letters is the same name
      Why: People are called Barbara@ in one system and barbara@ in another. A service that keeps
      both has two accounts for one mailbox.
      Fix: Index and compare lower(userName), and show the name as it was sent.

      Given a user barbara
      When the client creates a user copy with:
        """
        {"userName": "{CAPITAL barbara}"}
        """
      Then the answer is a SCIM error with status 409 and scimType "uniqueness"

    @CREATE-36 @must @RFC7644-5-R1 @RFC7644-7.8-R1 @needs-caseless-usernames @after-CREATE-05
    Scenario: The same name with a letter composed in another way is the same name
      Why: Macs and phones write é as two characters where others write one. The eye sees one
      name, the database two.
      Fix: Bring user names into the normal form NFC before you fold, index and compare them.

      When the client creates a user barbara with:
        """
        {"userName": "{run}zo\u00eb@{domain}"}
        """
      Then the answer has status 201 or 400
      When the client creates a user copy with:
        """
        {"userName": "{run}zoe\u0308@{domain}"}
        """
      Then ideally the answer is a SCIM error with status 409 or 400

    @CREATE-16 @must @RFC7643-4.1.1-R2 @RFC7644-3.3-R9 @after-CREATE-05
    Scenario: Of five creates of one name at the same time, one succeeds
      Why: Identity providers write with several workers. A service that first looks and then
      inserts makes two accounts when two requests come at once.
      Fix: Let the database decide: insert under a unique index and turn its violation into 409.
      Looking first is not enough.

      When the client sends POST /Users 5 times at once with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{barbara}@{domain}", "active": false}
        """
      Then exactly one of the answers has status 201 and the others have 409

    @CREATE-50 @should @RFC7643-7-R26 @RFC7643-7-R27 @needs-schemas @after-CREATE-05
    Scenario: Whatever the schema says is unique belongs to one user
      Why: Clients that know people by an employee number find two of them, and take the first.
      Fix: Put a unique index on each attribute whose schema has the uniqueness "server" or
      "global", or call it "none".

      * each attribute that is unique is refused to a second user

  Rule: What a schema demands is demanded, and what is refused leaves nothing behind (RFC 7644 sections 3.3 and 3.12)
    Why: A user without a name, or with text where a switch belongs, is accepted today and breaks
    the app, or the next read, tomorrow. A clear 400 reaches the administrator at the identity
    provider, who can mend the mapping.
    Fix: Check the body against the schema before anything is stored: required attributes, JSON
    types. Answer 400 with scimType "invalidValue" and name the attribute in "detail".

    @CREATE-07 @must @RFC7643-4.1.1-R1 @RFC7643-7-R30 @RFC7644-3.12-R23 @after-CREATE-01 @core
    Scenario: A user without a userName is refused
      Why: A user without a name cannot sign in, and no client finds it again: each attempt leaves
      another one.
      Fix: Demand userName before anything is stored: 400 "invalidValue" that names the attribute.

      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "externalId": "{run}nameless", "displayName": "{run}nameless"}
        """
      Then the answer is a SCIM error with status 400
      And ideally the answer is a SCIM error with status 400 and scimType "invalidValue" or "invalidSyntax"

    @CREATE-37 @must @RFC7643-4.1.1-R1 @after-CREATE-07
    Scenario: A user whose userName is empty is refused
      Why: One account with an empty name is enough, and the next one of the kind is answered 409
      for a name that nobody has.
      Fix: Treat "" like a value that is not there where an attribute is required.

      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "", "externalId": "{run}empty", "displayName": "{run}empty"}
        """
      Then the answer is a SCIM error with status 400

    @CREATE-22 @must @RFC7643-7-R30 @needs-schemas @after-CREATE-01
    Scenario: Whatever the schema requires has to be there
      Why: An administrator who maps what the schema calls required has to be able to rely on it:
      what may be missing after all will be missing.
      Fix: Go through the schema: answer 400 "invalidValue" for each attribute with required true
      that is absent, null or empty, or call it not required.

      * a user is refused without each attribute that the schema requires

    @CREATE-51 @must @RFC7643-6-R9 @needs-schemas @after-CREATE-01 @after-DISC-16
    Scenario: An extension that is required has to be there
      Why: What a vendor marks as required is needed to run the app: a plan, a tenant, a cost
      centre. Users without it are made today and fail at their first sign-in.
      Fix: Answer 400 "invalidValue" to a create that lacks a required extension, or publish it with
      required false.

      * every extension that is required is demanded

    @CREATE-08 @must @RFC7643-2.3-R2 @RFC7643-2.3.2-R1 @RFC7643-2.3.5-R2 @RFC7643-1.2-R1 @needs-schemas @after-CREATE-01 @after-SCHEMA-02 @after-SCHEMA-12 @after-ROB-08
    Scenario: No attribute takes a value of another JSON type
      Why: Entra may send "True" as text for a boolean; a service may read that, but one that
      stores whatever comes shows it to every other client from then on.
      Fix: Convert or refuse, by the type in the schema, before storing; the answer to a value of
      another type is 400 "invalidValue".

      * a value of another type is refused for each attribute

    @CREATE-25 @must @RFC7644-3.3-R10 @after-CREATE-01
    Scenario: A create that is refused makes nothing
      Why: A client that was told no sends the corrected user again. What the first request left
      behind is in the way then: 409, for ever.
      Fix: Check everything first, then write in one transaction; on any error roll back.

      When the client creates a user barbara with:
        """
        {"name": "Barbara"}
        """
      Then the answer has status 400 or 201
      And if it is refused, there is no user barbara

    @CREATE-26 @must @RFC7643-3.3-R1 @RFC7643-2.1-R2 @after-CREATE-01
    Scenario: A create without schemas is refused or repaired
      Why: Hand-written clients forget schemas. If the user is stored without it, strict clients
      refuse to read it from then on.
      Fix: Answer 400 "invalidSyntax" where schemas is missing, or take it for the schema of the
      endpoint. Whatever you do, schemas has to be in what you show.

      When the client creates a user barbara with:
        """
        {"schemas": []}
        """
      Then the answer has status 400 or 201
      And if it is accepted, barbara has "schemas[=urn:ietf:params:scim:schemas:core:2.0:User]" "urn:ietf:params:scim:schemas:core:2.0:User"

  Rule: What the service does not know never becomes part of a user (RFC 7644 section 3.1)
    Why: Identity providers send what their mapping holds: Entra adds a schema of its own to groups,
    its documentation shows a misspelt enterprise URN. A service that answers 500, or stores and
    shows such keys, breaks that client or the strict ones after it.
    Fix: Drop attributes and schemas that /Schemas does not have (the tolerant way), or refuse the
    request with 400. Show only what the schema has.

    @CREATE-09 @should @RFC7644-3.1-R4 @after-CREATE-01
    Scenario: An attribute that no schema has is ignored or refused
      Why: Mappings of identity providers hold attributes that your app never had. A 500 stops the
      whole user for one of them.
      Fix: Pass over attributes that no schema has, or answer 400; do not hand the body to an
      object mapper that throws.

      When the client creates a user barbara with:
        """
        {"shoeSize": 42}
        """
      Then the answer has status 201 or 400
      And if it is accepted, barbara has no "shoeSize"

    @CREATE-18 @must @RFC7643-3-R2 @after-CREATE-01
    Scenario: A schema that the service does not know is ignored or refused
      Why: Entra's documentation shows a misspelt enterprise URN, and clients copy it. Whoever
      stores it tells every other client of a schema that there is not.
      Fix: Build schemas from what is stored, and drop or refuse URNs that /Schemas does not have.

      When the client creates a user barbara with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:example:scimwright:2.0:Nothing"]}
        """
      Then the answer has status 201 or 400
      And if it is accepted, barbara has no "schemas[=urn:example:scimwright:2.0:Nothing]"

    @CREATE-19 @must @RFC7643-3-R3 @after-CREATE-01
    Scenario: A schema that is named twice is shown once
      Why: A client that goes through schemas handles an extension twice where a URN is there
      twice.
      Fix: Build schemas as a set when a resource is written out.

      When the client creates a user barbara with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User"]}
        """
      Then the answer has status 201 or 400
      And if it is accepted, barbara has at most one value at "schemas[=urn:ietf:params:scim:schemas:core:2.0:User]"

  Rule: A password goes in and never comes out (RFC 7643 sections 4.1.1 and 7)
    Why: Okta sends a random password with each create. What is shown in an answer ends up in the
    logs of identity providers, proxies and dashboards.
    Fix: Keep the password (as a hash) apart from the resource that you show, and leave out whatever
    has "returned": "never", also when it is asked for by name, in lists, in search and in answers
    to writes.

    @CREATE-10 @must @RFC7643-4.1.1-R15 @RFC7643-7-R20 @RFC7643-7-R18 @after-CREATE-01 @core
    Scenario: A password is in no answer, whatever is asked
      Given a user barbara with:
        """
        {"password": "Zq7!{run}vK#9"}
        """
      When the client reads barbara
      And the client sends GET /Users/{barbara.id}?attributes=password
      And the client looks for users where userName eq "{barbara}"
      And the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"{barbara}\""}
        """
      And the client sends POST /Users/.search with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"{barbara}\"", "attributes": ["password"]}
        """
      And the client replaces barbara with:
        """
        {"password": "Zq7!{run}vK#9", "displayName": "Barbara"}
        """
      And the client patches barbara with:
        | op      | path     | value                 |
        | replace | password | "Zq7!{run}vK#9" |
      And the client reads barbara
      Then "Zq7!{run}vK#9" is in no answer
      And barbara has no "password"

    @CREATE-24 @must @RFC7643-7-R20 @RFC7643-7-R18 @needs-schemas @after-CREATE-01
    Scenario: Whatever the schema says is never returned stays hidden
      Why: PINs, answers to questions and recovery codes are as secret as passwords. What the
      schema calls never returned, vendors rely on.
      Fix: Drop attributes with "returned": "never" or the mutability "writeOnly" in the one
      function that writes resources out.

      * each attribute that is never returned stays hidden

  Rule: A value is kept as it was sent, as far as the schema has a place for it (RFC 7643 section 2)
    Why: A client compares what it reads with what it wants. What comes back changed, it writes
    again in every cycle; what is silently lost, nobody notices until somebody needs it.
    Fix: Store each attribute of your schema as it came. If you have no place for an attribute, take
    it out of /Schemas, so that clients can tell.

    @CREATE-17 @must @RFC7644-3.3-R6 @RFC7643-7-R1 @needs-schemas @after-CREATE-01 @after-SCHEMA-02 @after-SCHEMA-01
    Scenario: A user with a value for every attribute of the schema is accepted
      Why: This check sends a user with a value for each attribute that /Schemas promises. A
      service that answers 400 or 500 promises more than it keeps.
      Fix: Accept every attribute of the schema that can be written, or leave it out of /Schemas.

      When the client creates a user barbara with every attribute
      Then the answer has status 201

    @CREATE-14 @may @RFC7644-3.1-R6 @needs-schemas @after-CREATE-17 @after-READ-01
    Scenario: Every attribute of the schema comes back as it was sent
      * each attribute comes back as it was sent

    @CREATE-38 @must @RFC7643-2.3.2-R1 @RFC7643-4.1.1-R14 @after-CREATE-01 @after-READ-01
    Scenario: A switch is true or false, and no text
      Why: "active": "false" is true in most languages. Whoever reads it so lets somebody in who
      was locked out.
      Fix: Store a boolean and write it out as the JSON literal true or false, never as text or
      number.

      Given a user barbara with:
        """
        {"active": false}
        """
      Then barbara has "active" false

    @CREATE-61 @must @RFC7643-2.3.2-R1 @after-CREATE-38
    Scenario: The text "False" is not taken for true
      Why: Entra sends active as the text "False" unless it is told otherwise. In many languages a text
      that is not empty is true: whoever is to be locked out is let in.
      Fix: Read "true" and "false" in any letter case as booleans, or answer 400 "invalidValue".

      When the client creates a user barbara with:
        """
        {"active": "False"}
        """
      Then the answer has status 201 or 400
      And if it is accepted, barbara has "active" false

    @CREATE-12 @must @RFC7643-2.5-R1 @RFC7643-2.5-R2 @after-CREATE-01 @after-READ-01
    Scenario: Null, an empty array and nothing at all are the same
      Why: Entra leaves out what is empty, other clients send null or []. If the three differ, the
      same person looks changed to each of them.
      Fix: When a body is read, turn null and [] into "not there"; do not show empty attributes,
      or show them in one way.

      When the client creates a user barbara with:
        """
        {"title": null, "emails": [], "displayName": "Barbara"}
        """
      Then the answer has status 201
      And barbara has no "title"
      And barbara has no "emails"

    @CREATE-11 @must @RFC7643-2.4-R3 @after-CREATE-01
    Scenario: Of several values at most one is the primary one
      Why: Mail goes to the primary address. With two of them it depends on the order of rows
      which one gets the reset link.
      Fix: Refuse two primary values with 400 "invalidValue", or keep one primary and set the
      others to false.

      When the client creates a user barbara with:
        """
        {"emails": [
          {"value": "{run}a@{domain}", "type": "work", "primary": true},
          {"value": "{run}b@{domain}", "type": "home", "primary": true}
        ]}
        """
      Then the answer has status 201 or 400
      And if it is accepted, barbara has at most one value at "emails[primary=true]"

    @CREATE-13 @must @RFC7643-3.3-R5 @RFC7643-4.3-R1 @RFC7643-3-R7 @RFC7643-3-R6 @needs-enterprise @after-CREATE-01 @after-READ-01
    Scenario: An extension stands under its name, and schemas lists it
      Why: Clients look for department and manager under the enterprise URN, and decide by schemas
      whether there is anything to look for.
      Fix: Show the attributes of an extension in an object under its URN, and list the URN in
      schemas exactly when that object is there.

      Given a user barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research"}}
        """
      Then barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Research"
      And barbara has "schemas[=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User]" "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
      And barbara has no "department"

    @CREATE-27 @must @RFC7643-3-R4 @RFC7643-2.3.8-R1 @needs-enterprise @after-CREATE-13
    Scenario: The order of schemas and of members means nothing
      Why: JSON has no order, and libraries do not keep one. A service that looks at the first URN
      takes a user for something else.
      Fix: Read JSON by names, not by position, and look for a URN anywhere in schemas.

      When the client creates a user barbara with:
        """
        {
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research"},
          "schemas": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User"]
        }
        """
      Then the answer has status 201
      And barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Research"

    @CREATE-28 @must @RFC7643-2.1-R1 @after-CREATE-01 @after-READ-01 @after-READ-07
    Scenario: The letter case of attribute names means nothing
      Why: Clients write username, userName and UserName. What is dropped because of a capital
      letter is lost without an error.
      Fix: Look attributes up without regard to letter case when a body is read, and show them as
      the schema spells them.

      When the client creates a user barbara with:
        """
        {"DISPLAYNAME": "Barbara Jensen", "Name": {"FamilyName": "Jensen", "GIVENNAME": "Barbara"}}
        """
      Then the answer has status 201
      And barbara has "displayName" "Barbara Jensen"
      And barbara has "name.familyName" "Jensen"

    @CREATE-15 @must @RFC7643-2.3.1-R1 @RFC7644-3.8-R2 @after-CREATE-01 @after-READ-01 @after-READ-07
    Scenario: Letters of every script arrive as they are
      Why: A name that comes back with question marks is rewritten in every cycle, and its owner
      reads it each day.
      Fix: Use UTF-8 from the request to the column (utf8mb4 in MySQL) and back.

      Given a user barbara with:
        """
        {"displayName": "Zoë Łucja Đặng 名前 שלום 🙂", "name": {"givenName": "Zoë", "familyName": "O'Connor-Çelik \"von\" \\ Großmühl"}}
        """
      Then barbara has "displayName" "Zoë Łucja Đặng 名前 שלום 🙂"
      And barbara has "name.familyName" "O'Connor-Çelik \"von\" \\ Großmühl"

    @CREATE-20 @may @RFC7643-2.3.1-R1 @after-CREATE-01 @edge
    Scenario: A text of 10,000 letters is kept whole or refused
      Why: A text that is cut off without a word is unequal to what was sent, for ever.
      Fix: Keep it whole, or answer 400 "invalidValue" with the limit in "detail". Never truncate.

      When the client creates a user barbara with:
        """
        {"displayName": "{10000 letters}"}
        """
      Then the answer has status 201, 400 or 413
      And if it is accepted, barbara has "displayName" "{10000 letters}"

    @CREATE-21 @must @RFC7643-2.3.1-R1 @RFC7643-9.2-R2 @RFC7644-7.7-R1 @after-CREATE-01 @after-READ-01 @edge
    Scenario: Markup and query languages in a text mean nothing to the service
      Why: Names come from people. If markup in one is run by your dashboard, or a quotation mark
      reaches your database, every user of the tenant is in danger.
      Fix: Use bound parameters for queries, escape when you show, and store the text unchanged.

      When the client creates a user barbara with:
        """
        {"displayName": "<script>alert(1)</script> '; DROP TABLE users; -- *)(uid=*) ${7*7} %00"}
        """
      Then the answer has status 201 or 400
      And if it is accepted, barbara has "displayName" "<script>alert(1)</script> '; DROP TABLE users; -- *)(uid=*) ${7*7} %00"

  Rule: A value whose form is defined elsewhere is kept in that form (RFC 7643 sections 2.3.6, 2.4 and 4.1)
    Why: Certificates, countries, languages and time zones are read by programs. What comes back in
    another form is thrown away by them, or taken for something else.
    Fix: Check such a value when it comes in, keep it letter by letter, and show it in the form
    that the RFC names for it.

    @CREATE-39 @must @RFC7643-2.3.6-R1 @RFC7643-4.1.2-R20 @RFC7643-4.1.2-R21 @needs-certificates @after-CREATE-01 @after-READ-01
    Scenario: A certificate is one certificate, in base64
      Why: A client that checks a signature with it reads one DER certificate. A PEM text, or two
      certificates in one value, make that fail for everybody who signs in with a card.
      Fix: Decode the value when it comes in, and show the same bytes in standard base64: no PEM
      lines, one element of x509Certificates for each certificate.

      Given a user barbara with:
        """
        {"x509Certificates": [{"value": "{certificate}"}]}
        """
      Then barbara has a certificate at "x509Certificates.value", if there is one

    @CREATE-40 @must @RFC7643-2.3.6-R1 @needs-certificates @after-CREATE-01 @after-READ-01 @edge
    Scenario: What is not base64 does not become a binary value
      Why: A text that is no base64 breaks whoever decodes it: a client that loads certificates
      stops at this user.
      Fix: Answer 400 "invalidValue" to a binary value that cannot be decoded, or leave it out.

      When the client creates a user barbara with:
        """
        {"x509Certificates": [{"value": "%% this is no base64 %%"}]}
        """
      Then the answer has status 201 or 400
      And if it is accepted, barbara has a certificate at "x509Certificates.value", if there is one

    @CREATE-41 @must @RFC7643-4.1.2-R14 @after-CREATE-01 @after-READ-01
    Scenario: A country is two letters
      Why: Address forms, tax rules and postage go by the code of ISO 3166. "Germany" is a text that
      none of them knows.
      Fix: Store the two letters and turn them into a name only where you show them to people.

      Given a user barbara with:
        """
        {"addresses": [{"type": "work", "locality": "Bonn", "country": "DE"}]}
        """
      Then barbara has nothing but "DE" and "de" at "addresses.country"

    @CREATE-42 @should @RFC7643-4.1.2-R2 @after-CREATE-01 @after-READ-01
    Scenario: The domain of an e-mail address is in small letters
      Why: B@EXAMPLE.COM and B@example.com are one mailbox. A client that compares texts finds two.
      Fix: Fold what stands behind the @ when you store an address; leave what stands before it.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}b@{CAPITAL domain}", "type": "work"}]}
        """
      When the client reads barbara
      Then "{run}b@{CAPITAL domain}" is in no answer

    @CREATE-43 @should @RFC7643-4.1.2-R6 @after-CREATE-01 @after-READ-01
    Scenario: A telephone number keeps its digits, whatever stands between them
      Why: Numbers are compared, and dialled. One that lost its plus or its country rings somewhere
      else.
      Fix: Keep the number as it came, or write it as RFC 3966 has it: tel:+1-201-555-0123.

      Given a user barbara with:
        """
        {"phoneNumbers": [{"value": "+1 201 555 0123", "type": "work"}]}
        """
      Then barbara has nothing but "+1 201 555 0123", "+1-201-555-0123", "+12015550123", "tel:+1-201-555-0123" and "tel:+12015550123" at "phoneNumbers.value"

    @CREATE-44 @may @RFC7643-4.1.2-R7 @after-CREATE-01 @after-READ-01 @edge
    Scenario: An address for messages is written without spaces and in small letters
      Why: Two spellings of one address are two contacts in every client that compares texts.
      Fix: Drop white space and fold the letters of ims values where their kind allows it.

      Given a user barbara with:
        """
        {"ims": [{"value": " {run}Foo Bar ", "type": "xmpp"}]}
        """
      When the client reads barbara
      Then "{run}Foo Bar" is in no answer

    @CREATE-45 @should @RFC7643-2.4-R7 @after-CREATE-01 @after-READ-01
    Scenario: A label is kept, in whatever letter case it comes
      Why: Entra changes emails[type eq "work"]. Where the label was dropped, there is nothing to
      change, and the address of the former name stays.
      Fix: Compare labels such as "work" without regard to letter case, and store the spelling of
      canonicalValues.

      When the client creates a user barbara with:
        """
        {"emails": [{"value": "{run}b@{domain}", "type": "WORK"}]}
        """
      Then the answer has status 201 or 400
      And if it is accepted, barbara has "emails.type" ["work"]

    @CREATE-46 @should @RFC7643-4.1.1-R5 @after-CREATE-01 @after-READ-01
    Scenario: A whole name and its parts are of the same person
      Why: Some clients show name.formatted, others put givenName and familyName together. If the
      two differ, one person has two names, depending on where you look.
      Fix: Make name.formatted of the parts if a client does not send it, or leave it out.

      Given a user barbara with:
        """
        {"name": {"givenName": "Barbara", "familyName": "Jensen"}}
        """
      When the client reads barbara
      Then the answer mentions "Jensen" at "name.formatted", if there is one

    @CREATE-47 @should @RFC7643-4.1.1-R8 @needs-filter @after-CREATE-01 @after-FILT-01
    Scenario: The user name is not made a nickname
      Why: A nickname is how colleagues call somebody. An app that shows it shows everybody's
      login name.
      Fix: Leave nickName out until a client sets it.

      Given a user barbara
      When the client looks for users where userName eq "{barbara}"
      Then the answer has no "Resources[nickName={barbara}]"

    @CREATE-48 @should @RFC7643-4.1.1-R9 @after-CREATE-01 @after-READ-01
    Scenario: The address of a profile stays a URL
      Why: A path is a link into whatever site shows it.
      Fix: Store profileUrl as it came; a path, or a link of your own in its place, leads nowhere.

      Given a user barbara with:
        """
        {"profileUrl": "https://example.com/people/{run}barbara"}
        """
      Then barbara has nothing but "https://example.com/people/{run}barbara" at "profileUrl"

    @CREATE-49 @should @RFC7643-4.1.1-R10 @RFC7643-4.1.1-R11 @RFC7643-4.1.1-R13 @after-CREATE-01 @after-READ-01
    Scenario: Languages and time zones are kept as they are written
      Why: A language that is cut down to two letters greets people in the wrong script, and a zone
      turned into an offset is wrong for half of the year.
      Fix: Keep preferredLanguage (as in Accept-Language), locale (a tag of RFC 5646) and timezone
      (a name such as Europe/Rome) as texts.

      Given a user barbara with:
        """
        {"preferredLanguage": "en-gb;q=0.8", "locale": "zh-Hant-TW", "timezone": "Europe/Rome"}
        """
      Then barbara has nothing but "en-gb;q=0.8" at "preferredLanguage"
      And barbara has nothing but "zh-Hant-TW" at "locale"
      And barbara has nothing but "Europe/Rome" at "timezone"
