package scimclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

const clientSecret = `cl13nt &"secret`

// An issuer is a server that issues the tokens t1, t2 … at /token, and an app at
// /scim/v2 that takes those which are good.
type issuer struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	issued int
	// forms are the requests for tokens, asked the authorizations of those to the app.
	forms []string
	asked []string
	// expires is the expires_in of tokens, "" for none.
	expires string
	// good tells which tokens the app takes. Nil means the last one.
	good func(token string) bool
	// token answers requests for tokens instead, nil not to.
	token http.HandlerFunc
	now   time.Time
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{t: t, now: time.Now()}
	i.Server = httptest.NewServer(i)
	t.Cleanup(func() {
		i.CloseClientConnections()
		i.Close()
	})
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/token" {
		i.mu.Lock()
		authorization := r.Header.Get("Authorization")
		i.asked = append(i.asked, authorization)
		token := strings.TrimPrefix(authorization, "Bearer ")
		good := token == i.name(i.issued)
		if i.good != nil {
			good = i.good(token)
		}
		i.mu.Unlock()
		if !good {
			http.Error(w, "not "+token, http.StatusUnauthorized)
			return
		}
		answer(200, "application/scim+json", `{"id": "1"}`)(w, r)
		return
	}
	_ = r.ParseForm()
	id, secret, _ := r.BasicAuth()
	i.mu.Lock()
	i.forms = append(i.forms, fmt.Sprintf("%s|%s|%s|%s|%s", r.Method, id, secret, r.PostForm.Encode(), r.URL.RawQuery))
	override := i.token
	i.mu.Unlock()
	if override != nil {
		override(w, r)
		return
	}
	i.mu.Lock()
	i.issued++
	token, expires := i.name(i.issued), i.expires
	i.mu.Unlock()
	if expires != "" {
		expires = `, "expires_in": ` + expires
	}
	answer(200, "application/json", `{"access_token": "`+token+`", "token_type": "bearer"`+expires+`}`)(w, r)
}

func (i *issuer) name(n int) string { return fmt.Sprintf("issued-token-%d", n) }

func (i *issuer) counts() (tokens, requests int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.forms), len(i.asked)
}

func (i *issuer) want(tokens, requests int) {
	i.t.Helper()
	if gotTokens, gotRequests := i.counts(); gotTokens != tokens || gotRequests != requests {
		i.t.Errorf("%d requests for tokens and %d to the app, want %d and %d", gotTokens, gotRequests, tokens, requests)
	}
}

func (i *issuer) clock() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

func (i *issuer) advance(d time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.now = i.now.Add(d)
}

// client returns a client of the app with a source of tokens.
func (i *issuer) client(change ...func(*scimclient.OAuthClient, *scimclient.Config)) *scimclient.Client {
	i.t.Helper()
	who := scimclient.OAuthClient{TokenURL: i.URL + "/token", ID: "app 1", Secret: clientSecret}
	cfg := scimclient.Config{Endpoint: i.URL + "/scim/v2", Now: i.clock, UserAgent: "scimwright/1.2"}
	for _, f := range change {
		f(&who, &cfg)
	}
	if cfg.Transport == nil {
		transport := scimclient.NewTransport(cfg)
		i.t.Cleanup(transport.(*http.Transport).CloseIdleConnections)
		cfg.Transport = transport
	}
	source, err := scimclient.NewTokenSource(who, cfg)
	if err != nil {
		i.t.Fatal(err)
	}
	cfg.Credential = source
	c, err := scimclient.New(cfg)
	if err != nil {
		i.t.Fatal(err)
	}
	return c
}

func get(t *testing.T, c *scimclient.Client) {
	t.Helper()
	if _, err := c.Get(t.Context(), "/Users", "1"); err != nil {
		t.Error(err)
	}
}

