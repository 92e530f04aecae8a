package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// A Client calls the admin API. Its methods may be called from any number of
// goroutines.
type Client struct {
	base, apiKey string
	http         *http.Client
}

// The time that an answer may take. For a plan the app is read.
const (
	patience     = 30 * time.Second
	planPatience = 5 * time.Minute
)

// NewClient returns a client of the API at an address such as
// http://127.0.0.1:8088. It gives up after 30 s without an answer, if the httpClient
// does not before. A nil httpClient means one without limits of its own.
func NewClient(address, apiKey string, httpClient *http.Client) *Client {
	if httpClient == nil {
		httpClient = &http.Client{}
	}
	return &Client{base: strings.TrimRight(address, "/") + "/api/v1", apiKey: apiKey, http: httpClient}
}

// An Error is an answer of the admin API that is not a success.
type Error struct {
	Method, Path string
	// Status is the HTTP status.
	Status int
	// Detail says what was wrong and what to do.
	Detail string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %d: %s", e.Method, e.Path, e.Status, e.Detail)
}

// Apps lists the apps.
func (c *Client) Apps(ctx context.Context) ([]App, error) {
	return items[App](ctx, c, "apps")
}

// App reads an app.
func (c *Client) App(ctx context.Context, name string) (*App, error) {
	app := new(App)
	return app, c.do(ctx, http.MethodGet, nil, app, "apps", name)
}

// PutApp connects an app or changes its connection.
func (c *Client) PutApp(ctx context.Context, name string, in AppInput) (*App, error) {
	app := new(App)
	return app, c.do(ctx, http.MethodPut, in, app, "apps", name)
}

// RemoveApp begins to remove an app. Its accounts are left, disabled or deleted; the
// error says how many there are if that is left out, which removes only an app that has
// none. It returns nil if the app is gone, or how far it is.
func (c *Client) RemoveApp(ctx context.Context, name string, accounts string, adopted bool) (*Removal, error) {
	query := url.Values{}
	if accounts != "" {
		query.Set("accounts", accounts)
	}
	if adopted {
		query.Set("adopted", "true")
	}
	var r *Removal
	err := c.send(ctx, http.MethodDelete, query, nil, &r, "apps", name)
	return r, err
}

// Holdings counts what an app has of ours.
func (c *Client) Holdings(ctx context.Context, name string) (*Holdings, error) {
	h := new(Holdings)
	return h, c.do(ctx, http.MethodGet, nil, h, "apps", name, "holdings")
}

// Removal reads how the removal of an app is going, or has ended.
func (c *Client) Removal(ctx context.Context, name string) (*Removal, error) {
	r := new(Removal)
	return r, c.do(ctx, http.MethodGet, nil, r, "removals", name)
}

// StartRun starts a push of the whole current state to an app.
func (c *Client) StartRun(ctx context.Context, app string, in RunInput) (*Run, error) {
	run := new(Run)
	return run, c.do(ctx, http.MethodPost, in, run, "apps", app, "runs")
}

// Plan finds out what a run would do. [RunInput] takes it as JSON.
func (c *Client) Plan(ctx context.Context, app string) (*provisioner.SyncPlan, error) {
	ctx, cancel := context.WithTimeout(ctx, planPatience)
	defer cancel()
	plan := new(provisioner.SyncPlan)
	return plan, c.send(ctx, http.MethodPost, nil, nil, plan, "apps", app, "plan")
}

// StartAudit starts to compare what an app holds with what it was given.
func (c *Client) StartAudit(ctx context.Context, app string, in AuditInput) (*Run, error) {
	run := new(Run)
	return run, c.do(ctx, http.MethodPost, in, run, "apps", app, "audits")
}

