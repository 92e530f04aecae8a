package provisioner_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

const foreignUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"externalId":%q,"active":true}`

func (b *bundle) resolve(t *testing.T, id string, choice provisioner.Choice, more ...string) error {
	t.Helper()
	r := provisioner.Resolution{Key: provisioner.Key{App: "app", Kind: provisioner.KindUser, Subject: id}, Choice: choice}
	if len(more) > 0 {
		r.RemoteID = more[0]
	}
	if len(more) > 1 {
		r.TakeOver = more[1]
	}
	return b.engine.Resolve(t.Context(), r)
}

// TestAdoptWhatBelongsToSomebodyElse takes over an account under another externalId,
// which nothing but a person who says so can do.
func TestAdoptWhatBelongsToSomebodyElse(t *testing.T) { // R17
	b := setup(t)
	id := b.app.post(t, "/Users", fmt.Sprintf(foreignUser, "ada", "old-idp-7"))
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.sync(t, "app")
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConflict)
	b.app.requests()

	bob := b.app.user(t, "bob")["id"].(string)
	for name, try := range map[string]struct {
		remote, takeOver string
		want             error
		says             string
	}{
		"not confirmed":         {id, "", provisioner.ErrConflict, `externalId "old-idp-7"`},
		"wrongly confirmed":     {id, "old-idp-8", provisioner.ErrConflict, "confirm"},
		"somebody's here":       {bob, "", provisioner.ErrConflict, "is tied to u2"},
		"that is not there":     {"nowhere", "", provisioner.ErrNotFound, "no resource"},
		"nothing in particular": {"", "", provisioner.ErrConflict, "say which"},
	} {
		if err := b.resolve(t, "u1", provisioner.ChooseAdopt, try.remote, try.takeOver); !errors.Is(err, try.want) || !strings.Contains(err.Error(), try.says) {
			t.Errorf("adopting %s: %v", name, err)
		}
	}
	if err := b.resolve(t, "u2", provisioner.ChooseAdopt, id, "old-idp-7"); !errors.Is(err, provisioner.ErrConflict) {
		t.Errorf("adopting for somebody who has an account: %v", err)
	}
	if err := b.resolve(t, "u2", provisioner.ChooseAdopt, bob); err != nil {
		t.Errorf("adopting what they have already: %v", err)
	}
	b.settle(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("writes %q before anything was confirmed", w)
	}
	if err := b.resolve(t, "u1", provisioner.ChooseAdopt, id, "old-idp-7"); err != nil {
		t.Fatal(err)
	}
	l := b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConverged)
	if u := b.app.user(t, "ada"); l.RemoteID != id || l.Origin != provisioner.OriginAdopted || l.Decision != "" || u["externalId"] != "u1" {
		t.Errorf("link %+v, account %v", l, u)
	}
	if n := len(b.app.remote(t, "/Users")); n != 2 {
		t.Errorf("%d accounts, want two", n)
	}
}

// TestAdoptInPlaceOfAnother ties somebody who has an account to another one, where the one
// that they have is in conflict with it.
func TestAdoptInPlaceOfAnother(t *testing.T) {
	b := setup(t)
	b.putUser(t, "u1", "ada", true)
	b.sync(t, "app")
	id := b.app.post(t, "/Users", fmt.Sprintf(foreignUser, "countess", ""))
	b.putUser(t, "u1", "countess", true)
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConflict)
	must(t, b.resolve(t, "u1", provisioner.ChooseAdopt, id))
	if l := b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConverged); l.RemoteID != id || b.app.user(t, "countess")["externalId"] != "u1" {
		t.Errorf("link %+v, account %v", l, b.app.user(t, "countess"))
	}
}

// TestAdoptByTheDirectorysID takes an account whose externalId is the directory's id for
// the person's, also where the app is given another externalId.
func TestAdoptByTheDirectorysID(t *testing.T) { // R17
	b := setup(t)
	id := b.app.post(t, "/Users", fmt.Sprintf(foreignUser, "ada", "u1"))
	must(t, b.PutUser(t.Context(), provisioner.User{ID: "u1", Attributes: attributes(t, `{"userName": "ada", "externalId": "acme-1", "active": true}`)}))
	b.sync(t, "app")
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConflict)
	must(t, b.resolve(t, "u1", provisioner.ChooseAdopt, id))
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConverged)
	if u := b.app.user(t, "ada"); u["id"] != id || u["externalId"] != "acme-1" {
		t.Errorf("the account is %v", u)
	}
}

// TestNothingToResolve: it is told what there is not, and what to do, and nothing is
// changed.
func TestNothingToResolve(t *testing.T) {
	b := start(t, t.TempDir()+"/test.db")
	b.putUser(t, "u1", "ada", true)
	b.app = newDoor(t)
	b.connect(t, "app", b.app) // and is not synced
	for id, says := range map[string]string{
		"nope": `there is no user "nope", neither in the directory nor in what app "app" was given: check the id`,
		"u1":   `nothing was tried yet for user "u1" in app "app", so that there is nothing to decide: sync the app first`,
	} {
		for _, choice := range []provisioner.Choice{provisioner.ChooseAdopt, provisioner.ChooseIgnore, provisioner.ChoosePin, provisioner.ChooseDelete, provisioner.ChooseRetry} {
			if err := b.resolve(t, id, choice, "r1"); !errors.Is(err, provisioner.ErrNotFound) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s of %s: %v, want %q", choice, id, err, says)
			}
		}
	}
	if app, err := b.App(t.Context(), "app"); err != nil || len(app.Settings.Pins) > 0 {
		t.Errorf("pinned: %q, %v", app.Settings.Pins, err)
	}
	if asked := b.app.requests(); len(asked) > 0 {
		t.Errorf("the app was asked %q", asked)
	}
}

// TestTakeOverIsCheckedAgain: what a person has said of one owner of an account does not
// hold for the one that it has by the time at which it is taken over.
func TestTakeOverIsCheckedAgain(t *testing.T) {
	b := setup(t)
	id := b.app.post(t, "/Users", fmt.Sprintf(foreignUser, "ada", "old-idp-7"))
	b.putUser(t, "u1", "ada", true)
	b.sync(t, "app")
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConflict)
	must(t, b.engine.Pause(t.Context(), "app", ""))
	must(t, b.resolve(t, "u1", provisioner.ChooseAdopt, id, "old-idp-7"))
	b.app.patch(t, "/Users/"+id, "externalId", "old-idp-8")
	b.app.requests()
	must(t, b.engine.Resume(t.Context(), "app"))
	b.settle(t, "app")
	b.wantLink(t, provisioner.KindUser, "u1", provisioner.LinkConflict, `belongs to externalId "old-idp-8" by now`, 0)
	if w := b.app.writes(); len(w) > 0 || b.app.user(t, "ada")["externalId"] != "old-idp-8" {
		t.Errorf("writes %q, account %v", w, b.app.user(t, "ada"))
	}
	must(t, b.resolve(t, "u1", provisioner.ChooseAdopt, id, "old-idp-8"))
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConverged)
	if u := b.app.user(t, "ada"); u["id"] != id || u["externalId"] != "u1" {
		t.Errorf("the account is %v", u)
	}
}

// TestAdoptAfterReview adopts an account by a person's word in an app whose settings
// leave that to people.
func TestAdoptAfterReview(t *testing.T) {
	b := setup(t)
	b.connectWith(t, "app", b.app, provisioner.Settings{Adopt: provisioner.AdoptReview})
	id := b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","active":true,"nickName":"countess"}`)
	b.putUser(t, "u1", "ada", true)
	b.sync(t, "app")
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkNeedsReview)
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("writes %q before anybody has decided", w)
	}
	if err := b.resolve(t, "u1", provisioner.ChooseAdopt, id); err != nil {
		t.Fatal(err)
	}
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConverged)
	if u := b.app.user(t, "ada"); u["externalId"] != "u1" || u["nickName"] != "countess" {
		t.Errorf("the account is %v", u)
	}
}

