@lifecycle @write
Feature: Many goodbyes at once wait for somebody to approve them
  A slip in a filter can take everybody's access away. One goodbye goes through at once;
  where there are suddenly many, somebody looks at them first.

  Rule: What is beyond the limit is held back, and named
    Why: A mistake in a directory must not close a whole company's accounts in a minute. The client
    waits for a person to say so.
    Fix: Nothing is asked of the app but to go on serving its users while the client holds back.

    @LIFE-181 @must
    Scenario: The second person is held back
      Given at most one person may lose access at a time
      And barbara has an account in the app
      And carla has an account in the app
      And barbara leaves the directory
      And barbara's account is disabled
      When carla leaves the directory
      Then carla is reported as not delivered
      And carla's account is active

    @LIFE-182 @must
    Scenario: Others are not held up by that
      Given at most one person may lose access at a time
      And barbara has an account in the app
      And carla has an account in the app
      And barbara leaves the directory
      And barbara's account is disabled
      And carla leaves the directory
      And carla is reported as not delivered
      When dora is added to the directory
      Then the app has exactly one account for dora
      And carla's account is active

  Rule: What somebody approves is done, and what they reject is not
    Why: What was held back for days is sent in one go once it is approved.
    Fix: Take bursts of single writes, or answer 429 with Retry-After, so that the client slows
    down.

    @LIFE-183 @must
    Scenario: Somebody approves it
      Given at most one person may lose access at a time
      And barbara has an account in the app
      And carla has an account in the app
      And barbara leaves the directory
      And barbara's account is disabled
      And carla leaves the directory
      And carla is reported as not delivered
      When somebody approves carla's goodbye
      Then carla's account is disabled
      And carla still has the same account
      And everything is reported as delivered

    @LIFE-184 @must
    Scenario: Somebody rejects it
      Given at most one person may lose access at a time
      And barbara has an account in the app
      And carla has an account in the app
      And barbara leaves the directory
      And barbara's account is disabled
      And carla leaves the directory
      And carla is reported as not delivered
      When somebody rejects carla's goodbye
      Then carla's account is active
      And carla's account is left alone
      And everything is reported as delivered

    @LIFE-185 @must
    Scenario: The person comes back before somebody decides
      Given at most one person may lose access at a time
      And barbara has an account in the app
      And carla has an account in the app
      And barbara leaves the directory
      And barbara's account is disabled
      And carla leaves the directory
      And carla is reported as not delivered
      When carla returns to the directory
      Then carla's account is active
      And carla still has the same account
      And everything is reported as delivered