// TestTokenRequest: the client is named where it is said to be, with the scopes.
func TestTokenRequest(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*scimclient.OAuthClient, *scimclient.Config)
		want   string
	}{
		"header": {func(*scimclient.OAuthClient, *scimclient.Config) {}, "POST|app+1|cl13nt+%26%22secret|grant_type=client_credentials|"},
		"body": {func(c *scimclient.OAuthClient, _ *scimclient.Config) { c.InBody = true },
			"POST|||client_id=app+1&client_secret=cl13nt+%26%22secret&grant_type=client_credentials|"},
		"scopes and query": {func(c *scimclient.OAuthClient, _ *scimclient.Config) {
			c.Scopes, c.TokenURL = []string{"scim.read", "scim.write"}, c.TokenURL+"?tenant=a"
		}, "POST|app+1|cl13nt+%26%22secret|grant_type=client_credentials&scope=scim.read+scim.write|tenant=a"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.token = func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("User-Agent") != "scimwright/1.2" || r.Header.Get("Accept") != "application/json" {
					t.Errorf("a token was asked for with %v", r.Header)
				}
				i.mu.Lock()
				i.issued, i.token = 1, nil
				i.mu.Unlock()
				answer(200, "application/json", `{"access_token": "issued-token-1"}`)(w, r)
			}
			get(t, i.client(test.change))
			if !slices.Equal(i.forms, []string{test.want}) || !slices.Equal(i.asked, []string{"Bearer issued-token-1"}) {
				t.Errorf("asked for tokens with %q and the app with %q, want %q", i.forms, i.asked, test.want)
			}
		})
	}
}

// TestTokensAreKept until shortly before they expire.
func TestTokensAreKept(t *testing.T) {
	for _, test := range []struct {
		expires    string
		kept, gone time.Duration // after it was fetched
	}{
		{"3600", time.Hour - 35*time.Second, time.Hour - 30*time.Second},
		{`"3600"`, time.Hour - 35*time.Second, time.Hour - 30*time.Second},
		{"100", 85 * time.Second, 90 * time.Second},
		{"", 1000 * time.Hour, 0},
	} {
		t.Run("expires_in "+test.expires, func(t *testing.T) {
			i := newIssuer(t)
			i.expires = test.expires
			c := i.client()
			get(t, c)
			i.advance(test.kept)
			get(t, c)
			i.want(1, 2)
			if test.gone > 0 {
				i.advance(test.gone - test.kept)
				get(t, c)
				i.want(2, 3)
			}
		})
	}
}

// TestRefusedTokenIsReplaced: after a 401 another token is fetched and the request goes
// out again, once.
func TestRefusedTokenIsReplaced(t *testing.T) {
	i := newIssuer(t)
	var seen []scimclient.Exchange
	c := i.client(func(_ *scimclient.OAuthClient, cfg *scimclient.Config) {
		cfg.Observe = func(x scimclient.Exchange) { seen = append(seen, x) }
	})
	get(t, c)
	i.good = func(token string) bool { return token == "issued-token-2" }
	if _, err := c.Create(t.Context(), "/Users", user("ann")); err != nil {
		t.Errorf("with a token that was revoked: %v", err)
	}
	i.want(2, 3)
	if len(seen) != 3 || seen[1].Status != 401 || string(seen[1].ResponseBody) != "not [redacted]\n" || string(seen[2].RequestBody) != string(seen[1].RequestBody) {
		t.Errorf("observed %+v", seen)
	}
	i.good = func(string) bool { return false }
	_, err := c.Create(t.Context(), "/Users", user("ann"))
	if e := failure(t, err); e.Status != 401 || e.Ambiguous || e.Detail != "not [redacted]" {
		t.Errorf("with tokens that are refused: %v", err)
	}
	i.want(3, 5)
	// Nor is one fetched before the app has refused the last once more. The tokens before
	// that are secrets still.
	i.good = func(token string) bool { return token == "issued-token-4" }
	if _, err := c.Create(t.Context(), "/Users", user("ann")); err != nil {
		t.Error(err)
	}
	i.want(4, 7)
	i.good = func(string) bool { return false }
	_, err = c.Get(t.Context(), "/Users", "issued-token-1")
	if e := failure(t, err); e.Detail != "not [redacted]" || seen[len(seen)-1].URL != i.URL+"/scim/v2/Users/[redacted]" {
		t.Errorf("%v of %s", err, seen[len(seen)-1].URL)
	}
}

