package conformance_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/permiso/scimwright/conformance"
)

// A service that wants more of everybody than its schemas tell gets it, in bodies that
// scenarios write out too, and nothing that a scenario says is changed by it.
func TestServiceThatWantsMoreOfEverybody(t *testing.T) {
	seen := map[string]bool{}
	picky := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			var sent struct {
				Schemas                           []string
				Title, ProfileURL, EmployeeNumber string
				Enterprise                        struct{ CostCenter string } `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
			}
			if r.Method == http.MethodPost || r.Method == http.MethodPut {
				if err := json.Unmarshal(body, &sent); err != nil || sent.Title == "" || sent.Enterprise.CostCenter == "" || len(sent.Schemas) != 2 || seen[sent.ProfileURL] {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				seen[sent.ProfileURL] = true
			}
			next.ServeHTTP(w, r)
		})
	}
	text := `
  @write
  Rule: r
    @MADE-50 @must
    Scenario: An account
      Given a user barbara
      And a user carla with:
        """
        {"title": "Guide"}
        """
      Then barbara has "title" "QA"
      And carla has "title" "Guide"
      When the client replaces barbara with:
        """
        {"displayName": "B"}
        """
      Then the answer has status 200
    @MADE-51 @must
    Scenario: A body that is written out
      When the client sends POST /Users with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{run}dan@{domain}"}
        """
      Then the answer has status 201
      And the answer has "userName" "{run}dan@example.test"
    @MADE-52 @must
    Scenario: An account that was there before
      Given the app already has an account for barbara
      Then the app has exactly one account for barbara
`
	c := config(server(t, picky), text)
	if report, err := conformance.Run(t.Context(), c); err != nil || report.Count(conformance.Pass) != 0 {
		t.Fatalf("without what it wants, the service takes something: %v, %+v", err, report)
	}
	c = config(server(t, picky), text)
	c.MailDomain = "example.test"
	c.UserAttributes = map[string]any{
		"title": "QA", "profileUrl": "https://example.test/{unique}", "userName": "nobody",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": map[string]any{"costCenter": "4711"},
	}
	report, err := conformance.Run(t.Context(), c)
	if err != nil || report.Count(conformance.Pass) != 3 {
		t.Errorf("%v", err)
		for _, r := range report.Results {
			t.Logf("%s %s: %s", r.ID, r.Verdict, r.Reason)
		}
	}
}
