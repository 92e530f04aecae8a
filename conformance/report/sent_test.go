package report_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// odd are scenarios that the mock fails, and whose requests are odd in ways that whoever
// reads of the failure has to see.
const odd = `
@protocol @write
Feature: what is sent
  Rule: A request is shown as it was sent
    @ODD-01 @must
    Scenario: A body goes on behind its end
      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}b@{domain}"} and more
        """
      Then the answer has status 201

    @ODD-02 @must
    Scenario: An attribute comes twice
      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}b@{domain}", "title": "One", "title": "Two"}
        """
      Then the answer has status 299

    @ODD-03 @must
    Scenario: The header is not the usual one
      When the next request has the header "If-Match" "seven"
      And the next request has the header "Accept" ""
      And the next request has the header "Authorization" "Bearer {run}nobody"
      And the client sends GET /Users?count=1
      Then the answer has status 299

    @ODD-04 @must
    Scenario: There are no credentials
      When the next request has the header "Authorization" ""
      And the client sends GET /Users?count=1
      Then the answer has status 299

    @ODD-05 @must
    Scenario: Something would be better
      Given a user barbara
      When the client reads barbara
      Then ideally the answer has "title" "Queen"
      When the client sends GET /Groups?count=1
      Then the answer has status 200

    @ODD-06 @must
    Scenario: A walk does not find what it should
      Given 3 users u with:
        """
        {"displayName": "Number {n}"}
        """
      When the client walks through users where userName sw "{run}", 2 at a time
      Then the walk found each of u-1 and u-2 once

    @ODD-07 @must
    Scenario: A secret is sent
      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}p@{domain}", "PassWord": "Xy7!{run}"} and more
        """
      Then the answer has status 201

    @ODD-08 @must
    Scenario: A part of the meta is another one
      Given a user barbara
      When the client reads barbara
      And some time goes by
      And the client replaces barbara with:
        """
        {"title": "Queen"}
        """
      Then barbara is unchanged
`

// Whoever reads of a failure sees what was odd about the request, in its header and in its
// body, and nothing that is secret.
func TestWhatWasSentIsShown(t *testing.T) {
	target := mocktargettest.New(t)
	result, err := conformance.Run(t.Context(), conformance.Config{
		Endpoint: target.URL(), Token: target.Token(), Features: fstest.MapFS{"odd.feature": {Data: []byte(odd)}},
		Write: true, Settle: 20 * time.Millisecond, Tick: 5 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	written := report.New(result, "")
	for id, wants := range map[string][]string{
		"ODD-01": {`scimwright.invalid"} and more`},
		"ODD-02": {`"title":"One","title":"Two"`},
		"ODD-03": {"If-Match: seven", "Authorization: Bearer …\n", "(without Accept)"},
		"ODD-04": {"(without Authorization)"},
		"ODD-05": {"Sent      GET /Users/", `Expected  ideally the answer has "title" "Queen"`, "Got       the answer has nothing at title"},
		"ODD-06": {"Sent      GET /Users?count=2&filter=", "startIndex=3"},
		"ODD-07": {`"PassWord":"***"`},
		"ODD-08": {"differs in meta.lastModified, meta.version, title"},
	} {
		told := ""
		for _, c := range written.Checks {
			if c.ID == id {
				told = written.Account(&c)
			}
		}
		for _, want := range wants {
			if !strings.Contains(told, want) {
				t.Errorf("%s does not tell of %q:\n%s", id, want, told)
			}
		}
	}
	for name, text := range files(t, result) {
		if strings.Contains(text, "Xy7!") || strings.Contains(text, "-nobody") {
			t.Errorf("%s shows a secret", name)
		}
	}
}
