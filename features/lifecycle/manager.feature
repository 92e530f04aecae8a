@lifecycle @write
Feature: An account names the account of the person's manager
  The directory knows managers by its own ids, and the app by those of its accounts. The
  app is given its own, as soon as it has one.

  Rule: A manager is named by the app's id of their account
    Why: Approvals follow the manager. The key of another system there sends them nowhere.
    Fix: Take manager.value as the id of a user here, whether that user came before or later, and
    show it in reads.

    @LIFE-151 @should
    Scenario: A person reports to somebody who has an account
      Given carla has an account in the app
      And barbara has an account in the app
      When barbara reports to carla
      Then barbara's account names carla's as the manager's
      And barbara still has the same account

    @LIFE-152 @should
    Scenario: A person reports to somebody who comes later
      Given barbara has an account in the app
      And barbara reports to carla
      When carla is added to the directory
      Then the app has exactly one account for carla
      And barbara's account names carla's as the manager's

    @LIFE-153 @should
    Scenario: A person gets another manager
      Given carla has an account in the app
      And dora has an account in the app
      And barbara has an account in the app
      And barbara reports to carla
      And barbara's account names carla's as the manager's
      When barbara reports to dora
      Then barbara's account names dora's as the manager's

    @LIFE-154 @should
    Scenario: Two people report to each other
      Given barbara is added to the directory
      And carla is added to the directory
      When barbara reports to carla
      And carla reports to barbara
      Then barbara's account names carla's as the manager's
      And carla's account names barbara's as the manager's

  Rule: Without a manager none is named, and nobody is kept waiting
    Why: The head of the company reports to nobody, and a manager who has left must not go on
    approving.
    Fix: Let manager be removed by PATCH, and left out of a PUT.

    @LIFE-155 @should
    Scenario: A person reports to nobody any more
      Given carla has an account in the app
      And barbara has an account in the app
      And barbara reports to carla
      And barbara's account names carla's as the manager's
      When barbara has no manager any more
      Then barbara's account names no manager

    @LIFE-156 @must
    Scenario: A person reports to somebody who never comes
      Given barbara is added to the directory
      When barbara reports to carla
      Then the app has exactly one account for barbara
      And barbara's account is active
      And everything is reported as delivered