// Runs lists runs of an app, newest first; see [provisioner.RunQuery].
func (c *Client) Runs(ctx context.Context, q provisioner.RunQuery) ([]Run, error) {
	query := url.Values{}
	if q.Kind != "" {
		query.Set("kind", string(q.Kind))
	}
	if q.State != "" {
		query.Set("state", string(q.State))
	}
	if q.Limit > 0 {
		query.Set("limit", strconv.Itoa(q.Limit))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var l list[Run]
	err := c.send(ctx, http.MethodGet, query, nil, &l, "apps", q.App, "runs")
	return l.Items, err
}

// Run reads how far a run is and what it did.
func (c *Client) Run(ctx context.Context, app string, id int64) (*Run, error) {
	run := new(Run)
	return run, c.do(ctx, http.MethodGet, nil, run, "apps", app, "runs", strconv.FormatInt(id, 10))
}

// CancelRun stops a run. What has not been tried stays as it was.
func (c *Client) CancelRun(ctx context.Context, app string, id int64) (*Run, error) {
	run := new(Run)
	return run, c.do(ctx, http.MethodPost, nil, run, "apps", app, "runs", strconv.FormatInt(id, 10), "cancel")
}

// Pause stops all work for an app until it is resumed. The reason is for others to
// read.
func (c *Client) Pause(ctx context.Context, name, reason string) error {
	in := struct {
		Reason string `json:"reason,omitempty"`
	}{reason}
	return c.do(ctx, http.MethodPost, in, nil, "apps", name, "pause")
}

// Resume goes on with an app, whatever paused it, and returns the app as it is then.
func (c *Client) Resume(ctx context.Context, name string) (*App, error) {
	out := new(App)
	return out, c.do(ctx, http.MethodPost, nil, out, "apps", name, "resume")
}

// Capabilities reads what is known of an app.
func (c *Client) Capabilities(ctx context.Context, name string) (*Capabilities, error) {
	out := new(Capabilities)
	return out, c.do(ctx, http.MethodGet, nil, out, "apps", name, "capabilities")
}

// TestConnection finds out whether an app answers, and what it can do.
func (c *Client) TestConnection(ctx context.Context, name string, test ConnectionTest) (*Connection, error) {
	out := new(Connection)
	return out, c.do(ctx, http.MethodPost, test, out, "apps", name, "test")
}

// Held lists what the guard holds back of an app.
func (c *Client) Held(ctx context.Context, name string) ([]Held, error) {
	return items[Held](ctx, c, "apps", name, "held")
}

// HeldPage lists what the guard holds back of an app behind a subject, the zero one for
// the first page, and no more than limit.
func (c *Client) HeldPage(ctx context.Context, name string, after Subject, limit int) ([]Held, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var l list[Held]
	err := c.send(ctx, http.MethodGet, pageQuery(after, limit), nil, &l, "apps", name, "held")
	return l.Items, err
}

// Approve lets goodbyes through that are held back, and says how many.
func (c *Client) Approve(ctx context.Context, name string, chosen Chosen) (int, error) {
	var out Decided
	err := c.do(ctx, http.MethodPost, chosen, &out, "apps", name, "held", "approve")
	return out.Decided, err
}

// Reject keeps what is held back as it is, and says how many.
func (c *Client) Reject(ctx context.Context, name string, chosen Chosen) (int, error) {
	var out Decided
	err := c.do(ctx, http.MethodPost, chosen, &out, "apps", name, "held", "reject")
	return out.Decided, err
}

// Resolve decides about a link that needs a person.
func (c *Client) Resolve(ctx context.Context, name string, subject Subject, in ResolutionInput) error {
	return c.do(ctx, http.MethodPost, in, nil, "apps", name, "links", subject.Kind, subject.ID, "resolve")
}

// Remote reads a resource as the app holds it, by the app's id.
func (c *Client) Remote(ctx context.Context, name, kind, id string) (*Remote, error) {
	remote := new(Remote)
	return remote, c.do(ctx, http.MethodGet, nil, remote, "apps", name, "resources", kind, id)
}

// Foreign lists what the app has of a kind that is nobody's here.
func (c *Client) Foreign(ctx context.Context, name, kind string) ([]Remote, error) {
	var l list[Remote]
	err := c.send(ctx, http.MethodGet, url.Values{"kind": {kind}}, nil, &l, "apps", name, "foreign")
	return l.Items, err
}

// Distrust holds back all goodbyes in all apps, for a reason such as that the source
// of the directory has failed. An empty reason ends that.
func (c *Client) Distrust(ctx context.Context, reason string) error {
	if reason == "" {
		return c.do(ctx, http.MethodDelete, nil, nil, "directory", "distrust")
	}
	return c.do(ctx, http.MethodPut, Distrust{Reason: reason}, nil, "directory", "distrust")
}

// Links reads how far an app has come with each user and group.
func (c *Client) Links(ctx context.Context, name string) ([]Link, error) {
	return items[Link](ctx, c, "apps", name, "links")
}

// LinkPage reads how far an app has come with some of its users and groups.
func (c *Client) LinkPage(ctx context.Context, q provisioner.LinkQuery) ([]Link, error) {
	query := pageQuery(Subject{Kind: string(q.After.Kind), ID: q.After.Subject}, q.Limit)
	for name, value := range map[string]string{"kind": string(q.Kind), "state": string(q.State), "id": q.Subject} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if q.Failed {
		query.Set("failed", "true")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var l list[Link]
	err := c.send(ctx, http.MethodGet, query, nil, &l, "apps", q.App, "links")
	return l.Items, err
}

// pageQuery asks for what comes behind a subject, the zero one for the first page, and
// for no more than limit, zero for all.
func pageQuery(after Subject, limit int) url.Values {
	query := url.Values{}
	if after.Kind != "" {
		query.Set("after", after.Kind+"/"+after.ID)
	}
	if limit > 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	return query
}

// Statuses reads how every app is doing.
func (c *Client) Statuses(ctx context.Context) ([]Status, error) {
	return items[Status](ctx, c, "status")
}

// Status reads how an app is doing.
func (c *Client) Status(ctx context.Context, name string) (*Status, error) {
	status := new(Status)
	return status, c.do(ctx, http.MethodGet, nil, status, "apps", name, "status")
}

// Log reads what was tried in an app and what came of it; see
// [provisioner.LogQuery].
func (c *Client) Log(ctx context.Context, q provisioner.LogQuery) ([]LogEntry, error) {
	query := url.Values{}
	set := func(name, value, zero string) {
		if value != zero {
			query.Set(name, value)
		}
	}
	set("kind", string(q.Kind), "")
	set("subject", q.Subject, "")
	set("failed", strconv.FormatBool(q.Failed), "false")
	set("before", strconv.FormatInt(q.Before, 10), "0")
	set("after", strconv.FormatInt(q.After, 10), "0")
	set("limit", strconv.Itoa(q.Limit), "0")
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var l list[LogEntry]
	err := c.send(ctx, http.MethodGet, query, nil, &l, "apps", q.App, "log")
	return l.Items, err
}

// LogEntry reads an attempt with its requests and answers.
func (c *Client) LogEntry(ctx context.Context, app string, id int64) (*LogEntry, error) {
	entry := new(LogEntry)
	return entry, c.do(ctx, http.MethodGet, nil, entry, "apps", app, "log", strconv.FormatInt(id, 10))
}

// Users lists the users.
func (c *Client) Users(ctx context.Context) ([]Resource, error) {
	return items[Resource](ctx, c, "users")
}

// User reads a user.
func (c *Client) User(ctx context.Context, id string) (Resource, error) {
	var user Resource
	err := c.do(ctx, http.MethodGet, nil, &user, "users", id)
	return user, err
}

// PutUser creates a user or replaces their attributes.
func (c *Client) PutUser(ctx context.Context, id string, user Resource) error {
	return c.do(ctx, http.MethodPut, user, nil, "users", id)
}

// DeleteUser takes a user out of the directory.
func (c *Client) DeleteUser(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, nil, nil, "users", id)
}

// Groups lists the groups.
func (c *Client) Groups(ctx context.Context) ([]Resource, error) {
	return items[Resource](ctx, c, "groups")
}

// Group reads a group.
func (c *Client) Group(ctx context.Context, id string) (Resource, error) {
	var group Resource
	err := c.do(ctx, http.MethodGet, nil, &group, "groups", id)
	return group, err
}

// PutGroup creates a group or replaces its attributes and members.
func (c *Client) PutGroup(ctx context.Context, id string, group Resource) error {
	return c.do(ctx, http.MethodPut, group, nil, "groups", id)
}

// DeleteGroup takes a group out of the directory.
func (c *Client) DeleteGroup(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, nil, nil, "groups", id)
}

