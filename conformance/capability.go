package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance/steps"
)

// capabilities are the tags of what a target may advertise in
// /ServiceProviderConfig. Those that it can hardly do without are tried if it says
// nothing.
var capabilities = []struct {
	tag, name string
	tried     bool
}{
	{"@needs-patch", "patch", true},
	{"@needs-filter", "filter", true},
	{"@needs-sort", "sort", false},
	{"@needs-bulk", "bulk", false},
	{"@needs-etag", "etag", false},
	{"@needs-password", "changePassword", false},
	{"@needs-cursor", "pagination.cursor", false},
	{"@needs-index", "pagination.index", false},
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// missing says why a capability cannot be used, by the tag that needs it, as far as
// the target tells.
func missing(d *steps.Discovery, config Config) map[string]string {
	reasons := map[string]string{}
	for _, c := range capabilities {
		switch supported, known := d.Supports(c.name); {
		case !known && !c.tried:
			reasons[c.tag] = fmt.Sprintf("not advertised: /ServiceProviderConfig says nothing about %s", c.name)
		case known && !supported:
			reasons[c.tag] = fmt.Sprintf("not advertised: /ServiceProviderConfig says that %s is not supported", c.name)
		}
	}
	if d.Config["pagination"] == nil {
		reasons["@needs-pagination"] = "not advertised: /ServiceProviderConfig says nothing about pagination"
	}
	if _, why := d.CursorTimeout(); why != "" {
		reasons["@needs-brief-cursors"] = why
	}
	if d.Published.Places("Users") == nil {
		reasons["@needs-schemas"] = "not advertised: the target does not publish the schema of users"
	}
	if _, ok := d.Published.Place("Users", enterprise+":department"); !ok {
		reasons["@needs-enterprise"] = "not advertised: users do not have the enterprise extension"
	}
	if p, ok := d.Published.Place("Users", "userName"); !ok || p.CaseExact {
		reasons["@needs-caseless-usernames"] = "not about this target: its schema does not say that the letter case of userName means nothing"
	}
	if _, ok := d.Published.Place("Users", "x509Certificates.value"); !ok {
		reasons["@needs-certificates"] = "not advertised: users have no x509Certificates"
	}
	if _, ok := d.Published.Place("Users", "groups.value"); !ok {
		reasons["@needs-user-groups"] = "not advertised: users do not show their groups"
	}
	if config.Token == "" {
		reasons["@needs-token"] = "the run has no credentials"
	}
	if strings.HasPrefix(config.Endpoint, "http:") {
		reasons["@needs-tls"] = "the endpoint is plain http"
	}
	for _, name := range []string{"patch", "bulk"} {
		if supported, known := d.Supports(name); supported || !known {
			reasons["@lacks-"+name] = fmt.Sprintf("not about this target: it does not say that it lacks %s", name)
		}
	}
	return reasons
}

// optional are the endpoints that a target may lack without saying so, with the tag
// that needs each.
var optional = []struct {
	tag     string
	request steps.Request
}{
	{"@needs-groups", steps.Request{Method: http.MethodGet, Path: []string{"Groups"}, Query: url.Values{"count": {"1"}}}},
	{"@needs-root", steps.Request{Method: http.MethodGet, Query: url.Values{"filter": {`meta.resourceType eq "User"`}, "count": {"1"}}}},
	{"@needs-me", steps.Request{Method: http.MethodGet, Path: []string{"Me"}}},
	{"@needs-search", steps.Request{
		Method: http.MethodPost, Path: []string{"Users", ".search"},
		Body: []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"count":0}`),
	}},
}

// tryOut asks for what the target may lack without saying so.
func (r *run) tryOut(ctx context.Context) error {
	guard := steps.NewGuard(r.target, r.config.Run)
	for _, o := range optional {
		if !slices.ContainsFunc(r.checks, func(c Check) bool { return slices.Contains(c.Tags, o.tag) }) {
			continue
		}
		request := o.request
		answer, err := guard.Persist(ctx, &request)
		if err != nil {
			return r.unreachable(ctx, err)
		}
		switch answer.Status {
		case http.StatusBadRequest:
			if len(o.request.Path) > 0 {
				break // a check says what is wrong
			}
			fallthrough // the base URL may refuse any search
		case http.StatusNotFound, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
			r.missing[o.tag] = fmt.Sprintf("not offered: %s /%s answered %d", o.request.Method, strings.Join(o.request.Path, "/"), answer.Status)
		}
	}
	return nil
}
