@lifecycle @write
Feature: An account that is there already is taken over with care
  Most apps had accounts before they were connected. Where people want to decide about
  each, nothing is touched until they do.

  Rule: An account is taken over only when somebody says so, if that was asked for
    Why: An account with a matching name may belong to somebody else, an administrator for instance;
    whoever is given it has its rights.
    Fix: Find users by userName and externalId exactly, so that a client can tell who is who before
    it writes.

    @LIFE-171 @must
    Scenario: The account waits for somebody to decide
      Given an account that is there already is taken over only when somebody says so
      And the app already has an account for barbara
      When barbara is added to the directory
      Then barbara is reported as not delivered
      And barbara's account is left alone
      And nothing is written to the app

    @LIFE-172 @must
    Scenario: Somebody says whose the account is
      Given an account that is there already is taken over only when somebody says so
      And the app already has an account for barbara
      And barbara is added to the directory
      And barbara is reported as not delivered
      When somebody says that the account is barbara's
      Then the app has exactly one account for barbara
      And barbara still has the same account
      And barbara's account has "name.familyName" "Example"
      And everything is reported as delivered

    @LIFE-173 @must
    Scenario: Others get their accounts meanwhile
      Given an account that is there already is taken over only when somebody says so
      And the app already has an account for barbara
      And barbara is added to the directory
      When carla is added to the directory
      Then the app has exactly one account for carla
      And barbara's account is left alone

  Rule: An account that was taken over is looked after like any other
    Why: People do not care who made their account; what the directory says of them has to arrive
    all the same.
    Fix: Let SCIM change any user of the tenant, whoever made it.

    @LIFE-174 @must
    Scenario: A person whose account was there before changes
      Given the app already has an account for barbara
      And barbara is added to the directory
      And the app has exactly one account for barbara
      When barbara's "name.familyName" becomes "Hansen"
      Then barbara's account has "name.familyName" "Hansen"
      And barbara still has the same account
      And the app is written to exactly once
