package scimclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A narrator says in plain words what a server has answered, and why one has not, in
// texts that are fit to be read by anybody: without the secrets that were sent.
type narrator struct {
	timeout time.Duration // of an exchange
	// secrets returns what is to be read nowhere. Nil means nothing.
	secrets func() []string
}

// explain says in plain words why no answer came.
func (n *narrator) explain(ctx context.Context, err error) string {
	var (
		refused *RefusedAddressError
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		op      *net.OpError
	)
	isOp := errors.As(err, &op)
	timeout := isTimeout(err)
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.Is(context.Cause(ctx), errTimeout):
		return fmt.Sprintf("no answer within %s", n.timeout)
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "no answer in the time left for it"
	case ctx.Err() != nil:
		return "the request was cancelled"
	case errors.As(err, &dns) && dns.IsNotFound:
		return n.clean(fmt.Sprintf("the host %s does not exist", dns.Name))
	case errors.As(err, &dns):
		return n.clean(fmt.Sprintf("the name of the host %s could not be resolved", dns.Name))
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused; nothing listens there"
	case isOp && op.Op == "dial" && timeout:
		return fmt.Sprintf("no connection within %s", connectTimeout)
	case errors.As(err, &cert):
		return n.clean("its TLS certificate is not trusted: " + cert.Err.Error())
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return "it does not speak TLS; is the endpoint http:// rather than https://?"
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "what came back is not HTTP"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection broke off before an answer came"
	default:
		return n.clean(err.Error())
	}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

var (
	titlePattern = regexp.MustCompile(`(?is)<(title|h1)[^>]*>(.*?)</(title|h1)>`)
	tagPattern   = regexp.MustCompile(`<[^>]*>`)
)

func looksLikeHTML(h http.Header, body []byte) bool {
	if strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "text/html") && len(body) > 0 {
		return true
	}
	return bytes.HasPrefix(trim(body), []byte("<"))
}

func (n *narrator) htmlDetail(body []byte) string {
	const hint = "an HTML page instead of SCIM; is the endpoint URL right, or did a proxy answer?"
	if m := titlePattern.FindSubmatch(body); m != nil {
		if title := n.clean(tagPattern.ReplaceAllString(string(m[2]), " ")); title != "" {
			return fmt.Sprintf("%s (its title: %q)", hint, title)
		}
	}
	return hint
}

// textDetail finds the reason in a body that is not SCIM: a usual JSON field,
// else the first line.
func (n *narrator) textDetail(body []byte) string {
	if o, err := scim.ParseObjectLenient(body); err == nil {
		for _, name := range []string{"detail", "message", "error_description", "error", "title", "reason"} {
			switch v := o.Get(name).(type) {
			case string:
				if s := n.clean(v); s != "" {
					return s
				}
			case *scim.Object:
				if s := n.clean(v.String("message")); s != "" {
					return s
				}
			}
		}
		return ""
	}
	if body = trim(body); len(body) == 0 || strings.ContainsRune(`{["`, rune(body[0])) {
		return "" // broken or unexpected JSON, which tells nobody anything
	}
	line, _, _ := strings.Cut(string(body), "\n")
	return n.clean(line)
}

// clean makes text from outside fit for a log line and a terminal: no token,
// valid UTF-8, one line, no control characters, at most 300 characters.
func (n *narrator) clean(s string) string {
	const most = 300
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r // U+FFFD for what is not UTF-8
	}, n.scrub(s))
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}

// scrub takes secrets out of a text that a server wrote, which may repeat them.
func (n *narrator) scrub(s string) string {
	if n.secrets == nil {
		return s
	}
	for _, secret := range n.secrets() {
		s = strings.ReplaceAll(s, secret, Redacted)
	}
	return s
}

// spellings returns the forms in which servers repeat a secret: as it is, in a URL and
// in JSON. One of fewer characters than that is no secret, and stays.
func spellings(secret string, least int) (list []string) {
	if utf8.RuneCountInString(secret) < least {
		return nil
	}
	inJSON := func(escapeHTML bool) string {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(escapeHTML)
		_ = e.Encode(secret) // strings always encode
		return strings.TrimSuffix(b.String(), "\n")[1 : b.Len()-2]
	}
	ascii := strconv.QuoteToASCII(secret)
	for _, s := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), inJSON(false), inJSON(true), ascii[1 : len(ascii)-1]} {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
