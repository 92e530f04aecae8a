@protocol @http
Feature: SCIM over HTTP
  SCIM is JSON over HTTP. What a request is and what an answer is, the two sides tell
  each other by media types, and a service takes what it does not need calmly.

  Rule: Answers are SCIM's own kind of JSON, in UTF-8 (RFC 7644 sections 3.8 and 8.1)
    Why: Entra demands application/scim+json and stops where it sees something else, however right
    the body is.
    Fix: Set Content-Type: application/scim+json on every answer with a body, in the middleware,
    errors included.

    @HTTP-01 @must @RFC7644-3.8-R8 @RFC7644-3.8-R6 @RFC7644-8.1-R1 @core
    Scenario: An answer is of the media type of SCIM
      When the client sends GET /Users?count=1
      Then the answer has the header "Content-Type" "application/scim+json"

    @HTTP-17 @must @RFC7644-3.2-R8 @RFC7644-3.8-R8 @core
    Scenario: The body of an answer is JSON, from its first byte to its last
      Why: A warning of the runtime before the body, or a body that breaks off, cannot be read.
      The write has happened, and the client believes that it has not.
      Fix: Write the body in one piece, without a byte order mark before it, and set
      Content-Length to what is really sent.

      When the client sends GET /Users?count=1
      Then the answer is JSON

    @HTTP-07 @must @RFC7644-3.8-R8
    Scenario: A client that does not say what it takes gets SCIM
      Why: Not every client sends Accept. Frameworks that fall back to HTML or XML send what no
      client can read.
      Fix: Take a missing Accept, and */*, for application/scim+json.

      When the next request has the header "Accept" ""
      And the client sends GET /Users?count=1
      Then the answer has status 200
      And the answer has the header "Content-Type" "application/scim+json"

    @HTTP-02 @should @RFC7644-3.8-R7 @after-LIST-01 @core
    Scenario: A client that takes JSON gets JSON
      Why: OneLogin wants application/json, and clients built on common HTTP libraries ask for it.
      Fix: If Accept has application/json and not application/scim+json, send that as
      Content-Type, with the same body. Do not answer 406.

      When the next request has the header "Accept" "application/json"
      And the client sends GET /Users?count=1
      Then the answer has status 200
      And the answer has an integer at "totalResults"

    @HTTP-08 @should @RFC7644-3.8-R6 @edge
    Scenario: What a client takes may be written with a charset and in capitals
      Why: Accept comes with charsets, weights and lists. A service that compares the whole header
      with one text answers 406 to a client that wants just what it has.
      Fix: Parse Accept as a list of media types with parameters, without regard to letter case.

      When the next request has the header "Accept" "Application/SCIM+JSON; charset=utf-8, */*;q=0.1"
      And the client sends GET /Users?count=1
      Then the answer has status 200

    @HTTP-09 @must @RFC7644-3.8-R2 @RFC7644-3.8-R1 @write @after-CREATE-01 @after-READ-01
    Scenario: Letters outside ASCII are sent in UTF-8
      Why: Where Zoë comes back as ZoÃ«, the client sees another name than its own, and writes it
      again in every cycle.
      Fix: Encode JSON in UTF-8, without a byte order mark, whatever the locale of the server.

      Given a user barbara with:
        """
        {"displayName": "Zoë 名前"}
        """
      When the client reads barbara
      Then the answer has "displayName" "Zoë 名前"

  Rule: Requests are taken in SCIM's media type and in plain JSON (RFC 7644 sections 3.1 and 3.8)
    Why: authentik and many scripts send application/json, Okta adds a charset. 415 for those keeps
    them out for no reason.
    Fix: Take application/scim+json and application/json, with any parameters; 415 for what is not
    JSON.

    @HTTP-03 @should @RFC7644-3.8-R1 @write @after-CREATE-01 @core
    Scenario: A create in plain JSON is understood
      When the next request has the header "Content-Type" "application/json"
      And the client creates a user barbara
      Then the answer has status 201

    @HTTP-10 @should @RFC7644-3.8-R2 @write @after-CREATE-01 @edge
    Scenario: A create that names its charset is understood
      When the next request has the header "Content-Type" "application/scim+json; charset=utf-8"
      And the client creates a user barbara
      Then the answer has status 201

    @HTTP-11 @may @RFC7644-3.12-R7 @RFC7644-3.8-R1 @write
    Scenario: What is not called JSON is refused
      Why: A web page may send text/plain to another site without asking first. A service that
      reads it as JSON takes changes from any page that an administrator looks at.
      Fix: Answer 415 to what is neither application/scim+json nor application/json, before you
      read the body.

      When the next request has the header "Content-Type" "text/xml"
      And the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "active": false}
        """
      Then the answer has status 400 or 415

  Rule: A body that cannot be read is the client's mistake (RFC 7644 section 3.12)
    Why: 500 makes a client try again, and Entra count towards its quarantine, for a mistake that
    stays one. A body that is half understood writes half a user.
    Fix: Catch what the JSON parser throws and answer 400 "invalidSyntax". Demand an object, and
    read to the end of the body.

    @HTTP-04 @must @RFC7644-3.12-R7 @RFC7644-3.12-R20 @write @after-ERR-05 @core
    Scenario: JSON that breaks off is refused
      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}"
        """
      Then the answer is a SCIM error with status 400
      And ideally the answer is a SCIM error with status 400 and scimType "invalidSyntax" or "invalidValue"
      And there is no user barbara

    @HTTP-12 @must @RFC7644-3.12-R7 @RFC7644-3.12-R20 @write
    Scenario: What is no JSON at all is refused
      Why: A form (name=value) comes from a script with one wrong option. 500 looks like a failure
      that will pass; 400 tells its author.
      Fix: Turn what the JSON parser reports into 400 "invalidSyntax", or answer 415.

      When the client sends POST /Users with:
        """
        userName={run}barbara@{domain}
        """
      Then the answer is a SCIM error with status 400 or 415

    @HTTP-13 @must @RFC7644-3.12-R7 @RFC7644-3.12-R20 @write @edge
    Scenario: An array is not a user
      Why: Code that expects an object and meets an array ends in 500, or takes the first element
      and loses the others without a word.
      Fix: Demand an object at the top of every body, and answer 400 "invalidSyntax" to anything
      else.

      When the client sends POST /Users with:
        """
        [{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}"}]
        """
      Then the answer is a SCIM error with status 400

    @HTTP-14 @should @RFC7644-3.12-R7 @write @edge
    Scenario: Something after the end of the JSON is refused
      Why: Many parsers stop at the end of the first value. What follows, such as the rest of a
      body that was mixed up with another, is lost without a word.
      Fix: After the value, read to the end of the body, and answer 400 if there is more than
      white space.

      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "active": false} and more
        """
      Then the answer has status 400

  Rule: What the service does not need is passed over, and what it does not have is not found (RFC 7644 sections 3.4.2 and 3.12)
    Why: Gateways and newer clients add parameters; Entra's flag aadOptscim062020 stands in the
    query of each request.
    Fix: Read the parameters that you know and leave the others alone.

    @HTTP-05 @should @RFC7644-3.4.2-R3 @core
    Scenario: A query parameter that SCIM does not have is ignored
      When the client sends GET /Users?count=1&colour=blue
      Then the answer has status 200

    @HTTP-06 @should @RFC7644-3.12-R10 @core
    Scenario: An endpoint that does not exist is not found
      Why: A wrong base URL is the commonest mistake in setting a client up. A page of HTML, or
      200 with the front page of the app, does not say so.
      Fix: Let the router's own 404 go through the function that writes errors of SCIM; clients
      cannot read HTML.

      When the client sends GET /NothingIsHere
      Then the answer is a SCIM error with status 404

    @HTTP-15 @may @RFC7644-3.12-R10 @edge
    Scenario: A slash at the end changes nothing
      Why: Administrators paste the base URL with a slash at its end, and clients join URLs
      without looking.
      Fix: Cut one slash off the end of the path before routing. Do not redirect: clients lose the
      body or the token on the way.

      When the client sends GET /Users/?count=1
      Then the answer has status 200

    @HTTP-16 @may @RFC7644-3.4.1-R1 @write @after-READ-01 @edge
    Scenario: HEAD brings no body
      Why: Monitoring asks by HEAD whether the service is up. A body after it is read as the
      beginning of the next answer on that connection.
      Fix: Serve HEAD by the handler of GET, without the body.

      Given a user barbara
      When the client sends HEAD /Users/{barbara.id}
      Then the answer has status 200, 405 or 501
      And the answer has no body
