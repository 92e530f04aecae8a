package mocktarget

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/permiso/scimwright/mocktarget/deviation"
	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner/scim"
)

// An exchange is one request on its way through the phases, and its answer.
type exchange struct {
	server     *Server
	w          http.ResponseWriter
	r          *http.Request
	operations map[targetKind]map[string]operation
	began      time.Time // by the machine's clock

	tenantName string
	tenant     *Tenant // nil until a request that is let in names it
	settings   *activeSettings
	fault      *fault.Rule        // nil if all goes well
	deviant    *deviation.Request // nil if the tenant goes by the RFCs
	asked      *http.Request      // what the client sent, if a deviation made another request of it
	askedFor   target             // what that one named
	start      time.Time          // by the tenant's clock
	rest       string             // of the path: below the base
	base       string             // absolute URL of the SCIM service
	target     target
	caller     caller
	asJSON     bool // the client prefers application/json, for errors too
	acceptable bool // the client takes what can be answered

	body    []byte // as far as it was read
	readErr error  // that it could not be read, or not to the end
	decoded *scim.Object
	sent    *answer
	parsed  Operation
	trail   trail
	noted   observation
}

// An answer is a response before it is written.
type answer struct {
	status          int
	body            []byte
	location        string
	contentLocation string
	etag            string
	header          http.Header // further fields, nil mostly
}

// checkHeader refuses header fields that are larger than the limit together.
func (x *exchange) checkHeader() error {
	size := 0
	for name, values := range x.r.Header {
		for _, v := range values {
			size += len(name) + len(v) + 4
		}
	}
	if most := x.server.config.Limits.HeaderBytes; size > most {
		return scim.Status(http.StatusRequestHeaderFieldsTooLarge, "the header fields have %d bytes, at most %d are read", size, most)
	}
	return nil
}

// reads reports whether the method only reads.
func (x *exchange) reads() bool {
	return x.r.Method == http.MethodGet || x.r.Method == http.MethodHead
}

// negotiate checks the media types of request and answer (RFC 7644 section 3.8). An
// engine does that itself.
func (x *exchange) negotiate() error {
	if x.engine() != nil {
		return nil
	}
	if !x.acceptable {
		return scim.Status(http.StatusNotAcceptable, "only application/scim+json and application/json can be answered")
	}
	if x.target.kind == kindToken || x.reads() || x.r.Method == http.MethodDelete {
		return nil
	}
	if coding := x.r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		x.w.Header().Set("Accept-Encoding", "identity")
		return scim.Status(http.StatusUnsupportedMediaType, "Content-Encoding %q: send the body as it is", clip(coding))
	}
	contentType := x.r.Header.Get("Content-Type")
	if contentType == "" {
		return nil
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || media != "application/scim+json" && media != "application/json" {
		return scim.Status(http.StatusUnsupportedMediaType, "Content-Type %q: send application/scim+json", clip(contentType))
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return scim.Status(http.StatusUnsupportedMediaType, "charset %q: send UTF-8", clip(charset))
	}
	return nil
}

// acceptable reports whether the Accept fields allow an answer of ours, and
// whether they prefer application/json.
func acceptable(accept []string) (asJSON, ok bool) {
	if strings.TrimSpace(strings.Join(accept, "")) == "" {
		return false, true
	}
	best := map[string]float64{}
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		media, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		quality := 1.0
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			quality = q
		}
		switch media {
		case "application/scim+json":
			best["scim"] = max(best["scim"], quality)
		case "application/json":
			best["json"] = max(best["json"], quality)
		case "*/*", "application/*":
			best["any"] = max(best["any"], quality)
		}
	}
	// A type that is named does not go by the wildcard (RFC 9110 section 12.5.1).
	scimQuality, named := best["scim"]
	if !named {
		scimQuality = best["any"]
	}
	jsonQuality, named := best["json"]
	if !named {
		jsonQuality = best["any"]
	}
	return jsonQuality > scimQuality, jsonQuality > 0 || scimQuality > 0
}

// read is the first half of decoding: it reads the body up to a limit, once.
func (x *exchange) read(limit int64, name string) error {
	if x.body == nil {
		x.readErr = x.readBody(limit, name)
	}
	return x.readErr
}

