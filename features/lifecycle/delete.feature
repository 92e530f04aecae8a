@lifecycle @write
Feature: An account is deleted only where that was asked for
  Deleting takes with it what somebody has made in an app. It happens to the accounts of
  people who have left, in apps that are set up so, and to nobody else.

  Rule: Who leaves is deleted where that was asked for
    Why: Privacy rules set a day by which the data of those who have left must be gone.
    Fix: Support DELETE /Users/{id} with 204, answer 404 from then on, and also if it is sent again.

    @LIFE-141 @must
    Scenario: A person leaves the directory
      Given the account of somebody who leaves is deleted
      And barbara has an account in the app
      And carla has an account in the app
      When barbara leaves the directory
      Then the app has no account for barbara
      And carla's account is active
      And carla's account is left alone
      And everything is reported as delivered

    @LIFE-142 @must
    Scenario: A person leaves the directory while the app is down
      Given the account of somebody who leaves is deleted
      And barbara has an account in the app
      When the app goes down
      And barbara leaves the directory
      And the app has turned a request away
      And the app comes back
      Then the app has no account for barbara
      And everything is reported as delivered

  Rule: Who is only disabled is not deleted
    Why: Disabling is for leave and for mistakes. An app that deletes instead loses work that nobody
    can bring back.
    Fix: Keep users with active false, and remove them only on DELETE.

    @LIFE-143 @must
    Scenario: A person is disabled
      Given the account of somebody who leaves is deleted
      And barbara has an account in the app
      When barbara is disabled in the directory
      Then barbara's account is disabled
      And barbara still has the same account
      And nothing was ever deleted in the app

  Rule: Who comes back after that starts anew
    Why: After a deletion there is nothing to open again; a name that is still taken keeps the
    person out.
    Fix: Free the user name and externalId of a deleted user, and give the new one a new id.

    @LIFE-144 @must
    Scenario: A person who was deleted returns
      Given the account of somebody who leaves is deleted
      And barbara has an account in the app
      And barbara leaves the directory
      And the app has no account for barbara
      When barbara returns to the directory
      Then the app has exactly one account for barbara
      And barbara's account is active