// AddMember adds a user to a group. Adding a member again changes nothing.
func (c *Client) AddMember(ctx context.Context, group, user string) error {
	return c.do(ctx, http.MethodPut, nil, nil, "groups", group, "members", user)
}

// RemoveMember removes a user from a group.
func (c *Client) RemoveMember(ctx context.Context, group, user string) error {
	return c.do(ctx, http.MethodDelete, nil, nil, "groups", group, "members", user)
}

// AddSubgroup puts a group into a group. Doing it again changes nothing.
func (c *Client) AddSubgroup(ctx context.Context, group, child string) error {
	return c.do(ctx, http.MethodPut, nil, nil, "groups", group, "groups", child)
}

// RemoveSubgroup takes a group out of a group.
func (c *Client) RemoveSubgroup(ctx context.Context, group, child string) error {
	return c.do(ctx, http.MethodDelete, nil, nil, "groups", group, "groups", child)
}

// Presets returns what is known of apps by their make.
func (c *Client) Presets(ctx context.Context) ([]provisioner.Preset, error) {
	return items[provisioner.Preset](ctx, c, "presets")
}

// Preview returns what an app would get of a user by the settings, or by those that it
// has if they are nil. No request is made to the app.
func (c *Client) Preview(ctx context.Context, app string, in PreviewInput) (*Preview, error) {
	var p Preview
	return &p, c.do(ctx, http.MethodPost, in, &p, "apps", app, "preview")
}

