package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Violation is a request that would have touched something that the run did not
// make. It was not sent.
type Violation struct{ Method, Path, Why string }

func (v *Violation) Error() string {
	return fmt.Sprintf("%s %s was not sent: %s", v.Method, v.Path, v.Why)
}

// A Guard is the only way to a target. It lets reads through, lets creates through
// that carry the run's marker, and lets changes through to what the run has made;
// everything else is refused with a [Violation]. It may be used from any number of
// goroutines.
type Guard struct {
	target *Target
	ledger *Ledger
	// marker begins the userName of every user and the displayName of every group
	// that the run makes. It is in lower case.
	marker string
}

// NewGuard returns a guard with an empty ledger for a run.
func NewGuard(target *Target, run string) *Guard {
	return &Guard{target: target, ledger: &Ledger{}, marker: marker(run)}
}

// marker begins every name that a run gives to anything in the target.
func marker(run string) string { return "scimwright-" + run + "-" }

// Do checks a request and sends it. A resource that it creates is entered in the
// ledger before the answer is returned.
func (g *Guard) Do(ctx context.Context, r *Request) (*Answer, error) {
	if why := g.refuse(ctx, r); why != "" {
		return nil, &Violation{Method: r.Method, Path: r.path(), Why: why}
	}
	if !r.writes() || r.Method != http.MethodPost {
		return g.target.do(ctx, r)
	}
	return g.create(ctx, r)
}

// create notes the intent before the request leaves, so that a resource whose
// answer got lost is found again.
func (g *Guard) create(ctx context.Context, r *Request) (*Answer, error) {
	collection := r.Path[0]
	sent := (&Answer{Body: r.Body}).object().text(nameAttribute(collection))
	intent := g.ledger.intend(collection, sent)
	answer, err := g.target.do(ctx, r)
	switch {
	case err != nil, answer.Status >= 500, answer.Status == http.StatusRequestTimeout:
		return answer, err // it may have been carried out
	case !answer.OK():
		g.ledger.drop(intent)
		return answer, nil
	}
	made := answer.object()
	id := made.id()
	if id == "" {
		id = lastSegment(answer.Header.Get("Location"))
	}
	if id == "" {
		return answer, nil
	}
	// A target may answer with a resource that was there before. Only the marker
	// says that it is ours.
	if !g.marked(made.text(nameAttribute(collection))) && !g.carriesMarker(ctx, collection, id) {
		return answer, nil
	}
	g.ledger.made(intent, id)
	return answer, nil
}

func lastSegment(location string) string {
	location = strings.TrimRight(location, "/")
	return location[strings.LastIndexByte(location, '/')+1:]
}

func (g *Guard) marked(name string) bool {
	return strings.HasPrefix(strings.ToLower(name), g.marker)
}

// carriesMarker reads a resource and reports whether the run has made it.
func (g *Guard) carriesMarker(ctx context.Context, collection, id string) bool {
	answer, err := g.target.do(ctx, &Request{Method: http.MethodGet, Path: []string{collection, id}})
	return err == nil && answer.OK() && g.marked(answer.object().text(nameAttribute(collection)))
}

// owns reports whether the run has made a resource. One that is not in the ledger
// may be the work of a create whose answer got lost: then its name tells.
func (g *Guard) owns(ctx context.Context, collection, id string) bool {
	if g.ledger.owns(collection, id) {
		return true
	}
	if len(g.ledger.unsettled(collection)) == 0 || !g.carriesMarker(ctx, collection, id) {
		return false
	}
	g.ledger.adopt(collection, id, "")
	return true
}

// refuse returns why a request must not be sent, "" if it may.
func (g *Guard) refuse(ctx context.Context, r *Request) string {
	for _, segment := range r.Path {
		if segment == "" || segment == "." || segment == ".." || strings.ContainsAny(segment, "/\\") {
			return "the path is not a plain one"
		}
	}
	if !r.writes() {
		if r.Method == http.MethodPost {
			return ""
		}
		if len(r.Body) > 0 {
			return "a read carries a body"
		}
		return ""
	}
	if len(r.Path) == 0 || r.Path[0] != users && r.Path[0] != groups {
		return "the run writes to /Users and /Groups only"
	}
	switch r.Method {
	case http.MethodPost:
		return g.refuseCreate(ctx, r)
	case http.MethodPut, http.MethodPatch, http.MethodDelete:
		if len(r.Path) != 2 {
			return "a change needs the id of one resource"
		}
		if !g.owns(ctx, r.Path[0], r.Path[1]) {
			return "this run did not make the resource"
		}
		return g.refuseMembers(ctx, r)
	default:
		return "the method is not part of SCIM"
	}
}

func (g *Guard) refuseCreate(ctx context.Context, r *Request) string {
	if len(r.Path) != 1 {
		return "a create goes to the collection"
	}
	attribute := nameAttribute(r.Path[0])
	body := (&Answer{Body: r.Body}).object()
	if body == nil {
		return "the body is not a JSON object"
	}
	if name := body.text(attribute); !g.marked(name) {
		return fmt.Sprintf("the %s %q does not begin with this run's marker %q", attribute, name, g.marker)
	}
	return g.refuseMembers(ctx, r)
}

// refuseMembers keeps resources that the run did not make out of its groups.
func (g *Guard) refuseMembers(ctx context.Context, r *Request) string {
	if r.Path[0] != groups {
		return ""
	}
	var body any
	if json.Unmarshal(r.Body, &body) != nil {
		return "" // nothing a target could read a member from
	}
	var ids []string
	collectMembers(body, &ids)
	for _, id := range ids {
		if !g.owns(ctx, users, id) && !g.owns(ctx, groups, id) {
			return fmt.Sprintf("the member %q was not made by this run", id)
		}
	}
	return ""
}

// collectMembers gathers the ids that a group's body, or a PATCH of one, gives as
// members: whatever stands below a "members" attribute, and below the value of an
// operation whose path begins with it.
func collectMembers(v any, ids *[]string) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			collectMembers(e, ids)
		}
	case map[string]any:
		o := resource(v)
		adds := !strings.EqualFold(o.text("op"), "remove")
		if path := strings.ToLower(o.text("path")); adds && strings.Contains(path, "members") {
			collectValues(o.get("value"), ids)
		}
		for name, e := range v {
			if strings.Contains(strings.ToLower(name), "members") {
				collectValues(e, ids)
			} else {
				collectMembers(e, ids)
			}
		}
	}
}

func collectValues(v any, ids *[]string) {
	switch v := v.(type) {
	case string:
		if !slices.Contains(*ids, v) {
			*ids = append(*ids, v)
		}
	case []any:
		for _, e := range v {
			collectValues(e, ids)
		}
	case map[string]any:
		collectValues(resource(v).get("value"), ids)
	}
}
