@lifecycle @write
Feature: A person without access to the app cannot use it
  Not everybody in the directory may use every app. Access follows the groups that it
  was given to: who leaves them is locked out, and the account waits for their return.

  Rule: Only those who have access get an account
    Why: Licences are paid by the account, and an account that nobody should have is one that nobody
    watches.
    Fix: Make accounts only when they are created by SCIM; a group that names somebody must not
    create them.

    @LIFE-131 @must
    Scenario: A person outside the group gets no account
      Given only the members of the group engineers may use the app
      And barbara is added to the directory
      And carla is added to the directory
      When the group engineers is added to the directory with the member barbara
      Then the app has exactly one account for barbara
      And the app has no account for carla
      And everything is reported as delivered

    @LIFE-132 @must @needs-groups
    Scenario: A person who joins the group gets an account
      Given only the members of the group engineers may use the app
      And barbara is added to the directory
      And carla is added to the directory
      And the group engineers is added to the directory with the member barbara
      And the app has exactly one account for barbara
      And the app has no account for carla
      When carla joins the group engineers
      Then the app has exactly one account for carla
      And carla's account is active
      And in the app the group engineers has exactly the members barbara and carla

  Rule: Who loses access is locked out, and nothing of theirs is deleted
    Why: Whoever changes to another department keeps their past work and loses the way in, on the
    same day.
    Fix: On active false, end sign-in, sessions and tokens, and keep the account with all that
    belongs to it.

    @LIFE-133 @must @needs-groups
    Scenario: A person leaves the group that gives access
      Given only the members of the group engineers may use the app
      And barbara is added to the directory
      And carla is added to the directory
      And the group engineers is added to the directory with the members barbara and carla
      And the app has exactly one account for barbara
      And the app has exactly one account for carla
      When barbara leaves the group engineers
      Then barbara's account is disabled
      And barbara still has the same account
      And in the app the group engineers has exactly the member carla
      And carla's account is active
      And nothing was ever deleted in the app
      And everything is reported as delivered

    @LIFE-134 @must @needs-groups
    Scenario: Access is given to one group after everybody had it
      Given the group engineers is in the app with the member barbara
      And carla has an account in the app
      When only the members of the group engineers may use the app
      Then carla's account is disabled
      And barbara's account is active
      And nothing was ever deleted in the app

  Rule: Who gets access again gets the same account
    Why: People expect to find what they left. A second account splits their history in two.
    Fix: Let filters find disabled users, and open the record again when active becomes true.

    @LIFE-135 @must @needs-groups
    Scenario: A person joins the group again
      Given only the members of the group engineers may use the app
      And barbara is added to the directory
      And carla is added to the directory
      And the group engineers is added to the directory with the members barbara and carla
      And the app has exactly one account for barbara
      And the app has exactly one account for carla
      And barbara leaves the group engineers
      And barbara's account is disabled
      When barbara joins the group engineers
      Then barbara's account is active
      And barbara still has the same account
      And in the app the group engineers has exactly the members barbara and carla
