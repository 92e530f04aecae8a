@lifecycle @write
Feature: A person who may use the app again gets their account back
  A leave ends, a suspension is lifted. The account opens again as it was, with what has
  changed about the person meanwhile.

  Rule: The account opens again, as the person is now
    Why: People come back with another name or job. An account that opens as it was when they left
    shows the old one.
    Fix: Accept changes to disabled users, and active true together with other changes.

    @LIFE-111 @must
    Scenario: A person is enabled with another last name
      Given barbara has an account in the app
      And barbara is disabled in the directory
      And barbara's account is disabled
      And barbara's "name.familyName" becomes "Hansen"
      When barbara is enabled in the directory
      Then barbara's account is active
      And barbara's account has "name.familyName" "Hansen"
      And barbara still has the same account

    @LIFE-112 @must
    Scenario: A person is disabled and enabled again before the app is back
      Given barbara has an account in the app
      When the app goes down
      And barbara is disabled in the directory
      And the app has turned a request away
      And barbara is enabled in the directory
      And the app comes back
      Then barbara's account is active
      And barbara still has the same account
      And everything is reported as delivered

    @LIFE-113 @must
    Scenario: A person is enabled while the app is down
      Given barbara has an account in the app
      And barbara is disabled in the directory
      And barbara's account is disabled
      When the app goes down
      And barbara is enabled in the directory
      And the app has turned a request away
      And the app comes back
      Then barbara's account is active
      And barbara still has the same account

  Rule: Whoever never had an account gets one when they may use the app
    Why: Some are entered in the directory before their first day, disabled, and get their account
    on that day.
    Fix: Nothing special is needed: it is a create.

    @LIFE-114 @must
    Scenario: A person who came disabled is enabled
      Given barbara is added to the directory already disabled
      And everything is synced
      And the app has no account for barbara
      When barbara is enabled in the directory
      Then the app has exactly one account for barbara
      And barbara's account is active

  Rule: A person who comes back joins their groups again
    Why: An account without its groups can sign in and do nothing.
    Fix: Let members be added who were in the group before, and keep memberships while somebody is
    disabled.

    @LIFE-115 @must @needs-groups
    Scenario: A person leaves, comes back and joins the group
      Given the group engineers is in the app with the members barbara and carla
      And barbara leaves the directory
      And barbara's account is disabled
      When barbara returns to the directory
      And barbara joins the group engineers
      Then barbara's account is active
      And barbara still has the same account
      And in the app the group engineers has exactly the members barbara and carla
