@protocol @bulk @write @needs-bulk
Feature: Many changes in one request
  A client with a thousand changes sends them at once. Each has a result of its own,
  and changes may refer to what others of the same request make.

  Rule: Each operation has its result, as if it had been sent alone (RFC 7644 sections 3.7 and 3.7.3)
    Why: Nextcloud sends everything in bulk where that is advertised. A client that cannot tell
    which of a hundred operations went well has to ask for each, or repeats them all.
    Fix: Run each operation through the handler that it would have had alone, and list for each
    method, bulkId, location, and status as a string.

    @BULK-01 @must @RFC7644-3.7-R2 @RFC7644-3.7-R15 @RFC7644-3.7-R19 @RFC7644-3.7-R11 @RFC7644-3.7.3-R3 @after-READ-01 @core
    Scenario: A user is created in bulk
      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "active": false}}
        ]}
        """
      Then the answer has status 200
      And the answer has "schemas" ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]
      And the operation a has status 201
      And the answer has "Operations[1].method" "POST"
      And the answer has "Operations[1].bulkId" "a"
      And the answer has a URI at "Operations[1].location"

    @BULK-05 @must @RFC7644-3.7-R11 @RFC7644-3.7.3-R2 @after-BULK-01 @after-READ-01
    Scenario: What was created is where its result says
      Why: The location is the only way back to what was made. A client that cannot use it looks
      for the user by name, or makes another.
      Fix: Put into location the whole address that a create on its own has in its Location
      header.

      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "active": false}}
        ]}
        """
      And the client follows "{answer.Operations[1].location}"
      Then the answer has status 200
      And the answer has "userName" "{run}barbara@{domain}"

    @BULK-06 @must @RFC7644-3.7-R6 @RFC7644-3.7.3-R1 @needs-patch @after-BULK-01 @after-READ-01 @after-READ-03 @core
    Scenario: Users are replaced, patched and deleted in bulk
      Why: Clients put people who come, change and go into one request. A method that bulk does
      not know holds up all of them.
      Fix: Take PUT, PATCH and DELETE as well as POST, each by the handler of its path, and show
      the status that it would have had alone.

      Given a user barbara
      And a user carla
      And a user dan
      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "PUT", "path": "/Users/{barbara.id}", "bulkId": "a", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{barbara}", "title": "Guide", "active": false}},
          {"method": "PATCH", "path": "/Users/{carla.id}", "bulkId": "b", "data": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "title", "value": "Director"}]}},
          {"method": "DELETE", "path": "/Users/{dan.id}", "bulkId": "c"}
        ]}
        """
      Then the answer has status 200
      And the operation a has status 200
      And the operation b has status 200 or 204
      And the operation c has status 204
      And barbara has "title" "Guide"
      And carla has "title" "Director"
      And dan is gone

    @BULK-07 @must @RFC7644-3.7-R4 @after-BULK-01 @edge
    Scenario: The answer does not repeat failOnErrors
      Why: failOnErrors is a word of requests. A client with strict types fails to read an answer
      that has it.
      Fix: Build the answer as an object of its own, with schemas and Operations; do not fill in
      the request.

      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "failOnErrors": 3, "Operations": [
          {"method": "DELETE", "path": "/Users/{unknown}", "bulkId": "a"}
        ]}
        """
      Then the answer has status 200
      And the answer has no "failOnErrors"

  Rule: An operation that fails says why, and the others go on (RFC 7644 sections 3.7 and 3.7.3)
    Why: One wrong user among a hundred must not keep the others out, and the client has to know
    which one it was.
    Fix: Go on after a failure until failOnErrors of them; put the error of each into "response" of
    its result. Give every operation that was tried a result.

    @BULK-08 @must @RFC7644-3.7-R16 @after-BULK-01 @after-CREATE-05 @after-CREATE-25 @core
    Scenario: A failing operation does not stop the others
      Given a user barbara
      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{barbara}", "active": false}},
          {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}carla@{domain}", "active": false}}
        ]}
        """
      Then the answer has status 200
      And the operation a has status 409
      And the operation b has status 201

    @BULK-09 @must @RFC7644-3.7-R12 @RFC7644-3.7-R14 @RFC7644-3.7.3-R4 @after-BULK-08
    Scenario: A failing operation has the error that it would have had alone
      Why: With a bare 409 a client does not know whether the name was taken or the version old.
      It deals with the error that it knows in the way that it knows.
      Fix: Put the whole error (schemas, status, scimType, detail) into "response" of the
      operation.

      Given a user barbara
      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{barbara}", "active": false}}
        ]}
        """
      Then the operation a has status 409
      And the answer has "Operations[1].response.schemas" ["urn:ietf:params:scim:api:messages:2.0:Error"]
      And the answer has "Operations[1].response.status" "409"
      And ideally the answer has a text at "Operations[1].response.detail"

    @BULK-10 @must @RFC7644-3.7-R11 @after-BULK-08
    Scenario: The result of a create that failed has no location
      Why: A client follows the location of what it believes to be made, is told 404, and takes
      the user for deleted.
      Fix: Leave location out of the result of a POST that failed, and roll back what it had
      begun.

      Given a user barbara
      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{barbara}", "active": false}}
        ]}
        """
      Then the answer has no "Operations[1].location"

    @BULK-11 @must @RFC7644-3.7-R16 @after-BULK-08 @after-READ-01
    Scenario: After as many failures as the client allows, the rest is left out
      Why: A client sets failOnErrors to stop a run that goes wrong, before it deletes or changes
      more people by mistake. A service that goes on does just that.
      Fix: Count failures, and stop before the next operation once there are failOnErrors of them.

      Given a user barbara
      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "failOnErrors": 1, "Operations": [
          {"method": "DELETE", "path": "/Users/{unknown}", "bulkId": "a"},
          {"method": "DELETE", "path": "/Users/{barbara.id}", "bulkId": "b"}
        ]}
        """
      Then the answer has status 200
      And the operation a has status 404 or 400
      And barbara has "userName" "{barbara}"

    @BULK-12 @must @RFC7644-3.7.3-R1 @after-BULK-01
    Scenario: No operation is without a result
      Why: A client matches results to operations by bulkId. What has no result is sent again, or
      forgotten.
      Fix: Write one result for each operation that was tried, also when all of them failed.

      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "DELETE", "path": "/Users/{unknown}", "bulkId": "a"},
          {"method": "DELETE", "path": "/Users/{run}nobody", "bulkId": "b"},
          {"method": "DELETE", "path": "/Users/{unknown}", "bulkId": "c"}
        ]}
        """
      Then the answer has status 200
      And the operation a has status 404 or 400
      And the operation b has status 404 or 400
      And the operation c has status 404 or 400

    @BULK-13 @must @RFC7644-3.7-R6 @after-BULK-01 @edge
    Scenario: An operation with a method that does not exist is refused
      Why: An operation that is passed over without an error counts as done.
      Fix: Give the operation 400 (or refuse the request with 400) where its method is none of
      POST, PUT, PATCH and DELETE.

      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "FETCH", "path": "/Users/{unknown}", "bulkId": "a"}
        ]}
        """
      Then the answer has status 200 or 400
      And if it is accepted, the operation a has status 400, 404, 405 or 501

    @BULK-19 @must @RFC7644-3.7-R5 @after-BULK-01 @edge
    Scenario: A request without operations is refused
      Why: A client with a mistake in how it builds its requests sends none of its changes. 200
      tells it that all of them were made.
      Fix: Demand an array "Operations", and answer 400 "invalidSyntax" if there is none.

      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "failOnErrors": 1}
        """
      Then the answer is a SCIM error with status 400

  Rule: Operations refer to what others make by its bulkId (RFC 7644 sections 3.7.1 and 3.7.2)
    Why: A client that makes a group with its people in one request knows none of their ids.
    References that are stored as text leave groups with members named "bulkId:…".
    Fix: Order the operations by their references, replace bulkId:… by the id wherever it stands
    (paths, members, manager). For a circle, make one without the reference and set it afterwards.

    @BULK-14 @must @RFC7644-3.7.2-R2 @needs-groups @after-BULK-01 @after-GROUP-01 @core
    Scenario: A group gets a member that is made before it
      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "active": false}},
          {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{run}engineers", "members": [{"value": "bulkId:u"}]}}
        ]}
        """
      Then the operation u has status 201
      And the operation g has status 201
      When the client follows "{answer.Operations[bulkId=g].location}"
      Then the answer has a text at "members[1].value"
      And "bulkId:u" is in no answer

    @BULK-02 @must @RFC7644-3.7.2-R3 @RFC7644-3.7-R21 @needs-groups @after-BULK-14
    Scenario: A group gets a member that is made after it
      Why: Clients list operations in the order in which they meet them, and groups may come
      before people.
      Fix: Order the operations by their references before you carry them out, or make the group
      first and add the member when it is there.

      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{run}engineers", "members": [{"value": "bulkId:u"}]}},
          {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}barbara@{domain}", "active": false}}
        ]}
        """
      Then the operation u has status 201
      And the operation g has status 201
      When the client follows "{answer.Operations[bulkId=g].location}"
      Then the answer has a text at "members[1].value"

    @BULK-03 @must @RFC7644-3.7.1-R1 @needs-groups @needs-filter @after-BULK-02 @after-GROUP-20 @after-FILT-42 @after-LIST-11
    Scenario: Two groups are members of each other
      Why: Directories hold groups that are in each other. A service that waits for the one before
      it makes the other makes neither, or never answers.
      Fix: Make one without the reference and set it when the other is there; or answer 409 to
      both and keep neither.

      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "POST", "path": "/Groups", "bulkId": "a", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{run}one", "members": [{"value": "bulkId:b", "type": "Group"}]}},
          {"method": "POST", "path": "/Groups", "bulkId": "b", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{run}two", "members": [{"value": "bulkId:a", "type": "Group"}]}}
        ]}
        """
      Then the answer has status 200
      And the operation a has status 201 or 409
      And the operation b has status 201 or 409
      And ideally the operation a has status 201
      And ideally the operation b has status 201
      When the client looks for groups where displayName eq "{run}one"
      Then each "Resources" of the answer has a text at "members[1].value"
      When the client looks for groups where displayName eq "{run}two"
      Then each "Resources" of the answer has a text at "members[1].value"

    @BULK-15 @must @RFC7644-3.7.2-R5 @needs-enterprise @after-BULK-01 @after-CREATE-13 @after-EXT-05
    Scenario: A manager is made in the same request
      Why: New people come together with new managers. A manager that is stored as the text
      "bulkId:m" is nobody, and approvals go there.
      Fix: Replace bulkId:… in manager.value of the enterprise extension as in members.

      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "POST", "path": "/Users", "bulkId": "m", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}carla@{domain}", "active": false}},
          {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"], "userName": "{run}barbara@{domain}", "active": false, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "bulkId:m"}}}}
        ]}
        """
      Then the operation u has status 201
      When the client follows "{answer.Operations[bulkId=u].location}"
      Then the answer has a text at "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value"
      And "bulkId:m" is in no answer

    @BULK-16 @must @RFC7644-3.7.2-R6 @needs-groups @after-BULK-14
    Scenario: A reference to what nobody makes fails
      Why: A reference that is stored as it came is a member that no client can read or remove.
      Fix: Fail the operation with 409 or 400, and store nothing of it.

      When the client sends POST /Bulk with:
        """
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
          {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{run}engineers", "members": [{"value": "bulkId:{run}nobody"}]}}
        ]}
        """
      Then the answer has status 200 or 400
      And if it is accepted, the operation g has status 400, 404, 409 or 412

  Rule: A request may be too much, and the service says what the limit is (RFC 7644 section 3.7.4)
    Why: A client that does not know the limit sends the same request for ever. One that is told can
    split it.
    Fix: Check maxPayloadSize before the body is parsed and maxOperations after it; answer 413 with
    the limit in detail, and carry out nothing.

    @BULK-04 @must @RFC7644-3.7.4-R3 @RFC7644-3.7.4-R1 @RFC7644-3.12-R13 @after-BULK-01
    Scenario: More operations than allowed are refused
      When the client sends more operations in bulk than the configuration allows
      Then the answer is a SCIM error with status 413

    @BULK-17 @must @RFC7644-3.7.4-R3 @RFC7644-3.12-R13 @after-BULK-01
    Scenario: More bytes than allowed are refused
      Why: A body without a limit is in memory before anybody has looked at it. A few of them take
      the service down.
      Fix: Stop reading after maxPayloadSize bytes and answer 413; have a proxy in front of the
      service let as much through.

      When the client sends more bytes in bulk than the configuration allows
      Then the answer has status 413

    @BULK-18 @must @RFC7644-3.7.4-R4 @after-BULK-04 @after-ERR-01
    Scenario: The refusal of too many operations names the limit
      Why: A client that is told the number cuts its request to it. One that is not tries smaller
      and smaller ones, or gives up.
      Fix: Name the number that counts in detail, as in "at most 1000 operations are taken".

      When the client sends more operations in bulk than the configuration allows
      Then the answer mentions "{config.bulk.maxOperations}" at "detail"