func (x *exchange) readBody(limit int64, name string) error {
	tooLarge := scim.Status(http.StatusRequestEntityTooLarge, "the body is larger than %s of %d bytes", name, limit)
	if x.r.ContentLength > limit {
		x.body = []byte{}
		x.drain()
		return tooLarge
	}
	// A client that announces much and sends little does not get room for all of it.
	var body bytes.Buffer
	body.Grow(int(min(max(x.r.ContentLength, 0), 64<<10)) + bytes.MinRead)
	_, err := body.ReadFrom(io.LimitReader(x.r.Body, limit+1))
	x.body = body.Bytes()
	if int64(len(x.body)) > limit {
		x.drain()
		return tooLarge
	}
	if err != nil {
		return scim.InvalidSyntax("the body ended early: %v", err)
	}
	return nil
}

// drain reads some of a body that is too large and forgets it: a client that is
// still sending would not see the answer otherwise.
func (x *exchange) drain() {
	if x.r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, x.r.Body, 64<<20)
	}
}

// decode reads the body as one JSON object.
func (x *exchange) decode() (*scim.Object, error) {
	if x.decoded != nil {
		return x.decoded, nil
	}
	if err := x.read(x.server.config.Limits.Body, "the limit"); err != nil {
		return nil, err
	}
	body := x.deviant.Decode(x.body)
	if len(body) == 0 {
		return nil, scim.InvalidSyntax("the body is empty; a JSON object is needed")
	}
	var err error
	x.decoded, err = scim.ParseObject(body)
	return x.decoded, err
}

// query returns the parameters of the URL. A semicolon is a character like others
// (RFC 3986 section 3.4), which package url takes for a mistake.
func (x *exchange) query() (url.Values, error) {
	values, err := url.ParseQuery(strings.ReplaceAll(x.r.URL.RawQuery, ";", "%3B"))
	if err != nil {
		return nil, scim.InvalidValue("the query is not percent-encoded correctly: %v", err)
	}
	return values, nil
}

// projection reads attributes and excludedAttributes from the URL.
func (x *exchange) projection(typ *resourceType) (scim.Projection, error) {
	values, err := x.query()
	if err != nil {
		return scim.Projection{}, err
	}
	return typ.ParseProjection(values["attributes"], values["excludedAttributes"])
}

// fail answers with an error.
func (x *exchange) fail(err error) {
	wire := x.wireError(err)
	x.noted.refusal = wire.ScimType
	x.respond(&answer{status: wire.Status, body: scim.EncodeError(wire)})
}

// wireError returns an error as the client sees it: the server's own ones are
// logged and hidden.
func (x *exchange) wireError(err error) scim.Error {
	var wire scim.Error
	if !errors.As(err, &wire) {
		x.server.log.Error("a request failed inside the mock", "error", err)
		wire = scim.Status(http.StatusInternalServerError, "the mock failed on this request; this is a defect of the mock")
	}
	return wire
}

// reason returns what an error says, without the status of one for the wire.
func reason(err error) string {
	var wire scim.Error
	if errors.As(err, &wire) {
		return wire.Detail
	}
	return err.Error()
}

// respond is the last phase: the exchange goes into the journal, so that a client
// who has the answer finds it there, and the answer is written.
func (x *exchange) respond(a *answer) {
	h := x.w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	setHeader(h, "Location", a.location)
	setHeader(h, "Content-Location", a.contentLocation)
	setHeader(h, "ETag", a.etag)
	if len(a.body) > 0 && h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/scim+json")
		if x.asJSON {
			h.Set("Content-Type", "application/json")
		}
	}
	if x.fault == nil {
		a = x.distort(a, h)
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	if x.fault != nil {
		h.Set("X-Mock-Fault", x.fault.String())
	}
	x.record(a)
	x.sent = a
	if x.lost() {
		x.fault.Lose(x.w, x.r, a.status, a.body)
		return
	}
	x.w.WriteHeader(a.status)
	if x.r.Method != http.MethodHead && len(a.body) > 0 {
		_, _ = x.w.Write(a.body) // nobody is left to tell
	}
}

func setHeader(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}
