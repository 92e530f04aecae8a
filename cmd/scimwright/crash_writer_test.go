package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner/admin"
)

// A crashWriter changes its own users and its own groups. Every change is repeated
// until a service has taken it.
type crashWriter struct {
	clients []*admin.Client // of services that share the directory
	n       int
	users   []crashUser
	groups  []map[int]bool // members by the number of the user
	random  *rand.Rand
}

// A crashUser is what the directory holds of a user. version counts up, also over
// a time in which the user is not there.
type crashUser struct {
	version         int
	present, active bool
}

func (w *crashWriter) user(i int) string  { return fmt.Sprintf("u%d-%d", w.n, i) }
func (w *crashWriter) group(i int) string { return fmt.Sprintf("g%d-%d", w.n, i) }

func (w *crashWriter) run(ctx context.Context, t *testing.T, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		default:
			w.change(ctx, t)
		}
	}
}

// change makes one change of a random kind.
func (w *crashWriter) change(ctx context.Context, t *testing.T) {
	t.Helper()
	p := w.random.IntN(32)
	switch {
	case p < 2 || len(w.users) == 0:
		w.users = append(w.users, crashUser{})
		w.putUser(ctx, t, len(w.users)-1)
		return
	case p < 3 || len(w.groups) == 0:
		w.groups = append(w.groups, map[int]bool{})
		id := w.group(len(w.groups) - 1)
		body := asResource(map[string]any{"displayName": id, "members": []any{}})
		w.insist(ctx, t, func(c *admin.Client) error { return c.PutGroup(ctx, id, body) })
		return
	}
	i, g := w.random.IntN(len(w.users)), w.random.IntN(len(w.groups))
	switch {
	case !w.users[i].present || p < 20:
		w.putUser(ctx, t, i)
	case p < 26:
		w.groups[g][i] = true
		w.insist(ctx, t, func(c *admin.Client) error { return c.AddMember(ctx, w.group(g), w.user(i)) })
	case p < 30:
		delete(w.groups[g], i)
		w.insist(ctx, t, func(c *admin.Client) error { return c.RemoveMember(ctx, w.group(g), w.user(i)) })
	default:
		w.users[i].present, w.users[i].active = false, false
		for _, members := range w.groups {
			delete(members, i)
		}
		w.insist(ctx, t, func(c *admin.Client) error {
			err := c.DeleteUser(ctx, w.user(i))
			var answer *admin.Error
			if errors.As(err, &answer) && answer.Status == http.StatusNotFound {
				return nil // the delete whose answer was lost
			}
			return err
		})
	}
}

func (w *crashWriter) putUser(ctx context.Context, t *testing.T, i int) {
	t.Helper()
	user := &w.users[i]
	user.version++
	user.present, user.active = true, w.random.IntN(5) > 0
	body := asResource(map[string]any{"userName": w.user(i), "title": version(user.version), "active": user.active})
	w.insist(ctx, t, func(c *admin.Client) error { return c.PutUser(ctx, w.user(i), body) })
}

// insist repeats a change, through one service or another, while they are down. An
// answer that refuses the change is a bug.
func (w *crashWriter) insist(ctx context.Context, t *testing.T, change func(*admin.Client) error) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := change(w.clients[w.random.IntN(len(w.clients))])
		var answer *admin.Error
		switch {
		case err == nil:
			return
		case errors.As(err, &answer):
			t.Errorf("the service refuses a change: %v", err)
			return
		case time.Now().After(deadline) || ctx.Err() != nil:
			t.Errorf("the service does not take a change: %v", err)
			return
		}
	}
}

func version(n int) string { return fmt.Sprintf("v%06d", n) }

func asResource(v any) admin.Resource {
	data, _ := json.Marshal(v)
	return admin.Resource{RawMessage: data}
}
