package control

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

// Events returns what happens to the tenant after a mark, as it happens, until ctx
// ends or the tenant is deleted. A connection that breaks is made again and goes on
// where it was; the first one that cannot be made ends the events with an error.
func (r *Remote) Events(ctx context.Context, after mocktarget.Mark) iter.Seq2[mocktarget.Event, error] {
	return func(yield func(mocktarget.Event, error) bool) {
		for again := false; ctx.Err() == nil; again = true {
			if again && !pause(ctx, time.Second) {
				return
			}
			response, err := r.api.send(ctx, http.MethodGet, nil, url.Values{"since": {after.String()}}, "tenants", r.name, "events")
			if err != nil {
				if ctx.Err() == nil && !(again && status(err) == http.StatusNotFound) {
					yield(mocktarget.Event{}, err)
				}
				return
			}
			goOn := readEvents(response.Body, func(e mocktarget.Event, err error) bool {
				after = e.Mark
				return yield(e, err)
			})
			_ = response.Body.Close()
			if !goOn {
				return
			}
		}
	}
}

// pause waits, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// readEvents reads a stream of server-sent events until it ends, or until yield
// wants no more, and reports whether it does.
func readEvents(r io.Reader, yield func(mocktarget.Event, error) bool) bool {
	lines := bufio.NewReader(r)
	var name, data string
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return true
		}
		field, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case field == "event":
			name = value
		case field == "data":
			data += value
		case field == "" && value == "" && data != "":
			if name != helloEvent {
				var e mocktarget.Event
				if err := json.Unmarshal([]byte(data), &e); err != nil {
					yield(e, fmt.Errorf("control: reading an event: %w", err))
					return false
				}
				if !yield(e, nil) {
					return false
				}
			}
			name, data = "", ""
		}
	}
}
