@lifecycle @write
Feature: A conflict over an account ends without anybody losing theirs
  Two people of one name, an account that another system looks after. Where it is not
  certain whose an account is, nothing is done; and when the cause is gone, the person
  gets what they should have.

  Rule: An account that belongs to somebody else stays theirs
    Why: The externalId says whose account it is. A client that could take over a foreign one would
    lock its owner out.
    Fix: Keep externalId as it was set, show it, and answer 409 "uniqueness" to a second user of a
    name.

    @LIFE-161 @must
    Scenario: A person with a conflict leaves the directory
      Given the app already has an account for barbara with:
        | externalId | kept-by-another-directory |
      And barbara is added to the directory
      And barbara is reported as not delivered
      When barbara leaves the directory
      Then barbara's account is left alone
      And everything is reported as delivered

    @LIFE-162 @must
    Scenario: A person gets a user name that an account of somebody else has
      Given the app already has an account for carla with:
        | externalId | kept-by-another-directory |
      And barbara has an account in the app
      When barbara's "userName" becomes "carla"
      Then barbara is reported as not delivered
      And carla's account is left alone

    @LIFE-163 @must
    Scenario: A person with a conflict is disabled
      Given the app already has an account for barbara with:
        | externalId | kept-by-another-directory |
      And barbara is added to the directory
      And barbara is reported as not delivered
      When barbara is disabled in the directory
      Then barbara's account is left alone
      And barbara's account is active

  Rule: A conflict ends when its cause does
    Why: Conflicts are solved by people, in the app or in the directory, and nobody wants to start
    the client anew after that.
    Fix: Free the user name as soon as its user is renamed or deleted.

    @LIFE-164 @must
    Scenario: The person gets another user name
      Given the app already has an account for barbara with:
        | externalId | kept-by-another-directory |
      And barbara is added to the directory
      And barbara is reported as not delivered
      When barbara's "userName" becomes "barbara.hansen"
      Then everything is reported as delivered
      And barbara's account is left alone

    @LIFE-165 @must
    Scenario: The account that was in the way is deleted
      Given the app already has an account for barbara with:
        | externalId | kept-by-another-directory |
      And barbara is added to the directory
      And barbara is reported as not delivered
      When barbara's account is deleted in the app
      And everything is synced
      Then the app has exactly one account for barbara
      And barbara's account is active
      And everything is reported as delivered
