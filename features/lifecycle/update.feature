@lifecycle @write
Feature: A change to a person reaches their account
  People marry, move and get promoted. The app shows it soon after the directory
  does, on the account they have, and nothing else changes.

  Rule: What changes in the directory changes on the person's account
    Why: People marry, move and get new jobs; what the app shows is what their colleagues see.
    Fix: Carry out a replace of single attributes by PATCH, or a whole PUT, and show the new value
    in the next read. A user name may change: the id is what stays.

    @LIFE-21 @must
    Scenario: A new last name
      Given barbara has an account in the app
      When barbara's "name.familyName" becomes "Hansen"
      Then barbara's account has "name.familyName" "Hansen"
      And barbara still has the same account
      And the app is written to exactly once

    @LIFE-22 @must
    Scenario: A new e-mail address takes the place of the old one
      Given barbara has an account in the app
      When barbara's "email" becomes "barbara.hansen"
      Then barbara's account has "email" "barbara.hansen"
      And barbara still has the same account

    @LIFE-23 @must
    Scenario: A new user name stays on the same account
      Given barbara has an account in the app
      When barbara's "userName" becomes "barbara.hansen"
      Then the app has exactly one account for barbara
      And barbara still has the same account
      And barbara's account has "userName" "barbara.hansen"

    @LIFE-24 @must
    Scenario: A title that is taken away disappears from the account
      Given barbara has an account in the app with:
        | title | Director of Tours |
      And the app keeps barbara's "title"
      When barbara's "title" is cleared
      Then barbara's account has no "title"
      And barbara still has the same account

    @LIFE-25 @must
    Scenario: A name with accents replaces a plain one
      Given barbara has an account in the app
      When barbara's "name.givenName" becomes "Bárbara Æsa d'Ýr"
      Then barbara's account has "name.givenName" "Bárbara Æsa d'Ýr"

  Rule: A change leaves everything else as it was
    Why: What the app itself knows of a person (preferences, licences) is lost if a change of the
    name rewrites the record.
    Fix: Change the named attributes only; on PUT keep what is not part of the SCIM schema.

    @LIFE-26 @must
    Scenario: The other attributes of the account stay
      Given barbara has an account in the app with:
        | name.givenName  | Barbara |
        | name.familyName | Jensen  |
        | email           | babs    |
      When barbara's "name.familyName" becomes "Hansen"
      Then barbara's account has:
        | name.givenName  | Barbara |
        | name.familyName | Hansen  |
        | email           | babs    |
      And barbara's account is active

    @LIFE-27 @must
    Scenario: The accounts of others stay
      Given barbara has an account in the app
      And carla has an account in the app
      When barbara's "name.familyName" becomes "Hansen"
      Then barbara's account has "name.familyName" "Hansen"
      And carla's account is left alone

  Rule: A change that the app has already is not written again
    Why: An app that does not show what it was sent is told again and again.
    Fix: Show values as they were accepted, and change lastModified only when something has changed.

    @LIFE-28 @must
    Scenario: The same change arrives twice
      Given barbara has an account in the app
      And barbara's "name.familyName" becomes "Hansen"
      And barbara's account has "name.familyName" "Hansen"
      When the same change arrives again
      Then nothing is written to the app
      And barbara's account has "name.familyName" "Hansen"

  Rule: An account that was there before is changed, not made again
    Why: Accounts that were made by hand carry history and permissions. A client that cannot write
    them makes new ones next to them.
    Fix: Let SCIM change any user of the tenant, whoever made it, and answer 404 for what was
    deleted so that it is made again.

    @LIFE-29 @must
    Scenario: A change to a person whose account was there before
      Given the app already has an account for barbara
      And barbara is added to the directory
      And the app has exactly one account for barbara
      When barbara's "name.familyName" becomes "Hansen"
      Then the app has exactly one account for barbara
      And barbara still has the same account
      And barbara's account has "name.familyName" "Hansen"

    @LIFE-30 @must
    Scenario: What only the app knows about the account stays
      Given the app already has an account for barbara with:
        | nickName | Babs |
      And barbara is added to the directory
      And the app has exactly one account for barbara
      When barbara's "name.familyName" becomes "Hansen"
      Then barbara's account has "name.familyName" "Hansen"
      And barbara's account has "nickName" "Babs"

    @LIFE-31 @must
    Scenario: An account that somebody deletes in the app is made again
      Given barbara has an account in the app
      And barbara's account is deleted in the app
      When barbara's "name.familyName" becomes "Hansen"
      Then the app has exactly one account for barbara
      And barbara's account has "name.familyName" "Hansen"
      And barbara's account is active

  Rule: An app that was down gets the latest change when it is back
    Why: After an outage the client sends the present state once, not every step on the way to it.
    Fix: Take whole states: do not demand that changes come in the order in which they were made.

    @LIFE-32 @must
    Scenario: The person changes while the app is down
      Given barbara has an account in the app
      When the app goes down
      And barbara's "name.familyName" becomes "Hansen"
      And the app has turned a request away
      And the app comes back
      Then barbara's account has "name.familyName" "Hansen"
      And barbara still has the same account
      And everything is reported as delivered

    @LIFE-33 @must
    Scenario: Only the last of several changes counts
      Given barbara has an account in the app
      When the app cuts every connection
      And barbara's "name.familyName" becomes "Hansen"
      And the app has turned a request away
      And barbara's "name.familyName" becomes "Iversen"
      And the app comes back
      Then barbara's account has "name.familyName" "Iversen"
      And the app has exactly one account for barbara
      And everything is reported as delivered
