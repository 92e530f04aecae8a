package provisioner_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// TestR15_AbsenceFromAListProvesNothing audits an app that lists only the first two of
// its accounts, and calls that all.
func TestR15_AbsenceFromAListProvesNothing(t *testing.T) {
	b := pushed(t, provisioner.Settings{})
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Path != "/scim/v2/Users" {
			return false
		}
		users := b.app.remote(t, "/Users")[:2]
		w.Header().Set("Content-Type", "application/scim+json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "totalResults": 2, "itemsPerPage": 2, "startIndex": 1, "Resources": users,
		})
		return true
	})
	if a := b.audit(t, true); !a.Good() || a.Checked != 7 {
		t.Errorf("audit %+v, want all seven found", a)
	}
	b.settle(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("the audit has led to %q", w)
	}
}

// breaking lists the first two accounts of an app, and breaks on the second page.
func breaking(t *testing.T, d *door) keeper {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Path != "/scim/v2/Users" {
			return false
		}
		if r.URL.Query().Get("startIndex") != "1" {
			refuse(http.StatusInternalServerError, "", "broke")(w, r)
			return true
		}
		w.Header().Set("Content-Type", "application/scim+json")
		_ = json.NewEncoder(w).Encode(map[string]any{"totalResults": 6, "startIndex": 1, "Resources": d.remote(t, "/Users")[:2]})
		return true
	}
}

// TestR15_ListThatBreaks: what a list has shown before it broke off is compared, and the
// rest is read by id.
func TestR15_ListThatBreaks(t *testing.T) {
	b := pushed(t, provisioner.Settings{})
	b.meddle(t)
	b.app.answerWith(breaking(t, b.app))
	if a := b.audit(t, false); a.Checked != 7 || a.Drifted != 3 || a.Missing != 1 || len(a.Notes) != 1 || !strings.Contains(a.Notes[0], "cannot be listed") {
		t.Errorf("audit %+v, want all seven compared", a)
	}
}

// TestR6_AuditPassesOverWhatCannotBeRead audits an app that fails to show one account and
// cannot list: all others are compared.
func TestR6_AuditPassesOverWhatCannotBeRead(t *testing.T) {
	b := pushed(t, provisioner.Settings{})
	b.meddle(t)
	broken := refuse(http.StatusInternalServerError, "", "broke")
	poisoned := "/scim/v2" + b.path(t, provisioner.KindUser, "u0")
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/scim/v2/Users" && r.URL.Path != poisoned {
			return false
		}
		broken(w, r)
		return true
	})
	a := b.audit(t, false)
	if a.Checked != 6 || a.Drifted != 2 || a.Missing != 1 || len(a.Notes) != 2 || !strings.Contains(a.Notes[1], "1 users and groups could not be read") {
		t.Errorf("audit %+v, want all compared but u0", a)
	}
}

// TestAuditAsksForNoGroups of an app that is given none, or has none.
func TestAuditAsksForNoGroups(t *testing.T) {
	b := pushed(t, provisioner.Settings{})
	audited := func() []string {
		t.Helper()
		b.app.requests()
		if a := b.audit(t, false); a.Checked != 6 || len(a.Notes) > 0 {
			t.Errorf("audit %+v", a)
		}
		return b.app.requests()
	}
	b.learn(t, func(l *provisioner.Learned) {
		l.Observe(provisioner.Groups, provisioner.GroupsNone, "/Groups answered 404", time.Now())
	})
	if got := audited(); !slices.Equal(got, []string{"GET /Users"}) {
		t.Errorf("an app without groups was asked %q", got)
	}
	b.connectWith(t, "app", b.app, provisioner.Settings{Groups: provisioner.GroupsOff})
	b.settle(t, "app")
	if got := audited(); !slices.Equal(got, []string{"GET /Users"}) {
		t.Errorf("an app that is given no groups was asked %q", got)
	}
}

// TestR15_ProxyIsNotBelieved audits, and is to repair, an app that lists nothing and in
// front of which a web server says that there is no such page. That ends the audit, and
// makes no account a second time.
func TestR15_ProxyIsNotBelieved(t *testing.T) {
	b := pushed(t, provisioner.Settings{Drift: provisioner.DriftEnforce})
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/scim/v2/Users/"):
			http.Error(w, "<html>Not Found</html>", http.StatusNotFound)
		case r.Method == http.MethodGet && r.URL.Path == "/scim/v2/Users":
			w.Header().Set("Content-Type", "application/scim+json")
			_, _ = w.Write([]byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`))
		default:
			return false
		}
		return true
	})
	run, err := b.engine.StartAudit(t.Context(), "app", "test", true)
	if err != nil {
		t.Fatal(err)
	}
	if run, err = b.engine.AwaitRun(t.Context(), run.ID, nil); err != nil || run.State != provisioner.RunFailed || !strings.Contains(run.Error, "could not be read") {
		t.Errorf("run %+v, %v", run, err)
	}
	b.settle(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("the audit has led to %q", w)
	}
}
