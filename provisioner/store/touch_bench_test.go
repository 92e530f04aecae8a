package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// BenchmarkPutUser changes people, by 16 at a time, whom 20 apps are to be told of:
// people whose links have settled and, among 10,000 of those, people whose links have
// attempts ahead already. No attempt is made.
func BenchmarkPutUser(b *testing.B) {
	const apps, settled, behind, writers = 20, 10_000, 100, 16
	for name, people := range map[string]int64{"settled": settled, "behind": behind} {
		b.Run(name, func(b *testing.B) {
			s := storetest.Open(b, storetest.SQLite(b))
			for app := range apps {
				if err := s.PutApp(b.Context(), provisioner.App{Name: fmt.Sprint("app-", app), Endpoint: "https://chat.example", Token: "t"}); err != nil {
					b.Fatal(err)
				}
			}
			these := fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d - 1) ", settled)
			for _, insert := range []string{
				`INSERT INTO subject (kind, id, name, manager, attributes, updated_at) ` + these + `SELECT 'User', 'u' || i, 'n' || i, '', '{"userName":"n' || i || '"}', 0 FROM n`,
				`INSERT INTO link (app, kind, subject, remote_id, origin, state, applied, in_use) ` + these + `SELECT a.name, 'User', 'u' || i, 'r' || i, 'created', 'converged', 1, 1 FROM app a, n`,
				`INSERT INTO holding (app, kind, subject, version, acked) ` + these + `SELECT a.name, 'User', 'u' || i, '', '{"userName":"n","active":true}' FROM app a, n`,
			} {
				if _, err := s.DB().ExecContext(b.Context(), insert); err != nil {
					b.Fatal(err)
				}
			}
			var changes atomic.Int64
			change := func() error {
				n := changes.Add(1)
				id := n * 7919 % people
				return s.PutUser(b.Context(), provisioner.User{ID: fmt.Sprint("u", id), Attributes: scim.NewObject(
					scim.Field{Name: "userName", Value: fmt.Sprint("n", id)}, scim.Field{Name: "title", Value: fmt.Sprint("Title ", n)})})
			}
			for range behind {
				if err := change(); err != nil {
					b.Fatal(err)
				}
			}
			b.SetParallelism(writers / 2)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := change(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
