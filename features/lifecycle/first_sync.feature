@lifecycle @write
Feature: The first sync into an app that is in use finds what is there
  An app is connected after years of work by hand. Its accounts are found again, nobody
  gets a second one, and whoever is not in the directory is left alone.

  Rule: Accounts that are there are taken over, and others left alone
    Why: The first sync meets an app in use. A mistake here touches everybody at once.
    Fix: Make lists complete (totalResults true, pages in a fixed order), and filters by userName
    and displayName exact.

    @LIFE-191 @must
    Scenario: Some have an account, some do not, and one is not in the directory
      Given the app already has an account for barbara
      And the app already has an account for carla
      And the app already has an account for dan
      And barbara is added to the directory
      And carla is added to the directory
      And dora is added to the directory
      When everything is synced
      Then the app has exactly one account for barbara
      And barbara still has the same account
      And the app has exactly one account for carla
      And carla still has the same account
      And the app has exactly one account for dora
      And dan's account is left alone
      And nothing was ever deleted in the app
      And everything is reported as delivered

    @LIFE-192 @must @needs-groups
    Scenario: A group that is there keeps the members that others have put into it
      Given the app already has a group engineers with the member dan
      And the app already has an account for barbara
      And barbara is added to the directory
      And the group engineers is added to the directory with the member barbara
      When everything is synced
      Then the app has exactly one group engineers
      And the group engineers is still the same one
      And in the app the group engineers has exactly the members barbara and dan
      And dan's account is left alone

  Rule: A sync that finds everything as it should be writes nothing
    Why: An app that shows something else than it was given is written to in full, every time.
    Fix: Show values as they were accepted, members included.

    @LIFE-193 @must @needs-groups
    Scenario: Everything is synced a second time
      Given the app already has an account for barbara
      And barbara is added to the directory
      And carla is added to the directory
      And the group engineers is added to the directory with the members barbara and carla
      And everything is synced
      And everything is reported as delivered
      When everything is synced
      Then nothing is written to the app
      And everything is reported as delivered
