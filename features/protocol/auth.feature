@protocol @auth
Feature: Who is let in
  Behind the door are the names, addresses and passwords of everybody. Whoever has no
  key learns nothing, not even by the way the door is shut.

  Rule: Without valid credentials there is nothing but 401 (RFC 7644 sections 2 and 3.12)
    Why: Whoever can reach the endpoint could make itself an administrator. And a client whose token
    has expired has to hear 401: then Entra goes into quarantine and says so, while 404 reads as if
    everybody were gone.
    Fix: Check the token before routing, for every path and method, and answer 401 when it is
    missing, empty, of another kind or unknown.

    @AUTH-01 @should @RFC7644-3.12-R8 @RFC7644-2-R8 @needs-token @core
    Scenario: A request without credentials is refused
      When the next request has the header "Authorization" ""
      And the client sends GET /Users?count=1
      Then the answer has status 401

    @AUTH-05 @should @RFC7644-3.12-R8 @RFC7644-2-R4 @needs-token @core
    Scenario: A token that nobody has given out is refused
      When the next request has the header "Authorization" "Bearer {run}not-a-token"
      And the client sends GET /Users?count=1
      Then the answer has status 401

    @AUTH-06 @should @RFC7644-3.12-R8 @needs-token @edge
    Scenario: A token that is empty is refused
      When the next request has the header "Authorization" "Bearer "
      And the client sends GET /Users?count=1
      Then the answer has status 401 or 400

    @AUTH-07 @should @RFC7644-3.12-R8 @needs-token @edge
    Scenario: Credentials of another kind are refused
      When the next request has the header "Authorization" "Basic bm9ib2R5Om5vdGhpbmc="
      And the client sends GET /Users?count=1
      Then the answer has status 401

    @AUTH-08 @must @RFC7644-2-R8 @RFC7644-3.3-R10 @needs-token @write @after-AUTH-01
    Scenario: Without credentials nothing is created
      Fix: Let no handler run before the check; middleware that is added route by route tends to
      miss one.

      When the next request has the header "Authorization" ""
      And the client creates a user barbara
      Then the answer has status 401 or 403
      And there is no user barbara

    @AUTH-09 @must @RFC7644-2-R8 @needs-token @write @after-AUTH-01 @after-READ-01 @after-DEL-01
    Scenario: Without credentials nothing is deleted
      Given a user barbara
      When the next request has the header "Authorization" ""
      And the client deletes barbara
      Then the answer has status 401 or 403
      And barbara has "userName" "{barbara}"

    @AUTH-10 @may @RFC7644-7.4-R2 @needs-token @after-AUTH-01 @edge
    Scenario: A token in the URL, where logs keep it, is not taken
      When the next request has the header "Authorization" ""
      And the client sends GET /Users?count=1&access_token={token}
      Then the answer has status 401 or 400

  Rule: A refusal says how to be let in (RFC 7644 sections 2 and 3.12)
    Why: A client that reads the answer can tell the administrator what to set up. A redirect to a
    page for signing in tells it nothing.
    Fix: Add WWW-Authenticate: Bearer realm="scim" to the 401, and write its body by the function
    that writes all errors.

    @AUTH-02 @must @RFC7644-2-R7 @needs-token @after-AUTH-01
    Scenario: The refusal names the schemes
      When the next request has the header "Authorization" ""
      And the client sends GET /Users?count=1
      Then the answer has the header "WWW-Authenticate"

    @AUTH-03 @must @RFC7644-3.12-R1 @needs-token @after-AUTH-01
    Scenario: The refusal is an error of SCIM
      When the next request has the header "Authorization" ""
      And the client sends GET /Users?count=1
      Then the answer is a SCIM error with status 401

    @AUTH-11 @should @RFC9865-5.2-R5 @needs-token @after-AUTH-05
    Scenario: The refusal does not repeat the token
      When the next request has the header "Authorization" "Bearer {run}not-a-token"
      And the client sends GET /Users?count=1
      Then the answer has status 401
      And "{run}not-a-token" is in no answer

    @AUTH-04 @may @RFC7644-2-R4 @needs-token @edge
    Scenario: The scheme may be written in small letters
      Fix: Compare the word "Bearer" without regard to letter case.

      When the next request has the header "Authorization" "bearer {token}"
      And the client sends GET /Users?count=1
      Then the answer has status 200

  Rule: What is private travels over TLS (RFC 7644 section 7)
    Why: A token that is read once on the way opens the directory to whoever has read it.
    Fix: Serve HTTPS only, with TLS 1.2 or later and a certificate that clients trust.

    @TLS-01 @must @RFC7644-7.2-R1 @RFC7644-7.4-R2 @needs-tls
    Scenario: The connection is encrypted by TLS 1.2 or later
      When the client sends GET /ServiceProviderConfig
      Then the answer came over TLS 1.2 or later

    @TLS-02 @must @RFC7644-7.2-R2 @needs-tls @after-TLS-01
    Scenario: Whoever has TLS 1.2 is let in by it
      Why: The gateways of some identity providers have nothing newer.
      Fix: Keep TLS 1.2 beside 1.3 in the configuration of the server that ends TLS.

      * the service can be reached over TLS 1.2

    @TLS-03 @must @RFC7644-7.2-R1 @needs-tls @after-TLS-01
    Scenario: Older versions of TLS are refused
      Why: TLS 1.0 and 1.1 can be broken into, and whoever sits between can have both sides fall
      back to them.
      Fix: Set the oldest version to TLS 1.2 (ssl_protocols TLSv1.2 TLSv1.3 in nginx).

      * the service refuses what is older than TLS 1.2
