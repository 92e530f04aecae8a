@lifecycle @write
Feature: A person who joins a group is in it in the app
  Groups decide what people may do in an app. The app's group has the members that
  the directory's group has, neither fewer nor more.

  Rule: A group of the directory is in the app with its members
    Why: Groups carry the permissions in the app. Whoever is in it may do the work, whoever has left
    it must not.
    Fix: Support POST /Groups with members, and PATCH with add and remove of single members; show
    members in reads.

    @LIFE-41 @must @needs-groups
    Scenario: A new group with two people
      Given barbara has an account in the app
      And carla has an account in the app
      When the group engineers is added to the directory with the members barbara and carla
      Then the app has exactly one group engineers
      And in the app the group engineers has exactly the members barbara and carla
      And everything is reported as delivered

    @LIFE-42 @must @needs-groups
    Scenario: A new group without anybody in it
      When the group engineers is added to the directory with no members
      Then the app has exactly one group engineers
      And in the app the group engineers has exactly no members

    @LIFE-43 @must @needs-groups
    Scenario: A person joins a group
      Given the group engineers is in the app with the member barbara
      And carla has an account in the app
      When carla joins the group engineers
      Then in the app the group engineers has exactly the members barbara and carla
      And the group engineers is still the same one
      And the app is written to exactly once

    @LIFE-44 @must @needs-groups
    Scenario: A person who is new everywhere joins a group
      Given the group engineers is in the app with the member barbara
      When carla is added to the directory
      And carla joins the group engineers
      Then the app has exactly one account for carla
      And in the app the group engineers has exactly the members barbara and carla

    @LIFE-45 @must @needs-groups
    Scenario: A person is in two groups
      Given the group engineers is in the app with the member barbara
      And the group admins is in the app with the member carla
      When barbara joins the group admins
      Then in the app the group admins has exactly the members barbara and carla
      And in the app the group engineers has exactly the member barbara

    @LIFE-46 @must @needs-groups
    Scenario: A person leaves a group and stays in the app
      Given the group engineers is in the app with the members barbara and carla
      When barbara leaves the group engineers
      Then in the app the group engineers has exactly the member carla
      And barbara's account is active

    @LIFE-47 @must @needs-groups
    Scenario: The last person leaves a group
      Given the group engineers is in the app with the member barbara
      When barbara leaves the group engineers
      Then in the app the group engineers has exactly no members
      And the group engineers is still the same one

    @LIFE-48 @must @needs-groups
    Scenario: A renamed group is the same group with the same people
      Given the group engineers is in the app with the member barbara
      When the group engineers is renamed to "builders"
      Then the app has exactly one group engineers
      And the group engineers is still the same one
      And in the app the group engineers has exactly the member barbara

    @LIFE-49 @must @needs-groups
    Scenario: A member who has no account does not keep the others out
      Given barbara has an account in the app
      And dan is added to the directory already disabled
      When the group engineers is added to the directory with the members barbara and dan
      Then in the app the group engineers has exactly the member barbara
      And the app has no account for dan

  Rule: A membership that the app has already is not written again
    Why: Members that are accepted and not shown are sent in every sync.
    Fix: Show all members in a read of the group, each once.

    @LIFE-50 @must @needs-groups
    Scenario: The same person joins twice
      Given the group engineers is in the app with the member barbara
      And carla has an account in the app
      And carla joins the group engineers
      And in the app the group engineers has exactly the members barbara and carla
      When the same change arrives again
      Then nothing is written to the app
      And in the app the group engineers has exactly the members barbara and carla

    @LIFE-51 @must @needs-groups
    Scenario: A full sync finds the group as it should be
      Given the group engineers is in the app with the members barbara and carla
      When everything is synced
      Then nothing is written to the app

  Rule: A group that the app has already is taken over, and its other members stay
    Why: Groups that were made by hand have members that the directory does not know. Taking the
    group over must not throw them out.
    Fix: Find groups by displayName eq, and let members be added and removed one by one.

    @LIFE-52 @must @needs-groups
    Scenario: The app had a group of that name, with somebody in it
      Given the app already has a group engineers with the member dan
      And barbara has an account in the app
      When the group engineers is added to the directory with the member barbara
      Then the app has exactly one group engineers
      And the group engineers is still the same one
      And in the app the group engineers has exactly the members barbara and dan

    @LIFE-53 @must @needs-groups
    Scenario: A person who leaves a group that was there before takes nobody along
      Given the app already has a group engineers with the member dan
      And barbara has an account in the app
      And the group engineers is added to the directory with the member barbara
      And in the app the group engineers has exactly the members barbara and dan
      When barbara leaves the group engineers
      Then in the app the group engineers has exactly the member dan

  Rule: A group that leaves the directory leaves the app, and its people stay
    Why: A permission that nobody manages any more is a risk, and deleting people along with their
    group is a disaster.
    Fix: DELETE of a group removes it and its memberships, and no users.

    @LIFE-54 @must @needs-groups
    Scenario: A group that came from the directory is deleted
      Given the group engineers is in the app with the member barbara
      When the group engineers leaves the directory
      Then the app has no group engineers
      And barbara's account is active

    @LIFE-55 @must @needs-groups
    Scenario: A group that was there before is handed back
      Given the app already has a group engineers with the member dan
      And barbara has an account in the app
      And the group engineers is added to the directory with the member barbara
      And in the app the group engineers has exactly the members barbara and dan
      When the group engineers leaves the directory
      Then the app has exactly one group engineers
      And in the app the group engineers has exactly the member dan
      And nothing was ever deleted in the app

  Rule: An app that was down catches up with its groups
    Why: Joining and leaving during an outage have to arrive in the end, both.
    Fix: Answer 5xx while you are down; make adds and removes of members that are done already a
    success.

    @LIFE-56 @must @needs-groups
    Scenario: A person joins a group while the app is down
      Given the group engineers is in the app with the member barbara
      And carla has an account in the app
      When the app goes down
      And carla joins the group engineers
      And the app has turned a request away
      And the app comes back
      Then in the app the group engineers has exactly the members barbara and carla
      And everything is reported as delivered

    @LIFE-57 @must @needs-groups
    Scenario: Somebody joins and somebody leaves while the app cannot be reached
      Given the group engineers is in the app with the member barbara
      And carla has an account in the app
      When the app cuts every connection
      And carla joins the group engineers
      And the app has turned a request away
      And barbara leaves the group engineers
      And the app comes back
      Then in the app the group engineers has exactly the member carla
      And everything is reported as delivered

  Rule: An app without groups still gets its people
    Why: Many apps have users only. Clients of other makers stop altogether when /Groups fails.
    Fix: Without groups, answer 404 or 501 with an error of SCIM, and leave Group out of
    /ResourceTypes.

    @LIFE-58 @must
    Scenario: The app has no groups
      Given the app has no groups
      And barbara is added to the directory
      When the group engineers is added to the directory with the member barbara
      And everything is synced
      Then the app has exactly one account for barbara
      And barbara's account is active
      And everything is reported as delivered

    @LIFE-59 @must
    Scenario: The app's groups are broken
      Given the app's groups are broken
      And barbara is added to the directory
      When the group engineers is added to the directory with the member barbara
      And everything is synced
      Then the app has exactly one account for barbara
      And barbara's account is active
      And the group engineers is reported as not delivered