// TestTokenIsFetchedOnce however many calls need one at the same time, at first and
// after it was refused.
func TestTokenIsFetchedOnce(t *testing.T) {
	const calls = 20
	i := newIssuer(t)
	c := i.client()
	all := func() {
		var working sync.WaitGroup
		for range calls {
			working.Go(func() { get(t, c) })
		}
		working.Wait()
	}
	all()
	if tokens, _ := i.counts(); tokens != 1 {
		t.Errorf("%d tokens were fetched for %d calls", tokens, calls)
	}
	i.mu.Lock()
	i.good = func(token string) bool { return token == "issued-token-2" }
	i.mu.Unlock()
	all()
	if tokens, _ := i.counts(); tokens != 2 {
		t.Errorf("%d tokens were fetched after the first was revoked, want one", tokens-1)
	}
}

// TestWaitingForAToken: who waits for another's request gives up by his own context, and
// makes the request himself if the other has given up.
func TestWaitingForAToken(t *testing.T) {
	i := newIssuer(t)
	c := i.client()
	asked, proceed := make(chan struct{}, 2), make(chan struct{})
	i.token = func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-proceed:
		case <-r.Context().Done():
			return
		}
		i.mu.Lock()
		i.issued = 1
		i.mu.Unlock()
		answer(200, "application/json", `{"access_token": "issued-token-1"}`)(w, r)
	}
	call := func(ctx context.Context) chan error {
		done := make(chan error, 1)
		go func() {
			_, err := c.Get(ctx, "/Users", "1")
			done <- err
		}()
		return done
	}
	first, giveUp := context.WithCancel(t.Context())
	leads := call(first)
	<-asked
	second, giveUpToo := context.WithCancel(t.Context())
	waits, gives := call(t.Context()), call(second)
	giveUpToo()
	if e := failure(t, <-gives); !errors.Is(e, context.Canceled) || e.Status != 0 || e.Ambiguous {
		t.Errorf("who gives up waiting gets %v", e)
	}
	giveUp()
	if e := failure(t, <-leads); !errors.Is(e, context.Canceled) || e.Status != 0 {
		t.Errorf("who gives up asking gets %v", e)
	}
	<-asked // the other asks himself
	close(proceed)
	if err := <-waits; err != nil {
		t.Errorf("who goes on waiting gets %v", err)
	}
}

// TestTokenAfterAPanic: a transport that panics takes nobody with it but the call whose
// request it was.
func TestTokenAfterAPanic(t *testing.T) {
	i := newIssuer(t)
	broken := true
	c := i.client(func(_ *scimclient.OAuthClient, cfg *scimclient.Config) {
		cfg.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if broken {
				broken = false
				panic("a defect")
			}
			return http.DefaultTransport.RoundTrip(r)
		})
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = c.Get(t.Context(), "/Users", "1")
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := c.Get(ctx, "/Users", "1"); err != nil {
		t.Errorf("the next call: %v", err)
	}
	i.want(1, 1)
}

// TestFailureIsShared: who waits for another's request that fails makes none himself.
func TestFailureIsShared(t *testing.T) {
	i := newIssuer(t)
	c := i.client()
	asked, fail := make(chan struct{}, 2), make(chan struct{})
	i.token = func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-fail
		w.WriteHeader(http.StatusInternalServerError)
	}
	results := make(chan error, 2)
	call := func(ctx context.Context) {
		_, err := c.Get(ctx, "/Users", "1")
		results <- err
	}
	go call(t.Context())
	<-asked
	waiting := make(chan struct{})
	go call(watched{t.Context(), sync.OnceFunc(func() { close(waiting) })})
	<-waiting
	close(fail)
	for range 2 {
		if e := failure(t, <-results); !strings.Contains(e.Detail, "answered 500") {
			t.Errorf("%v", e)
		}
	}
	i.want(1, 0)
}

