package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A rehearsal lets the engine read an app and takes its writes itself: what a run
// would do is found by letting it run.
type rehearsal struct {
	app http.RoundTripper

	mu sync.Mutex
	// made holds what was created here, by the last segment of its address.
	made map[string]*scim.Object
}

func newRehearsal() *rehearsal {
	return &rehearsal{app: scimclient.NewTransport(scimclient.Config{}), made: map[string]*scim.Object{}}
}

// RoundTrip passes reads on, and answers writes as an app would that takes them.
func (r *rehearsal) RoundTrip(req *http.Request) (*http.Response, error) {
	switch req.Method {
	case http.MethodGet:
		r.mu.Lock()
		made := r.made[path.Base(req.URL.Path)]
		r.mu.Unlock()
		if made != nil {
			return answer(req, http.StatusOK, made), nil
		}
		return r.app.RoundTrip(req)
	case http.MethodPost:
		return r.create(req)
	default:
		return answer(req, http.StatusNoContent, nil), drop(req)
	}
}

func (r *rehearsal) create(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	resource, err := scim.ParseObject(body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	id := fmt.Sprintf("rehearsal-%d", len(r.made)+1)
	resource.Set("id", id)
	r.made[id] = resource
	return answer(req, http.StatusCreated, resource), nil
}

// drop reads a body nobody needs, as a transport has to.
func drop(req *http.Request) error {
	if req.Body == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, req.Body)
	return err
}

func answer(req *http.Request, status int, resource *scim.Object) *http.Response {
	resp := &http.Response{
		StatusCode: status, Status: fmt.Sprintf("%d %s", status, http.StatusText(status)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: req,
	}
	if resource != nil {
		text := resource.AppendJSON(nil)
		resp.Header.Set("Content-Type", "application/scim+json")
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	}
	return resp
}

// writeRehearsed prints what a run would do to each user and group.
func (s *service) writeRehearsed(ctx context.Context, w io.Writer, app string, since int64) error {
	entries, err := s.store.LogSince(ctx, app, since)
	if err != nil {
		return err
	}
	// What says most about a subject, first.
	order := []provisioner.Action{
		provisioner.ActionCreate, provisioner.ActionDelete, provisioner.ActionDisable,
		provisioner.ActionUpdate, provisioner.ActionAdopt, provisioner.ActionSkip,
	}
	actions := map[provisioner.Key]provisioner.Action{}
	var keys []provisioner.Key
	for _, e := range entries {
		rank := slices.Index(order, e.Action)
		if !e.OK || rank < 0 {
			continue
		}
		known, seen := actions[e.Key]
		if !seen {
			keys = append(keys, e.Key)
		}
		if !seen || rank < slices.Index(order, known) {
			actions[e.Key] = e.Action
		}
	}
	slices.SortStableFunc(keys, func(a, b provisioner.Key) int {
		if c := strings.Compare(string(b.Kind), string(a.Kind)); c != 0 {
			return c // users before groups
		}
		return strings.Compare(a.Subject, b.Subject)
	})
	fmt.Fprintln(w, "Dry run: nothing was changed. A run would")
	for _, k := range keys {
		fmt.Fprintf(w, "  %-7s %s %s\n", actions[k], k.Kind, k.Subject)
	}
	if len(keys) == 0 {
		fmt.Fprintln(w, "  change nothing")
	}
	fmt.Fprintln(w)
	return nil
}
