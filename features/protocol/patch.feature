@protocol @patch @write @needs-patch @after-READ-01
Feature: Changing a part of a resource
  A client that knows what has changed sends just that: values to add, to replace and
  to remove. Everything it does not name stays as it is.

  Rule: A patch changes what it names (RFC 7644 sections 3.5.2.1 to 3.5.2.3)
    Why: Entra changes people by PATCH only, one operation for each attribute. An operation that is
    answered with success and not carried out is believed: nobody sends it again.
    Fix: Carry out add, replace and remove on the attribute that the path names, leave all others
    alone, and answer an operation that you cannot carry out with 400 instead of passing it over.

    @PATCH-01 @must @RFC7644-3.5.2.3-R3 @RFC7644-3.5.2-R20 @core
    Scenario: A value is replaced
      Given a user barbara with:
        """
        {"displayName": "Barbara", "title": "Guide"}
        """
      When the client patches barbara with:
        | op      | path  | value      |
        | replace | title | "Director" |
      Then the answer has status 200 or 204
      And barbara has "title" "Director"
      And barbara has "displayName" "Barbara"

    @PATCH-54 @must @RFC7644-3.4.2.2-R8 @RFC7644-3.5.2.3-R3 @needs-filter @after-PATCH-01 @after-FILT-08
    Scenario: A user is found by what it is now, and no longer by what it was
      Why: Lists that come from an index of their own show yesterday's people. A client that looks for
      somebody by the new name finds nobody, and makes them again.
      Fix: Write the index in the transaction of the change, or read lists from where writes go.

      Given a user barbara with:
        """
        {"displayName": "{run}Before"}
        """
      When the client patches barbara with:
        | op      | path        | value        |
        | replace | displayName | "{run}After" |
      Then the answer has status 200 or 204
      When the client looks for users where displayName eq "{run}After"
      Then the answer finds exactly barbara
      When the client looks for users where displayName eq "{run}Before"
      Then the answer finds exactly nobody

    @PATCH-55 @must @RFC7644-3.5.2.3-R3 @after-PATCH-01
    Scenario: The user name and the key of the client can be changed
      Why: People marry, and directories move. A service that accepts a new userName and keeps the old
      one locks them out, and the client sends the change in every cycle.
      Fix: Change userName and externalId like any other attribute; answer 400 "mutability" if they
      cannot be changed, and say so in the schema.

      Given a user barbara with:
        """
        {"externalId": "{run}before"}
        """
      When the client patches barbara with:
        | op      | path       | value                     |
        | replace | userName   | "{run}renamed@{domain}"   |
        | replace | externalId | "{run}after"              |
      Then the answer has status 200, 204 or 400
      And if it is accepted, barbara has "userName" "{run}renamed@{domain}"
      And if it is accepted, barbara has "externalId" "{run}after"

    @PATCH-56 @must @RFC7644-3.5.2.1-R5 @after-PATCH-04
    Scenario: One value that is added without an array is added, or refused
      Why: Some clients send one value as it is, as samples of the RFC do with members. What is accepted
      and dropped is never sent again.
      Fix: Take an object for an array of one, or answer 400 "invalidValue".

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work"}]}
        """
      When the client patches barbara with:
        | op  | path   | value                                              |
        | add | emails | {"value": "{run}home@{domain}", "type": "home"}    |
      Then the answer has status 200, 204 or 400
      And if it is accepted, barbara has "emails.value" ["{run}work@{domain}", "{run}home@{domain}"]

    @PATCH-15 @must @RFC7644-3.5.2.1-R3 @after-PATCH-01 @core
    Scenario: A value is added where there is none
      Fix: Treat an "add" to what is not there as setting it; do not answer 400 since there is
      nothing to add to.

      Given a user barbara
      When the client patches barbara with:
        | op  | path  | value   |
        | add | title | "Guide" |
      Then the answer has status 200 or 204
      And barbara has "title" "Guide"

    @PATCH-16 @must @RFC7644-3.5.2.1-R6 @after-PATCH-01
    Scenario: A value is added where one single value can be, and takes its place
      Why: Clients that know only "add" change a title by it. A service that refuses this, or
      makes an array of two titles, keeps the old one or breaks whoever reads it.
      Fix: Treat "add" to an attribute with one value like "replace".

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      When the client patches barbara with:
        | op  | path  | value      |
        | add | title | "Director" |
      Then the answer has status 200 or 204
      And barbara has "title" "Director"

    @PATCH-17 @must @RFC7644-3.5.2.2-R2 @after-PATCH-01 @core
    Scenario: A value is removed
      Why: A title that a person no longer has stays in the app if "remove" does nothing.
      Fix: Clear the attribute. A remove has no value; do not demand one.

      Given a user barbara with:
        """
        {"displayName": "Barbara", "title": "Guide"}
        """
      When the client patches barbara with:
        | op     | path  | value |
        | remove | title |       |
      Then the answer has status 200 or 204
      And barbara has no "title"
      And barbara has "displayName" "Barbara"

    @PATCH-18 @must @RFC7644-3.5.2.3-R5 @after-PATCH-01
    Scenario: Replacing a value that is not there adds it
      Why: Entra sends Replace for attributes that it has never set before.
      Fix: Treat "replace" of what is not there like "add".

      Given a user barbara
      When the client patches barbara with:
        | op      | path     | value  |
        | replace | nickName | "Babs" |
      Then the answer has status 200 or 204
      And barbara has "nickName" "Babs"

    @PATCH-19 @must @RFC7644-3.5.2.3-R3 @RFC7643-4.1.1-R14 @after-PATCH-01 @after-CREATE-38 @core
    Scenario: A user is activated and deactivated
      Why: This is how people are locked out: Okta and Entra disable accounts by a PATCH of
      active. If it is not carried out, somebody who has left can still sign in. Entra reads
      disabled users afterwards, so they have to stay readable.
      Fix: Map active to the switch that your sign-in looks at, show it in every answer, and never
      delete on active false. Reading the text "False", as Entra sends it, as false is a kindness
      that pays.

      Given a user barbara
      When the client patches barbara with:
        | op      | path   | value |
        | replace | active | true  |
      Then the answer has status 200 or 204
      And barbara has "active" true
      When the client patches barbara with:
        | op      | path   | value |
        | replace | active | false |
      Then the answer has status 200 or 204
      And barbara has "active" false

    @PATCH-20 @must @RFC7643-2.5-R2 @RFC7643-2.5-R1 @after-PATCH-01
    Scenario: Replacing a value by null removes it
      Why: Some clients have no "remove": a title that was taken away arrives as null. A text
      "null" beside somebody's name is what their colleagues see.
      Fix: Treat null as a remove, or answer 400 "invalidValue". Never store null or the text
      "null".

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      When the client patches barbara with:
        | op      | path  | value |
        | replace | title | null  |
      Then the answer has status 200, 204 or 400
      And if it is accepted, barbara has no "title"

    @PATCH-03 @must @RFC7644-3.5.2.3-R3 @RFC7644-3.5.2-R8 @after-PATCH-01 @after-CREATE-14 @core
    Scenario: A part of a complex value changes, and its other parts stay
      Why: Entra changes name.familyName alone. A service that puts the text where the object was
      loses the given name, and breaks every client that reads name as an object.
      Fix: Split the path at the dot and change that member of the object only.

      Given a user barbara with:
        """
        {"name": {"givenName": "Barbara", "familyName": "Jensen"}}
        """
      When the client patches barbara with:
        | op      | path           | value  |
        | replace | name.givenName | "Babs" |
      Then the answer has status 200 or 204
      And barbara has "name.givenName" "Babs"
      And barbara has "name.familyName" "Jensen"

    @PATCH-21 @must @RFC7644-3.5.2.2-R6 @after-PATCH-03
    Scenario: A part of a complex value is removed, and its other parts stay
      Why: A middle name that was taken back stays in every mail, or the whole name goes with it.
      Fix: Split the path at the dot and delete that member of the object only; if none is left,
      the attribute has no value.

      Given a user barbara with:
        """
        {"name": {"givenName": "Barbara", "familyName": "Jensen"}}
        """
      When the client patches barbara with:
        | op     | path           | value |
        | remove | name.givenName |       |
      Then the answer has status 200 or 204
      And barbara has no "name.givenName"
      And barbara has "name.familyName" "Jensen"

    @PATCH-22 @must @RFC7644-3.5.2.1-R4 @after-PATCH-03
    Scenario: Parts are added to a complex value, and its other parts stay
      Why: A client that learns a given name later adds it. A service that puts the new object in
      place of the old one loses the family name.
      Fix: Merge the given members into the object; an add takes nothing away.

      Given a user barbara with:
        """
        {"name": {"familyName": "Jensen"}}
        """
      When the client patches barbara with:
        | op  | path | value                    |
        | add | name | {"givenName": "Barbara"} |
      Then the answer has status 200 or 204
      And barbara has "name.givenName" "Barbara"
      And barbara has "name.familyName" "Jensen"

    @PATCH-23 @must @RFC7644-3.5.2.3-R6 @after-PATCH-03
    Scenario: Replacing some parts of a complex value leaves the other ones alone
      Why: The RFC says that sub-attributes which are not named stay; many services replace the
      whole object, and clients that send only what changed lose the rest.
      Fix: Merge the members of the value into the object that is there.

      Given a user barbara with:
        """
        {"name": {"givenName": "Barbara", "familyName": "Jensen"}}
        """
      When the client patches barbara with:
        | op      | path | value                 |
        | replace | name | {"givenName": "Babs"} |
      Then the answer has status 200 or 204
      And barbara has "name.givenName" "Babs"
      And ideally barbara has "name.familyName" "Jensen"

  Rule: Without a path, the value is an object of what changes (RFC 7644 sections 3.5.2.1 and 3.5.2.3)
    Why: Okta disables people with {"op": "replace", "value": {"active": false}}, without a path.
    authentik and Entra's newer mode send whole objects this way.
    Fix: Where the path is missing, take each member of the value as an operation of its own on that
    attribute.

    @PATCH-02 @must @RFC7644-3.5.2.3-R1 @after-PATCH-01 @core
    Scenario: Several values are replaced at once
      Given a user barbara with:
        """
        {"displayName": "Barbara", "title": "Guide", "nickName": "Babs"}
        """
      When the client patches barbara with:
        | op      | path | value                                             |
        | replace |      | {"displayName": "Babs Jensen", "title": "Director"} |
      Then the answer has status 200 or 204
      And barbara has:
        | displayName | "Babs Jensen" |
        | title       | "Director"    |
        | nickName    | "Babs"        |

    @PATCH-24 @must @RFC7644-3.5.2.1-R2 @after-PATCH-01
    Scenario: Several values are added at once
      Why: Newer clients send all that is new in one operation. A service that replaces the arrays
      in it throws away the addresses that were there.
      Fix: Where the path of an "add" is missing, set single values and append to arrays, member
      by member.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work"}]}
        """
      When the client patches barbara with:
        | op  | path | value                                                                             |
        | add |      | {"title": "Guide", "emails": [{"value": "{run}home@{domain}", "type": "home"}]} |
      Then the answer has status 200 or 204
      And barbara has "title" "Guide"
      And barbara has "emails" [{"value": "{run}work@{domain}"}, {"value": "{run}home@{domain}"}]

  Rule: An attribute with many values grows, shrinks and changes value by value (RFC 7644 section 3.5.2)
    Why: E-mail addresses, phone numbers and members are changed one by one. A service that replaces
    the list on "add", or clears it on a filtered "remove", loses addresses that nobody asked it to
    touch.
    Fix: Apply the operation to the elements that the filter in the path picks, or append for an
    add; leave all other elements as they are.

    @PATCH-04 @must @RFC7644-3.5.2.1-R5 @after-PATCH-01 @core
    Scenario: A value is added to those that are there
      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work"}]}
        """
      When the client patches barbara with:
        | op  | path   | value                                              |
        | add | emails | [{"value": "{run}home@{domain}", "type": "home"}] |
      Then the answer has status 200 or 204
      And barbara has "emails" [{"value": "{run}work@{domain}"}, {"value": "{run}home@{domain}"}]

    @PATCH-25 @must @RFC7644-3.5.2.1-R7 @RFC7644-3.5.2.1-R8 @after-PATCH-04 @after-CREATE-03 @after-READ-02
    Scenario: A value that is there already is not added again, and nothing was modified
      Why: Entra adds members again that are there already. A second copy of a value, or a new
      lastModified for nothing, makes the user look changed to everybody else.
      Fix: Compare the new element with those that are there. If it is among them, answer success
      and write nothing, lastModified included.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work"}]}
        """
      When the client reads barbara
      And some time goes by
      And the client patches barbara with:
        | op  | path   | value                                              |
        | add | emails | [{"value": "{run}work@{domain}", "type": "work"}] |
      Then the answer has status 200 or 204
      And barbara has "emails" [{"value": "{run}work@{domain}"}]
      And barbara has "meta.lastModified" "{barbara.meta.lastModified}"

    @PATCH-26 @must @RFC7644-3.5.2.3-R4 @after-PATCH-04
    Scenario: All values are replaced
      Why: Some clients send the whole list with each change. What is kept beside the new values is an address that
      nobody manages any more.
      Fix: Without a filter in the path, "replace" sets the whole array to the given one.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work"}, {"value": "{run}home@{domain}", "type": "home"}]}
        """
      When the client patches barbara with:
        | op      | path   | value                                               |
        | replace | emails | [{"value": "{run}other@{domain}", "type": "other"}] |
      Then the answer has status 200 or 204
      And barbara has "emails" [{"value": "{run}other@{domain}"}]

    @PATCH-27 @must @RFC7644-3.5.2.2-R3 @after-PATCH-04
    Scenario: All values are removed
      Why: Addresses that were taken away at the identity provider go on getting mail.
      Fix: Without a filter in the path, "remove" clears the attribute.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work"}, {"value": "{run}home@{domain}", "type": "home"}]}
        """
      When the client patches barbara with:
        | op     | path   | value |
        | remove | emails |       |
      Then the answer has status 200 or 204
      And barbara has no "emails"

    @PATCH-05 @must @RFC7644-3.5.2.3-R8 @RFC7644-3.5.2-R8 @after-PATCH-04 @core
    Scenario: A part of one value changes, picked by a filter
      Why: emails[type eq "work"].value is how Entra changes every e-mail address.
      Fix: Parse the path as attribute, filter, sub-attribute; set the sub-attribute in each
      element that matches.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work"}, {"value": "{run}home@{domain}", "type": "home"}]}
        """
      When the client patches barbara with:
        | op      | path                           | value                  |
        | replace | emails[type eq "work"].value | "{run}new@{domain}" |
      Then the answer has status 200 or 204
      And barbara has "emails" [{"value": "{run}new@{domain}", "type": "work"}, {"value": "{run}home@{domain}", "type": "home"}]

    @PATCH-28 @must @RFC7644-3.5.2.3-R7 @after-PATCH-05
    Scenario: A whole value is replaced, picked by a filter
      Why: Clients that hold an address as one thing replace all of it. A service that knows only
      sub-attributes behind the brackets answers 400 to that, or replaces every address.
      Fix: For a path that ends with the brackets, put the given object in place of each element
      that matches, or merge it into that.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work"}, {"value": "{run}home@{domain}", "type": "home"}]}
        """
      When the client patches barbara with:
        | op      | path                     | value                                            |
        | replace | emails[type eq "work"] | {"value": "{run}new@{domain}", "type": "work"} |
      Then the answer has status 200 or 204
      And barbara has "emails" [{"value": "{run}new@{domain}", "type": "work"}, {"value": "{run}home@{domain}", "type": "home"}]

    @PATCH-29 @must @RFC7644-3.5.2.2-R4 @after-PATCH-05 @core
    Scenario: One value is removed, picked by a filter
      Why: Okta takes people out of groups with members[value eq "…"]. If that clears the array,
      one leaver empties the group.
      Fix: Remove the elements for which the filter is true, and only those.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work"}, {"value": "{run}home@{domain}", "type": "home"}]}
        """
      When the client patches barbara with:
        | op     | path                     | value |
        | remove | emails[type eq "home"] |       |
      Then the answer has status 200 or 204
      And barbara has "emails" [{"value": "{run}work@{domain}", "type": "work"}]

    @PATCH-30 @must @RFC7644-3.5.2.2-R5 @after-PATCH-05
    Scenario: A part of one value is removed, picked by a filter
      Why: A street that is removed for one address and gone from all of them is noticed when the
      parcel comes back.
      Fix: Delete the sub-attribute in the elements that the filter picks, and leave the elements
      and all others as they are.

      Given a user barbara with:
        """
        {"addresses": [{"type": "work", "locality": "Delft", "postalCode": "2611"}, {"type": "home", "locality": "Leiden", "postalCode": "2312"}]}
        """
      When the client patches barbara with:
        | op     | path                                | value |
        | remove | addresses[type eq "home"].locality |       |
      Then the answer has status 200 or 204
      And barbara has "addresses.postalCode" ["2611", "2312"]
      And barbara has "addresses.locality" ["Delft"]

    @PATCH-31 @must @RFC7644-3.4.2.2-R22 @RFC7644-3.4.2.2-R23 @after-PATCH-05
    Scenario: A filter with two conditions picks the value that meets both
      Why: With conditions that are tried on different elements, a filter for somebody's address
      at work removes the one at home.
      Fix: Try all conditions in the brackets on one element at a time, not each on any element.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}a@{domain}", "type": "work"}, {"value": "{run}b@{domain}", "type": "home"}]}
        """
      When the client patches barbara with:
        | op     | path                                                        | value |
        | remove | emails[type eq "work" and value eq "{run}b@{domain}"] |       |
      Then the answer has status 200, 204 or 400
      And barbara has "emails.value" ["{run}a@{domain}", "{run}b@{domain}"]

    @PATCH-07 @must @RFC7644-3.5.2-R17 @RFC7643-2.4-R3 @after-PATCH-04
    Scenario: A new primary value takes the place of the old one
      Why: A user with two primary addresses gets mail at either of them.
      Fix: When an operation sets primary true on an element, set it false on all others in the
      same transaction.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work", "primary": true}]}
        """
      When the client patches barbara with:
        | op  | path   | value                                                               |
        | add | emails | [{"value": "{run}home@{domain}", "type": "home", "primary": true}] |
      Then the answer has status 200 or 204
      And barbara has "emails[primary=true].value" "{run}home@{domain}"
      And barbara has "emails.value" ["{run}work@{domain}", "{run}home@{domain}"]

    @PATCH-32 @must @RFC7644-3.5.2-R17 @after-PATCH-05 @after-PATCH-07
    Scenario: Another value becomes the primary one
      Why: Clients that switch somebody to another mailbox set primary on one address and say
      nothing of the other. With two of them, mail goes to either.
      Fix: The rule that only one value is primary also holds when a path such as emails[type eq
      "home"].primary sets it.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work", "primary": true}, {"value": "{run}home@{domain}", "type": "home"}]}
        """
      When the client patches barbara with:
        | op      | path                             | value |
        | replace | emails[type eq "home"].primary | true  |
      Then the answer has status 200 or 204
      And barbara has "emails[primary=true].value" "{run}home@{domain}"

  Rule: A patch is one unit: if any operation fails, nothing has changed (RFC 7644 section 3.5.2)
    Why: Entra puts the changes of a user into one request and sends all of them again after an
    error. If the first half has been kept, the user is in a state that nobody has asked for, and
    "add" is done twice.
    Fix: Apply all operations to a copy, check the result against the schema, and store it in one
    transaction. On any error store nothing: the version and lastModified stay too.

    @PATCH-08 @must @RFC7644-3.5.2-R18 @RFC7644-3.5.2-R19 @after-PATCH-01 @after-READ-02 @core
    Scenario: A failing second operation leaves the user untouched
      Fix: Apply all operations to a copy and store it when the last one has succeeded, in one
      transaction; roll back on the first error.

      Given a user barbara with:
        """
        {"displayName": "Barbara", "emails": [{"value": "{run}work@{domain}", "type": "work"}]}
        """
      When the client reads barbara
      And the client patches barbara with:
        | op      | path                                 | value                 |
        | replace | displayName                          | "Half"                |
        | replace | emails[type eq "nothing"].value | "{run}x@{domain}" |
      Then the answer is a SCIM error with status 400
      And barbara is unchanged

    @PATCH-33 @must @RFC7644-3.5.2-R18 @RFC7644-3.5.2-R19 @RFC7643-7-R30 @after-PATCH-01 @after-READ-02
    Scenario: A forbidden third operation undoes the two before it
      Why: A patch that would leave a user without a name is refused only once it comes to that
      operation. What was done before it stays done, without anybody having been told of a
      success.
      Fix: Check mutability and what is required on the copy after each operation, and throw the
      copy away on the first error.

      Given a user barbara with:
        """
        {"displayName": "Barbara", "title": "Guide"}
        """
      When the client reads barbara
      And the client patches barbara with:
        | op      | path        | value  |
        | replace | displayName | "Half" |
        | remove  | title       |        |
        | remove  | userName    |        |
      Then the answer is a SCIM error with status 400
      And barbara is unchanged

    @PATCH-13 @must @RFC7644-3.5.2-R16 @after-PATCH-01
    Scenario: Operations are carried out one after another
      Why: Clients clear a list and fill it in the same request. In another order the list is
      empty at the end.
      Fix: Apply the operations in the order of the array, each to the result of the one before.

      Given a user barbara
      When the client patches barbara with:
        | op      | path  | value      |
        | add     | title | "Guide"    |
        | remove  | title |            |
        | add     | title | "Director" |
        | replace | title | "Owner"    |
      Then the answer has status 200 or 204
      And barbara has "title" "Owner"

  Rule: What cannot be changed, or cannot be understood, is refused (RFC 7644 sections 3.5.2 and 3.12)
    Why: An administrator sees what is refused in the log of the identity provider, with the reason.
    What is answered with success and dropped shows up months later as an account that should have
    been closed.
    Fix: Answer 400 with the scimType that fits: "noTarget" if a filter finds nothing,
    "invalidPath", "invalidSyntax", "invalidValue", "mutability"; say in detail which operation it
    was.

    @PATCH-06 @must @RFC7644-3.5.2.3-R9 @RFC7644-3.12-R22 @after-PATCH-05 @after-READ-02 @after-ERR-05
    Scenario: Replacing a value that no filter finds is refused
      Why: A service that writes the value somewhere else, or over the whole attribute, destroys
      data at this point.
      Fix: If no element matches the filter of a replace, answer 400 "noTarget" and change
      nothing.

      Given a user barbara with:
        """
        {"emails": [{"value": "{run}work@{domain}", "type": "work"}]}
        """
      When the client reads barbara
      And the client patches barbara with:
        | op      | path                                 | value                 |
        | replace | emails[type eq "nothing"].value | "{run}x@{domain}" |
      Then the answer is a SCIM error with status 400 and scimType "noTarget", "invalidPath" or "invalidFilter"
      And barbara is unchanged

    @PATCH-34 @must @RFC7644-3.5.2.2-R1 @after-PATCH-01 @after-READ-02 @after-ERR-05
    Scenario: Removing without saying what is refused
      Why: A remove without a path could mean everything. A service that takes it so wipes a user.
      Fix: Answer 400 "noTarget" to a remove that has no path.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      When the client reads barbara
      And the client patches barbara with:
        | op     | path | value |
        | remove |      |       |
      Then the answer is a SCIM error with status 400 and scimType "noTarget", "invalidPath", "invalidSyntax" or "invalidValue"
      And barbara is unchanged

    @PATCH-10 @must @RFC7644-3.5.2.2-R7 @RFC7643-7-R30 @after-PATCH-01 @after-READ-02 @after-ERR-05
    Scenario: What is required cannot be removed
      Why: A user without a user name can neither sign in nor be found again; the next create
      makes a second one.
      Fix: Answer 400 "mutability" (or "invalidValue") to a remove of an attribute that the schema
      requires.

      Given a user barbara
      When the client reads barbara
      And the client patches barbara with:
        | op     | path     | value |
        | remove | userName |       |
      Then the answer is a SCIM error with status 400 and scimType "mutability", "invalidValue" or "noTarget"
      And ideally the answer is a SCIM error with status 400 and scimType "mutability" or "invalidValue"
      And barbara is unchanged

    @PATCH-35 @must @RFC7643-3.1-R12 @RFC7643-3.1-R20 @RFC7643-7-R15 @after-PATCH-01
    Scenario: The id and the dates cannot be changed
      Why: Whoever can change an id can take over the account that had it, and dates that a client
      can set prove nothing in an audit.
      Fix: Refuse or ignore operations on id, meta and other readOnly attributes; 400 "mutability"
      is what the RFC has for it. Okta repeats the id of a group when it renames it: the same
      value does no harm.

      Given a user barbara
      When the client patches barbara with:
        | op      | path         | value                  |
        | replace | id           | "{run}chosen"          |
        | replace | meta.created | "1999-12-31T23:59:59Z" |
      Then barbara has "id" "{barbara.id}"
      And "1999-12-31" is in no answer
      And ideally the answer is a SCIM error with status 400

    @PATCH-36 @must @RFC7644-3.5.2-R10 @RFC7644-3.5.2-R13 @RFC7643-7-R15 @needs-schemas @after-PATCH-01
    Scenario: Whatever the schema calls readOnly cannot be changed
      Why: What the service computes (groups, dates, the name of a manager) would be whatever the
      last client has written.
      Fix: Ask the schema for the mutability of the path before you apply an operation.

      * each readOnly attribute cannot be patched

    @PATCH-53 @should @RFC7644-3.12-R19 @after-PATCH-35 @after-ERR-05
    Scenario: The refusal of a change to what is not the client's says so
      Why: "mutability" tells a client to leave the attribute alone from now on. Another word has it
      look for a mistake in the value.
      Fix: Use the scimType "mutability" for operations on readOnly attributes and for the removal
      of required ones.

      Given a user barbara
      When the client patches barbara with:
        | op      | path | value         |
        | replace | id   | "{run}chosen" |
      Then the answer has status 400, 200 or 204
      And if it is refused, the answer is a SCIM error with status 400 and scimType "mutability"

    @PATCH-11 @must @RFC7644-3.5.2-R5 @after-PATCH-01 @after-READ-02 @after-ERR-05
    Scenario: An operation of an unknown kind is refused
      Why: A misspelt "op" that is passed over with success is a change that never happens, and
      that nobody sends again.
      Fix: Compare op with add, replace and remove, without regard to letter case, and answer 400
      "invalidSyntax" to anything else.

      Given a user barbara
      When the client reads barbara
      And the client patches barbara with:
        | op     | path        | value  |
        | rename | displayName | "Half" |
      Then the answer is a SCIM error with status 400 and scimType "invalidSyntax" or "invalidValue"
      And barbara is unchanged

    @PATCH-37 @must @RFC7644-3.5.2-R4 @after-PATCH-01
    Scenario: A patch without operations is refused
      Why: An empty patch is the mistake of a client that lost its changes on the way; 204 tells
      it that they arrived.
      Fix: Demand a non-empty "Operations", with any letter case, and answer 400 "invalidSyntax"
      otherwise.

      Given a user barbara
      When the client sends PATCH /Users/{barbara.id} with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": []}
        """
      Then the answer is a SCIM error with status 400

    @PATCH-51 @must @RFC7644-3.5.2-R5 @after-PATCH-01
    Scenario: An operation that does not say what it does is refused
      Why: A service that takes a missing op for "replace", or for nothing, guesses what happens
      to somebody's account.
      Fix: Demand op in each operation, and answer 400 "invalidSyntax" without it.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      When the client sends PATCH /Users/{barbara.id} with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"path": "title", "value": "Director"}]}
        """
      Then the answer is a SCIM error with status 400
      And barbara has "title" "Guide"

    @PATCH-38 @must @RFC7644-3.5.2.1-R1 @RFC7644-3.5.2.3-R2 @after-PATCH-01 @after-READ-02
    Scenario: An addition without a value is refused
      Why: An "add" that lost its value on the way must not clear what is there, nor look like a
      success.
      Fix: Answer 400 "invalidValue" to an add or a replace that has no member "value".

      Given a user barbara with:
        """
        {"displayName": "Barbara"}
        """
      When the client reads barbara
      And the client patches barbara with:
        | op  | path        | value |
        | add | displayName |       |
      Then the answer is a SCIM error with status 400
      And barbara is unchanged

    @PATCH-39 @must @RFC7644-3.12-R21 @RFC7644-3.5.2-R8 @after-PATCH-01 @after-READ-02 @after-ERR-05
    Scenario: A path that is no path is refused
      Why: A service that takes a broken path for the name of an attribute answers success and
      changes nothing, or changes the whole array.
      Fix: Parse paths by the grammar of RFC 7644 section 3.5.2, and answer 400 "invalidPath"
      where that fails.

      Given a user barbara
      When the client reads barbara
      And the client patches barbara with:
        | op      | path                      | value                 |
        | replace | emails[type eq "work".value | "{run}x@{domain}" |
      Then the answer is a SCIM error with status 400 and scimType "invalidPath", "invalidFilter", "invalidSyntax" or "noTarget"
      And barbara is unchanged

    @PATCH-40 @must @RFC7644-3.5.2-R10 @RFC7644-3.5.2-R13 @after-PATCH-01 @after-READ-02
    Scenario: A value of another type is refused
      Why: An object where a switch belongs breaks the next read, for every client.
      Fix: Check the value of an operation against the type of the path, as in a create.

      Given a user barbara
      When the client reads barbara
      And the client patches barbara with:
        | op      | path   | value              |
        | replace | active | {"yes": "perhaps"} |
      Then the answer is a SCIM error with status 400
      And barbara is unchanged

    @PATCH-41 @must @RFC7644-3.1-R2 @RFC7644-8.2-R1 @after-PATCH-01 @edge
    Scenario: A patch that does not say that it is one is refused, or read as one
      Why: A service that goes by schemas to find out what a body is may take a patch for a user
      and store it as one.
      Fix: Answer 400 "invalidSyntax" where schemas lacks the URN of PatchOp, or read it as a
      patch anyway, for clients that forget it.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      When the client sends PATCH /Users/{barbara.id} with:
        """
        {"Operations": [{"op": "replace", "path": "title", "value": "Director"}]}
        """
      Then the answer has status 200, 204 or 400
      And if it is accepted, barbara has "title" "Director"
      And if it is refused, barbara has "title" "Guide"

    @PATCH-42 @must @RFC7644-3.5.2-R2 @after-PATCH-01 @after-HTTP-12 @edge
    Scenario: Operations of JSON Patch are not operations of SCIM
      Why: JSON Patch looks alike and means something else: its paths begin with a slash.
      Fix: Refuse "move", "copy" and "test", and paths that begin with "/", with 400.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      When the client sends PATCH /Users/{barbara.id} with:
        """
        [{"op": "replace", "path": "/title", "value": "Director"}]
        """
      Then the answer has status 400 or 415
      And barbara has "title" "Guide"

    @PATCH-43 @must @RFC7644-3.5.2-R23 @after-PATCH-01 @after-CREATE-05 @after-READ-02 @after-CREATE-25
    Scenario: A user cannot take the user name of another one
      Why: Two accounts of one name cannot be told apart by any client afterwards, and one person
      signs in as the other.
      Fix: Let the unique index decide in a patch as well: 409 "uniqueness".

      Given a user barbara
      And a user carla
      When the client reads carla
      And the client patches carla with:
        | op      | path     | value       |
        | replace | userName | "{barbara}" |
      Then the answer is a SCIM error with status 409 or 400 and scimType "uniqueness"
      And carla is unchanged

    @PATCH-44 @must @RFC7644-3.5.2-R22 @after-PATCH-01
    Scenario: Patching an id that nobody has answers 404
      Why: 404 is how a client learns that an account has been removed, and has to be made again.
      400 or 204 leave the person without one.
      Fix: Answer 404 if there is no such resource, before the operations are looked at.

      When the client sends PATCH /Users/{unknown} with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "title", "value": "Guide"}]}
        """
      Then the answer is a SCIM error with status 404

  Rule: A patch is answered with the whole resource, or with nothing (RFC 7644 section 3.5.2)
    Why: Clients store what the answer shows as what the service holds. Half a resource looks like
    one that has lost the rest.
    Fix: Answer 200 with the resource as a read shows it, or 204 without a body. If attributes= was
    asked for, 200 with those.

    @PATCH-12 @must @RFC7644-3.5.2-R20 @after-PATCH-01 @after-READ-02
    Scenario: The answer is the user as it is now, or empty
      Fix: Answer 200 with the user as a read would show it after the patch, or 204 without a
      body; never the operations, nor the user as it was.

      Given a user barbara with:
        """
        {"displayName": "Barbara", "nickName": "Babs"}
        """
      When the client patches barbara with:
        | op      | path  | value   |
        | replace | title | "Guide" |
      Then the answer has status 200 or 204
      And the answer is the whole of barbara or empty

    @PATCH-45 @must @RFC7643-3.1-R25 @after-PATCH-01 @after-CREATE-03 @after-CREATE-34 @after-PUT-05
    Scenario: A patched user was modified later than before
      Why: Pocket ID and auditing tools go by lastModified: a change that does not move it has not
      happened for them.
      Fix: Set lastModified whenever an operation has changed something.

      Given a user barbara
      When the client reads barbara
      And some time goes by
      And the client patches barbara with:
        | op      | path  | value   |
        | replace | title | "Guide" |
      Then barbara has a later "meta.lastModified" than before

  Rule: Paths are read without regard to letter case, and may name their schema (RFC 7644 sections 3.5.2 and 3.10)
    Why: Entra writes op as Add, Replace and Remove, and the attributes of its extension with their
    URN in front. What is compared letter by letter refuses each of its requests.
    Fix: Compare op, attribute names and URNs without regard to letter case, and take off a URN in
    front of a path before you look the attribute up. The colon before the attribute is the last
    one; URNs have dots.

    @PATCH-46 @must @RFC7644-3.5.2-R9 @RFC7643-2.1-R1 @after-PATCH-01
    Scenario: The letter case of a path means nothing
      Why: Administrators type paths into mappings as they remember them. "displayname" that is
      taken for another attribute is a change that never arrives.
      Fix: Look attribute names in paths up without regard to letter case.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      When the client patches barbara with:
        | op      | path  | value      |
        | replace | TiTLe | "Director" |
      Then the answer has status 200 or 204
      And barbara has "title" "Director"

    @PATCH-47 @must @RFC7644-3.5.2-R9 @RFC7644-3.10-R1 @after-PATCH-01
    Scenario: A path names the schema of the user
      Why: Clients that take their paths from /Schemas write all of them in full. Where only
      extensions may be named by their schema, each of those patches is refused.
      Fix: Take the URN of the core schema off the front of a path as you do with that of an
      extension.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      When the client patches barbara with:
        | op      | path                                             | value      |
        | replace | urn:ietf:params:scim:schemas:core:2.0:User:title | "Director" |
      Then the answer has status 200 or 204
      And barbara has "title" "Director"

    @PATCH-09 @must @RFC7644-3.5.2-R9 @RFC7644-3.10-R1 @RFC7643-3-R7 @needs-enterprise @after-PATCH-01 @after-CREATE-13
    Scenario: A path names the schema of an extension
      Why: department, employeeNumber and manager are changed by
      urn:…:enterprise:2.0:User:department; Entra has no other way.
      Fix: Recognise the URNs of your extensions at the beginning of a path, and take what follows
      as a path within the extension.

      Given a user barbara with:
        """
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research", "costCenter": "4130"}}
        """
      When the client patches barbara with:
        | op      | path                                                                  | value   |
        | replace | urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department | "Sales" |
      Then the answer has status 200 or 204
      And barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Sales"
      And barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter" "4130"

    @PATCH-48 @must @RFC7644-3.5.2.1-R3 @RFC7643-3-R7 @needs-enterprise @after-PATCH-09 @after-CREATE-13 @after-CREATE-18
    Scenario: The first value of an extension is added
      Why: A client that sets a department for the first time patches an extension that the user
      does not have yet. A service that demands it in schemas first answers 400 for every new
      user.
      Fix: Make the object of the extension, and list its URN in schemas, when a patch sets its
      first value.

      Given a user barbara
      When the client patches barbara with:
        | op  | path                                                                  | value   |
        | add | urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department | "Sales" |
      Then the answer has status 200 or 204
      And barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Sales"
      And barbara has "schemas[=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User]" "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

    @PATCH-57 @must @RFC7644-3.5.2-R8 @needs-enterprise @after-PATCH-48
    Scenario: An extension is changed as a whole, or that is refused
      Why: Clients that know a person by its extensions patch the URN itself. What is accepted and
      dropped is a department that nobody ever sees.
      Fix: Treat the URN of an extension as the path of a complex attribute: merge the members of the
      value; or answer 400 "invalidPath".

      Given a user barbara
      When the client patches barbara with:
        | op      | path                                                       | value                    |
        | replace | urn:ietf:params:scim:schemas:extension:enterprise:2.0:User | {"department": "Sales"} |
      Then the answer has status 200, 204 or 400
      And if it is accepted, barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Sales"

    @PATCH-52 @should @RFC7644-3.5.2-R14 @needs-enterprise @after-PATCH-48 @after-CREATE-13
    Scenario: An extension is added to schemas first and filled afterwards
      Why: Some clients announce an extension in schemas before they write to it, in one request. If
      that is refused, the department is never set.
      Fix: Let operations add URNs of the type's extensions to schemas, and look at the changed
      list in the operations after it.

      Given a user barbara
      When the client patches barbara with:
        | op  | path                                                                  | value                                                        |
        | add | schemas                                                               | ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] |
        | add | urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department | "Sales"                                                      |
      Then the answer has status 200 or 204
      And barbara has "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" "Sales"

    @PATCH-14 @may @RFC7644-3.5.2-R5 @after-PATCH-01 @edge
    Scenario: An operation in capital letters, as some clients send it, is understood
      Why: Entra sends "Add", "Replace" and "Remove". A service that knows only small letters
      answers 400 to everything Entra does.
      Fix: Fold op before you compare it.

      Given a user barbara with:
        """
        {"title": "Guide"}
        """
      When the client patches barbara with:
        | op      | path  | value      |
        | Replace | title | "Director" |
      Then the answer has status 200 or 204
      And barbara has "title" "Director"

    @PATCH-49 @must @RFC7644-3.5.2-R10 @needs-schemas @after-PATCH-01 @after-CREATE-17 @after-SCHEMA-11 @after-CREATE-14 @after-EXT-05 @after-CREATE-13 @after-CREATE-38
    Scenario: Every attribute of the schema that can be written can be replaced
      Why: Entra sends one operation for each attribute that is mapped. One attribute that can be
      created and not patched fails the whole request, again and again.
      Fix: Let a patch set whatever a create can set; share the code that knows the types.

      * each attribute can be patched

    @PATCH-50 @must @RFC7644-3.5.2.2-R2 @RFC7644-3.5.2.2-R3 @needs-schemas @after-PATCH-17 @after-CREATE-17 @after-SCHEMA-10
    Scenario: Every attribute of the schema that is not required can be removed
      Why: What cannot be removed stays with people after they have lost it: a manager, a cost
      centre, a phone number.
      Fix: Let a patch remove whatever the schema does not require.

      * each attribute that is not required can be removed