// A watched context tells when somebody waits for its end.
type watched struct {
	context.Context
	waits func()
}

func (w watched) Done() <-chan struct{} {
	w.waits()
	return w.Context.Done()
}

// TestNoToken: a request for which there is no token is not sent, and the error says
// why in a sentence that holds no secret.
func TestNoToken(t *testing.T) {
	page := "<html><title>Sign in</title>"
	echo := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			basic := strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")
			answer(status, "application/json", strings.NewReplacer("BASIC", basic).Replace(body))(w, r)
		}
	}
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		says    string
		refused bool
	}{
		"wrong client":     {echo(401, `{"error": "invalid_client"}`), "answered 401 (invalid_client): the client id or the secret is wrong", true},
		"described":        {echo(400, `{"error": "invalid_scope", "error_description": "no\nscope scim"}`), "answered 400 (invalid_scope): no scope scim", true},
		"echo":             {echo(400, `{"error": "invalid_request", "error_description": "BASIC cl13nt &\"secret"}`), "(invalid_request): [redacted] [redacted]", true},
		"error as success": {echo(200, `{"error": "invalid_client"}`), "answered 200 (invalid_client)", true},
		"not found":        {answer(404, "text/html", page), "answered 404: an HTML page", true},
		"text":             {answer(403, "text/plain", "not you"), "answered 403: not you", true},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
			"answered 307: it redirects, and is not followed", true},
		"page":       {answer(200, "text/html", page), "answered 200: what it answers is no token", true},
		"no token":   {answer(200, "application/json", `{}`), "what it answers is no token", true},
		"large":      {answer(200, "application/json", `{"access_token": "`+strings.Repeat("x", 2<<20)+`"}`), "what it answers is no token", true},
		"other type": {answer(200, "application/json", `{"access_token": "x", "token_type": "mac"}`), `of the type "mac"`, true},
		"line break": {answer(200, "application/json", `{"access_token": "x\r\nHost: y"}`), "no header can hold", true},
		"in trouble": {answer(500, "application/json", `{"error": "server_error"}`), "answered 500 (server_error)", false},
		"too many":   {answer(429, "application/json", ``), "answered 429", false},
		"too slow":   {answer(408, "application/json", ``), "answered 408", false},
		"too early":  {answer(425, "application/json", ``), "answered 425", false},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.token = test.answer
			_, err := i.client().Create(t.Context(), "/Users", user("ann"))
			e := failure(t, err)
			var noToken *scimclient.TokenError
			if !errors.As(err, &noToken) || !strings.Contains(e.Error(), "no token from "+i.URL+"/token, which "+test.says) && !strings.Contains(e.Error(), test.says) ||
				noToken.Refused() != test.refused {
				t.Errorf("%v, want %q", err, test.says)
			}
			if e.Status != 0 || e.Ambiguous || strings.Contains(err.Error(), "secret\"") || strings.Contains(err.Error(), "cl13nt") {
				t.Errorf("%+v", e)
			}
			i.want(1, 0)
		})
	}
}

// TestTokenRetryAfter: when the token endpoint wants to be asked again is in its error.
func TestTokenRetryAfter(t *testing.T) {
	i := newIssuer(t)
	i.token = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "90")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, err := i.client().Get(t.Context(), "/Users", "1")
	if e, ok := errors.AsType[*scimclient.TokenError](err); !ok || e.RetryAfter != 90*time.Second || e.Refused() {
		t.Errorf("%v", err)
	}
}

