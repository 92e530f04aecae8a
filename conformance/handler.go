package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// inProcess is the origin of a handler that is judged without a network.
const inProcess = "http://localhost"

// through fills in how a handler in the same process is reached.
func (c *Config) through() error {
	switch {
	case c.Handler == nil:
		return nil
	case c.Transport != nil:
		return &ConfigError{Err: errors.New("conformance: Config has a Handler and a Transport: leave out one of the two")}
	case c.Endpoint == "" || strings.HasPrefix(c.Endpoint, "/"):
		c.Endpoint = inProcess + c.Endpoint
	}
	c.Transport = handlerTransport{c.Handler}
	return nil
}

// A handlerTransport carries requests to a handler of the same process.
type handlerTransport struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper]. A handler that takes longer than the request
// may is left to itself; one that panics closes the connection, as in a server.
func (t handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI, in.Host, in.RemoteAddr = r.URL.RequestURI(), r.URL.Host, "127.0.0.1:0"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	done := make(chan error, 1)
	w := &answerWriter{header: http.Header{}}
	go func() {
		defer in.Body.Close()
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("the handler of %s %s panicked: %v", r.Method, r.URL.Path, p)
			}
		}()
		t.handler.ServeHTTP(w, in)
		done <- nil
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case err := <-done:
		if err != nil {
			return nil, err
		}
		return w.response(r), nil
	}
}

// An answerWriter keeps what a handler answers.
type answerWriter struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write implements [http.ResponseWriter].
func (w *answerWriter) Write(p []byte) (int, error) {
	if w.status == 0 && w.header.Get("Content-Type") == "" {
		w.header.Set("Content-Type", http.DetectContentType(p))
	}
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush implements [http.Flusher].
func (w *answerWriter) Flush() { w.WriteHeader(http.StatusOK) }

func (w *answerWriter) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead || w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		w.body.Reset() // as a server does
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.sent, Request: r,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}
}
