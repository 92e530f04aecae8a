package requirement

import (
	"slices"
	"strings"
	"testing"
)

func TestCatalogue(t *testing.T) {
	allowed := map[string][]string{
		"level":    {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"},
		"subject":  {"server", "client", "both"},
		"testable": {"yes", "partly", "no"},
		"keyword":  {"explicit", "implied"},
		"source":   {"text", "draft"},
	}
	count := 0
	for r := range All() {
		count++
		for field, value := range map[string]string{
			"level": string(r.Level), "subject": string(r.Subject), "testable": r.Testable, "keyword": r.Keyword, "source": r.Source,
		} {
			if !slices.Contains(allowed[field], value) {
				t.Errorf("%s: %s is %q, want one of %v", r.ID, field, value, allowed[field])
			}
		}
		if r.Statement == "" || r.How == "" || r.Feature == "" {
			t.Errorf("%s lacks a statement, how it is tested or a feature", r.ID)
		}
		if r.Normative() && !strings.HasPrefix(r.ID, r.RFC+"-"+r.Section+"-R") {
			t.Errorf("%s does not name its section %s of %s", r.ID, r.Section, r.RFC)
		}
	}
	if count != 647 {
		t.Errorf("the catalogue has %d rows, want 647; rows are added, never removed", count)
	}
}

func TestGet(t *testing.T) {
	r, ok := Get("RFC7644-3.5.2-R7")
	if !ok || r.Level != Must || !r.Subject.Binds(Client) || r.String() != "RFC 7644 section 3.5.2" {
		t.Errorf("RFC7644-3.5.2-R7 is %+v, %t", r, ok)
	}
	if r, ok := Get("RFC7644-99-R1"); ok {
		t.Errorf("an id that is in no document gave %+v", r)
	}
}

func TestParseRefusesTwins(t *testing.T) {
	row := "- {id: A, rfc: RFC1, section: '1'}\n"
	if _, err := parse([]byte(row + row)); err == nil || !strings.Contains(err.Error(), `"A"`) {
		t.Errorf("two rows of one id give %v, want an error that names it", err)
	}
	if _, err := parse([]byte("- {id: A, colour: red}\n")); err == nil {
		t.Error("an unknown field is accepted")
	}
}