// TestTokenEndpointIsGuarded: the token endpoint is reached by the rules of the SCIM
// endpoint, and what goes wrong on the way is told apart from an answer.
func TestTokenEndpointIsGuarded(t *testing.T) {
	t.Run("secure", func(t *testing.T) {
		i := newIssuer(t)
		secure := httptest.NewUnstartedServer(i)
		secure.Config.ErrorLog = log.New(io.Discard, "", 0)
		secure.StartTLS()
		t.Cleanup(secure.Close)
		_, err := i.client(func(c *scimclient.OAuthClient, _ *scimclient.Config) { c.TokenURL = secure.URL + "/token" }).Get(t.Context(), "/Users", "1")
		if e := failure(t, err); !strings.Contains(e.Detail, "certificate is not trusted") || e.Status != 0 {
			t.Errorf("%v", err)
		}
		i.want(0, 0)
	})
	t.Run("nobody", func(t *testing.T) {
		i := newIssuer(t)
		_, err := i.client(func(c *scimclient.OAuthClient, _ *scimclient.Config) { c.TokenURL = "http://127.0.0.1:1/token" }).Get(t.Context(), "/Users", "1")
		if e := failure(t, err); e.Detail != "no token from http://127.0.0.1:1/token: connection refused; nothing listens there" {
			t.Errorf("%v", err)
		}
	})
	t.Run("private", func(t *testing.T) {
		i := newIssuer(t)
		dialled := func(c *scimclient.OAuthClient, cfg *scimclient.Config) {
			// A name passes until it is resolved.
			c.TokenURL = strings.Replace(i.URL, "127.0.0.1", "localhost", 1) + "/token"
			cfg.DenyPrivate, cfg.Endpoint = true, "https://app.example"
		}
		_, err := i.client(dialled).Get(t.Context(), "/Users", "1")
		if refused, ok := errors.AsType[*scimclient.RefusedAddressError](err); !ok || !refused.Private {
			t.Errorf("%v", err)
		}
		i.want(0, 0)
	})
	t.Run("slow", func(t *testing.T) {
		i := newIssuer(t)
		i.token = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		_, err := i.client(func(_ *scimclient.OAuthClient, cfg *scimclient.Config) { cfg.Timeout = 50 * time.Millisecond }).Get(t.Context(), "/Users", "1")
		if e := failure(t, err); !strings.HasSuffix(e.Detail, "no answer within 50ms") {
			t.Errorf("%v", err)
		}
	})
}

func TestOAuthClientsThatCannotBe(t *testing.T) {
	good := scimclient.OAuthClient{TokenURL: "https://a.example/token", ID: "id", Secret: "hunter2"}
	for name, test := range map[string]struct {
		change func(*scimclient.OAuthClient)
		says   string
	}{
		"no address":     {func(c *scimclient.OAuthClient) { c.TokenURL = "" }, "OAuth token endpoint: no URL given"},
		"fragment":       {func(c *scimclient.OAuthClient) { c.TokenURL = "https://a.example/token?a#b" }, "fragment"},
		"password":       {func(c *scimclient.OAuthClient) { c.TokenURL = "https://u:hunter2@a.example/token" }, "user name or password"},
		"metadata":       {func(c *scimclient.OAuthClient) { c.TokenURL = "http://169.254.169.254/token" }, "never contacted"},
		"private":        {func(c *scimclient.OAuthClient) { c.TokenURL = "http://10.0.0.1/token" }, "private address"},
		"no id":          {func(c *scimclient.OAuthClient) { c.ID = "" }, "no id or no secret"},
		"no secret":      {func(c *scimclient.OAuthClient) { c.Secret = "" }, "no id or no secret"},
		"line break":     {func(c *scimclient.OAuthClient) { c.Secret = "hunter2\n" }, "line break"},
		"several in one": {func(c *scimclient.OAuthClient) { c.Scopes = []string{"a b"} }, "give each one by itself"},
	} {
		client := good
		test.change(&client)
		_, err := scimclient.NewTokenSource(client, scimclient.Config{DenyPrivate: true, Transport: http.DefaultTransport})
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "nter2") {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
	}
}
