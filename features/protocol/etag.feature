@protocol @etag @write @needs-etag @after-READ-01
Feature: Versions, so that nobody overwrites what they have not seen
  Two clients read a user and both write it back. With versions, the second one learns
  that there is something new, instead of undoing it.

  Rule: The version is in a header and in the resource, and changes when the resource does (RFC 7644 section 3.14)
    Why: Two administrators, or a client and a person, change one user at the same time. With
    versions the second is told; without them the first change is gone.
    Fix: Keep a counter or a hash with each resource, show it as meta.version and, letter by letter
    the same, in the ETag header; change it with every write.

    @ETAG-01 @must @RFC7644-3.14-R2 @RFC7643-3.1-R27 @after-CREATE-03 @core
    Scenario: A read shows the version twice
      Given a user barbara
      When the client reads barbara
      Then the answer has the header "ETag"
      And the answer has "meta.version" "{header ETag}"

    @ETAG-04 @must @RFC7644-3.14-R4 @after-ETAG-01 @after-PUT-01
    Scenario: A change makes another version
      Why: If a change keeps the version, a client that has not seen the change overwrites it, and
      is told that all is well.
      Fix: Let each write raise a counter in its own transaction, or take a hash of what is
      stored. A date in whole seconds is too coarse.

      Given a user barbara
      When the client reads barbara
      And the client replaces barbara with:
        """
        {"displayName": "Barbara"}
        """
      And the client sends GET /Users/{barbara.id}
      Then the answer has another "meta.version" than "{barbara.meta.version}"

    @ETAG-05 @must @RFC7644-3.14-R2 @after-ETAG-01
    Scenario: As long as nothing changes, the version stays
      Why: If the version changes by itself, every write that names one is refused: the client
      reads again, and is refused again.
      Fix: Derive the version from what is stored, not from the time of the read or the order of
      members.

      Given a user barbara
      When the client reads barbara
      And the client sends GET /Users/{barbara.id}
      Then the answer has the header "ETag" "{barbara.meta.version}"

    @ETAG-06 @must @RFC7643-3.1-R29 @after-ETAG-01
    Scenario: A version is in quotes, and weak ones say so in capitals
      Why: HTTP libraries parse the header. A tag without quotation marks is dropped, and If-Match
      goes out without it.
      Fix: Write W/"…" or "…", with the quotation marks.

      Given a user barbara
      When the client reads barbara
      Then the answer has an entity tag at "meta.version"

    @ETAG-07 @should @RFC7644-3.14-R3 @after-ETAG-01
    Scenario: A create shows the version
      Why: A client that goes on changing what it has just made needs the version, and has to read
      the user again if it is not told.
      Fix: Send the ETag header, equal to meta.version, with 201 as with 200.

      When the client creates a user barbara
      Then the answer has the header "ETag" "{answer.meta.version}"

  Rule: A write that names an old version changes nothing (RFC 7644 section 3.14)
    Why: This is what versions are for: the client says which state it has seen. If that is passed
    over, the change of somebody else is lost without a word.
    Fix: Compare If-Match with the stored version in the statement that writes (UPDATE … WHERE
    version = …), and answer 412 if no row was changed. "*" matches any.

    @ETAG-02 @must @RFC7644-3.14-R8 @RFC7644-3.12-R12 @after-ETAG-01 @after-PUT-01 @core
    Scenario: A replacement of what is out of date is refused
      Given a user barbara
      When the client reads barbara
      And the client replaces barbara with:
        """
        {"displayName": "First"}
        """
      And the next request has the header "If-Match" "{barbara.meta.version}"
      And the client replaces barbara with:
        """
        {"displayName": "Second"}
        """
      Then the answer is a SCIM error with status 412 or 409
      And barbara has "displayName" "First"

    @ETAG-08 @must @RFC7644-3.14-R8 @RFC7644-3.12-R12 @needs-patch @after-ETAG-01 @after-PUT-01
    Scenario: A patch of what is out of date is refused
      Why: Most clients write by PATCH. Where If-Match is looked at in PUT only, two patches of
      one list undo each other.
      Fix: Compare If-Match in the code that PUT, PATCH and DELETE share, and answer 412.

      Given a user barbara
      When the client reads barbara
      And the client replaces barbara with:
        """
        {"displayName": "First"}
        """
      And the next request has the header "If-Match" "{barbara.meta.version}"
      And the client patches barbara with:
        | op      | path        | value    |
        | replace | displayName | "Second" |
      Then the answer is a SCIM error with status 412 or 409
      And barbara has "displayName" "First"

    @ETAG-09 @should @RFC7644-3.14-R8 @RFC7644-3.12-R12 @after-ETAG-01 @after-PUT-01 @after-DEL-01
    Scenario: A delete of what is out of date is refused
      Why: A client deletes somebody who had left when it last looked. If they are back by now,
      the delete must not go through.
      Fix: Delete with the version in the condition (DELETE … WHERE version = …), and answer 412
      if no row went.

      Given a user barbara
      When the client reads barbara
      And the client replaces barbara with:
        """
        {"displayName": "First"}
        """
      And the next request has the header "If-Match" "{barbara.meta.version}"
      And the client deletes barbara
      Then the answer is a SCIM error with status 412 or 409
      And barbara has "displayName" "First"

    @ETAG-10 @must @RFC7644-3.14-R9 @after-ETAG-01 @after-PUT-01 @core
    Scenario: A write that names the present version succeeds
      Why: A client that has seen the latest state and is refused all the same can write nothing,
      however often it reads.
      Fix: Compare entity tags in their weak form for this: W/"1" and "1" are equal.

      Given a user barbara
      When the client reads barbara
      And the next request has the header "If-Match" "{barbara.meta.version}"
      And the client replaces barbara with:
        """
        {"displayName": "First"}
        """
      Then the answer has status 200
      And barbara has "displayName" "First"

    @ETAG-11 @must @RFC7644-3.14-R9 @after-ETAG-01 @after-PUT-01 @edge
    Scenario: A write that takes any version succeeds
      Why: If-Match: * says "if it is still there", which keeps a client from bringing back what
      was deleted. A service that takes it for a version refuses it always.
      Fix: Let "*" match every version of a resource that exists.

      Given a user barbara
      When the next request has the header "If-Match" "*"
      And the client replaces barbara with:
        """
        {"displayName": "First"}
        """
      Then the answer has status 200

    @ETAG-03 @must @RFC7644-3.14-R8 @needs-patch @after-ETAG-08 @after-PATCH-04
    Scenario: Of two writers with one version, one wins
      Why: Identity providers write with several workers. Where comparing and writing are two
      steps, both are told that they have succeeded, and one change is lost.
      Fix: Check and write in one statement or under a lock. Comparing first and writing
      afterwards lets two through at once.

      Given a user barbara
      When the client reads barbara
      And the next request has the header "If-Match" "{barbara.meta.version}"
      And the client sends PATCH /Users/{barbara.id} 2 times at once with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "emails", "value": [{"value": "{run}b@{domain}", "type": "work"}]}]}
        """
      Then exactly one of the answers has status 200 or 204 and the others have 412 or 409

  Rule: A read of what the client has already brings nothing (RFC 7644 section 3.14)
    Why: A client that walks a directory each hour is sent nothing but what has changed.
    Fix: If If-None-Match has the present version, answer 304 without a body.

    @ETAG-12 @must @RFC7644-3.14-R6 @after-ETAG-01
    Scenario: What has not changed is not sent again
      Given a user barbara
      When the client reads barbara
      And the next request has the header "If-None-Match" "{barbara.meta.version}"
      And the client sends GET /Users/{barbara.id}
      Then the answer has status 304
      And the answer has no body

    @ETAG-13 @must @RFC7644-3.14-R6 @after-ETAG-12 @after-PUT-01
    Scenario: What has changed is sent
      Why: 304 for what has changed keeps a client on what is out of date: somebody who was
      disabled stays active for it.
      Fix: Compare with the version that is stored at the time of the read, not with one from a
      cache that writes do not clear.

      Given a user barbara
      When the client reads barbara
      And the client replaces barbara with:
        """
        {"displayName": "First"}
        """
      And the next request has the header "If-None-Match" "{barbara.meta.version}"
      And the client sends GET /Users/{barbara.id}
      Then the answer has status 200
      And the answer has "displayName" "First"

    @ETAG-14 @must @RFC7643-3.1-R30 @after-ETAG-12 @edge
    Scenario: A version in other letters is another version
      Why: Versions made of hashes in base64 differ in letter case only, once in a while. A client
      that is told 304 for the wrong one keeps what is out of date.
      Fix: Compare versions byte by byte.

      Given a user barbara
      When the client reads barbara
      And the next request has the header "If-None-Match" "{CAPITAL barbara.meta.version}"
      And the client sends GET /Users/{barbara.id}
      Then the answer has status 200 or 304
      And the answer has the header "ETag" "{CAPITAL barbara.meta.version}" if its status is 304
