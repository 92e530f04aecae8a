package scimclient_test

import (
	"net/http"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// TestOptions checks what an option adds to a request, and that nothing is added
// without one.
func TestOptions(t *testing.T) {
	var got *http.Request
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.Header().Set("ETag", `W/"2"`)
		answer(200, scimclient.MediaType, `{"id":"1","meta":{"version":"W/\"1\""}}`)(w, r)
	})
	r, err := c.Patch(t.Context(), "/Users", "1", deactivate(), scimclient.IfMatch(`W/"1"`), scimclient.Returning("active", "name.givenName"))
	if err != nil {
		t.Fatal(err)
	}
	if h := got.Header.Get("If-Match"); h != `W/"1"` || got.URL.RawQuery != "attributes=active%2Cname.givenName" {
		t.Errorf("If-Match %q, query %q", h, got.URL.RawQuery)
	}
	if v := r.Version(); v != `W/"2"` {
		t.Errorf("version %s, want the one of the header", v)
	}
	if _, err := c.Replace(t.Context(), "/Users", "1", user("ann"), scimclient.IfMatch("")); err != nil {
		t.Fatal(err)
	}
	if _, set := got.Header["If-Match"]; set || got.URL.RawQuery != "" {
		t.Errorf("If-Match %q, query %q, want none", got.Header["If-Match"], got.URL.RawQuery)
	}
}

func TestVersionInMeta(t *testing.T) {
	c, _ := serve(t, answer(200, scimclient.MediaType, `{"id":"1","meta":{"version":"W/\"1\""}}`))
	r, err := c.Get(t.Context(), "/Users", "1")
	if err != nil || r.Version() != `W/"1"` {
		t.Errorf("version %q (%v)", r.Version(), err)
	}
}

func TestMediaType(t *testing.T) {
	var got http.Header
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		answer(201, "application/json", `{"id":"1"}`)(w, r)
	}, func(cfg *scimclient.Config) { cfg.MediaType = "application/json" })
	if _, err := c.Create(t.Context(), "/Users", user("ann")); err != nil {
		t.Fatal(err)
	}
	if got.Get("Content-Type") != "application/json" || got.Get("Accept") != "application/json" {
		t.Errorf("sent %q, asked for %q", got.Get("Content-Type"), got.Get("Accept"))
	}
}

// TestListByCursor: a server that knows RFC 9865 is paged by cursor from the start,
// one that does not understand is paged by index.
func TestListByCursor(t *testing.T) {
	for name, tt := range map[string]struct {
		pages map[string]string // by query
		want  int
	}{
		"cursor": {map[string]string{
			"count=2&cursor=":  `{"Resources":[{"id":"1"},{"id":"2"}],"totalResults":3,"nextCursor":"x"}`,
			"count=2&cursor=x": `{"Resources":[{"id":"3"}],"totalResults":3}`,
		}, 3},
		"index": {map[string]string{
			"count=2&cursor=":      `{"Resources":[{"id":"1"},{"id":"2"}],"totalResults":3}`,
			"count=2&startIndex=3": `{"Resources":[{"id":"3"}],"totalResults":3}`,
		}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				page, ok := tt.pages[r.URL.RawQuery]
				if !ok {
					t.Errorf("asked for %s", r.URL.RawQuery)
				}
				answer(200, scimclient.MediaType, page)(w, r)
			})
			n := 0
			for _, err := range c.List(t.Context(), "/Users", scimclient.Query{Count: 2, ByCursor: true}) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != tt.want {
				t.Errorf("%d resources, want %d", n, tt.want)
			}
		})
	}
}
