package steps

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func (g *Guard) refuseCreate(ctx context.Context, r *Request) string {
	collection := r.Path[0]
	o := (&Answer{Body: r.Body}).object()
	if name := o.text(nameAttribute(collection)); strings.TrimSpace(name) != "" && !g.marked(name) {
		return fmt.Sprintf("the %s %q does not begin with this run's marker %q", nameAttribute(collection), name, g.marker)
	}
	if _, word := g.identity(collection, r.Body); word == "" {
		return fmt.Sprintf("nothing in it begins with this run's marker %q", g.marker)
	}
	return g.refuseBody(ctx, r)
}

// refuseBody holds back what would reach beyond the resource itself, or make it
// impossible to find again.
func (g *Guard) refuseBody(ctx context.Context, r *Request) string {
	var body any
	if json.Unmarshal(r.Body, &body) != nil {
		if bytes.Contains(bytes.ToLower(r.Body), []byte("member")) {
			return "nobody knows whom a body that is not JSON makes a member"
		}
		return ""
	}
	if name := twice(json.NewDecoder(bytes.NewReader(r.Body))); name != "" {
		return fmt.Sprintf("%q is there twice, and nobody knows which one counts", name)
	}
	o, _ := body.(map[string]any)
	if why := g.refuseIdentity(r, o); why != "" {
		return why
	}
	return g.refuseOthers(ctx, r, body)
}

// refuseIdentity keeps the names that others go by out of the run's resources: a
// careless target would take those for the same.
func (g *Guard) refuseIdentity(r *Request, o resource) string {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if why := g.refuseAttribute(r, name, o[name]); why != "" {
			return why
		}
	}
	for _, operation := range o.objects("Operations") {
		if why := g.refuseOperation(r, operation); why != "" {
			return why
		}
	}
	return ""
}

// refuseAttribute holds one attribute to the same, which a name or a path stands for:
// in any letter case, and after the URN of a schema or in an object under it.
func (g *Guard) refuseAttribute(r *Request, path string, v any) string {
	if inner, ok := v.(map[string]any); ok && strings.Contains(path, ":") {
		for _, name := range slices.Sorted(maps.Keys(inner)) {
			if why := g.refuseAttribute(r, path+":"+name, inner[name]); why != "" {
				return why
			}
		}
	}
	name, core := leadingName(path)
	text, _ := v.(string)
	switch {
	case givesRights(name):
		if !empty(v) {
			return "a run gives nobody " + path
		}
	case !core || strings.TrimSpace(text) == "":
	case name == "id":
		if !g.invented(text) && !(len(r.Path) == 2 && r.Path[1] == text) {
			return fmt.Sprintf("it claims the id %q", text)
		}
	case name == "externalid" || strings.EqualFold(name, nameAttribute(r.Path[0])):
		if !g.marked(text) {
			return fmt.Sprintf("the %s %q does not begin with this run's marker %q", path, text, g.marker)
		}
	}
	return ""
}

// givesRights reports whether an attribute lets somebody do more in the target.
func givesRights(name string) bool {
	return strings.EqualFold(name, "roles") || strings.EqualFold(name, "entitlements")
}

// leadingName returns the name of the attribute that a path begins with, in small
// letters, and whether it is one of no extension.
func leadingName(path string) (name string, core bool) {
	path, _, _ = strings.Cut(path, "[")
	at := strings.LastIndexByte(path, ':') + 1
	name, _, _ = strings.Cut(path[at:], ".")
	return strings.ToLower(strings.TrimSpace(name)), at == 0 || strings.Contains(strings.ToLower(path), ":core:")
}

// refuseOperation holds an operation of a PATCH to the same.
func (g *Guard) refuseOperation(r *Request, o resource) string {
	if strings.EqualFold(o.text("op"), "remove") {
		return ""
	}
	if path := o.text("path"); path != "" {
		return g.refuseAttribute(&Request{Path: r.Path[:1]}, path, o.get("value"))
	}
	for _, value := range o.objects("value") {
		if why := g.refuseIdentity(&Request{Path: r.Path[:1]}, value); why != "" {
			return why
		}
	}
	return ""
}

// decisive are the members of bodies by which it is known what a request touches.
var decisive = [...]string{
	"operations", "method", "path", "bulkid", "data", "op", "value", "members", "groups", "id", "username",
	"displayname", "externalid", "roles", "entitlements",
}

// twice returns a decisive member that an object of a JSON text has twice, in any
// letter case, "" if there is none.
func twice(d *json.Decoder) string {
	token, err := d.Token()
	if err != nil {
		return ""
	}
	switch token {
	case json.Delim('['):
		for d.More() {
			if name := twice(d); name != "" {
				return name
			}
		}
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return ""
			}
			name := strings.ToLower(fmt.Sprint(key))
			if seen[name] && slices.Contains(decisive[:], name) {
				return name
			}
			seen[name] = true
			if name := twice(d); name != "" {
				return name
			}
		}
	default:
		return ""
	}
	_, _ = d.Token() // the end of it, or of the text
	return ""
}

// refuseOthers keeps resources that the run did not make out of its groups, and its
// users out of groups that it did not make.
func (g *Guard) refuseOthers(ctx context.Context, r *Request, body any) string {
	attribute := "members"
	if r.Path[0] == users {
		attribute = "groups"
	}
	var ids []string
	collectReferences(body, attribute, &ids)
	if len(ids) >= worthSearching {
		g.recognize(ctx, users)
	}
	for _, id := range ids {
		if !g.invented(id) && !g.owns(ctx, users, id) && !g.owns(ctx, groups, id) {
			return fmt.Sprintf("%q among the %s %s", id, attribute, unmade)
		}
	}
	return ""
}

// collectReferences gathers the ids that a body, or a PATCH, gives as values of an
// attribute: whatever stands below it, and below the value of an operation whose path
// speaks of it.
func collectReferences(v any, attribute string, ids *[]string) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			collectReferences(e, attribute, ids)
		}
	case map[string]any:
		o := resource(v)
		adds := !strings.EqualFold(o.text("op"), "remove")
		if path := strings.ToLower(o.text("path")); adds && strings.Contains(path, attribute) {
			collectValues(o.get("value"), ids)
		}
		for name, e := range v {
			if strings.Contains(strings.ToLower(name), attribute) {
				collectValues(e, ids)
			} else {
				collectReferences(e, attribute, ids)
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
	case float64: // which a careless target takes for a text
		collectValues(strconv.FormatFloat(v, 'f', -1, 64), ids)
	case []any:
		for _, e := range v {
			collectValues(e, ids)
		}
	case map[string]any:
		o := resource(v)
		collectValues(o.get("value"), ids)
		if link := o.text("$ref"); link != "" {
			collectValues(lastSegment(link), ids)
		}
	}
}
