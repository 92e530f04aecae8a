package provisioner_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// acme is the directory of testdata: 60 active users, 2 disabled ones, 8 groups.
func acme(t *testing.T) *provisioner.Directory {
	t.Helper()
	f, err := os.Open("../testdata/directory/acme.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := provisioner.ReadDirectory(f, provisioner.FormatJSON)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFirstSyncIntoAnEmptyApp(t *testing.T) {
	b := start(t, t.TempDir()+"/test.db")
	b.app = newDoor(t)
	if err := b.ReplaceDirectory(t.Context(), acme(t)); err != nil {
		t.Fatal(err)
	}
	b.connect(t, "app", b.app)
	r := b.sync(t, "app")
	if want := (provisioner.Tally{Created: 60, Skipped: 2}); r.Users != want {
		t.Errorf("users %+v, want %+v", r.Users, want)
	}
	if want := (provisioner.Tally{Created: 8}); r.Groups != want {
		t.Errorf("groups %+v, want %+v", r.Groups, want)
	}
	if n := len(b.app.requests()); n != 2+60+8 {
		t.Errorf("%d requests, want 2 + N + G = 70", n)
	}
	ids := map[string]bool{}
	for _, u := range b.app.remote(t, "/Users") {
		ids[u["id"].(string)] = true
		enterprise, _ := u["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].(map[string]any)
		if manager, ok := enterprise["manager"].(map[string]any); ok && manager["value"] == "" {
			t.Errorf("%s has a manager without a value", u["userName"])
		}
	}
	for _, g := range b.app.remote(t, "/Groups") {
		members, _ := g["members"].([]any)
		for _, m := range members {
			if id := m.(map[string]any)["value"].(string); !ids[id] {
				t.Errorf("group %s has member %s, who is no user of the app", g["displayName"], id)
			}
		}
	}

	again := b.sync(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("the second sync wrote %q", w)
	}
	if again.Users.Unchanged != 60 || again.Users.Skipped != 2 || again.Groups.Unchanged != 8 {
		t.Errorf("second sync: %+v", again)
	}
}

func TestManagersComeFirst(t *testing.T) {
	b := setup(t)
	b.sync(t, "app")
	b.app.requests()
	manager := `{"userName": %q, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": %q}}}`
	d := &provisioner.Directory{}
	for i := range 9 { // a chain: u0 reports to u1, u1 to u2 …
		d.Users = append(d.Users, provisioner.User{ID: fmt.Sprint("u", i), Attributes: attributes(t, manager, fmt.Sprint("n", i), fmt.Sprint("u", i+1))})
	}
	// and two that report to each other
	d.Users = append(d.Users,
		provisioner.User{ID: "u9", Attributes: attributes(t, manager, "n9", "u10")},
		provisioner.User{ID: "u10", Attributes: attributes(t, manager, "n10", "u9")})
	if err := b.ReplaceDirectory(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	b.settle(t, "app")
	posts := 0
	for _, r := range b.app.requests() {
		if r == "POST /Users" {
			posts++
		} else if !strings.HasPrefix(r, "PATCH /Users/") {
			t.Errorf("unexpected %s", r)
		}
	}
	names := map[string]string{}
	for _, u := range b.app.remote(t, "/Users") {
		names[u["id"].(string)] = u["userName"].(string)
	}
	if posts != 11 || len(names) != 11 {
		t.Fatalf("%d posts, %d users, want 11", posts, len(names))
	}
	for _, u := range b.app.remote(t, "/Users") {
		var i int
		fmt.Sscanf(u["userName"].(string), "n%d", &i)
		want := fmt.Sprint("n", i+1)
		if i == 10 {
			want = "n9"
		}
		enterprise, _ := u["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].(map[string]any)
		m, _ := enterprise["manager"].(map[string]any)
		id, _ := m["value"].(string)
		if names[id] != want {
			t.Errorf("%s reports to %q, want %s", u["userName"], names[id], want)
		}
	}
}

func TestForeignAccountsSurvive(t *testing.T) { // R1, R17
	b := setup(t)
	foreign := b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"root","active":true}`)
	taken := b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bob","externalId":"somebody-else","active":true}`)
	mine := b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ADA","active":true,"nickName":"countess"}`)
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	r := b.sync(t, "app")
	if r.Users.Failed != 1 || len(r.Failures) != 1 || r.Failures[0].ID != "u2" || !strings.Contains(r.Failures[0].Reason, "somebody-else") {
		t.Errorf("result %+v, want a conflict that names the other owner of bob", r)
	}
	for _, w := range b.app.writes() {
		if w != "PATCH /Users/"+mine && w != "POST /Users" {
			t.Errorf("unexpected write %s (foreign %s, taken %s)", w, foreign, taken)
		}
	}
	for _, u := range b.app.remote(t, "/Users") {
		if u["id"] == mine && (u["externalId"] != "u1" || u["nickName"] != "countess") {
			t.Errorf("the adopted account is %v", u)
		}
	}
}

func TestSyncWithoutMemoryWritesNothing(t *testing.T) {
	b := setup(t)
	d := acme(t)
	if err := b.ReplaceDirectory(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	b.sync(t, "app")
	b.app.requests()

	other := start(t, t.TempDir()+"/other.db")
	if err := other.ReplaceDirectory(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	other.connect(t, "app", b.app)
	r := other.sync(t, "app")
	requests := b.app.requests()
	if slices.ContainsFunc(requests, func(s string) bool { return !strings.HasPrefix(s, "GET ") }) {
		t.Errorf("requests %q, want no write", requests)
	}
	if len(requests) > 10 {
		t.Errorf("%d requests, want the probe and the pages of two lists: %q", len(requests), requests)
	}
	if r.Users.Unchanged != 60 || r.Users.Skipped != 2 || r.Groups.Unchanged != 8 {
		t.Errorf("result %+v", r)
	}
}

func TestWhoeverIsMissingIsDisabledNotDeleted(t *testing.T) {
	b := setup(t)
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.putGroup(t, "g1", "staff", "u1", "u2")
	b.putGroup(t, "g2", "gone", "u1")
	b.sync(t, "app")
	b.app.requests()
	keep := &provisioner.Directory{
		Users:  []provisioner.User{{ID: "u1", Attributes: attributes(t, userText, "ada", true)}},
		Groups: []provisioner.Group{{ID: "g1", Attributes: attributes(t, `{"displayName": "staff"}`), Members: []string{"u1"}}},
	}
	if err := b.ReplaceDirectory(t.Context(), keep); err != nil {
		t.Fatal(err)
	}
	r := b.sync(t, "app")
	if want := (provisioner.Tally{Disabled: 1, Unchanged: 1}); r.Users != want {
		t.Errorf("users %+v, want %+v", r.Users, want)
	}
	if want := (provisioner.Tally{Updated: 1, Deleted: 1}); r.Groups != want {
		t.Errorf("groups %+v, want %+v", r.Groups, want)
	}
	active := map[string]any{}
	for _, u := range b.app.remote(t, "/Users") {
		active[u["userName"].(string)] = u["active"]
	}
	if len(active) != 2 || active["ada"] != true || active["bob"] != false {
		t.Errorf("users in the app: %v", active)
	}
	if g := b.app.remote(t, "/Groups"); len(g) != 1 || len(g[0]["members"].([]any)) != 1 {
		t.Errorf("groups in the app: %v", g)
	}
	b.putUser(t, "u2", "bob", true) // comes back
	b.settle(t, "app")
	if n := len(b.app.remote(t, "/Users")); n != 2 {
		t.Errorf("%d users after bob came back, want 2", n)
	}
}

func TestAppIsDownAndComesBack(t *testing.T) {
	b := setup(t)
	b.sync(t, "app")
	b.app.answerWith(func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return true
	})
	b.putUser(t, "u1", "ada", true)
	waitFor(t, func() bool {
		links, err := b.AppLinks(t.Context(), "app")
		return err == nil && len(links) == 1 && links[0].State == provisioner.LinkFailing && links[0].Attempts > 1
	})
	b.app.open()
	r := b.settle(t, "app")
	if r.Users.Created != 1 || len(b.app.remote(t, "/Users")) != 1 {
		t.Errorf("result %+v, app %v", r, b.app.remote(t, "/Users"))
	}
}

func TestGroupsThatDoNotExist(t *testing.T) { // R4
	for _, status := range []int{http.StatusNotFound, http.StatusNotImplemented, http.StatusInternalServerError} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			b := setup(t)
			b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
				if strings.Contains(r.URL.Path, "/Groups") {
					w.WriteHeader(status)
					return true
				}
				return false
			})
			b.putUser(t, "u1", "ada", true)
			b.putGroup(t, "g1", "staff", "u1")
			if _, err := b.engine.Sync(t.Context(), "app"); err != nil {
				t.Fatal(err)
			}
			r, err := b.engine.Await(t.Context(), "app", 0, 300*time.Millisecond, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Users.Created != 1 {
				t.Errorf("users %+v, want one created", r.Users)
			}
			want := provisioner.Tally{Skipped: 1}
			if status == http.StatusInternalServerError {
				want = provisioner.Tally{Failed: 1}
			}
			if r.Groups != want {
				t.Errorf("groups %+v, want %+v", r.Groups, want)
			}
		})
	}
}

