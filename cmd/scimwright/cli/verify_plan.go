package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/steps"
	"github.com/permiso/scimwright/mocktarget"
)

// planVerify plays a run against a stand-in in this process, and prints what it would
// send. The service itself is only asked what it offers.
func planVerify(cmd *cobra.Command, config conformance.Config) error {
	asked := &countingTransport{next: http.DefaultTransport}
	standIn, err := newStandIn(config.Endpoint, config.Token)
	if err != nil {
		return err
	}
	rate := config.Rate
	config.Transport, config.StandIn, config.OnResult = asked, standIn, nil
	config.Settle, config.Tick = 2*time.Millisecond, 2*time.Millisecond
	result, err := conformance.Run(cmd.Context(), config)
	if err != nil {
		return verifyError(conformance.ExitCode(nil, err), err)
	}
	plan := newVerifyPlan(cmd.OutOrStdout(), result)
	for i := range result.Results {
		plan.check(&result.Results[i])
	}
	plan.sum(rate, asked.requests)
	return nil
}

// A verifyPlan prints what a run would send.
type verifyPlan struct {
	w      io.Writer
	report *conformance.Report
	// checks, requests, writes, users and groups count what would be made and sent.
	checks, requests, writes, users, groups, skipped int
}

func newVerifyPlan(w io.Writer, report *conformance.Report) *verifyPlan {
	return &verifyPlan{w: w, report: report}
}

// check prints the requests of one check.
func (p *verifyPlan) check(r *conformance.Result) {
	switch {
	case r.Verdict == conformance.Skip && r.BlockedBy == "" && len(r.Exchanges) == 0:
		if r.Area != "LINT" {
			p.skipped++
		}
		return
	case len(r.Exchanges) == 0:
		return // a rule about what others send
	}
	p.checks++
	fmt.Fprintf(p.w, "%s  %s\n", r.ID, r.Title)
	names := madeUp(r.Exchanges)
	for i := range r.Exchanges {
		p.request(&r.Exchanges[i].Request, names)
	}
}

const shownBody = 300

func (p *verifyPlan) request(r *steps.Request, names *strings.Replacer) {
	p.requests++
	if r.Writes() {
		p.writes++
	}
	users, groups := r.Creates()
	p.users, p.groups = p.users+users, p.groups+groups
	text := r.Method + " /" + strings.Join(r.Path, "/")
	if len(r.Query) > 0 {
		query, _ := url.QueryUnescape(r.Query.Encode())
		text += "?" + query
	}
	for _, name := range sortedKeys(r.Header) {
		text += fmt.Sprintf(" [%s: %s]", name, strings.Join(r.Header[name], ", "))
	}
	var body bytes.Buffer
	if json.Compact(&body, r.Body) != nil {
		body.Reset()
		body.Write(r.Body)
	}
	shown := body.String()
	if len(shown) > shownBody {
		shown = fmt.Sprintf("%s… (%d bytes)", shown[:shownBody], len(r.Body))
	}
	fmt.Fprintf(p.w, "      %s\n", names.Replace(strings.TrimSpace(text+" "+shown)))
}

func sortedKeys(h http.Header) []string {
	var names []string
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// madeUp replaces the ids that the stand-in has given by words that say what they are
// the ids of.
func madeUp(exchanges []steps.Exchange) *strings.Replacer {
	var pairs []string
	for _, x := range exchanges {
		if x.Request.Method != http.MethodPost || x.Answer == nil || x.Answer.Status != http.StatusCreated || len(x.Request.Path) != 1 {
			continue
		}
		var made struct{ ID string }
		if json.Unmarshal(x.Answer.Body, &made) == nil && made.ID != "" {
			kind := strings.ToLower(strings.TrimSuffix(x.Request.Path[0], "s"))
			pairs = append(pairs, made.ID, fmt.Sprintf("{id of %s %d}", kind, len(pairs)/2+1))
		}
	}
	return strings.NewReplacer(pairs...)
}

// sum says what all of it comes to.
func (p *verifyPlan) sum(rate float64, asked int) {
	fmt.Fprintf(p.w, "\n%d requests in %d checks", p.requests, p.checks)
	if rate > 0 {
		took := time.Duration(float64(p.requests) / rate * float64(time.Second))
		fmt.Fprintf(p.w, ", which take about %s at %g a second", took.Round(time.Second), rate)
	}
	fmt.Fprintf(p.w, ". %d of them write: at most %d users and %d groups are made, under names that begin with scimwright-, and removed again; nothing else is changed.\n",
		p.writes, p.users, p.groups)
	if p.skipped > 0 {
		fmt.Fprintf(p.w, "%d checks are left out, since the service does not offer what they are about or the run may not write.\n", p.skipped)
	}
	fmt.Fprintf(p.w, "This is what a faultless service would be sent; %s was sent %d reads, to find out what it offers.\n", p.report.Endpoint, asked)
}

// A countingTransport counts requests.
type countingTransport struct {
	next     http.RoundTripper
	requests int
}

func (c *countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests++
	return c.next.RoundTrip(r)
}

// A standIn answers as a faultless service at an endpoint would.
type standIn struct {
	mock *mocktarget.Server
	// endpoint is where the service is, base where the mock believes to be.
	endpoint, base *url.URL
	token          string
}

func newStandIn(endpoint, token string) (*standIn, error) {
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(endpoint), "/"))
	if err != nil {
		return nil, usagef("the endpoint is not a URL: %v", err)
	}
	base := &url.URL{Scheme: "https", Host: "stand-in.invalid", Path: "/scim/v2"}
	mock, err := mocktarget.New(mocktarget.Config{
		Token: token, BaseURL: base.Scheme + "://" + base.Host, Journal: mocktarget.JournalConfig{Off: true},
	})
	if err != nil {
		return nil, err
	}
	return &standIn{mock: mock, endpoint: u, base: base, token: token}, nil
}

func (s *standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := r.Clone(r.Context())
	escaped := s.base.Path + strings.TrimPrefix(r.URL.EscapedPath(), s.endpoint.EscapedPath())
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, err
	}
	sent.URL = &url.URL{Scheme: s.base.Scheme, Host: s.base.Host, Path: path, RawPath: escaped, RawQuery: r.URL.RawQuery}
	sent.Host, sent.RequestURI = s.base.Host, sent.URL.RequestURI()
	if s.token == "" {
		sent.Header.Set("Authorization", "Bearer "+s.mock.Token())
	}
	response, err := inProcess{s.mock}.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	for _, values := range response.Header {
		for i := range values {
			values[i] = strings.ReplaceAll(values[i], s.base.String(), s.endpoint.String())
		}
	}
	body, err := io.ReadAll(response.Body)
	body = bytes.ReplaceAll(body, []byte(s.base.String()), []byte(s.endpoint.String()))
	response.Body, response.ContentLength, response.Request = io.NopCloser(bytes.NewReader(body)), int64(len(body)), r
	return response, err
}
