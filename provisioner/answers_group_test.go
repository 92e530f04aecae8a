package provisioner_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// TestAnswersAboutGroups: what is true of accounts is true of groups.
func TestAnswersAboutGroups(t *testing.T) {
	crew := func(t *testing.T, b *bundle) { b.putGroup(t, "g1", "crew", "u2") }
	join := func(t *testing.T, b *bundle) { b.putGroup(t, "g1", "staff", "u1", "u2") }
	about := func(test answerCase) answerCase {
		test.kind, test.id = group, cmp.Or(test.id, "g1")
		return test
	}
	answers(t, []answerCase{
		about(answerCase{
			name: "201 with no more than a Location", id: "g2", state: provisioner.LinkConverged,
			keeper:   func(_ *testing.T, d *door) keeper { return on("POST", "/", d.bodiless(201)) },
			change:   func(t *testing.T, b *bundle) { b.putGroup(t, "g2", "crew", "u1") },
			requests: []string{"POST /Groups", "GET /Groups/ID"},
		}),
		about(answerCase{
			name: "200 to a change that was not made", change: crew,
			keeper: func(_ *testing.T, d *door) keeper {
				return either(on("PATCH", "/", d.ignore), on("PUT", "/", d.ignore))
			},
			state: provisioner.LinkNotHonoured, reason: "displayName", wait: time.Hour,
		}),
		about(answerCase{
			name: "403 to one group", change: crew, state: provisioner.LinkRefused, reason: "not yours", wait: time.Hour,
			keeper: func(*testing.T, *door) keeper { return on("PATCH", "/Groups", refuse(403, "", "not yours")) },
		}),
		about(answerCase{
			name: "403 to its members", change: join, state: provisioner.LinkRefused, reason: "not yours", wait: time.Hour,
			keeper: func(*testing.T, *door) keeper { return on("PATCH", "/Groups", refuse(403, "", "not yours")) },
		}),
		about(answerCase{
			name: "409 to a name that another one has", change: crew, state: provisioner.LinkConflict, reason: "taken", wait: 24 * time.Hour,
			keeper: func(*testing.T, *door) keeper {
				return on("PATCH", "/Groups", refuse(409, scim.TypeUniqueness, "taken"))
			},
		}),
		about(answerCase{
			name: "412 to its members: looked at again, once", change: join, state: provisioner.LinkConverged,
			keeper: func(*testing.T, *door) keeper { return times(1, on("PATCH", "/Groups", refuse(412, "", "too late"))) },
		}),
		about(answerCase{
			name: "404 to one that is gone: made again, with its members", state: provisioner.LinkConverged,
			change: func(t *testing.T, b *bundle) {
				b.app.erase(t, b.path(t, group, "g1"))
				join(t, b)
				b.settle(t, "app")
				if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"ada", "bob"}) {
					t.Errorf("the group has %q", m)
				}
			},
		}),
		about(answerCase{
			name: "404 page to all of /Groups: nothing is made again", change: join, state: provisioner.LinkFailing, reason: "404",
			keeper: func(*testing.T, *door) keeper { return on("", "/Groups", page(404)) },
		}),
		about(answerCase{
			name: "500 that passes", change: join, state: provisioner.LinkConverged,
			keeper: func(*testing.T, *door) keeper { return times(2, on("PATCH", "/Groups", refuse(500, "", "oops"))) },
		}),
	})
}