func TestRefusedTokenPausesTheApp(t *testing.T) { // R27
	b := setup(t)
	b.sync(t, "app")
	good := b.app.token
	b.app.answerWith(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	b.putUser(t, "u1", "ada", true)
	waitFor(t, func() bool {
		a, err := b.App(t.Context(), "app")
		return err == nil && a.State == provisioner.AppPaused
	})
	var probe *provisioner.ProbeError
	if _, err := b.engine.Sync(t.Context(), "app"); !errors.As(err, &probe) {
		t.Errorf("sync with a refused token: %v, want a ProbeError", err)
	}
	b.app.open()
	b.app.token = good
	b.connect(t, "app", b.app)
	if r := b.settle(t, "app"); r.Users.Created != 1 {
		t.Errorf("after a new token: %+v", r)
	}
}

func TestAppWithoutPatch(t *testing.T) { // R9, R11
	b := setup(t)
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.putGroup(t, "g1", "staff", "u1", "u2")
	b.sync(t, "app")
	b.app.requests()
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return true
		}
		return false
	})
	b.putUser(t, "u1", "ada.l", false)
	b.putGroup(t, "g1", "staff")
	b.settle(t, "app")
	for _, u := range b.app.remote(t, "/Users") {
		if u["externalId"] == "u1" && (u["userName"] != "ada.l" || u["active"] != false) {
			t.Errorf("the app holds %v", u)
		}
	}
	if members, _ := b.app.remote(t, "/Groups")[0]["members"].([]any); len(members) != 0 {
		t.Errorf("members left: %v", members)
	}
	b.app.requests()
	b.putUser(t, "u1", "ada.m", false)
	b.settle(t, "app")
	if w := b.app.writes(); len(w) != 1 || !strings.HasPrefix(w[0], "PUT ") {
		t.Errorf("the app's lack of PATCH was forgotten: %q", w)
	}
}

