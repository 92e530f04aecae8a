package mocktarget

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// OwnEngine is the name of the engine that this package is.
const OwnEngine = "rfc"

// An Engine answers the requests to tenants in the place of this package, so that
// clients meet a second implementation of the protocol on the same data. It decides
// about paths below the base URL, methods, media types, what a request may say and
// how an answer looks. Tenants, credentials, limits on header and body, settings
// that are not about answers, and the journal remain the server's.
type Engine interface {
	// ServeSCIM answers one request. The path of its URL is what comes behind the
	// base URL, such as "/Users/42" or "", and its body is within the limit. If
	// ServeSCIM panics the client gets a 500 and nothing of what was written.
	ServeSCIM(w http.ResponseWriter, r *http.Request, data Data)
}

// checkEngines refuses engines that settings could not name.
func (c Config) checkEngines() error {
	for name, engine := range c.Engines {
		if name == "" || name == OwnEngine || engine == nil {
			return fmt.Errorf("the engine %q is nil or has not a name of its own", name)
		}
	}
	return nil
}

// engineNames lists the engines there are, for people.
func (c Config) engineNames() string {
	return strings.Join(append(slices.Sorted(maps.Keys(c.Engines)), OwnEngine), ", ")
}

// engine returns who answers the exchange, nil for this package.
func (x *exchange) engine() Engine {
	if x.target.kind == kindToken {
		return nil
	}
	return x.server.config.Engines[x.settings.Engine]
}

// serveEngine lets the tenant's engine answer.
func (x *exchange) serveEngine() (a *answer, err error) {
	switch x.target.kind {
	case kindConfig, kindResourceTypes, kindResourceType, kindSchemas, kindSchema:
		x.did("discovery", nil, x.target.id) // of which engines ask for no data
	}
	if err := x.read(x.server.config.Limits.Body, "the limit"); err != nil {
		return nil, err
	}
	path, err := url.PathUnescape(x.rest)
	if err != nil {
		return nil, scim.Status(http.StatusNotFound, "the path %q is not percent-encoded correctly", clip(x.rest))
	}
	r := x.r.Clone(x.r.Context())
	r.URL.Path, r.URL.RawPath = path, x.rest
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(x.body)), int64(len(x.body))
	defer func() {
		switch p := recover(); {
		case p == nil:
		case p == any(http.ErrAbortHandler):
			panic(p)
		default:
			x.server.log.Error("a request made an engine panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			a, err = nil, scim.Status(http.StatusInternalServerError, "the engine cannot handle this request: %v", p)
		}
	}()
	w := answerWriter{header: http.Header{}}
	x.engine().ServeSCIM(&w, r, x.data())
	return w.answer(), nil
}

// An answerWriter keeps what an engine answers.
type answerWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the [http.ResponseWriter]'s.
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader is the [http.ResponseWriter]'s.
func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write is the [http.ResponseWriter]'s.
func (w *answerWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *answerWriter) answer() *answer {
	w.WriteHeader(http.StatusOK) // for an engine that wrote nothing at all
	return &answer{status: w.status, body: w.body.Bytes(), header: w.header}
}
