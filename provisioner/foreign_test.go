package provisioner_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner"
)

// strangers are what an app has from before: accounts of nobody here, one under the
// name and one under the externalId of somebody else than who has it here, and groups.
const strangers = `{"Users": [
	{"userName": "root", "active": true},
	{"userName": "service", "externalId": "svc-1", "active": true},
	{"userName": "n1", "externalId": "old-idp-1", "active": true},
	{"userName": "N2", "externalId": "old-idp-2", "active": false},
	{"userName": "guest", "emails": [{"value": "n3@acme.example"}], "active": true}],
	"Groups": [{"displayName": "theirs"}, {"displayName": "d1", "externalId": "old-group-1"}]}`

// TestR1_NoForeignAccountIsEverWritten does at random to a directory and to the
// settings of an app all that can be done, and checks that no request has changed what
// was in the app before.
func TestR1_NoForeignAccountIsEverWritten(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { checkForeign(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func checkForeign(t *testing.T, random *rand.Rand) {
	target := mocktargettest.New(t, mocktargettest.WithSeed(strangers), mocktargettest.WithJournalTail(0))
	b, stop := startAt(t, t.TempDir()+"/test.db", (&calendar{}).now)
	defer stop()
	b.app = &door{url: target.URL(), token: target.Token()}
	foreign := map[string]string{}
	for _, r := range slices.Concat(target.Users(), target.Groups()) {
		foreign[r.ID()] = string(r.AppendJSON(nil))
	}
	b.connect(t, "app", b.app)
	for range 3 + random.IntN(12) {
		b.shake(t, random)
		if random.IntN(3) == 0 {
			b.sync(t, "app")
		}
	}
	if random.IntN(2) == 0 {
		b.remove(t, provisioner.PartDelete, true)
		b.waitRemoved(t)
	} else {
		b.settle(t, "app")
	}
	for _, entry := range target.Journal() {
		for _, c := range entry.Changes {
			if was, is := foreign[c.ID]; is {
				t.Errorf("%s %s changed what was there before: %s", entry.Request.Method, entry.Request.URL, was)
			}
		}
	}
	for _, r := range slices.Concat(target.Users(), target.Groups()) {
		if was, is := foreign[r.ID()]; is && was != string(r.AppendJSON(nil)) {
			t.Errorf("what was %s is %s", was, r.AppendJSON(nil))
		}
		delete(foreign, r.ID())
	}
	if len(foreign) > 0 {
		t.Errorf("gone from the app: %q", slices.Collect(maps.Values(foreign)))
	}
}

// shake makes one random change of the directory, of the app's settings, or of what is
// held back.
func (b *bundle) shake(t *testing.T, random *rand.Rand) {
	t.Helper()
	ctx := t.Context()
	n := random.IntN(10)
	user, group := fmt.Sprint("u", n), fmt.Sprint("g", n%3)
	var err error
	switch oneOf(random, "put", "put", "put", "disable", "delete", "all", "few", "group", "ungroup", "join", "settings", "approve", "reject", "resolve") {
	case "put":
		b.putUser(t, user, fmt.Sprint("n", n), true)
	case "disable":
		b.putUser(t, user, fmt.Sprint("n", n), false)
	case "delete":
		err = b.DeleteUser(ctx, user)
	case "all":
		b.replace(t, people(t, 10, nil, below(n)))
	case "few":
		b.replace(t, people(t, 10, below(n), nil))
	case "group":
		b.putGroup(t, group, fmt.Sprint("d", n%3))
	case "ungroup":
		err = b.DeleteGroup(ctx, group)
	case "join":
		err = b.AddMember(ctx, group, user)
	case "settings":
		b.connectWith(t, "app", b.app, randomSettings(random))
	case "approve":
		_, err = b.Approve(ctx, "app")
	case "reject":
		_, err = b.Reject(ctx, "app")
	case "resolve":
		err = b.resolve(t, user, oneOf(random, provisioner.ChooseIgnore, provisioner.ChooseRetry, provisioner.ChoosePin))
	}
	if err != nil && !strings.Contains(err.Error(), provisioner.ErrNotFound.Error()) {
		t.Fatal(err)
	}
}

func randomSettings(random *rand.Rand) provisioner.Settings {
	farewell := func() provisioner.Farewell {
		return oneOf(random, "", provisioner.FarewellStrip, provisioner.FarewellDelete, provisioner.FarewellUnlink)
	}
	disabled := farewell()
	return provisioner.Settings{
		Scope: oneOf(random, provisioner.Scope{}, provisioner.Scope{Nobody: true}, provisioner.Scope{Groups: []string{"g0", "g1"}}),
		Guard: provisioner.Guard{Off: random.IntN(2) == 0},
		Deprovision: provisioner.Deprovision{
			Disabled: disabled, NoAccess: farewell(), Deleted: farewell(),
			GraceDays: oneOf(random, 0, -1),
		},
		CreateDisabled: (disabled == "" || disabled == provisioner.FarewellStrip) && random.IntN(2) == 0,
	}
}

func oneOf[T any](random *rand.Rand, choices ...T) T { return choices[random.IntN(len(choices))] }