// Impact returns what other settings would change of what an app holds.
func (c *Client) Impact(ctx context.Context, app string, in ImpactInput) (*Impact, error) {
	var i Impact
	return &i, c.do(ctx, http.MethodPost, in, &i, "apps", app, "impact")
}

func items[T any](ctx context.Context, c *Client, path ...string) ([]T, error) {
	var l list[T]
	err := c.do(ctx, http.MethodGet, nil, &l, path...)
	return l.Items, err
}

// do makes one request. in is the body, nil for none; out receives the answer's,
// nil to drop it.
func (c *Client) do(ctx context.Context, method string, in, out any, path ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.send(ctx, method, nil, in, out, path...)
}

// send is do with a query, for as long as ctx allows.
func (c *Client) send(ctx context.Context, method string, query url.Values, in, out any, path ...string) error {
	var text strings.Builder
	for _, segment := range path {
		text.WriteString("/" + url.PathEscape(segment))
	}
	var reader io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encoding the body of %s %s: %w", method, text.String(), err)
		}
		reader = bytes.NewReader(data)
	}
	target := c.base + text.String()
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, reader)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.apiKey)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		return answered(method, text.String(), resp)
	}
	if out == nil || resp.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("reading the answer to %s %s: %w", method, text.String(), err)
	}
	return nil
}

func answered(method, path string, resp *http.Response) error {
	e := &Error{Method: method, Path: path, Status: resp.StatusCode}
	var problem struct {
		Detail string `json:"detail"`
		Errors []struct {
			Message  string `json:"message"`
			Location string `json:"location"`
		} `json:"errors"`
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil || json.Unmarshal(data, &problem) != nil || problem.Detail == "" {
		e.Detail = http.StatusText(resp.StatusCode)
		return e
	}
	e.Detail = problem.Detail
	for _, p := range problem.Errors {
		if !strings.Contains(e.Detail, p.Message) {
			e.Detail += "; " + strings.TrimSpace(p.Location+" "+p.Message)
		}
	}
	return e
}
