@lifecycle @write
Feature: A person who gets another name keeps their account
  People marry, and addresses are tidied up. The app knows the person by the account's
  id, so that a new user name is a change of the account and never a second one.

  Rule: A new name is a change of the same account
    Why: People change their names and expect their account. A second one under the new name leaves
    the first open for nobody to see.
    Fix: Allow userName to change; tie memberships and data to the id.

    @LIFE-101 @must @needs-groups
    Scenario: A person with a new user name stays in their group
      Given the group engineers is in the app with the members barbara and carla
      When barbara's "userName" becomes "barbara.hansen"
      Then barbara's account has "userName" "barbara.hansen"
      And barbara still has the same account
      And in the app the group engineers has exactly the members barbara and carla
      And the app is written to exactly once

    @LIFE-102 @must
    Scenario: A person gets another user name and goes back to the old one
      Given barbara has an account in the app
      And barbara's "userName" becomes "barbara.hansen"
      And barbara's account has "userName" "barbara.hansen"
      When barbara's "userName" becomes "barbara"
      Then the app has exactly one account for barbara
      And barbara still has the same account

    @LIFE-103 @must
    Scenario: A person gets another user name while the app is down
      Given barbara has an account in the app
      When the app goes down
      And barbara's "userName" becomes "barbara.hansen"
      And the app has turned a request away
      And the app comes back
      Then barbara's account has "userName" "barbara.hansen"
      And barbara still has the same account

  Rule: A name that somebody has given up is free for others
    Why: Names are given out again. A name that is remembered as taken keeps the next person out.
    Fix: Check uniqueness against present names only.

    @LIFE-104 @must
    Scenario: Somebody new gets the user name of somebody else
      Given barbara has an account in the app
      And barbara's "userName" becomes "babs"
      And barbara's account has "userName" "babs"
      When carla is added to the directory with:
        | userName | barbara |
      Then the app has exactly one account for carla
      And carla's account has "userName" "barbara"
      And everything is reported as delivered
