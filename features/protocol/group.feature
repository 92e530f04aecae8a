@protocol @group @write @needs-groups
Feature: Groups and who is in them
  A group is a list of users, and sometimes of groups. It is changed one member at a
  time, by several clients, and it may be large.

  Rule: A group has a name and members (RFC 7643 section 4.2)
    Why: Entra makes groups without members and adds them afterwards; Okta makes them with
    "members": []. Groups decide who may do what in the app.
    Fix: Take displayName and members, both stored as sent, answer 201 with an id and the members.
    An empty list of members is no error.

    @GROUP-01 @must @RFC7643-4.2-R5 @RFC7644-3.2-R1 @RFC7644-3.3-R6 @after-READ-01 @core
    Scenario: A group is created with a member
      Given a user barbara
      When the client creates a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      Then the answer has status 201
      And engineers has "displayName" "{engineers}"
      And engineers has "members.value" ["{barbara.id}"]

    @GROUP-05 @must @RFC7643-4.2-R1 @RFC7643-7-R30 @after-GROUP-01 @after-CREATE-07
    Scenario: A group without a name is refused
      Why: Entra and Okta look for a group by displayName before they make it. One without a name
      is never found, and made again at each push.
      Fix: Answer 400 "invalidValue" where displayName is missing or empty.

      When the client sends POST /Groups with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "externalId": "{run}nameless"}
        """
      Then the answer is a SCIM error with status 400

    @GROUP-06 @must @RFC7643-3-R8 @RFC7644-3.3.1-R1 @RFC7644-3.3-R8 @after-GROUP-01 @after-CREATE-02 @after-CREATE-03
    Scenario: A new group has its type and its location
      Why: Clients tell groups from users by meta.resourceType and come back by the location.
      Without them, they have to look for the group by its name.
      Fix: Write meta and the Location header of groups by the code that does so for users.

      When the client creates a group engineers
      Then the answer has status 201
      And the answer has "meta.resourceType" "Group"
      And the answer has "meta.location" "{header Location}"

    @GROUP-26 @should @RFC7643-3.1-R1 @after-GROUP-01 @after-GROUP-06 @after-CREATE-03 @after-READ-01
    Scenario: A group has what every resource has
      Why: Identity providers find their own groups by externalId after a restart. Without it they go
      by name, and two groups of one name become one.
      Fix: Keep id, externalId and meta for every type, in the code that all types share.

      Given a group engineers with:
        """
        {"externalId": "{run}engineers-external"}
        """
      Then engineers has a text at "id"
      And engineers has a date at "meta.created"
      And engineers has "externalId" "{run}engineers-external"

    @GROUP-07 @may @RFC7643-4.2-R2 @after-GROUP-01
    Scenario: Two groups may have one name
      Why: The RFC does not make names of groups unique, and directories have two of a name. 409
      leaves one of them out of the app.
      Fix: Tell groups apart by id; refuse a second name with 409 only if your app cannot have it.

      Given a group engineers
      When the client creates a group others with:
        """
        {"displayName": "{engineers}"}
        """
      Then the answer has status 201 or 409

  Rule: Members come and go one by one (RFC 7644 section 3.5.2)
    Why: Entra, Okta and JumpCloud change one member at a time in groups of thousands. A mistake
    here does not lose a name: it locks a department out, or lets somebody keep what they should
    have lost.
    Fix: Keep memberships in a table of their own, and turn each operation into inserts and deletes
    of single rows.

    @GROUP-08 @must @RFC7644-3.5.2.1-R5 @needs-patch @after-GROUP-01 @core
    Scenario: A member is added
      Fix: Append the member; a service that replaces the list throws everybody else out.

      Given a user barbara
      And a user carla
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client patches engineers with:
        | op  | path    | value                     |
        | add | members | [{"value": "{carla.id}"}] |
      Then the answer has status 200 or 204
      And engineers has "members.value" ["{barbara.id}", "{carla.id}"]

    @GROUP-29 @must @RFC7644-3.5.2.1-R4 @needs-patch @after-GROUP-08 @after-PATCH-02
    Scenario: A member is added by an operation without a path
      Why: Okta and Entra, as they are set up, send members without a path. What is accepted and dropped
      leaves people without the rights of their group.
      Fix: Carry out each member of the value as if it were the path of an operation, for groups too.

      Given a user barbara
      And a group engineers
      When the client patches engineers with:
        | op  | path | value                                    |
        | add |      | {"members": [{"value": "{barbara.id}"}]} |
      Then the answer has status 200 or 204
      And engineers has "members.value" ["{barbara.id}"]

    @GROUP-30 @must @RFC7644-3.5.2.1-R5 @needs-patch @after-GROUP-08
    Scenario: Whoever is in a group stays in it when somebody unknown is added
      Why: Clients add people whom the app has deleted. A service that writes the list anew with what
      it finds throws everybody else out.
      Fix: Look all members up before you change anything; refuse the request, or leave out the one
      that you do not know.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client patches engineers with:
        | op  | path    | value                    |
        | add | members | [{"value": "{unknown}"}] |
      Then engineers has "members[value={barbara.id}].value" "{barbara.id}"

    @GROUP-31 @must @RFC7643-3.1-R25 @needs-patch @after-GROUP-08 @after-PATCH-45
    Scenario: A group whose members have changed was modified later than before
      Why: Tools that go by lastModified fetch what has moved. Members live in another table, and a
      group that gets one looks as it did: audits miss whoever was let in.
      Fix: Set lastModified of the group whenever a row of its members comes or goes.

      Given a user barbara
      And a group engineers
      When the client reads engineers
      And some time goes by
      And the client patches engineers with:
        | op  | path    | value                       |
        | add | members | [{"value": "{barbara.id}"}] |
      Then engineers has a later "meta.lastModified" than before

    @GROUP-09 @must @RFC7644-3.5.2.2-R4 @needs-patch @after-GROUP-01 @core
    Scenario: A member is removed
      Why: A service that knows members but not the filter behind it removes everybody when one
      person leaves.
      Fix: Remove the row that members[value eq "…"] picks. Entra's own form, a remove of members
      with a value, means the same.

      Given a user barbara
      And a user carla
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}, {"value": "{carla.id}"}]}
        """
      When the client patches engineers with:
        | op     | path                                | value |
        | remove | members[value eq "{barbara.id}"] |       |
      Then the answer has status 200 or 204
      And engineers has "members.value" ["{carla.id}"]

    @GROUP-10 @must @RFC7644-3.5.2.3-R4 @needs-patch @after-GROUP-01
    Scenario: All members are replaced
      Why: Okta's "push now" sends all members in one replace, and [] for a group without any.
      Fix: Set the members to the given list, an empty one too.

      Given a user barbara
      And a user carla
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client patches engineers with:
        | op      | path    | value                     |
        | replace | members | [{"value": "{carla.id}"}] |
      Then the answer has status 200 or 204
      And engineers has "members.value" ["{carla.id}"]

    @GROUP-11 @must @RFC7644-3.5.2.2-R3 @needs-patch @after-GROUP-01
    Scenario: All members are removed
      Why: A plugin for Keycloak empties a group by exactly this. Where nothing happens, everybody
      keeps what the group gives.
      Fix: Delete all memberships of the group where a remove of "members" has neither filter nor
      value.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client patches engineers with:
        | op     | path    | value |
        | remove | members |       |
      Then the answer has status 200 or 204
      And engineers has no "members"

    @GROUP-28 @must @RFC7643-4.2-R4 @needs-patch @after-GROUP-08 @after-GROUP-09 @after-PATCH-35 @after-PATCH-10
    Scenario: A member cannot be turned into somebody else
      Why: A membership belongs to one person, and audits follow it. One that changes hands gives
      rights to somebody whom nobody has added.
      Fix: Answer 400 "mutability" to a replacement of members[...].value; who comes and who goes
      is said by add and remove.

      Given a user barbara
      And a user carla
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client patches engineers with:
        | op      | path                                   | value        |
        | replace | members[value eq "{barbara.id}"].value | "{carla.id}" |
      Then the answer has status 400, 200 or 204
      And engineers has "members.value" ["{barbara.id}"]
      And ideally the answer is a SCIM error with status 400

    @GROUP-12 @must @RFC7644-3.5.1-R3 @RFC7644-3.2-R4 @after-GROUP-01 @after-PUT-01
    Scenario: A group is replaced, its members too
      Why: Custom apps of Okta send the whole group by PUT, at each change. Members that stay
      although the body lacks them keep their rights.
      Fix: Make the members those of the body, an empty list too; insert and delete the difference
      in one transaction.

      Given a user barbara
      And a user carla
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client replaces engineers with:
        """
        {"members": [{"value": "{carla.id}"}]}
        """
      Then the answer has status 200
      And engineers has "members.value" ["{carla.id}"]

    @GROUP-32 @must @RFC7644-3.5.1-R3 @after-GROUP-12
    Scenario: A replacement renames a group
      Why: Custom apps of Okta rename by PUT. A service that keeps the old name is told the new one at
      each push, and people look for a group that is not there.
      Fix: Take displayName from the body like everything else.

      Given a group engineers
      When the client replaces engineers with:
        """
        {"displayName": "{run}renamed"}
        """
      Then the answer has status 200
      And engineers has "displayName" "{run}renamed"

    @GROUP-13 @must @RFC7644-3.5.2.3-R3 @needs-patch @after-GROUP-01
    Scenario: A group is renamed, and its members stay
      Why: Okta renames a group with each change of members. A rename that empties it happens
      every day.
      Fix: Change displayName only.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client patches engineers with:
        | op      | path        | value          |
        | replace | displayName | "{run}renamed" |
      Then the answer has status 200 or 204
      And engineers has "displayName" "{run}renamed"
      And engineers has "members.value" ["{barbara.id}"]

    @GROUP-04 @must @RFC7644-3.5.2.1-R7 @needs-patch @after-GROUP-08
    Scenario: A member that is there already is not there twice
      Why: Entra adds members again that are in the group. 409 or 500 at that point fails the
      whole request, with the people who are new.
      Fix: Insert and pass over what is there (ON CONFLICT DO NOTHING), and answer success.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client patches engineers with:
        | op  | path    | value                       |
        | add | members | [{"value": "{barbara.id}"}] |
      Then the answer has status 200 or 204
      And engineers has "members.value" ["{barbara.id}"]

    @GROUP-14 @should @RFC7644-3.5.2.2-R8 @needs-patch @after-GROUP-09
    Scenario: Removing somebody who is no member changes nothing
      Why: Clients repeat a removal whose answer was lost. An error for somebody who has gone
      already fails the whole request, with the others in it.
      Fix: Answer success if the person is not in the group: that is what the client wanted.

      Given a user barbara
      And a user carla
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client patches engineers with:
        | op     | path                              | value |
        | remove | members[value eq "{carla.id}"] |       |
      Then the answer has status 200 or 204
      And engineers has "members.value" ["{barbara.id}"]

    @GROUP-15 @must @RFC7644-3.5.2-R18 @needs-patch @after-GROUP-08 @after-PATCH-08 @after-READ-02 @after-PATCH-10 @after-PATCH-11 @after-PATCH-33
    Scenario: A patch of a group that fails changes nothing
      Why: A client sends a refused request again. If half of it was done the first time, it meets
      members that are there, and nobody knows who else is.
      Fix: One transaction for all operations of a patch, for groups as for users.

      Given a user barbara
      And a user carla
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client reads engineers
      And the client patches engineers with:
        | op     | path        | value                     |
        | add    | members     | [{"value": "{carla.id}"}] |
        | remove | displayName |                           |
      Then the answer is a SCIM error with status 400
      And engineers is unchanged

  Rule: A member is named by its id, its type and where it is (RFC 7643 section 4.2)
    Why: Apps show the groups of a person next to the person; clients find members by value and
    follow $ref. A list that does not agree with the other one is a right that nobody can see.
    Fix: Derive the groups of a user from the members of groups when it is read; value is the id,
    $ref the address, type "User" or "Group".

    @GROUP-02 @must @RFC7643-4.1.2-R15 @RFC7643-4.1.2-R16 @needs-user-groups @after-GROUP-01
    Scenario: A user shows the group it is in
      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      Then barbara has "groups.value" ["{engineers.id}"]

    @GROUP-33 @must @RFC7643-4.1.2-R15 @needs-user-groups @after-GROUP-02
    Scenario: A user shows each group that it is in
      Why: Whoever looks at a person to see what they may do sees the first group alone, and takes the
      others for taken away.
      Fix: Collect the groups of a user in a list, not in a column.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      And a group managers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      Then barbara has "groups.value" ["{engineers.id}", "{managers.id}"]

    @GROUP-16 @must @RFC7643-4.1.2-R15 @needs-user-groups @needs-patch @after-GROUP-02 @after-GROUP-09
    Scenario: A user does not show a group it has left
      Why: Apps that read the rights of a person off the user go on granting what the group gave.
      Fix: Derive groups from the memberships at each read, or write both in one transaction.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client reads barbara
      And the client patches engineers with:
        | op     | path                                | value |
        | remove | members[value eq "{barbara.id}"] |       |
      Then barbara has no "groups"

    @GROUP-17 @must @RFC7643-4.1.2-R18 @needs-user-groups @after-GROUP-02 @after-PUT-01
    Scenario: A user joins no group by its own "groups"
      Why: Okta sends "groups": [] with every user. Where that is honoured, each update of a
      person takes them out of all their groups.
      Fix: Ignore groups in the body of a user: it is readOnly.

      Given a user barbara
      And a group engineers
      When the client replaces barbara with:
        """
        {"groups": [{"value": "{engineers.id}"}]}
        """
      Then the answer has status 200 or 400
      And the answer has no "groups"
      And barbara has no "groups"
      And engineers has no "members"

    @GROUP-18 @must @RFC7643-4.2-R6 @RFC7643-2.3.7-R1 @RFC7643-2.3.7-R2 @after-GROUP-01 @after-READ-01
    Scenario: A member's address, if it has one, leads to the member
      Why: Clients follow $ref. One with an internal host name, or without the tenant in its path,
      leads nowhere.
      Fix: Write $ref by the function that writes meta.location, as the address that clients use,
      behind proxies too; or leave it out.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client reads engineers
      Then any URL at "members.$ref" of the answer leads to barbara

    @GROUP-19 @must @RFC7643-4.2-R5 @after-GROUP-01
    Scenario: A member's type, if it has one, is the name of its type
      Why: Clients treat a member of the type "Group" as a group to look into. A word of your own
      is neither a person nor a group to them.
      Fix: Show "User" or "Group", as /ResourceTypes has it, or leave type out.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}", "type": "User"}]}
        """
      Then engineers has "members" [{"value": "{barbara.id}"}]
      And engineers has nothing but "User" at "members.type"

    @GROUP-23 @must @RFC7643-4.1.2-R16 @RFC7643-2.3.7-R4 @RFC7643-2.3.7-R2 @needs-user-groups @after-GROUP-02 @after-READ-01
    Scenario: The address of a user's group, if there is one, leads to the group
      Why: Whoever looks at a person goes on to their groups from there. An address that leads
      nowhere looks like a group that was deleted.
      Fix: Write $ref of groups by the function that writes meta.location, or leave it out.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client reads barbara
      Then any URL at "groups.$ref" of the answer leads to engineers

    @GROUP-27 @should @RFC7643-4.1.2-R19 @needs-user-groups @after-GROUP-02
    Scenario: A direct member is shown as "direct"
      Why: A client takes people out of groups in which they are directly; with "indirect" it looks
      for another group to change, and finds none.
      Fix: Show "direct" for members of the group itself, and "indirect" for those that are in it
      by way of another group.

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      Then barbara has nothing but "direct" at "groups.type"

    @GROUP-20 @may @RFC7643-4.2-R7 @after-GROUP-01
    Scenario: A group is in a group
      Why: Directories nest groups. A service that stores the id of a group among the users grants
      rights to whoever has that number.
      Fix: Keep the type of each member; or refuse groups as members with 400.

      Given a group engineers
      When the client creates a group company with:
        """
        {"members": [{"value": "{engineers.id}", "type": "Group"}]}
        """
      Then the answer has status 201
      And company has "members.value" ["{engineers.id}"]
      And company has nothing but "Group" at "members.type"

    @GROUP-21 @may @RFC7643-2.3.7-R5 @after-GROUP-01 @edge
    Scenario: A member that does not exist is refused, or not kept
      Why: Clients add members that the app has lost. An id that leads nowhere is an empty line in
      the app, and whoever gets that id next is in the group.
      Fix: Answer 400 "invalidValue" that names the member, or leave it out. Do not store an id
      that leads nowhere.

      When the client creates a group engineers with:
        """
        {"members": [{"value": "{unknown}"}]}
        """
      Then the answer has status 400, 404 or 201
      And if it is accepted, engineers has no "members"

    @GROUP-03 @may @RFC7643-2.3.7-R5 @after-GROUP-01 @after-DEL-01
    Scenario: A user that is deleted is a member no more
      Why: A member that leads nowhere makes clients that follow it fail, and whoever gets that id
      next inherits the group.
      Fix: Delete the memberships along with the user (ON DELETE CASCADE).

      Given a user barbara
      And a group engineers with:
        """
        {"members": [{"value": "{barbara.id}"}]}
        """
      When the client deletes barbara
      Then engineers has no "members"

    @GROUP-25 @must @RFC7644-3.5.2.1-R5 @needs-patch @after-GROUP-22 @edge
    Scenario: Forty members are added at once to those that are there
      Why: A group that is pushed again brings dozens of people at once. Where the list is
      replaced, those who were in it are out; where it is cut at a limit, the rest have no access
      and nobody is told.
      Fix: Insert the new members beside the old ones, as a batch. If your limit is lower, answer
      400 or 413 and add nobody.

      Given 41 users u with:
        """
        {"displayName": "Number {n}"}
        """
      And a group engineers with:
        """
        {"members": {members u 41-41}}
        """
      When the client patches engineers with:
        | op  | path    | value            |
        | add | members | {members u 1-40} |
      Then the answer has status 200 or 204
      And engineers has "members" {members u 1-41}

    @GROUP-22 @must @RFC7644-3.5.2.1-R5 @needs-patch @after-GROUP-08 @edge
    Scenario: Five members are added at once
      Why: The first push of a group has dozens of members in one operation. A service that takes
      one at a time keeps the first, or refuses all.
      Fix: Take many members in one operation. Some clients send a hundred at a time; insert them
      as a batch.

      Given 5 users u with:
        """
        {"displayName": "Number {n}"}
        """
      And a group engineers
      When the client patches engineers with:
        | op  | path    | value            |
        | add | members | {members u 1-5} |
      Then the answer has status 200 or 204
      And engineers has "members" {members u 1-5}
