package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"

	"github.com/permiso/scimwright/mocktarget"
)

// keepAlive is how often a stream without events says that it is alive, and
// writeWithin how long a reader may take to accept what is sent, whatever limit the
// server sets for a whole answer.
const (
	keepAlive   = 15 * time.Second
	writeWithin = 30 * time.Second
)

// helloEvent is the name of the first event of a stream.
const helloEvent = "hello"

// Hello is the first event of a stream: where it starts.
type Hello struct {
	Tenant string          `json:"tenant"`
	Mark   mocktarget.Mark `json:"mark" doc:"Place of the newest event at the start of the stream"`
	Missed uint64          `json:"missed,omitempty" doc:"Exchanges asked for that are no longer kept"`
}

func (a *API) registerEvents(api huma.API) {
	op := operation(http.MethodGet, "/tenants/{tenant}/events", "stream-events", "Follow what happens, as server-sent events")
	op.Description = `The first event is "hello". The name of each other event is its kind; its id is its mark, from which a
client that sends it as Last-Event-ID, as browsers do by themselves, resumes. Without it the stream starts with what is new.`
	op.Responses = map[string]*huma.Response{"200": {
		Description: "A stream that goes on until the client ends it",
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{
			Type: huma.TypeString, Description: "The data of \"hello\" are a Hello, those of other events an Event, as JSON",
			Extensions: map[string]any{"x-event-data": []any{schemaOf[Hello](api), schemaOf[mocktarget.Event](api)}},
		}}},
	}}
	huma.Register(api, op, a.streamEvents)
}

type eventsRequest struct {
	TenantPath
	LastEventID string `header:"Last-Event-ID" doc:"Mark of the last event that was received"`
	Since       string `query:"since" doc:"Like Last-Event-ID, which wins; 0 is the start" example:"17"`
	Brief       bool   `query:"brief" doc:"Leave header fields, bodies and changes of exchanges out"`
}

func (a *API) streamEvents(_ context.Context, in *eventsRequest) (*huma.StreamResponse, error) {
	t, err := a.server.Lookup(in.Tenant)
	if err != nil {
		return nil, problem(err)
	}
	s := &stream{tenant: t, done: a.life.Done(), brief: in.Brief, last: t.LastMark()}
	text := in.LastEventID
	if text == "" {
		text = in.Since
	}
	if text != "" {
		if s.last, err = mocktarget.ParseMark(text); err != nil {
			return nil, huma.Error422UnprocessableEntity("since: " + err.Error())
		}
	}
	return &huma.StreamResponse{Body: s.run}, nil
}

// A stream sends the events of a tenant to one reader, at the reader's pace: what
// the journal has dropped meanwhile is missed.
type stream struct {
	tenant *mocktarget.Tenant
	done   <-chan struct{}
	brief  bool
	last   mocktarget.Mark
	w      http.ResponseWriter
	flush  *http.ResponseController
}

// run sends until the reader leaves or the API ends. Only the reader can make an
// error, and is then no longer there to be told.
func (s *stream) run(ctx huma.Context) {
	var r *http.Request
	r, s.w = humamux.Unwrap(ctx)
	s.flush = http.NewResponseController(s.w)
	ctx.SetHeader("Content-Type", "text/event-stream")
	ctx.SetHeader("Cache-Control", "no-store")
	ctx.SetHeader("X-Accel-Buffering", "no") // for a proxy on the way
	ctx.SetStatus(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}

	events, more := s.tenant.Events(s.last)
	hello := Hello{Tenant: s.tenant.Name(), Mark: s.tenant.LastMark(), Missed: missed(s.last, events)}
	if s.send(helloEvent, s.last.String(), hello) != nil {
		return
	}
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	for {
		for i := range events {
			if s.event(&events[i]) != nil {
				return
			}
		}
		select {
		case <-more:
		case <-alive.C:
			if s.write(": still here\n\n") != nil {
				return
			}
			continue
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		case <-s.tenant.Deleted():
			return
		}
		events, more = s.tenant.Events(s.last)
	}
}

// event sends one event and remembers its place.
func (s *stream) event(e *mocktarget.Event) error {
	shown := *e
	if s.brief && shown.Exchange != nil {
		shown.Exchange = brief(shown.Exchange)
	}
	s.last = e.Mark
	return s.send(string(e.Kind), e.Mark.String(), shown)
}

func (s *stream) send(name, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return s.write(fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", id, name, text))
}

func (s *stream) write(text string) error {
	if err := s.flush.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := io.WriteString(s.w, text); err != nil {
		return err
	}
	return s.flush.Flush()
}

// missed returns how many exchanges after a mark are no longer kept.
func missed(after mocktarget.Mark, events []mocktarget.Event) uint64 {
	for i := range events {
		if e := events[i].Exchange; e != nil && e.Seq > after.Seq+1 {
			return e.Seq - after.Seq - 1
		}
	}
	return 0
}

// brief returns an entry without what makes it large.
func brief(e *mocktarget.Entry) *mocktarget.Entry {
	short := *e
	short.Request.Header, short.Request.Body = http.Header{}, ""
	short.Response.Header, short.Response.Body = http.Header{}, ""
	short.Changes = nil
	return &short
}