func TestVanishedAccountIsMadeAgainOnce(t *testing.T) { // R26
	b := setup(t)
	b.putUser(t, "u1", "ada", true)
	b.putGroup(t, "g1", "staff", "u1")
	b.sync(t, "app")
	vanish := func() {
		id := b.app.remote(t, "/Users")[0]["id"].(string)
		r, _ := http.NewRequest(http.MethodDelete, b.app.url+"/Users/"+id, nil)
		r.Header.Set("Authorization", "Bearer "+b.app.token)
		resp, err := http.DefaultClient.Do(r)
		if err != nil || resp.StatusCode != http.StatusNoContent {
			t.Fatal(err, resp)
		}
		resp.Body.Close()
	}
	vanish()
	b.putUser(t, "u1", "ada.l", true)
	b.settle(t, "app")
	users := b.app.remote(t, "/Users")
	if len(users) != 1 || users[0]["userName"] != "ada.l" {
		t.Fatalf("users %v", users)
	}
	members, _ := b.app.remote(t, "/Groups")[0]["members"].([]any)
	if len(members) != 1 || members[0].(map[string]any)["value"] != users[0]["id"] {
		t.Errorf("members %v, want the new account %v", members, users[0]["id"])
	}
	vanish()
	b.putUser(t, "u1", "ada.m", true)
	waitFor(t, func() bool {
		links, err := b.AppLinks(t.Context(), "app")
		return err == nil && slices.ContainsFunc(links, func(l provisioner.Link) bool { return l.State == provisioner.LinkFlapping })
	})
}

func TestMovedEndpointIsNotAGoodbye(t *testing.T) {
	b := setup(t)
	b.putUser(t, "u1", "ada", true)
	b.sync(t, "app")
	b.app.requests()
	b.app.answerWith(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<html>no such page</html>")
		return true
	})
	if err := b.DeleteUser(t.Context(), "u1"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		a, err := b.App(t.Context(), "app")
		return err == nil && a.State == provisioner.AppPaused && a.Cause == provisioner.PauseEndpoint
	})
	if w := b.app.writes(); slices.Contains(w, "POST /Users") {
		t.Errorf("writes %q, want no create", w)
	}
	b.app.open()
	if err := b.engine.Resume(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	b.settle(t, "app")
	if u := b.app.remote(t, "/Users")[0]; u["active"] != false {
		t.Errorf("the goodbye did not arrive: %v", u)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatal("waited two minutes in vain")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
