package cli_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
)

// verify runs the verifier in a folder of its own, against a URL.
func verify(ctx context.Context, t *testing.T, url string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	return run(ctx, append([]string{"verify", url, "--token-env", "APP_TOKEN", "--rate", "0", "--settle", "20ms"}, args...)...)
}

// verify runs the verifier against the app.
func (a *app) verify(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return verify(t.Context(), t, a.URL+"/scim/v2", args...)
}

// answer has the app answer what match selects, itself or by nothing at all.
func (a *app) answer(match func(*http.Request) bool, how http.HandlerFunc) {
	before := func(w http.ResponseWriter, r *http.Request) bool {
		if !match(r) {
			return false
		}
		how(w, r)
		return true
	}
	a.before.Store(&before)
}

func (a *app) wantNobody(t *testing.T) {
	t.Helper()
	for _, u := range a.mock.Tenant("default").Resources("User") {
		t.Errorf("%s is left in the app", u.String("userName"))
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func page(code int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

func method(name string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == name }
}

func path(part string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.Contains(r.URL.Path, part) }
}

// Each exit code means what the help says, also where it would be easy to say that all
// is well.
func TestVerifyExitCodes(t *testing.T) {
	config := page(200, "application/scim+json", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]}`)
	for name, c := range map[string]struct {
		prepare func(*app)
		args    []string
		code    int
		says    string // on either stream
	}{
		"nothing wrong":      {nil, []string{"--write", "--only", "CREATE-01"}, 0, "conformant"},
		"by reading":         {nil, []string{"--only", "DISC-01"}, 0, "1 passed"},
		"a failure":          {func(a *app) { a.answer(path("/ServiceProviderConfig"), config) }, []string{"--only", "DISC-02"}, 1, "non-conformant"},
		"a failure in many":  {func(a *app) { a.answer(path("/ServiceProviderConfig"), config) }, []string{"--only", "DISC"}, 1, "FAIL  DISC-02"},
		"a warning":          {func(a *app) { a.answer(path("/Me"), status(418)) }, []string{"--only", "ME-01"}, 0, "WARN"},
		"a strict warning":   {func(a *app) { a.answer(path("/Me"), status(418)) }, []string{"--only", "ME-01", "--profile", "rfc-strict"}, 1, "FAIL"},
		"nothing judged":     {func(a *app) { a.answer(method("POST"), status(500)) }, []string{"--write", "--only", "READ-01"}, 1, "ERROR READ-01"},
		"no such id":         {nil, []string{"--only", "CREATE-999"}, 2, "no such check"},
		"no such area":       {nil, []string{"--skip", "FLT"}, 2, `"FLT"`},
		"no such profile":    {nil, []string{"--profile", "full"}, 2, "use one of rfc, "},
		"none left":          {nil, []string{"--only", "DISC-01", "--skip", "DISC"}, 2, "no scenario matches"},
		"all of it writes":   {nil, []string{"--only", "CREATE-01"}, 2, "add --write"},
		"none by tags":       {nil, []string{"--tags", "@nobody"}, 2, "no scenario matches"},
		"no such flag":       {nil, []string{"--fast"}, 2, "unknown flag"},
		"no such config":     {nil, []string{"--config", "none.yaml"}, 2, "none.yaml"},
		"no such waivers":    {nil, []string{"--waivers", "none.yaml"}, 2, "none.yaml"},
		"two URLs":           {nil, []string{"https://other.example.com"}, 2, "one SCIM base URL"},
		"a rate below zero":  {nil, []string{"--rate", "-1"}, 2, "below zero"},
		"no rate":            {nil, []string{"--rate", "NaN"}, 2, "no number"},
		"a rate in words":    {nil, []string{"--rate", "fast"}, 2, `invalid argument "fast" for --rate: give a number, such as 5`},
		"a time in words":    {nil, []string{"--max-time", "5"}, 2, "such as 10s"},
		"an address":         {nil, []string{"--mail-domain", "me@example.com"}, 2, "without an @"},
		"a time below zero":  {nil, []string{"--max-time", "-1s"}, 2, "above zero"},
		"no time at all":     {nil, []string{"--timeout", "0"}, 2, "above zero"},
		"a report nowhere":   {nil, []string{"--report", os.Args[0]}, 2, "the folder for the report"},
		"wrong extras":       {nil, []string{"--extra-user", "title=QA"}, 2, "a JSON object is wanted"},
		"the ledger is used": {nil, []string{"--write", "--ledger", os.Args[0]}, 2, "a ledger"},
		"refused":            {func(a *app) { a.answer(path("/"), status(401)) }, nil, 3, "the token is refused"},
		"out of time":        {nil, []string{"--write", "--max-time", "1ns"}, 3, "not done after 1ns"},
		"left behind":        {func(a *app) { a.answer(method("DELETE"), status(405)) }, []string{"--write", "--only", "CREATE-01"}, 4, "left behind: User"},
		"left and failed":    {func(a *app) { a.answer(method("DELETE"), status(405)) }, []string{"--write", "--only", "DEL-01,CREATE-01"}, 4, "verify cleanup --ledger"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			a := newApp(t)
			if c.prepare != nil {
				c.prepare(a)
			}
			code, stdout, stderr := a.verify(t, c.args...)
			if code != c.code || !strings.Contains(stdout+stderr, c.says) {
				t.Errorf("exit %d, want %d, and a word of %q:\n%s\n%s", code, c.code, c.says, stdout, stderr)
			}
			if code == 4 {
				return
			}
			a.wantNobody(t)
			if left, _ := filepath.Glob("*.ledger"); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

// What a service says cannot steer the terminal.
func TestVerifyPrintsNoControls(t *testing.T) {
	a := newApp(t)
	a.answer(path("/ServiceProviderConfig"), page(400, "application/scim+json", `{"detail": "no\u001b]0;owned\u0007 \u009b31mway\r"}`))
	code, stdout, stderr := a.verify(t, "--only", "DISC-01")
	if code != 1 || !strings.Contains(stdout, "no�]0;owned� �31mway�") {
		t.Errorf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	if at := strings.IndexFunc(stdout+stderr, func(c rune) bool { return unicode.IsControl(c) && c != '\n' }); at >= 0 {
		t.Errorf("it prints %q", (stdout + stderr)[at:])
	}
}

func TestVerifyIsInterrupted(t *testing.T) {
	a := newApp(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a.answer(func(r *http.Request) bool {
		if r.Method == http.MethodPut {
			cancel()
		}
		return false
	}, nil)
	code, stdout, stderr := verify(ctx, t, a.URL+"/scim/v2", "--write", "--only", "PUT", "--report", "out")
	if code != 130 || !strings.Contains(stderr, "removing what the run has made") || !strings.Contains(stderr, "interrupted") || !strings.Contains(stdout, "wrote out/results.json") {
		t.Errorf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	a.wantNobody(t)
}

// What could not be removed is removed later, by the ledger.
func TestVerifyCleanup(t *testing.T) {
	a := newApp(t)
	a.answer(method("DELETE"), status(403))
	code, stdout, _ := a.verify(t, "--write", "--only", "CREATE-01,GROUP-01", "--ledger", "run.ledger")
	if code != 4 || !strings.Contains(stdout, "cleanup --ledger run.ledger") {
		t.Fatalf("exit %d\n%s", code, stdout)
	}
	cleanup := []string{"verify", "cleanup", "--ledger", "run.ledger", "--token-env", "APP_TOKEN", "--rate", "0"}
	if code, stdout, stderr := run(t.Context(), cleanup...); code != 4 || !strings.Contains(stdout, "left behind: Group") || !strings.Contains(stderr, "run this again") {
		t.Errorf("while nothing can be deleted: exit %d\n%s\n%s", code, stdout, stderr)
	}
	t.Setenv("WRONG_TOKEN", "wrong")
	if code, _, stderr := run(t.Context(), "verify", "cleanup", "--ledger", "run.ledger", "--token-env", "WRONG_TOKEN", "--rate", "0"); code != 3 || !strings.Contains(stderr, "refused") {
		t.Errorf("with a wrong token: exit %d\n%s", code, stderr)
	}
	a.before.Store(nil)
	if code, stdout, stderr := run(t.Context(), cleanup...); code != 0 {
		t.Errorf("at last: exit %d\n%s\n%s", code, stdout, stderr)
	}
	a.wantNobody(t)
	if code, _, stderr := run(t.Context(), cleanup...); code != 2 || !strings.Contains(stderr, "run.ledger") {
		t.Errorf("without the ledger: exit %d\n%s", code, stderr)
	}
}

// Whatever is behind the URL, the verifier says what is wrong, ends soon, and goes
// nowhere else.
func TestVerifyBadInput(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer secure.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, to+r.URL.Path, http.StatusTemporaryRedirect)
		}
	}
	all := path("/")
	for name, c := range map[string]struct {
		url  func(a *app) string
		how  http.HandlerFunc // answers everything, if not nil
		code int
		says string
	}{
		"no scheme":        {func(a *app) string { return strings.TrimPrefix(a.URL, "http://") }, nil, 2, "write it like https://127.0.0.1"},
		"a word":           {func(*app) string { return "scim" }, nil, 2, "not an absolute URL"},
		"another scheme":   {func(*app) string { return "ftp://app.example.com" }, nil, 2, "http or https"},
		"with a password":  {func(*app) string { return "https://u:app-token@app.example.com" }, nil, 2, "holds credentials"},
		"with a query":     {func(a *app) string { return a.URL + "/scim/v2?x=1" }, nil, 2, "query"},
		"plain http":       {func(*app) string { return "http://app.example.com/scim/v2" }, nil, 2, "others can read the token"},
		"a trailing slash": {func(a *app) string { return a.URL + "/scim/v2/" }, nil, 0, ""},
		"without /v2":      {func(a *app) string { return a.URL + "/scim" }, nil, 0, ""},
		"the host alone":   {func(a *app) string { return a.URL }, nil, 3, "seems to be at http://127.0.0.1"},
		"too long a path":  {func(a *app) string { return a.URL + "/scim/v2/Users" }, nil, 3, "seems to be at"},
		"with a second v2": {func(a *app) string { return a.URL + "/scim/v2/v2" }, nil, 3, "seems to be at"},
		"another path":     {func(a *app) string { return a.URL + "/api" }, nil, 3, "check the path"},
		"nobody there":     {func(*app) string { return gone.URL }, nil, 3, "cannot be reached"},
		"wrong TLS":        {func(*app) string { return secure.URL }, nil, 3, "certificate"},
		"no TLS":           {func(a *app) string { return strings.Replace(a.URL, "http:", "https:", 1) }, nil, 3, "does not speak TLS"},
		"HTML":             {nil, page(200, "text/html", "<!doctype html><title>Sign in</title>"), 3, "a web page"},
		"an HTML error":    {nil, page(502, "text/html", "<html>Bad gateway"), 3, "answered 502"},
		"no JSON":          {nil, page(200, "text/plain", "hello"), 3, "no SCIM service"},
		"nothing at all":   {nil, status(204), 3, "no SCIM service"},
		"10 MB":            {nil, page(200, "application/scim+json", `{"x":"`+strings.Repeat("x", 10<<20)+`"}`), 3, "longer than 8 MiB"},
		"hangs":            {nil, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 3, "no answer within 200ms"},
		"stops half way": {nil, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"Resources":[`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, 3, "no answer within 200ms"},
		"resets":                {nil, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 3, "cannot be reached"},
		"429 for ever":          {nil, status(429), 3, "429, too many requests"},
		"500 everywhere":        {nil, status(500), 3, "answered 500"},
		"another host":          {nil, redirect(other.URL), 3, "a redirect to " + other.URL},
		"a redirect to nowhere": {nil, status(302), 3, "a redirect to nowhere"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			a := newApp(t)
			if c.how != nil {
				a.answer(all, c.how)
			}
			url := a.URL + "/scim/v2"
			if c.url != nil {
				url = c.url(a)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			timeout := "30s"
			if strings.Contains(c.says, "200ms") {
				timeout = "200ms"
			}
			code, stdout, stderr := verify(ctx, t, url, "--write", "--only", "CREATE-01", "--timeout", timeout)
			if code != c.code || !strings.Contains(stderr, c.says) || ctx.Err() != nil {
				t.Errorf("exit %d, want %d and a word of %q:\n%s\n%s", code, c.code, c.says, stdout, stderr)
			}
			if strings.Contains(stdout+stderr, "app-token") {
				t.Errorf("the token is told:\n%s\n%s", stdout, stderr)
			}
			a.wantNobody(t)
		})
	}
	if n := elsewhere.Load(); n > 0 {
		t.Errorf("%d requests went to another host", n)
	}
}
