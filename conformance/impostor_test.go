package conformance_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
)

// A liar is a target that makes nothing. It answers creates with what somebody else has.
type liar struct {
	// made is the answer to a create, in which %s is the body of the request without its
	// first brace. location is a header of it.
	made, location string
	// read is the status of a read of somebody else, shown its body.
	read  int
	shown string
	// list is what a list holds, in which %s is the userName that was looked for.
	list string
}

// ServeHTTP notes in touched what is neither a read nor a create.
func (l *liar) serve(touched *atomic.Value, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, id, _ := strings.Cut(r.URL.Path, "/Users/")
		filter := r.URL.Query().Get("filter")
		w.Header().Set("Content-Type", "application/scim+json")
		switch {
		case r.Method == http.MethodPost && id == "":
			body, _ := io.ReadAll(r.Body)
			if l.location != "" {
				w.Header().Set("Location", l.location)
			}
			w.WriteHeader(http.StatusCreated)
			if l.made != "" {
				_, _ = fmt.Fprintf(w, l.made, bytes.TrimPrefix(body, []byte("{")))
			}
		case r.Method == http.MethodGet && id != "":
			w.WriteHeader(l.read)
			_, _ = io.WriteString(w, l.shown)
		case r.Method == http.MethodGet && l.list != "" && strings.Contains(filter, "scimwright-"):
			_, name, _ := strings.Cut(filter, " eq ")
			_, _ = fmt.Fprintf(w, l.list, name)
		case r.Method == http.MethodGet:
			next.ServeHTTP(w, r)
		default:
			touched.Store(r.Method + " " + r.URL.Path)
			w.WriteHeader(http.StatusNoContent)
		}
	})
}

// A target that gives the id of somebody else for what it makes is not believed, whatever
// it shows there or anywhere, and however the id is written: nothing is sent to it, the
// check fails, the run goes on, and no report tells of them.
func TestTargetThatGivesTheIDOfSomebodyElse(t *testing.T) {
	const (
		echo = `{"id":"ceo",%s`
		ceo  = `{"id":"ceo","userName":"ceo@example.com","nickName":"Boss"}`
	)
	for name, c := range map[string]struct {
		liar
		says  string // of the first check
		leaks int
	}{
		"plainly":             {liar{made: echo, read: 200, shown: ceo}, `the id "ceo", which is that of something else`, 0},
		"in capitals":         {liar{made: `{"id":"CEO",%s`, read: 200, shown: ceo}, `the id "CEO", which is that of something else`, 0},
		"encoded":             {liar{made: `{"id":"%%63eo",%s`, read: 200, shown: ceo}, `the id "%63eo", which is that of something else`, 0},
		"hidden":              {liar{made: echo, read: 403, shown: `{}`}, `nothing can be read that tells whose it is`, 2},
		"broken":              {liar{made: echo, read: 500}, `nothing can be read that tells whose it is`, 2},
		"nameless":            {liar{made: echo, read: 200, shown: `{"id":"ceo","nickName":"Boss"}`}, `nothing can be read that tells whose it is`, 2},
		"no JSON":             {liar{made: echo, read: 200, shown: `Boss`}, `nothing can be read that tells whose it is`, 2},
		"a list instead":      {liar{made: echo, read: 200, shown: `{"Resources":[` + ceo + `]}`}, `nothing can be read that tells whose it is`, 2},
		"under a path":        {liar{made: `{"id":"../Users/ceo",%s`, read: 200, shown: ceo}, `the id "../Users/ceo", which cannot stand in a path`, 2},
		"with a backslash":    {liar{made: `{"id":"..\\ceo",%s`, read: 200, shown: ceo}, `which cannot stand in a path`, 2},
		"with a line end":     {liar{made: `{"id":"ceo\u000d\u000aX: y",%s`, read: 200, shown: ceo}, `which cannot stand in a path`, 2},
		"a dot":               {liar{made: `{"id":"..",%s`, read: 200, shown: ceo}, `which cannot stand in a path`, 2},
		"by Location":         {liar{location: "https://elsewhere.example/Users/ceo", read: 200, shown: ceo}, "needs barbara to be made first", 0},
		"by a list":           {liar{read: 200, shown: ceo, list: `{"Resources":[{"id":"ceo","userName":%s}]}`}, "needs barbara to be made first", 2},
		"by an empty id":      {liar{made: `{"id":"",%s`, read: 200, shown: ceo}, "needs barbara to be made first", 0},
		"by a number":         {liar{made: `{"id":1,%s`, read: 200, shown: `{"id":1,"userName":"ceo@example.com","nickName":"Boss"}`}, "needs barbara to be made first", 0},
		"of somebody's child": {liar{made: echo, read: 200, shown: `{"id":"ceo","userName":"ceo@example.com","displayName":"Boss","externalId":"x-scimwright-"}`}, `which is that of something else`, 0},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			var touched atomic.Value
			endpoint := server(t, func(next http.Handler) http.Handler { return c.serve(&touched, next) })
			config := config(endpoint, `
  @write
  Rule: r
    @MADE-74 @must
    Scenario: A user is changed
      Given a user barbara
      When the client replaces barbara with:
        """
        {"title": "Guide"}
        """
      Then the answer has status 200
    @MADE-75 @must
    Scenario: A user is deleted
      Given a user barbara
      When the client deletes barbara
      Then the answer has status 204
`)
			config.Settle = 5 * time.Millisecond
			found, err := conformance.Run(t.Context(), config)
			if err != nil || touched.Load() != nil || len(found.Leaks) != c.leaks {
				t.Errorf("error %v, touched %v, leaks %v", err, touched.Load(), found.Leaks)
			}
			for _, r := range found.Results[:2] {
				if r.Verdict != conformance.Fail && r.Verdict != conformance.Error || !strings.Contains(r.Reason, c.says) {
					t.Errorf("%s ended %s: %s", r.ID, r.Verdict, r.Reason)
				}
			}
			var told strings.Builder
			if err := report.New(found, "").WriteTo(&told, report.JSON); err != nil || strings.Contains(told.String(), "Boss") || strings.Contains(told.String(), "ceo@") {
				t.Errorf("the report tells of somebody else (%v):\n%s", err, told.String())
			}
		})
	}
}