// TestIgnored never touches what a person has said is to be ignored, until they say
// otherwise.
func TestIgnored(t *testing.T) {
	b := setup(t)
	b.app.post(t, "/Users", fmt.Sprintf(foreignUser, "ada", "old-idp-7"))
	b.putUser(t, "u1", "ada", true)
	b.sync(t, "app")
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConflict)
	if err := b.resolve(t, "u1", provisioner.ChooseIgnore); err != nil {
		t.Fatal(err)
	}
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkIgnored)
	b.app.requests()
	b.putUser(t, "u1", "ada.l", true)
	b.settle(t, "app")
	b.putUser(t, "u1", "ada", false)
	b.settle(t, "app")
	wantRequests(t, b.app)
	b.sync(t, "app")
	if w := b.app.writes(); len(w) > 0 || b.link(t, provisioner.KindUser, "u1").State != provisioner.LinkIgnored {
		t.Errorf("writes %q, link %+v", w, b.link(t, provisioner.KindUser, "u1"))
	}
	if err := b.resolve(t, "u1", provisioner.ChooseRetry); err != nil {
		t.Fatal(err)
	}
	b.putUser(t, "u1", "ada.l", true)
	b.waitState(t, provisioner.KindUser, "u1", provisioner.LinkConverged)
	if n := len(b.app.remote(t, "/Users")); n != 2 {
		t.Errorf("%d accounts, want the foreign one and ours", n)
	}
}

