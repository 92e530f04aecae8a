@lifecycle @write
Feature: A person who may no longer use the app is locked out of it
  Somebody leaves the company or is suspended. Their account stops working soon
  after. It is not deleted: what they made in the app stays, and they get the very
  same account back if they return.

  Rule: Disabling a person disables their account and deletes nothing
    Why: The reason why companies buy provisioning: whoever leaves is locked out the same day, and
    what they made is still there. An app that deletes on active false loses it.
    Fix: Tie active to sign-in, end sessions and tokens when it becomes false, keep the account and
    its data, and show it in reads with active false.

    @LIFE-71 @must
    Scenario: A disabled person's account is disabled
      Given barbara has an account in the app
      When barbara is disabled in the directory
      Then barbara's account is disabled
      And barbara still has the same account
      And nothing was ever deleted in the app
      And everything is reported as delivered

    @LIFE-72 @must
    Scenario: A person who leaves the directory is disabled, not deleted
      Given barbara has an account in the app
      When barbara leaves the directory
      Then barbara's account is disabled
      And barbara still has the same account
      And nothing was ever deleted in the app

    @LIFE-73 @must
    Scenario: The accounts of others go on working
      Given barbara has an account in the app
      And carla has an account in the app
      When barbara is disabled in the directory
      Then barbara's account is disabled
      And carla's account is active
      And carla's account is left alone

    @LIFE-74 @must
    Scenario: A change to a disabled person does not open the account again
      Given barbara has an account in the app
      And barbara is disabled in the directory
      And barbara's account is disabled
      When barbara's "name.familyName" becomes "Hansen"
      Then everything is reported as delivered
      And barbara's account is disabled

  Rule: A goodbye that the app has heard is not said again
    Why: An app that hides disabled users, or shows them as active, is told to disable them in every
    sync.
    Fix: Keep disabled users readable and in lists, with "active": false.

    @LIFE-75 @must
    Scenario: The same person is disabled twice
      Given barbara has an account in the app
      And barbara is disabled in the directory
      And barbara's account is disabled
      When the same change arrives again
      Then nothing is written to the app
      And barbara's account is disabled

    @LIFE-76 @must
    Scenario: A full sync after somebody left finds nothing to do
      Given barbara has an account in the app
      And carla has an account in the app
      And barbara leaves the directory
      And barbara's account is disabled
      When everything is synced
      Then nothing is written to the app
      And barbara's account is disabled
      And carla's account is active

  Rule: Nobody is given an account in order to disable it
    Why: A client that finds nobody makes nobody. If a filter hides disabled users, it would make
    them anew.
    Fix: Let filters find disabled users too.

    @LIFE-77 @must
    Scenario: A disabled person who never was in the app is not created there
      When barbara is added to the directory already disabled
      And everything is synced
      Then the app has no account for barbara
      And nothing is written to the app
      And everything is reported as delivered

  Rule: An account that was there before is disabled like any other
    Why: Somebody who leaves may have had their account from the time before provisioning. It has to
    be closed all the same.
    Fix: Let SCIM disable any user of the tenant, and find it by userName.

    @LIFE-79 @must
    Scenario: A person whose account was there before is disabled
      Given the app already has an account for barbara
      And barbara is added to the directory
      And the app has exactly one account for barbara
      When barbara is disabled in the directory
      Then barbara's account is disabled
      And barbara still has the same account
      And nothing was ever deleted in the app

    @LIFE-80 @must
    Scenario: The account is older than the connection and its person is disabled already
      Given the app already has an account for barbara
      When barbara is added to the directory already disabled
      Then barbara's account is disabled
      And barbara still has the same account
      And the app has exactly one account for barbara

  Rule: An app that was down locks the person out when it is back
    Why: An outage on somebody's last day must not leave the door open.
    Fix: Nothing special is needed: answer 5xx while you are down, and carry out the disable when it
    comes again.

    @LIFE-81 @must
    Scenario: A person is disabled while the app is down
      Given barbara has an account in the app
      When the app goes down
      And barbara is disabled in the directory
      And the app has turned a request away
      And the app comes back
      Then barbara's account is disabled
      And everything is reported as delivered

    @LIFE-82 @must
    Scenario: A person leaves the directory while the app cannot be reached
      Given barbara has an account in the app
      When the app cuts every connection
      And barbara leaves the directory
      And the app has turned a request away
      And the app comes back
      Then barbara's account is disabled
      And nothing was ever deleted in the app

    @LIFE-78 @must
    Scenario: A person who is disabled before the app could be told of them
      Given the app goes down
      And barbara is added to the directory
      And the app has turned a request away
      When barbara is disabled in the directory
      And the app comes back
      Then barbara cannot use the app
      And everything is reported as delivered

  Rule: A person who returns gets the same account back
    Why: Parental leave ends. People expect their account with all that was in it, and their groups.
    Fix: Set active back to true on the same record; keep memberships while somebody is disabled.

    @LIFE-83 @must
    Scenario: A person is enabled again
      Given barbara has an account in the app
      And barbara is disabled in the directory
      And barbara's account is disabled
      When barbara is enabled in the directory
      Then barbara's account is active
      And barbara still has the same account
      And the app has exactly one account for barbara

    @LIFE-84 @must
    Scenario: A person who left comes back
      Given barbara has an account in the app
      And barbara leaves the directory
      And barbara's account is disabled
      When barbara returns to the directory
      Then barbara's account is active
      And barbara still has the same account
      And the app has exactly one account for barbara

    @LIFE-85 @must @needs-groups
    Scenario: A person who is enabled again is in their groups
      Given the group engineers is in the app with the members barbara and carla
      And barbara is disabled in the directory
      And barbara's account is disabled
      When barbara is enabled in the directory
      Then barbara's account is active
      And in the app the group engineers has exactly the members barbara and carla
