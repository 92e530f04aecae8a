@lifecycle @write
Feature: A person who leaves a group is out of it in the app
  What somebody may do in an app often hangs on a group. Who is out of it has to lose
  that soon, and nobody else is to notice.

  Rule: Only the one who leaves is taken out
    Why: A remove that takes everybody along is the costliest mistake that group endpoints are known
    for.
    Fix: For members[value eq "…"] delete that one membership, and accept that the last member
    leaves too.

    @LIFE-121 @must @needs-groups
    Scenario: A person in two groups leaves one of them
      Given the group engineers is in the app with the members barbara and carla
      And the group admins is in the app with the members barbara and carla
      When barbara leaves the group admins
      Then in the app the group admins has exactly the member carla
      And in the app the group engineers has exactly the members barbara and carla
      And barbara's account is active
      And the app is written to exactly once

    @LIFE-122 @must @needs-groups
    Scenario: Everybody leaves one after the other
      Given the group engineers is in the app with the members barbara, carla and dan
      When barbara leaves the group engineers
      And dan leaves the group engineers
      And carla leaves the group engineers
      Then in the app the group engineers has exactly no members
      And the group engineers is still the same one

    @LIFE-123 @must @needs-groups
    Scenario: A person who leaves the directory is in none of its groups
      Given the group engineers is in the app with the members barbara and carla
      When barbara leaves the directory
      Then barbara's account is disabled
      And in the app the group engineers has exactly the member carla

  Rule: A membership that ends and begins again is as it was
    Why: During an outage somebody may leave and come back; what counts is where they are now.
    Fix: Make removes and adds that are done already a success.

    @LIFE-124 @must @needs-groups
    Scenario: A person leaves the group and joins it again before the app is back
      Given the group engineers is in the app with the members barbara and carla
      When the app cuts every connection
      And barbara leaves the group engineers
      And the app has turned a request away
      And barbara joins the group engineers
      And the app comes back
      Then in the app the group engineers has exactly the members barbara and carla
      And everything is reported as delivered
