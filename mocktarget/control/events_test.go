package control_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/control"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// A subscription is a stream of events that a test reads.
type subscription struct {
	t     *testing.T
	lines *bufio.Scanner
	end   func()
}

func subscribe(t *testing.T, url string, headers ...string) *subscription {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	check(t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	equal(t, "Content-Type", response.Header.Get("Content-Type"), "text/event-stream")
	return &subscription{t: t, lines: bufio.NewScanner(response.Body), end: cancel}
}

// next returns id, name and data of the next event.
func (s *subscription) next() (id, name, data string) {
	s.t.Helper()
	for s.lines.Scan() {
		field, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		case "":
			return id, name, data
		}
	}
	s.t.Fatalf("the stream has ended: %v", s.lines.Err())
	return
}

func (s *subscription) want(id, name string, words ...string) {
	s.t.Helper()
	gotID, gotName, data := s.next()
	if gotID != id || gotName != name {
		s.t.Fatalf("event %s %s, want %s %s: %s", gotID, gotName, id, name, data)
	}
	for _, word := range words {
		if !strings.Contains(data, word) {
			s.t.Errorf("event %s %s: %s does not mention %s", id, name, data, word)
		}
	}
}

func TestEvents(t *testing.T) {
	target := mocktargettest.New(t, mocktargettest.WithConfig(mocktarget.Config{Journal: mocktarget.JournalConfig{Entries: 3}}))
	api := target.Origin() + control.Path + "/tenants/default/events"
	scimGet(t, target.Target(), "/Users/one")
	s := subscribe(t, api)
	s.want("1", "hello", `"mark":"1"`, `"tenant":"default"`)
	scimGet(t, target.Target(), "/Users/two")
	s.want("2", "exchange", "/Users/two", `"body":"{`)
	target.Reset()
	s.want("2.1", "reset")
	check(t, target.Target().AdvanceClock(t.Context(), time.Hour))
	s.want("2.2", "clock", "detail")
	s.end()

	// A browser that comes back says which event it has seen last.
	scimGet(t, target.Target(), "/Users/three")
	s = subscribe(t, api+"?since=0&brief=true", "Last-Event-ID: 2.1")
	s.want("2.1", "hello", `"mark":"3"`)
	s.want("2.2", "clock")
	s.want("3", "exchange", "/Users/three", `"header":{}`)

	for range 3 {
		scimGet(t, target.Target(), "/Users/more")
	}
	s = subscribe(t, api+"?since=2.2")
	s.want("2.2", "hello", `"missed":1`)
	s.want("4", "exchange")
	subscribe(t, api, "Last-Event-ID: 99").want("99", "hello")

	ask(t, "GET", api, "", "Last-Event-ID: x").wantProblem(t, 422, "17.2")
	ask(t, "HEAD", api, "").want(t, 200)
}

// A connection that breaks costs a follower nothing but time.
func TestEventsOutliveConnections(t *testing.T) {
	mock, err := mocktarget.New(mocktarget.Config{})
	check(t, err)
	control.New(t.Context(), mock, control.Config{}).Mount()
	server := httptest.NewServer(mock)
	defer server.Close()
	remote, err := control.Dial(t.Context(), server.URL, control.DialConfig{})
	check(t, err)
	tenant := mock.Tenant(mocktarget.DefaultTenant)
	tenant.Reset()
	var seen []string
	for e, err := range remote.Events(t.Context(), mocktarget.Mark{}) {
		check(t, err)
		seen = append(seen, e.Mark.String()+" "+string(e.Kind))
		if len(seen) == 3 {
			break
		}
		server.CloseClientConnections()
		tenant.ClearJournal()
	}
	equal(t, "events", seen, "[0.1 reset 0.2 forget 0.3 forget]")

	server.Close()
	for _, err := range remote.Events(t.Context(), mocktarget.Mark{}) {
		if err == nil {
			t.Error("a mock that is gone tells events")
		}
	}
}

// What lasts longer than a server gives a request goes on, and ends with the API.
func TestLasting(t *testing.T) {
	mock, err := mocktarget.New(mocktarget.Config{})
	check(t, err)
	life, stop := context.WithCancel(t.Context())
	defer stop()
	control.New(life, mock, control.Config{}).Mount()
	server := httptest.NewUnstartedServer(mock)
	const limit = 50 * time.Millisecond
	server.Config.ReadTimeout, server.Config.WriteTimeout = limit, limit
	server.Start()
	defer server.Close()
	api := server.URL + control.Path + "/tenants/default"

	s := subscribe(t, api+"/events")
	s.want("0", "hello")
	time.Sleep(3 * limit)
	mock.Tenant(mocktarget.DefaultTenant).Reset()
	s.want("0.1", "reset")
	in := fmt.Sprintf(`{"resources":{"Users":[{"userName":"never"}]},"timeoutMs":%d}`, (3 * limit).Milliseconds())
	ask(t, "POST", api+"/await", in).want(t, 200, `"ok":false`, "never")

	time.AfterFunc(limit, stop)
	ask(t, "POST", api+"/await", `{"resources":{"Users":[{"userName":"never"}]},"timeoutMs":600000}`).wantProblem(t, 503, "stopped")
	if s.lines.Scan() {
		t.Errorf("the stream goes on with %q", s.lines.Text())
	}
}
