@protocol @schema @needs-schemas
Feature: How resources are built
  A client that reads the schemas knows each attribute: what it is called, what goes
  in, what comes out, and what has to be there.

  Rule: An attribute has a name and characteristics, in the words of the RFC (RFC 7643 sections 2.1 and 7)
    Why: Clients decide by these words what they may write, whether to fold letter case, and what
    they may show. A missing one leaves them with a default that may not be yours.
    Fix: Give each attribute name, type, multiValued, description, required, caseExact, mutability,
    returned and uniqueness, in the words of the RFC ("readWrite", not "read-write").

    @SCHEMA-01 @must @RFC7643-2.1-R3 @RFC7643-7-R6 @after-DISC-11 @core
    Scenario: Attributes have names
      Why: Names become fields in forms and columns in mappings. One with a space or a dot cannot
      be written in a path or a filter.
      Fix: Begin names with a letter and go on with letters, digits, "$", "-" and "_".

      When the client sends GET /Schemas
      Then the answer has an attribute name at "Resources.attributes.name"
      And the answer has an attribute name at "Resources.attributes.subAttributes.name"

    @SCHEMA-02 @must @RFC7643-7-R7 @RFC7643-2.3-R1 @RFC7643-7-R32 @after-DISC-11 @core
    Scenario: Attributes have types
      Why: A client makes a form of the types: a checkbox for a boolean, a date picker for a
      dateTime. A type of your own is a text field at best.
      Fix: Use string, boolean, decimal, integer, dateTime, binary, reference and complex, spelt
      so; give every attribute a type.

      When the client sends GET /Schemas
      Then the answer has nothing but "string", "boolean", "decimal", "integer", "dateTime", "reference", "complex" and "binary" at "Resources.attributes.type"
      And the answer has nothing but "string", "boolean", "decimal", "integer", "dateTime", "reference" and "binary" at "Resources[id!=urn:ietf:params:scim:schemas:core:2.0:Schema].attributes.subAttributes.type"
      And each "Resources.attributes" of the answer has a word at "type"

    @SCHEMA-03 @must @RFC7643-7-R10 @RFC7643-7-R32 @after-DISC-11
    Scenario: Attributes say who may change them
      Why: Clients leave out what is readOnly and send what is readWrite. A word that they do not
      know is one or the other by chance.
      Fix: Write readOnly, readWrite, immutable or writeOnly, spelt so.

      When the client sends GET /Schemas
      Then the answer has nothing but "readOnly", "readWrite", "immutable" and "writeOnly" at "Resources.attributes.mutability"
      And the answer has nothing but "readOnly", "readWrite", "immutable" and "writeOnly" at "Resources.attributes.subAttributes.mutability"

    @SCHEMA-04 @must @RFC7643-7-R10 @RFC7643-7-R32 @RFC7643-1.1-R1 @after-DISC-11
    Scenario: Attributes say when they are shown
      Why: A client that does not see an attribute has to know whether it is empty or merely not
      shown.
      Fix: Write always, never, default or request, spelt so and without quotation marks of its
      own.

      When the client sends GET /Schemas
      Then the answer has nothing but "always", "never", "default" and "request" at "Resources.attributes.returned"
      And the answer has nothing but "always", "never", "default" and "request" at "Resources.attributes.subAttributes.returned"

    @SCHEMA-05 @must @RFC7643-7-R10 @RFC7643-7-R32 @after-DISC-11
    Scenario: Attributes say whether their values are unique
      Why: By uniqueness a client knows what it may match people by.
      Fix: Write none, server or global, spelt so.

      When the client sends GET /Schemas
      Then the answer has nothing but "none", "server" and "global" at "Resources.attributes.uniqueness"
      And the answer has nothing but "none", "server" and "global" at "Resources.attributes.subAttributes.uniqueness"

    @SCHEMA-06 @must @RFC7643-7-R6 @after-DISC-11
    Scenario: Attributes say whether they have many values
      Why: An array where one value is expected breaks typed clients, and so does the reverse.
      Fix: Give every attribute multiValued as true or false, a JSON boolean.

      When the client sends GET /Schemas
      Then the answer has a boolean at "Resources.attributes.multiValued"

    @SCHEMA-07 @must @RFC7643-2.3.8-R2 @RFC7643-1.2-R1 @after-DISC-11
    Scenario: A part of a complex attribute has no parts
      Why: Paths and filters have room for one dot. What is deeper can be neither changed nor
      looked for.
      Fix: Sub-attributes are simple. Move a complex one to the level above or to an extension.

      When the client sends GET /Schemas
      Then the answer has no "Resources[id!=urn:ietf:params:scim:schemas:core:2.0:Schema].attributes.subAttributes.subAttributes"

    @SCHEMA-08 @should @RFC7643-7-R8 @after-DISC-11
    Scenario: A complex attribute has parts
      Why: Without its parts an attribute such as name is an empty box: nothing can be mapped to
      it.
      Fix: List the parts in subAttributes, each with its own characteristics.

      When the client sends GET /Schemas
      Then the answer has an array at "Resources.attributes[type=complex].subAttributes"

    @SCHEMA-09 @should @RFC7643-7-R9 @RFC7643-7-R5 @after-DISC-11
    Scenario: Schemas and attributes are described
      Why: Administrators choose attributes from a list. "attr7" without a word of explanation is
      chosen wrongly.
      Fix: Write one sentence for each schema and attribute that says what it holds.

      When the client sends GET /Schemas
      Then the answer has a text at "Resources.name"
      And the answer has a text at "Resources.attributes.description"

    @SCHEMA-18 @should @RFC7643-2.3.8-R3 @after-DISC-11
    Scenario: A complex attribute is not unique as a whole
      Why: Whether two objects are the same is for nobody to say; a client that finds "server"
      here cannot tell which part must not be there twice.
      Fix: Give the complex attribute the uniqueness "none", and say of its parts what is unique.

      When the client sends GET /Schemas
      Then the answer has nothing but "none" at "Resources.attributes[type=complex].uniqueness"

    @SCHEMA-19 @must @RFC7643-2.4-R2 @after-DISC-11
    Scenario: Parts that the RFC names are what the RFC says
      Why: Every client knows what primary, type, display and $ref are, without looking in the
      schema. Where they are something else, it reads nonsense or fails.
      Fix: primary is a boolean, type and display are strings, $ref is a reference. Call anything
      else by another name.

      When the client sends GET /Schemas
      Then the answer has nothing but "boolean" at "Resources.attributes[multiValued=true].subAttributes[name=primary].type"
      And the answer has nothing but "string" at "Resources.attributes[multiValued=true].subAttributes[name=type].type"
      And the answer has nothing but "string" at "Resources.attributes[multiValued=true].subAttributes[name=display].type"
      And the answer has nothing but "reference" at "Resources.attributes[multiValued=true].subAttributes[name=$ref].type"

  Rule: What the RFC says of users and groups is not loosened (RFC 7643 sections 4 and 8.7)
    Why: A client trusts that userName finds one person and that a password never comes back. A
    schema that says otherwise is either wrong or honest about a hole.
    Fix: Begin with the schemas in section 8.7.1 of RFC 7643 and leave out what you do not have;
    tighten, do not loosen.

    @SCHEMA-10 @must @RFC7643-4.1.1-R1 @RFC7643-4.1.1-R2 @RFC7643-2.2-R1 @after-DISC-11 @core
    Scenario: A user name has to be there and to be unique
      Why: Clients look people up by userName and rely on finding one. A schema that does not
      promise it makes some of them choose another attribute, or refuse the app.
      Fix: userName has required true and uniqueness "server" (or "global").

      When the client sends GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:User
      Then the answer has "attributes[name=userName].required" true
      And the answer has nothing but "server" and "global" at "attributes[name=userName].uniqueness"

    @SCHEMA-11 @must @RFC7643-4.1.1-R15 @RFC7643-7-R20 @after-DISC-11
    Scenario: A password, if there is one, is never shown
      Why: A schema that says that passwords come back announces a hole, or a client that believes
      it waits for them.
      Fix: Give password the mutability "writeOnly" and returned "never", or leave it out of the
      schema.

      When the client sends GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:User
      Then the answer has nothing but "never" at "attributes[name=password].returned"

    @SCHEMA-12 @must @RFC7643-4.1.2-R18 @after-DISC-11
    Scenario: The groups of a user, if they are shown, are not the client's to change
      Why: A client that reads that groups can be written puts people into groups by changing the
      user, is answered with success, and nothing happens.
      Fix: Give groups the mutability "readOnly"; memberships are changed at the group.

      When the client sends GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:User
      Then the answer has nothing but "readOnly" at "attributes[name=groups].mutability"

    @SCHEMA-13 @must @RFC7643-4.2-R1 @needs-groups @after-DISC-11
    Scenario: A group has members that say who they are
      Why: Without members there is no way to put anybody into a group; a client shows groups as
      names only.
      Fix: Define members as complex and multi-valued, with the sub-attributes value, $ref, type
      and display.

      When the client sends GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:Group
      Then the answer has "attributes[name=members].multiValued" true
      And the answer has "attributes[name=members].subAttributes[name=value].name" "value"

  Rule: Schemas are of resources, and their names are registered ones (RFC 7644 section 3.1, RFC 7643 section 10)
    Why: Tools show what is in /Schemas to administrators as what can be mapped. Messages cannot.
    Fix: List the schemas of resources only, with their whole URNs; ListResponse, Error and PatchOp
    are no schemas. Only attributes of the type reference have referenceTypes.

    @SCHEMA-14 @must @RFC7644-3.1-R3 @after-DISC-11
    Scenario: Messages are not among the schemas
      When the client sends GET /Schemas
      Then the answer has no "Resources[id=urn:ietf:params:scim:api:messages:2.0:ListResponse]"
      And the answer has no "Resources[id=urn:ietf:params:scim:api:messages:2.0:PatchOp]"
      And the answer has no "Resources[id=urn:ietf:params:scim:api:messages:2.0:Error]"

    @SCHEMA-17 @must @RFC7643-7-R3 @after-DISC-11
    Scenario: A schema says that it is one
      Why: A client that keeps documents of all kinds tells them by schemas.
      Fix: Put urn:ietf:params:scim:schemas:core:2.0:Schema into schemas of each one.

      When the client sends GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:User
      Then the answer has "schemas" ["urn:ietf:params:scim:schemas:core:2.0:Schema"]

    @SCHEMA-15 @must @RFC7643-7-R1 @RFC7644-4-R3 @after-DISC-11 @core
    Scenario: The schema of users is there
      Why: Without a schema of users a client cannot tell what may be sent, and falls back to a
      guess.
      Fix: Publish urn:ietf:params:scim:schemas:core:2.0:User with the attributes that you really
      have.

      When the client sends GET /Schemas
      Then the answer has "Resources[id=urn:ietf:params:scim:schemas:core:2.0:User].id" "urn:ietf:params:scim:schemas:core:2.0:User"

    @SCHEMA-16 @must @RFC7643-7-R28 @after-DISC-11
    Scenario: Only references say what they refer to
      Why: A client that finds referenceTypes on a text tries to resolve it as the id of a
      resource.
      Fix: Leave referenceTypes out of everything but attributes of the type reference.

      When the client sends GET /Schemas
      Then the answer has no "Resources.attributes[type=string].referenceTypes"
      And the answer has no "Resources.attributes[type=boolean].referenceTypes"

    @SCHEMA-20 @should @RFC7643-3.3-R3 @after-DISC-11 @after-DISC-04
    Scenario: An extension does not define again what there is already
      Why: With two attributes called title, a client that maps "title" fills one of them and the
      app reads the other.
      Fix: Take the attribute out of the extension and use the one of the core schema, or give it
      a name of its own.

      * every extension has names of its own

    @SCHEMA-21 @must @RFC7643-10.2.1-R1 @after-DISC-11
    Scenario: A name below urn:ietf:params:scim is built as registered ones are
      Why: Tools tell schemas from messages by the word behind "scim", and look registered ones up
      in a table.
      Fix: Use the registered URN of a schema of the RFCs, and a URN of your own, outside of
      urn:ietf:params:scim, for one of yours.

      When the client sends GET /Schemas
      Then the answer has a schema name at "Resources.id"

    @SCHEMA-22 @should @RFC7643-4.1.2-R8 @after-DISC-11 @edge
    Scenario: The kinds of message services are those that the RFC names
      Why: A client maps what it has to these words; others it cannot send.
      Fix: Keep to aim, gtalk, icq, xmpp, msn, skype, qq, yahoo and other in the canonicalValues of
      ims.type.

      When the client sends GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:User
      Then the answer has nothing but "aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo" and "other" at "attributes[name=ims].subAttributes[name=type].canonicalValues"
