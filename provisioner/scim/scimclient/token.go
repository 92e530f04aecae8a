package scimclient

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// An OAuthClient fetches bearer tokens with the OAuth 2.0 client credentials grant (RFC
// 6749 section 4.4).
type OAuthClient struct {
	// TokenURL is the address of the token endpoint.
	TokenURL string
	// ID and Secret are the client's.
	ID, Secret string
	// Scopes are what is asked for. Empty asks for what the client has by default.
	Scopes []string
	// InBody sends ID and Secret in the body (client_secret_post). Otherwise they are in
	// the Authorization header (client_secret_basic), as RFC 6749 section 2.3.1 prefers.
	InBody bool
}

// A TokenSource is the credential that is an OAuth client's tokens. A token is fetched
// when it is needed and used until shortly before it expires, or until the server
// refuses it; then another one is fetched, by one request at a time however many calls
// wait for it. Clients of one server share a TokenSource. Make one with
// [NewTokenSource].
type TokenSource struct {
	narrator
	config clientcredentials.Config
	where  string // the token endpoint without its query
	http   *http.Client
	now    func() time.Time
	hidden []string // the client's secret

	mu       sync.Mutex
	current  issued
	fetching *fetch   // nil if no token is being fetched
	recent   []string // the last tokens that were fetched, which answers may repeat
}

// issued is a token that was fetched, the zero value if there is none.
type issued struct {
	token string
	// until is when it is no longer used, zero if the server has to say so.
	until time.Time
}

// A fetch is a request for a token that is under way.
type fetch struct {
	done chan struct{}
	// What came of it, once it is done. stopped says that whoever made the request has
	// not waited for the answer.
	got     issued
	err     error
	stopped bool
}

const (
	// expiryMargin is how long before it expires a token is used no longer, or a tenth of
	// its life if that is less.
	expiryMargin = 30 * time.Second
	// recentTokens is how many tokens are remembered for what a server may repeat of them.
	recentTokens = 32
)

