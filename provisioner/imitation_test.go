package provisioner_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner"
)

// TestPresetsHaveImitations of the same name, and the other way round.
func TestPresetsHaveImitations(t *testing.T) {
	var presets, imitations []string
	for _, p := range provisioner.Presets() {
		presets = append(presets, p.Name)
	}
	for _, i := range mocktarget.Imitations() {
		imitations = append(imitations, i.Name)
		if i.Title == "" || i.About == "" {
			t.Errorf("%s says nothing about itself", i.Name)
		}
	}
	if !slices.Equal(presets, imitations) {
		t.Errorf("presets %q, imitations %q", presets, imitations)
	}
}

// TestImitatedApps: apps of each make come to hold what is desired, and what changes,
// with the preset of the make and without: then what they are like is found out.
func TestImitatedApps(t *testing.T) {
	const users = 25
	for _, preset := range provisioner.Presets() {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s known %t", preset.Name, known), func(t *testing.T) {
				t.Parallel()
				m := newMoody(t)
				must(t, m.tenant.Configure(func(s *mocktarget.Settings) { s.Imitate = preset.Name }))
				m.seedForeign()
				r := newRig(t, rigConfig{realTime: true, engine: provisioner.Config{Backoff: provisioner.Backoff{Base: 20 * time.Millisecond, Max: 200 * time.Millisecond}}})
				settings := provisioner.Settings{}
				if known {
					settings.Preset = preset.Name
				}
				if preset.Name == "salesforce" {
					settings.Mapping = []provisioner.MappingRule{{To: "*", From: "*"}, {To: "entitlements[primary eq true].value", Constant: json.RawMessage(`"00e1"`)}}
				}
				r.connect("app", m, settings)
				r.putStaff(users, "a", -1, 0, 5)
				r.settleUsers(m, users, "a", -1, 0, 5)
				r.putStaff(users, "b", 7, 1, 6)
				r.settleUsers(m, users, "b", 7, 1, 6)
			})
		}
	}
}

// putStaff puts users of a title into the directory, one of them disabled, and a group
// with those from one number up to another.
func (r *rig) putStaff(n int, title string, disabled, from, to int) {
	r.t.Helper()
	d := &provisioner.Directory{}
	g := provisioner.Group{ID: "g", Attributes: attributes(r.t, `{"displayName": "g"}`)}
	for i := range n {
		id := fmt.Sprint("u", i)
		d.Users = append(d.Users, provisioner.User{ID: id, Attributes: attributes(r.t,
			`{"userName": "n%[1]d@a.example", "displayName": "N %[1]d", "name": {"givenName": "N", "familyName": "F%[1]d"}, "emails": [{"value": "n%[1]d@a.example", "type": "work", "primary": true}], "title": %[2]q, "active": %[3]t}`,
			i, title, i != disabled)})
		if i >= from && i < to {
			g.Members = append(g.Members, id)
		}
	}
	d.Groups = []provisioner.Group{g}
	must(r.t, r.ReplaceDirectory(r.t.Context(), d))
}

// settleUsers waits until all users, and the group unless the app lets none be made, are
// as they should be.
func (r *rig) settleUsers(m *moody, n int, title string, disabled, from, to int) {
	r.t.Helper()
	r.until("all users are settled", func() bool {
		settled, tried := 0, !r.app("app").WantsGroups()
		for _, l := range r.links("app") {
			switch {
			case l.Kind == provisioner.KindUser && l.State == provisioner.LinkConverged:
				settled++
			case l.Kind == provisioner.KindGroup:
				tried = l.State.Settled() || l.Attempts > 0
			}
		}
		return settled == n && tried
	})
	held := map[string]string{}
	for _, u := range m.tenant.Resources("User") {
		if u.ID() != m.foreign.ID() {
			active, _ := u.Bool("active")
			held[u.ExternalID()] += fmt.Sprintf("%s %s %t", u.String("userName"), u.String("title"), active)
		}
	}
	for i := range n {
		if got, want := held[fmt.Sprint("u", i)], fmt.Sprintf("n%d@a.example %s %t", i, title, i != disabled); got != want {
			r.t.Errorf("the app holds %q for u%d, want %q once", got, i, want)
		}
	}
	if len(held) != n {
		r.t.Errorf("the app holds %d accounts, want %d", len(held), n)
	}
	if len(m.tenant.Resources("Group")) > 0 {
		m.wantMembers("g", from, to)
	}
}
