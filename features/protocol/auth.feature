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
      Why: A service that looks whether there is a token, and not whose it is, is open to whoever
      can type one.
      Fix: Look the token up (by its hash), or check its signature, issuer, audience and expiry,
      on each request; answer 401 to one that you do not know.

      When the next request has the header "Authorization" "Bearer {run}not-a-token"
      And the client sends GET /Users?count=1
      Then the answer has status 401

    @AUTH-12 @should @RFC7644-3.12-R8 @RFC7644-2-R4 @needs-token @after-AUTH-05
    Scenario: A token with one letter too many is refused
      Why: Tokens that are cut to the width of a column, or compared by how they begin, let in whoever
      knows a part of one.
      Fix: Compare the whole token, or its hash, in constant time.

      When the next request has the header "Authorization" "Bearer {token}x"
      And the client sends GET /Users?count=1
      Then the answer has status 401

    @AUTH-06 @should @RFC7644-3.12-R8 @needs-token @edge
    Scenario: A token that is empty is refused
      Why: Where no token has been set yet, an empty one is equal to it, and whoever sends nothing
      is let in.
      Fix: Refuse a bearer token without a letter before you compare it or look it up.

      When the next request has the header "Authorization" "Bearer "
      And the client sends GET /Users?count=1
      Then the answer has status 401 or 400

    @AUTH-07 @should @RFC7644-3.12-R8 @needs-token @edge
    Scenario: Credentials of another kind are refused
      Why: A check that takes any Authorization header for one of its own lets in what it cannot
      read, or ends in 500 when it tries to cut a token out.
      Fix: Read the scheme first, and answer 401 to each one that you do not name in
      WWW-Authenticate.

      When the next request has the header "Authorization" "Basic bm9ib2R5Om5vdGhpbmc="
      And the client sends GET /Users?count=1
      Then the answer has status 401

    @AUTH-08 @must @RFC7644-2-R8 @RFC7644-3.3-R10 @needs-token @write @after-AUTH-01
    Scenario: Without credentials nothing is created
      Why: An account that was made from outside looks like any other afterwards, and may be one
      that can sign in.
      Fix: Let no handler run before the check; middleware that is added route by route tends to
      miss one.

      When the next request has the header "Authorization" ""
      And the client creates a user barbara
      Then the answer has status 401 or 403
      And there is no user barbara

    @AUTH-09 @must @RFC7644-2-R8 @needs-token @write @after-AUTH-01 @after-READ-01 @after-DEL-01
    Scenario: Without credentials nothing is deleted
      Why: Whoever can delete without a key can lock everybody out, and no identity provider
      notices before its next look.
      Fix: Put DELETE, PUT and PATCH behind the check that GET has, routes that were added later
      among them.

      Given a user barbara
      When the next request has the header "Authorization" ""
      And the client deletes barbara
      Then the answer has status 401 or 403
      And barbara has "userName" "{barbara}"

    @AUTH-10 @may @RFC7644-7.4-R2 @needs-token @after-AUTH-01 @edge
    Scenario: A token in the URL, where logs keep it, is not taken
      Why: URLs are kept in the logs of servers and proxies. A token in them works for whoever
      reads those, too.
      Fix: Read the token from the Authorization header only, and pass over access_token in the
      query.

      When the next request has the header "Authorization" ""
      And the client sends GET /Users?count=1&access_token={token}
      Then the answer has status 401 or 400

  Rule: A refusal says how to be let in (RFC 7644 sections 2 and 3.12)
    Why: A client that reads the answer can tell the administrator what to set up. A redirect to a
    page for signing in tells it nothing.
    Fix: Add WWW-Authenticate: Bearer realm="scim" to the 401, and write its body by the function
    that writes all errors.

    @AUTH-02 @must @RFC7644-2-R7 @needs-token @after-AUTH-01
    Scenario: A 401 names the schemes in WWW-Authenticate
      Why: Without the header a client cannot tell a service that wants a token from one that
      wants a name and a password, and some HTTP libraries do not send what they have.
      Fix: Add WWW-Authenticate to every 401, with each scheme that you take, such as Bearer
      realm="scim".

      When the next request has the header "Authorization" ""
      And the client sends GET /Users?count=1
      Then the answer has the header "WWW-Authenticate"

    @AUTH-03 @must @RFC7644-3.12-R1 @needs-token @after-AUTH-01
    Scenario: A 401 has a SCIM error as its body
      Why: Okta reads the bodies of errors as JSON. A page for signing in shows up there as
      "invalid JSON", and nobody thinks of the token.
      Fix: Write the body of a 401 by the function that writes all errors: schemas, status "401"
      and a detail. A gateway in front of the service has to do it too.

      When the next request has the header "Authorization" ""
      And the client sends GET /Users?count=1
      Then the answer is a SCIM error with status 401

    @AUTH-11 @should @RFC9865-5.2-R5 @needs-token @after-AUTH-05
    Scenario: A 401 does not repeat the token
      Why: Bodies of errors are logged on both sides. A token that was sent to the wrong place is
      good elsewhere.
      Fix: Say that the token is unknown or has expired; repeat it neither in the body nor in a
      header.

      When the next request has the header "Authorization" "Bearer {run}not-a-token"
      And the client sends GET /Users?count=1
      Then the answer has status 401
      And "{run}not-a-token" is in no answer

    @AUTH-04 @may @RFC7644-2-R4 @needs-token @edge
    Scenario: The word "Bearer" may be written in small letters
      Why: Names of schemes have no letter case in HTTP, and some clients and gateways write
      bearer or BEARER.
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
    Scenario: A client that has nothing newer than TLS 1.2 is let in
      Why: The gateways of some identity providers have nothing newer.
      Fix: Keep TLS 1.2 beside 1.3 in the configuration of the server that ends TLS.

      * the service can be reached over TLS 1.2

    @TLS-03 @must @RFC7644-7.2-R1 @needs-tls @after-TLS-01
    Scenario: Older versions of TLS are refused
      Why: TLS 1.0 and 1.1 can be broken into, and whoever sits between can have both sides fall
      back to them.
      Fix: Set the oldest version to TLS 1.2 (ssl_protocols TLSv1.2 TLSv1.3 in nginx).

      * the service refuses what is older than TLS 1.2

    @TLS-04 @may @RFC7644-7.4-R2 @needs-tls @after-TLS-01 @edge
    Scenario: An answer tells clients to stay with TLS
      Why: Somebody configures the address with http:// one day. Browsers and some HTTP libraries
      that were told so once go to https:// by themselves, before the token is sent for all to read.
      Fix: Where TLS ends, add Strict-Transport-Security: max-age=31536000 to every answer (RFC
      6797).

      When the client sends GET /ServiceProviderConfig
      Then the answer asks for TLS from now on
