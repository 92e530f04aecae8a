package scimclient_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

func TestObserve(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var seen []scimclient.Exchange
	c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=hunter2")
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusConflict)
		fmt.Fprintf(w, `{"you":"sent %s","urn:x:User:PassWord" : "hunter2","PAſſWORD":"hunter2"}`, token)
	}, func(cfg *scimclient.Config) {
		cfg.Observe = func(x scimclient.Exchange) { seen = append(seen, x) }
		cfg.Now = func() time.Time { return start }
	})
	ann := user("ann")
	ann.Set("password", `hunter2"\`)
	_, err := c.Create(context.Background(), "/Users", ann)
	if len(seen) != 1 {
		t.Fatalf("%d exchanges seen, want 1", len(seen))
	}
	x := seen[0]
	if x.Method != "POST" || x.URL != srv.URL+"/scim/v2/Users" || x.Status != 409 || x.Err == nil || x.Err != failure(t, err) ||
		!x.Start.Equal(start) || x.Duration <= 0 {
		t.Errorf("seen %+v", x)
	}
	want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","password":"[redacted]"}`
	if !sameJSON(t, string(x.RequestBody), want) {
		t.Errorf("request body %s\nwant %s", x.RequestBody, want)
	}
	if want := `{"you":"sent [redacted]","urn:x:User:PassWord" : "[redacted]","PAſſWORD":"[redacted]"}`; string(x.ResponseBody) != want {
		t.Errorf("response body %s\nwant %s", x.ResponseBody, want)
	}
	if x.RequestHeader.Get("Authorization") != "Bearer [redacted]" || x.ResponseHeader.Get("Set-Cookie") != "[redacted]" {
		t.Errorf("headers %v, %v", x.RequestHeader, x.ResponseHeader)
	}
	assertNoSecret(t, x)

	// The same call without an answer, and one whose password is in a path.
	srv.Close()
	_, _ = c.Create(context.Background(), "/Users", ann)
	if x := seen[1]; x.Status != 0 || x.Err == nil || x.ResponseBody != nil {
		t.Errorf("without an answer: %+v", x)
	}
	_, _ = c.Patch(context.Background(), "/Users", "1", &scim.Patch{Operations: []scim.Operation{
		{Op: "replace", PathText: "urn:ietf:params:scim:schemas:core:2.0:User:password", Value: "hunter2", HasValue: true},
	}})
	assertNoSecret(t, seen...)
	if len(seen) != 3 || !strings.Contains(string(seen[2].RequestBody), `"[redacted]"`) {
		t.Errorf("%d exchanges, the last with body %s", len(seen), seen[len(seen)-1].RequestBody)
	}
}

func assertNoSecret(t *testing.T, exchanges ...scimclient.Exchange) {
	t.Helper()
	for _, x := range exchanges {
		text := fmt.Sprintf("%+v %s %s %v", x, x.RequestBody, x.ResponseBody, x.Err)
		if strings.Contains(text, token) || strings.Contains(text, "hunter2") {
			t.Errorf("a secret in %s", text)
		}
	}
}

// TestObserveLargeBodies: bodies are cut, and a secret that the cut goes
// through does not show its first half.
func TestObserveLargeBodies(t *testing.T) {
	for name, secret := range map[string]string{
		"token":    token,
		"password": `","password":"hunter2hunter2hunter2`,
		"escape":   `","password":"\"\"\"\"\"\"\"\"\"\"`,
	} {
		t.Run(name, func(t *testing.T) {
			for shift := range 36 {
				var x scimclient.Exchange
				c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					io.WriteString(w, `{"id":"`+strings.Repeat("x", scimclient.MaxObservedBody-len(`{"id":"`)-shift)+secret+`"}`)
				}, func(cfg *scimclient.Config) { cfg.Observe = func(e scimclient.Exchange) { x = e } })
				if _, err := c.Get(context.Background(), "/Users", "1"); err != nil {
					t.Fatal(err)
				}
				body := string(x.ResponseBody)
				if len(body) > scimclient.MaxObservedBody+100 || len(body) < scimclient.MaxObservedBody-100 {
					t.Fatalf("%d bytes kept", len(body))
				}
				if strings.Contains(body, "s3cr") || strings.Contains(body, "hun") || strings.Contains(body, `:"\"`) {
					t.Fatalf("shift %d: a secret shows at the end: …%s", shift, body[len(body)-80:])
				}
			}
		})
	}
}
