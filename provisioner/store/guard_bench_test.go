package store_test

import (
	"fmt"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// BenchmarkDepart asks for leave to disable one of 100,000 people, while nothing else
// is to be done and while every account has a change ahead.
func BenchmarkDepart(b *testing.B) {
	for name, behind := range map[string]int{"quiet": 0, "behind": 1} {
		b.Run(name, func(b *testing.B) {
			s := storetest.Open(b, storetest.SQLite(b))
			if err := s.PutApp(b.Context(), provisioner.App{Name: "chat", Endpoint: "https://chat.example", Token: "t"}); err != nil {
				b.Fatal(err)
			}
			const people = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) `
			for _, insert := range []string{
				`INSERT INTO subject (kind, id, name, manager, attributes, updated_at) ` + people + `SELECT 'User', 'u' || i, 'n' || i, '', '{"userName":"n' || i || '"}', 0 FROM n`,
				`INSERT INTO link (app, kind, subject, remote_id, origin, state, desired, applied, in_use) ` + people +
					fmt.Sprintf(`SELECT 'chat', 'User', 'u' || i, 'r' || i, 'created', 'converged', 2, 2 - %d, 1 FROM n`, behind),
				`INSERT INTO holding (app, kind, subject, version, acked) ` + people + `SELECT 'chat', 'User', 'u' || i, '', '{"userName":"n","active":true}' FROM n`,
			} {
				if _, err := s.DB().ExecContext(b.Context(), insert); err != nil {
					b.Fatal(err)
				}
			}
			key := provisioner.Key{App: "chat", Kind: provisioner.KindUser, Subject: "u7"}
			for b.Loop() {
				if held, err := s.Depart(b.Context(), provisioner.Goodbye{Key: key, Why: provisioner.Disabled}); held != "" || err != nil {
					b.Fatal(held, err)
				}
			}
		})
	}
}