// TestPinWhoIsHeld pins somebody whose goodbye is held back.
func TestPinWhoIsHeld(t *testing.T) { // R34
	b := setup(t)
	b.replace(t, people(t, 20, nil, nil))
	b.sync(t, "app")
	b.replace(t, people(t, 20, nil, below(10)))
	b.settle(t, "app")
	if err := b.resolve(t, "u4", provisioner.ChooseDelete); !errors.Is(err, provisioner.ErrConflict) {
		t.Errorf("deleting somebody whose goodbye is held back: %v", err)
	}
	for range 2 { // once is enough, and twice no harm
		must(t, b.resolve(t, "u3", provisioner.ChoosePin))
	}
	b.waitState(t, provisioner.KindUser, "u3", provisioner.LinkKept)
	if n, err := b.Approve(t.Context(), "app"); n != 9 || err != nil {
		t.Errorf("approved %d, %v; want the others", n, err)
	}
	b.settle(t, "app")
	b.app.wantActive(t, 20, func(i int) bool { return i == 3 || i >= 10 })
	app, err := b.App(t.Context(), "app")
	if err != nil || !slices.Equal(app.Settings.Pins, []string{"u3"}) {
		t.Errorf("pins %q, %v", app.Settings.Pins, err)
	}
}

// TestDeleteWhatCannotBeDisabled deletes an account by a person's word in an app that
// cannot disable one.
func TestDeleteWhatCannotBeDisabled(t *testing.T) {
	b := setup(t)
	b.connectWith(t, "app", b.app, provisioner.Settings{Capabilities: map[provisioner.Capability]string{provisioner.ActiveType: provisioner.ActiveNone}})
	b.replace(t, people(t, 3, nil, nil))
	b.sync(t, "app")
	if err := b.resolve(t, "u0", provisioner.ChooseDelete); !errors.Is(err, provisioner.ErrConflict) {
		t.Errorf("deleting somebody who is to stay: %v", err)
	}
	b.deleteUser(t, "u0")
	b.waitState(t, provisioner.KindUser, "u0", provisioner.LinkNeedsDecision)
	b.app.requests()
	if err := b.resolve(t, "u0", provisioner.ChooseDelete); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return b.link(t, provisioner.KindUser, "u0") == nil })
	if w := b.app.writes(); len(w) != 1 || !strings.HasPrefix(w[0], "DELETE /Users/") || b.app.user(t, "n0") != nil {
		t.Errorf("writes %q, account %v", w, b.app.user(t, "n0"))
	}
}

// TestR1_ForeignAccountsAreReported lists what others have made in the app, and writes
// none of it.
func TestR1_ForeignAccountsAreReported(t *testing.T) {
	b := setup(t)
	for i := range 5 {
		b.app.post(t, "/Users", fmt.Sprintf(foreignUser, fmt.Sprint("stranger", i), ""))
	}
	b.app.post(t, "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"theirs"}`)
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "stranger2", true) // is adopted, and foreign no more
	b.putGroup(t, "g1", "ours", "u1")
	b.sync(t, "app")
	b.app.requests()
	var groups url.Values
	shout := b.app.edit(func(u map[string]any) { u["id"] = strings.ToUpper(u["id"].(string)) }) // as some lists do
	b.app.answerWith(either(on("GET", "/Users", shout), func(_ http.ResponseWriter, r *http.Request) bool {
		groups = r.URL.Query()
		return false
	}))
	for kind, want := range map[provisioner.Kind][]string{
		provisioner.KindUser:  {"stranger0", "stranger1", "stranger3", "stranger4"},
		provisioner.KindGroup: {"theirs"},
	} {
		var names []string
		err := b.engine.Foreign(t.Context(), "app", kind, func(r *scim.Object) error {
			names = append(names, r.String("userName")+r.String("displayName"))
			return nil
		})
		slices.Sort(names)
		if err != nil || !slices.Equal(names, want) {
			t.Errorf("foreign %ss: %q, %v; want %q", kind, names, err, want)
		}
	}
	if groups.Get("excludedAttributes") != "members" {
		t.Errorf("groups were asked for by %q, want them without members", groups)
	}
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("writes %q", w)
	}
}
