@protocol @me
Feature: Whoever is asking
  /Me is the user whose token it is. Nothing is ever written there by a check.

  Rule: /Me is the user that the token stands for, or is not offered (RFC 7644 section 3.11)
    Why: Apps that people use with their own token begin here. A service token stands for nobody,
    and 501 or 404 says so; 500 does not.
    Fix: Serve the user of the token as /Users/{id} would show it, with its Location header and
    meta.location; otherwise answer 501 or 404.

    @ME-01 @should @RFC7644-3.11-R2
    Scenario: /Me answers, or says that it does not
      When the client sends GET /Me
      Then the answer has status 200, 308, 501, 404 or 403

    @ME-02 @must @RFC7644-3.11-R5 @needs-me @after-CREATE-03
    Scenario: /Me says where the user really is
      Why: An app keeps the address of a person. /Me is somebody else for every token.
      Fix: Send the Location header with the address below /Users, equal to meta.location.

      When the client sends GET /Me
      Then the answer has status 200
      And the answer has the header "Location" "{answer.meta.location}"

    @ME-03 @must @RFC7644-3.11-R5 @RFC7643-3.1-R6 @needs-me @after-ME-02 @after-READ-01
    Scenario: The user at /Me is the one at its location
      Why: If /Me and its address lead to two users, an app shows one person and changes another.
      Fix: Let /Me call the handler of /Users/{id} with the id of the token's user.

      When the client sends GET /Me
      And the client follows "{answer.meta.location}"
      Then the answer has status 200
      And the answer has "id" "{before.id}"

    @ME-04 @must @RFC7644-3.9-R4 @needs-me @after-ME-02 @after-PROJ-01 @after-CREATE-29
    Scenario: Of /Me some attributes can be asked for
      Why: A page that greets somebody asks for the name. The rest of the person need not be sent
      to it.
      Fix: Heed attributes and excludedAttributes at /Me as at /Users/{id}.

      When the client sends GET /Me?attributes=userName
      Then the answer has status 200
      And the answer has nothing but "schemas", "id", "meta" and "userName"
