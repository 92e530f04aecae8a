@lifecycle @write
Feature: A new person gets an account
  Somebody joins the company. Without anybody opening a ticket, every app that
  they may use has an account for them: one, not two, and never somebody else's.

  Rule: A person who is added to the directory has an account in the app soon after
    Why: This is the first day of somebody at work. If the account does not come, or comes under
    another key, single sign-on makes a second one beside it.
    Fix: Answer POST /Users with 201 and the id, keep externalId and names as they were sent, and
    find the user by both filters.

    @LIFE-01 @must
    Scenario: A new person gets an account
      When barbara is added to the directory with:
        | name.givenName  | Barbara         |
        | name.familyName | Jensen          |
        | displayName     | Barbara Jensen  |
        | email           | barbara.jensen  |
      Then the app has exactly one account for barbara
      And barbara's account is active
      And barbara's account has:
        | name.givenName  | Barbara         |
        | name.familyName | Jensen          |
        | email           | barbara.jensen  |
      And everything is reported as delivered

    @LIFE-02 @must
    Scenario: The account carries the directory's id, so that a sign-in finds it
      When barbara is added to the directory
      Then barbara's account was created under the directory's id

    @LIFE-03 @must
    Scenario: Accents, apostrophes and long names arrive as they are
      When zoe is added to the directory with:
        | name.givenName  | Zoë-Łucja Đặng                                        |
        | name.familyName | O'Connor-Çelik "von" Großmühlenberg-Wolfeschlegelstein |
        | displayName     | Zoë O'Connor & Söhne <名前> 100%                       |
      Then the app has exactly one account for zoe
      And zoe's account has:
        | name.givenName  | Zoë-Łucja Đặng                                        |
        | name.familyName | O'Connor-Çelik "von" Großmühlenberg-Wolfeschlegelstein |

  Rule: An app that holds what it should is not written to again
    Why: A service that shows other values than it was given is written to in each sync, for ever,
    and its rate limit with it.
    Fix: Show in reads what was accepted in writes: the same values, types and letter case.

    @LIFE-04 @must
    Scenario: The same person arrives twice
      Given barbara has an account in the app
      When the same change arrives again
      Then nothing is written to the app
      And the app has exactly one account for barbara

    @LIFE-05 @must
    Scenario: A full sync finds nothing to do
      Given barbara has an account in the app
      And carla has an account in the app
      When everything is synced
      Then nothing is written to the app

  Rule: An account that the app has already is taken over, not made again
    Why: Most apps have people before they are connected. The client finds them by filter; if it
    cannot, it makes them twice, or is stuck with 409.
    Fix: Support userName eq and externalId eq in filters, without regard to letter case for the
    first, and answer 409 to a second user of a name.

    @LIFE-06 @must
    Scenario: The person had an account before the app was connected
      Given the app already has an account for barbara
      When barbara is added to the directory with:
        | name.familyName | Jensen |
      Then the app has exactly one account for barbara
      And barbara still has the same account
      And barbara's account has "name.familyName" "Jensen"
      And nothing was ever deleted in the app
      And everything is reported as delivered

    @LIFE-07 @must
    Scenario: An account that another directory looks after is left alone
      Given the app already has an account for barbara with:
        | externalId | kept-by-another-directory |
      When barbara is added to the directory
      Then barbara's account is left alone
      And barbara still has the same account
      And barbara is reported as not delivered

    @LIFE-08 @must
    Scenario: One account in the way holds nobody else up
      Given the app already has an account for barbara with:
        | externalId | kept-by-another-directory |
      When barbara is added to the directory
      And carla is added to the directory
      Then the app has exactly one account for carla
      And barbara is reported as not delivered

  Rule: An app that was down catches up by itself, with one account for each person
    Why: Deployments and outages happen in the middle of a create. The client looks for the account
    before it sends the create again.
    Fix: Make a create either whole or not at all, and let a filter find it as soon as it is there.

    @LIFE-09 @must
    Scenario: The app answers that it is unavailable
      Given the app goes down
      When barbara is added to the directory
      And the app has turned a request away
      And the app comes back
      Then the app has exactly one account for barbara
      And barbara's account is active
      And everything is reported as delivered

    @LIFE-10 @must
    Scenario: The app cannot be reached at all
      Given the app cuts every connection
      When barbara is added to the directory
      And the app has turned a request away
      And the app comes back
      Then the app has exactly one account for barbara
      And everything is reported as delivered

    @LIFE-11 @must
    Scenario: The app makes the account and its answer gets lost
      Given the app's answer to the next create gets lost
      When barbara is added to the directory
      Then the app has exactly one account for barbara
      And barbara's account is active
      And everything is reported as delivered
