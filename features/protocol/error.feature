@protocol @error
Feature: Errors that a client can understand
  When something goes wrong, a program has to decide what to do next, and a person has
  to find out why. The body of an error is made for both.

  Rule: An error has a body that says what it is (RFC 7644 section 3.12)
    Why: The text of an error is what an administrator gets to read in the log of Entra or Okta.
    Okta parses it as JSON: a page of HTML shows up as "invalid JSON", and nobody knows what was
    wrong.
    Fix: Write every error by one function: schemas with the URN of Error, "status" as a string,
    "scimType" where there is one, "detail" with a sentence that says which attribute was wrong.

    @ERR-01 @must @RFC7644-3.12-R1 @RFC7644-3.2-R7 @after-READ-03 @after-HTTP-17 @core
    Scenario: The body of an error is an error of SCIM
      Fix: Write every error by one function, with schemas set to
      urn:ietf:params:scim:api:messages:2.0:Error; let the router's own 404 and 405 go through it
      too.

      When the client sends GET /Users/{unknown}
      Then the answer has status 404 or 400
      And the answer has "schemas" ["urn:ietf:params:scim:api:messages:2.0:Error"]

    @ERR-02 @must @RFC7644-3.12-R2 @after-ERR-01 @core
    Scenario: The body repeats the status, as a text
      Why: Clients with typed languages fail to read "status": 404 and lose the error.
      Fix: Write the status as a JSON string ("404"), equal to the status line.

      When the client sends GET /Users/{unknown}
      Then the answer has status 404 or 400
      And the answer has a text at "status"
      And the answer is a SCIM error with status 404 or 400

    @ERR-03 @should @RFC7644-3.2-R7 @after-ERR-01
    Scenario: The body says in words what was wrong
      Why: An administrator who reads "Bad Request" in the log of Okta opens a ticket with you;
      one who reads which attribute was wrong mends the mapping.
      Fix: Say in detail what was wrong and with which value or attribute. "Bad Request" is no
      help.

      When the client sends GET /Users/{unknown}
      Then the answer has a text at "detail"

    @ERR-04 @must @RFC7644-3.12-R1 @RFC7644-3.8-R6 @after-ERR-01 @after-HTTP-01
    Scenario: An error is of the media type of SCIM as well
      Why: Clients choose their parser by media type: an error that is text/html or text/plain is
      not read, and the reason in it is lost.
      Fix: Set Content-Type: application/scim+json where errors are written, not in each handler.

      When the client sends GET /Users/{unknown}
      Then the answer has the header "Content-Type" "application/scim+json"

    @ERR-07 @must @RFC7643-4.1.1-R15 @RFC7643-7-R20 @write @after-ERR-01 @after-CREATE-05
    Scenario: An error does not repeat a password
      Why: Errors are logged by both sides, in places where nobody looks for passwords and many
      may read.
      Fix: Name the attribute in detail, not the value, and never echo the body of a request.

      Given a user barbara
      When the client creates a user copy with:
        """
        {"userName": "{barbara}", "password": "Zq7!{run}vK#9"}
        """
      Then the answer has status 409 or 400
      And "Zq7!{run}vK#9" is in no answer

    @ERR-05 @must @RFC7644-3.12-R20 @RFC7644-3.12-R7 @write @after-ERR-01
    Scenario: A body that does not follow the schema is a bad request
      Why: 500 or 422 for a mistake of the client is sent again and again. 400 with a keyword is
      shown to a person.
      Fix: Map failures of validation to 400 "invalidValue" or "invalidSyntax", not to 500 or 422.

      When the client sends POST /Users with:
        """
        {"schemas": "{run}none", "userName": ["{run}barbara@{domain}"], "externalId": "{run}x"}
        """
      Then the answer is a SCIM error with status 400 and scimType "invalidSyntax" or "invalidValue"

    @ERR-06 @should @RFC7644-3.12-R15 @RFC7644-3.12-R10 @write @after-ERR-01 @after-PUT-04 @edge
    Scenario: A replacement of what never was is refused
      Why: A replacement that creates brings back an account that was removed, under an id of the
      client's choice.
      Fix: Answer 404 to a PUT of an id that you do not have; 400, 403 and 405 are understood as
      well.

      When the client sends PUT /Users/{run}nobody with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}nobody@{domain}", "active": false}
        """
      Then the answer has status 400, 403, 404, 405 or 501