// NewTokenSource checks a client and returns the source of its tokens; it does no I/O.
// Of cfg it takes how to connect: the token endpoint is reached by the same rules as
// the SCIM endpoint, its redirects are not followed, and its answers are bounded.
func NewTokenSource(client OAuthClient, cfg Config) (*TokenSource, error) {
	endpoint, err := parseTokenURL(client.TokenURL, cfg.DenyPrivate)
	if err != nil {
		return nil, err
	}
	switch {
	case client.ID == "" || client.Secret == "":
		return nil, errors.New("OAuth client: it has no id or no secret")
	case !isPrintable(client.ID) || !isPrintable(client.Secret):
		return nil, errors.New("OAuth client: its id or secret holds a line break or another control character; check how it was read")
	case slices.ContainsFunc(client.Scopes, func(s string) bool { return s == "" || !isVisible(s) || strings.ContainsAny(s, `"\`) }):
		return nil, errors.New("OAuth client: a scope is empty or holds a space, a quote or a character that is not ASCII (RFC 6749 section 3.3); give each one by itself")
	}
	style := oauth2.AuthStyleInHeader
	if client.InBody {
		style = oauth2.AuthStyleInParams
	}
	cfg = cfg.withDefaults()
	header := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(client.ID) + ":" + url.QueryEscape(client.Secret)))
	s := &TokenSource{
		narrator: narrator{timeout: cfg.Timeout},
		config: clientcredentials.Config{
			ClientID: client.ID, ClientSecret: client.Secret, TokenURL: endpoint.String(), Scopes: client.Scopes, AuthStyle: style,
		},
		where:  endpoint.Scheme + "://" + endpoint.Host + endpoint.EscapedPath(),
		http:   &http.Client{Transport: introduced{cfg.Transport, cfg.UserAgent}, CheckRedirect: checkRedirect},
		now:    cfg.Now,
		hidden: append(spellings(header, leastSecret), spellings(client.Secret, leastSecret)...),
	}
	s.narrator.secrets = s.secrets
	return s, nil
}

// parseTokenURL checks the address of a token endpoint, which may have a query and must
// not have a fragment (RFC 6749 section 3.2).
func parseTokenURL(raw string, denyPrivate bool) (*url.URL, error) {
	plain, query, _ := strings.Cut(strings.TrimSpace(raw), "?")
	if _, err := parseEndpoint(plain, denyPrivate); err != nil || strings.Contains(query, "#") {
		if err == nil {
			err = errors.New("endpoint: the URL must not have a fragment")
		}
		return nil, fmt.Errorf("OAuth token %w", err)
	}
	return url.Parse(strings.TrimSpace(raw)) // slashes at its end mean something here
}

// introduced has a transport tell who sends its requests, and what it reads.
type introduced struct {
	http.RoundTripper
	userAgent string
}

func (t introduced) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", t.userAgent)
	r.Header.Set("Accept", "application/json")
	return t.RoundTripper.RoundTrip(r)
}

func (s *TokenSource) check() error { return nil } // it was checked when it was made

func (s *TokenSource) secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.recent, s.hidden)
}

func (s *TokenSource) renew(refused string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if "Bearer "+s.current.token == refused { // somebody else may have fetched another one
		s.current = issued{}
	}
	return true
}

func (s *TokenSource) authorization(ctx context.Context) (string, error) {
	for {
		s.mu.Lock()
		if c := s.current; c.token != "" && (c.until.IsZero() || s.now().Before(c.until)) {
			s.mu.Unlock()
			return "Bearer " + c.token, nil
		}
		f := s.fetching
		if f == nil {
			f = &fetch{done: make(chan struct{})}
			s.fetching = f
			s.mu.Unlock()
			s.do(ctx, f)
		} else {
			s.mu.Unlock()
			select {
			case <-f.done:
			case <-ctx.Done():
				return "", ctx.Err()
			}
			if f.stopped {
				continue
			}
		}
		return "Bearer " + f.got.token, f.err
	}
}

// do makes a request for a token, for everybody who waits for it. They are let go also if
// it panics.
func (s *TokenSource) do(ctx context.Context, f *fetch) {
	f.stopped = true // until it has come to an end
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fetching = nil
		if f.got.token != "" {
			s.current = f.got
			s.recent = append(s.recent, f.got.token)
			s.recent = s.recent[max(len(s.recent)-recentTokens, 0):]
		}
		close(f.done)
	}()
	f.got, f.err = s.fetch(ctx)
	f.stopped = ctx.Err() != nil
}

func (s *TokenSource) fetch(ctx context.Context) (issued, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errTimeout)
	defer cancel()
	token, err := s.config.Token(context.WithValue(ctx, oauth2.HTTPClient, s.http))
	if err != nil {
		return issued{}, s.failed(ctx, err)
	}
	switch {
	case !strings.EqualFold(token.Type(), "Bearer"):
		return issued{}, s.answered(http.StatusOK, s.clean(fmt.Sprintf("it issues tokens of the type %q, and only bearer tokens are sent", token.TokenType)))
	case !isVisible(token.AccessToken):
		return issued{}, s.answered(http.StatusOK, "it issues a token that no header can hold")
	}
	got := issued{token: token.AccessToken}
	if !token.Expiry.IsZero() {
		life := time.Until(token.Expiry)
		got.until = s.now().Add(life - min(expiryMargin, life/10))
	}
	return got, nil
}

// failed returns the error of a request that was not answered with a token.
func (s *TokenSource) failed(ctx context.Context, err error) *TokenError {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		// The library tells of answers that hold no token by text alone.
		if u, ok := errors.AsType[*url.Error](err); ok {
			return &TokenError{URL: s.where, Detail: s.explain(ctx, u.Err), Err: &redactedError{text: s.scrub(u.Err.Error()), err: u.Err}}
		}
		if ctx.Err() != nil {
			return &TokenError{URL: s.where, Detail: s.explain(ctx, ctx.Err()), Err: ctx.Err()}
		}
		return s.answered(http.StatusOK, s.clean("what it answers is no token: "+strings.TrimPrefix(err.Error(), "oauth2: ")))
	}
	e := s.answered(refused.Response.StatusCode, s.clean(refused.ErrorDescription))
	e.Code, e.RetryAfter = s.clean(refused.ErrorCode), retryAfter(refused.Response.Header, s.now)
	switch {
	case e.Status/100 == 3:
		e.Detail = "it redirects, and is not followed; if it has moved, give its new address"
	case e.Detail != "" || e.Code != "":
	case looksLikeHTML(refused.Response.Header, refused.Body):
		e.Detail = "an HTML page"
	default:
		e.Detail = s.textDetail(refused.Body)
	}
	if e.Detail == "" {
		e.Detail = tokenTroubles[e.Code]
	}
	if e.Detail == "" {
		e.Detail = "no reason given"
	}
	return e
}

func (s *TokenSource) answered(status int, detail string) *TokenError {
	return &TokenError{URL: s.where, Status: status, Detail: detail}
}

// tokenTroubles say what OAuth's words mean (RFC 6749 section 5.2).
var tokenTroubles = map[string]string{
	"invalid_client":         "the client id or the secret is wrong, or it is to be sent in another way",
	"invalid_scope":          "the client may not have one of the scopes, or there is no such scope",
	"unauthorized_client":    "the client may not use the client credentials grant",
	"unsupported_grant_type": "it does not know the client credentials grant",
}

// A TokenError says why there is no token for a request, which was not sent for that
// reason.
type TokenError struct {
	URL    string // of the token endpoint, without the query
	Status int    // 0: no answer
	// Code is OAuth's word for what is wrong, such as invalid_client (RFC 6749 section
	// 5.2), "" if the endpoint has not used one.
	Code string
	// Detail is the cause in plain words.
	Detail string
	// RetryAfter is what the answer asks for, see [Error].
	RetryAfter time.Duration
	// Err is the transport's error, nil if there was an answer.
	Err error
}

// Error returns one sentence without line breaks, secrets or query.
func (e *TokenError) Error() string {
	text := "no token from " + e.URL
	switch {
	case e.Status != 0 && e.Code != "":
		text += fmt.Sprintf(", which answered %d (%s)", e.Status, e.Code)
	case e.Status != 0:
		text += fmt.Sprintf(", which answered %d", e.Status)
	}
	return text + ": " + e.Detail
}

// Unwrap returns the transport's error, nil if there is none.
func (e *TokenError) Unwrap() error { return e.Err }

// Refused reports whether the endpoint does not give the client tokens, as opposed to
// being in trouble itself.
func (e *TokenError) Refused() bool {
	switch e.Status {
	case 0, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	default:
		return e.Status < 500
	}
}
