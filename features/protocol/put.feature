@protocol @put @write
Feature: Replacing a resource
  A client that knows all of a user sends all of it. What it sends is the user from
  then on, as far as it is the client's to say.

  Rule: A replacement answers 200 with the resource as it is now (RFC 7644 section 3.5.1)
    Why: authentik, Pocket ID and custom apps of Okta change people by PUT only. What they see in
    the answer is what they believe is stored.
    Fix: Store the body in place of the old user (without what is readOnly) and answer 200 with the
    user as a read would show it.

    @PUT-01 @must @RFC7644-3.5.1-R12 @RFC7644-3.5.1-R3 @RFC7644-3.5-R1 @RFC7644-3.2-R4 @after-READ-01 @core
    Scenario: A user is replaced
      Given a user barbara with:
        """
        {"displayName": "Barbara", "title": "Guide"}
        """
      When the client replaces barbara with:
        """
        {"displayName": "Babs Jensen", "title": "Director"}
        """
      Then the answer has status 200
      And the answer has "displayName" "Babs Jensen"
      And barbara has "displayName" "Babs Jensen"
      And barbara has "title" "Director"
      And barbara has "id" "{barbara.id}"

    @PUT-05 @must @RFC7643-3.1-R25 @after-PUT-01 @after-CREATE-03 @after-CREATE-34
    Scenario: A replaced user was modified later than it was created
      Why: Pocket ID compares meta.lastModified with the time of its own change, and auditing
      tools ask for what has changed since. A date that stands still hides a change.
      Fix: Set lastModified to the present when a PUT changes something.

      Given a user barbara with:
        """
        {"displayName": "Barbara"}
        """
      When the client reads barbara
      And some time goes by
      And the client replaces barbara with:
        """
        {"displayName": "Babs Jensen"}
        """
      Then barbara has a later "meta.lastModified" than before
      And barbara has "meta.created" "{barbara.meta.created}"

    @PUT-02 @may @RFC7644-3.5.1-R3 @after-PUT-01
    Scenario: What a replacement leaves out is cleared
      Why: A title that was taken away at the identity provider is left out of the PUT. If it
      stays, the app shows it for good.
      Fix: Clear (or set to their default) the writable attributes that the body does not have.

      Given a user barbara with:
        """
        {"displayName": "Barbara", "title": "Guide", "emails": [{"value": "{run}b@{domain}", "type": "work"}]}
        """
      When the client replaces barbara with:
        """
        {"displayName": "Barbara"}
        """
      Then the answer has status 200
      And barbara has no "title"
      And barbara has no "emails"

    @PUT-06 @must @RFC7643-2.5-R2 @RFC7643-2.5-R1 @after-PUT-01
    Scenario: Null and an empty array clear a value
      Why: Clients send null and [] for what a person does not have. If that is refused or stored,
      those people cannot be changed, or are shown with values that are none.
      Fix: Read null and [] in a PUT like an attribute that is not there: it is cleared.

      Given a user barbara with:
        """
        {"title": "Guide", "emails": [{"value": "{run}b@{domain}", "type": "work"}]}
        """
      When the client replaces barbara with:
        """
        {"title": null, "emails": []}
        """
      Then the answer has status 200
      And barbara has no "title"
      And barbara has no "emails"

    @PUT-07 @must @RFC7644-3.5.1-R3 @after-PUT-01
    Scenario: The values of an attribute are replaced, not added to
      Why: Old addresses that are kept beside the new ones go on getting mail.
      Fix: Replace the whole array of a multi-valued attribute by that in the body.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}old@{domain}", "type": "work"}]}
        """
      When the client replaces barbara with:
        """
        {"emails": [{"value": "{run}new@{domain}", "type": "home"}]}
        """
      Then barbara has "emails" [{"value": "{run}new@{domain}", "type": "home"}]

    @PUT-08 @must @RFC7644-3.5.1-R3 @after-PUT-01
    Scenario: A user gets another user name
      Why: People marry and change their names. A service that refuses this leaves the account
      under the old name, and the next create of the new one makes a second account.
      Fix: Allow another userName as long as it is free; tie everything else to the id.

      Given a user barbara
      When the client replaces barbara with:
        """
        {"userName": "{run}jensen@{domain}"}
        """
      Then the answer has status 200
      And barbara has "userName" "{run}jensen@{domain}"

  Rule: What is not the client's to say is ignored or refused (RFC 7644 section 3.5.1)
    Why: Okta reads a user, merges its changes, and sends the whole thing back: id, meta and groups
    too. A service that refuses those breaks every update; one that stores them lets a client
    rewrite its history.
    Fix: Ignore readOnly attributes in a PUT. Keep an immutable value, or answer 400 "mutability" if
    the body has another one.

    @PUT-03 @must @RFC7644-3.5.1-R10 @RFC7643-3.1-R12 @RFC7643-7-R15 @after-PUT-01 @after-CREATE-03
    Scenario: An id and a meta in a replacement are ignored
      Given a user barbara
      When the client replaces barbara with:
        """
        {"id": "{run}chosen", "displayName": "Barbara", "meta": {"resourceType": "Robot", "created": "1999-12-31T23:59:59Z"}}
        """
      Then the answer has status 200
      And the answer has "id" "{barbara.id}"
      And barbara has "id" "{barbara.id}"
      And barbara has "meta.resourceType" "User"
      And "1999-12-31" is in no answer

    @PUT-13 @must @RFC7644-3.5.1-R10 @RFC7643-4.1.2-R18 @needs-user-groups @after-PUT-01
    Scenario: The groups of a user in a replacement are ignored
      Why: Okta sends the groups that it has read back to you with each PUT. Where they are
      stored, a change of a name takes people into groups or out of them.
      Fix: Drop groups from the body of a user: it is readOnly, and follows from the members of
      groups.

      Given a user barbara
      When the client replaces barbara with:
        """
        {"displayName": "Barbara", "groups": [{"value": "{run}claimed"}]}
        """
      Then the answer has status 200
      And barbara has "displayName" "Barbara"
      And "{run}claimed" is in no answer

    @PUT-14 @must @RFC7643-2.3-R2 @RFC7644-3.12-R23 @after-PUT-01 @after-READ-02
    Scenario: A value of another type is refused and changes nothing
      Why: A switch that is stored as an object breaks the next read, for every client.
      Fix: Check types before you store anything, and answer 400 "invalidValue". The user has to
      be as before.

      Given a user barbara with:
        """
        {"displayName": "Barbara"}
        """
      When the client reads barbara
      And the client replaces barbara with:
        """
        {"displayName": "Half", "active": {"yes": "perhaps"}}
        """
      Then the answer is a SCIM error with status 400
      And barbara is unchanged

    @PUT-09 @must @RFC7643-4.1.1-R1 @RFC7643-7-R30 @RFC7644-3.12-R23 @after-PUT-01 @after-READ-02
    Scenario: A replacement without the userName is refused and changes nothing
      Why: A PUT without the name comes from a wrong mapping. Carried out, it makes an account
      that cannot sign in and is not found again.
      Fix: Demand what the schema requires in a PUT as in a create: 400 "invalidValue", and
      nothing changed.

      Given a user barbara with:
        """
        {"displayName": "Barbara"}
        """
      When the client reads barbara
      And the client sends PUT /Users/{barbara.id} with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "displayName": "Nameless"}
        """
      Then the answer is a SCIM error with status 400
      And barbara is unchanged

    @PUT-10 @must @RFC7644-3.5.1-R7 @RFC7644-3.5.1-R8 @RFC7643-7-R17 @needs-schemas @after-PUT-01
    Scenario: An immutable attribute keeps its first value
      Why: Immutable attributes are what other systems know a person by, such as the number of an
      employee. If it changes, all of them lose the person.
      Fix: Compare with the stored value: take the same one, and keep the old one or answer 400
      "mutability" for another.

      * each immutable attribute keeps its first value in a replacement

    @PUT-15 @must @RFC7644-3.5.1-R9 @needs-schemas @after-PUT-01 @after-PUT-10
    Scenario: An immutable attribute that has no value takes one
      Why: Employee numbers are often given after the account is made. If the first value is refused
      or dropped, the account never gets one.
      Fix: Compare with the stored value only if there is one; otherwise store what the body has.

      * each immutable attribute takes its first value in a replacement

    @PUT-11 @must @RFC7644-3.5.1-R13 @RFC7644-3.3-R9 @after-PUT-01 @after-CREATE-05 @after-READ-02 @after-CREATE-25
    Scenario: A user cannot take the user name of another one
      Why: Two accounts of one name are one person too many. 500 instead of 409 looks like a
      failure that will pass, and is sent again.
      Fix: Answer 409 "uniqueness" for a userName that somebody else has; let the unique index
      find out.

      Given a user barbara
      And a user carla
      When the client reads carla
      And the client replaces carla with:
        """
        {"userName": "{barbara}"}
        """
      Then the answer is a SCIM error with status 409 or 400 and scimType "uniqueness"
      And carla is unchanged

  Rule: A replacement never creates (RFC 7644 sections 3.2 and 3.5.1)
    Why: A client that holds the id of a deleted user must hear 404 and make a new one. A PUT that
    creates brings back an account that an administrator has removed.
    Fix: Update by id, and answer 404 if no row was changed. Do not upsert.

    @PUT-04 @must @RFC7644-3.5.1-R1 @RFC7644-3.2-R6 @after-PUT-01
    Scenario: Replacing an id that nobody has answers 404 and makes nothing
      When the client sends PUT /Users/{unknown} with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "active": false}
        """
      Then the answer is a SCIM error with status 404
      And there is no user barbara

    @PUT-12 @must @RFC7644-3.5.1-R12 @RFC7643-3.1-R26 @after-PUT-01 @after-CREATE-03
    Scenario: A replaced user stays where it was
      Why: A client keeps the location. If it moves, the next read is answered 404, and the person
      is made again.
      Fix: A PUT changes neither id nor location; use the id in the URL and ignore the one in the
      body.

      Given a user barbara
      When the client reads barbara
      And the client replaces barbara with:
        """
        {"displayName": "Barbara"}
        """
      Then the answer has "meta.location" "{barbara.meta.location}"
