package steps_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/permiso/scimwright/conformance/steps"
)

// An app is a small SCIM service whose quirks a test can switch on, one at a time.
// It keeps whatever it is given and has no PATCH.
type app struct {
	token string
	url   string

	// noFilter refuses every filter; pageCap bounds a page, 0 for no bound.
	noFilter bool
	pageCap  int
	// noDelete refuses deletes; softDelete answers 204 and keeps the resource.
	noDelete, softDelete bool
	// wantsMatch refuses deletes that do not say of which version.
	wantsMatch bool
	// twins makes another one beside each, and tells nobody.
	twins bool
	// readsAnswer and listsAnswer, if set, are how every read by id, and every list, is
	// answered.
	readsAnswer, listsAnswer int
	// failDeletes answers that many deletes with 503.
	failDeletes int
	// lag is how many reads a resource stays invisible after its create.
	lag int
	// loseCreates carries that many creates out and answers 500.
	loseCreates int
	// noEcho answers creates with a Location and no body.
	noEcho bool
	// impostor, if set, is the id with which every create is answered.
	impostor string
	// echo shows there what was sent, with the id of the impostor.
	echo bool
	// onCreate is called when a create arrives.
	onCreate func()
	// forgets are attributes that are accepted and not kept.
	forgets []string

	mu        sync.Mutex
	next      int
	resources map[string]map[string]map[string]any // collection → id → resource
	order     []string
	hidden    map[string]int
	writes    []string
	missed    int // reads of what is not there
}

func newApp(t *testing.T) *app {
	t.Helper()
	a := &app{
		token:     "the app's own token",
		resources: map[string]map[string]map[string]any{"Users": {}, "Groups": {}},
		hidden:    map[string]int{},
	}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL + "/scim/v2"
	return a
}

func (a *app) target(t *testing.T) *steps.Target {
	t.Helper()
	target, err := steps.NewTarget(steps.TargetConfig{Endpoint: a.url + "/", Token: a.token})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// seed puts a resource into the app that no run has made.
func (a *app) seed(collection string, r map[string]any) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.add(collection, r)
}

func (a *app) add(collection string, r map[string]any) string {
	a.next++
	id := fmt.Sprintf("id-%d", a.next)
	r = maps.Clone(r)
	r["id"] = id
	a.resources[collection][id] = r
	a.order = append(a.order, id)
	return id
}

// left returns how many resources the app has, in a collection.
func (a *app) left(collection string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.resources[collection])
}

// written returns the writes that arrived, as "METHOD /Collection/id".
func (a *app) written() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.writes)
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	path := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, "/scim/v2"), "/"), "/")
	if r.Header.Get("Authorization") != "Bearer "+a.token {
		answer(w, 401, nil)
		return
	}
	if r.Method != http.MethodGet {
		a.writes = append(a.writes, r.Method+" /"+strings.Join(path, "/"))
	}
	if r.Method == http.MethodGet && len(path) == 2 && a.resources[path[0]][path[1]] == nil {
		a.missed++
	}
	if path[0] == "ResourceTypes" {
		answer(w, 200, map[string]any{"totalResults": 2, "Resources": []any{map[string]any{"id": "User"}, map[string]any{"id": "Group"}}})
		return
	}
	all, ok := a.resources[path[0]]
	switch {
	case !ok:
		answer(w, 404, nil)
	case len(path) == 1 && r.Method == http.MethodGet && a.listsAnswer > 0:
		answer(w, a.listsAnswer, nil)
	case len(path) == 2 && r.Method == http.MethodGet && a.readsAnswer > 0:
		answer(w, a.readsAnswer, map[string]any{})
	case len(path) == 1 && r.Method == http.MethodGet:
		a.list(w, path[0], r.URL.Query())
	case len(path) == 1 && r.Method == http.MethodPost:
		a.create(w, path[0], body(r))
	case len(path) != 2 || all[path[1]] == nil || a.hidden[path[1]] > 0:
		if len(path) == 2 {
			a.hidden[path[1]]--
		}
		answer(w, 404, nil)
	case r.Method == http.MethodGet:
		answer(w, 200, all[path[1]])
	case r.Method == http.MethodPut:
		next := a.keep(body(r))
		if a.taken(path[0], path[1], next) {
			answer(w, 409, nil)
			return
		}
		next["id"] = path[1]
		all[path[1]] = next
		answer(w, 200, next)
	case r.Method == http.MethodDelete:
		if a.wantsMatch && r.Header.Get("If-Match") == "" {
			answer(w, 428, nil)
			return
		}
		a.delete(w, path[0], path[1])
	default:
		answer(w, 501, nil)
	}
}

func (a *app) keep(r map[string]any) map[string]any {
	for _, name := range a.forgets {
		delete(r, name)
	}
	return r
}

func (a *app) delete(w http.ResponseWriter, collection, id string) {
	switch {
	case a.noDelete:
		answer(w, 405, nil)
	case a.failDeletes > 0:
		a.failDeletes--
		w.Header().Set("Retry-After", "0")
		answer(w, 503, nil)
	case a.softDelete:
		a.resources[collection][id]["active"] = false
		answer(w, 204, nil)
	default:
		delete(a.resources[collection], id)
		answer(w, 204, nil)
	}
}

// taken reports whether another resource has the user name.
func (a *app) taken(collection, id string, r map[string]any) bool {
	sent, _ := r["userName"].(string)
	for other, o := range a.resources[collection] {
		if name, _ := o["userName"].(string); other != id && name != "" && strings.EqualFold(name, sent) {
			return true
		}
	}
	return false
}

func (a *app) create(w http.ResponseWriter, collection string, r map[string]any) {
	if a.taken(collection, "", r) {
		answer(w, 409, nil)
		return
	}
	if a.onCreate != nil {
		a.onCreate()
	}
	if a.impostor != "" && a.echo {
		r["id"] = a.impostor
		answer(w, 201, r)
		return
	}
	if a.impostor != "" {
		answer(w, 201, a.resources[collection][a.impostor])
		return
	}
	id := a.add(collection, a.keep(r))
	a.hidden[id] = a.lag
	if a.twins {
		twin := a.keep(r)
		twin["userName"] = fmt.Sprint(r["userName"], "-twin")
		a.add(collection, twin)
	}
	switch {
	case a.loseCreates > 0:
		a.loseCreates--
		answer(w, 500, nil)
	case a.noEcho:
		w.Header().Set("Location", a.url+"/"+collection+"/"+id)
		answer(w, 201, nil)
	default:
		answer(w, 201, a.resources[collection][id])
	}
}

var filterForm = regexp.MustCompile(`^(\w+) (eq|sw) (".*")$`)

func (a *app) list(w http.ResponseWriter, collection string, query url.Values) {
	filter := query.Get("filter")
	form := filterForm.FindStringSubmatch(filter)
	if filter != "" && (a.noFilter || form == nil) {
		answer(w, 400, nil)
		return
	}
	var found []any
	for _, id := range a.order {
		r := a.resources[collection][id]
		if r == nil || a.hidden[id] > 0 {
			continue
		}
		if form != nil {
			want, _ := strconv.Unquote(form[3])
			got, _ := r[form[1]].(string)
			if form[2] == "sw" {
				got = got[:min(len(got), len(want))]
			}
			if !strings.EqualFold(got, want) {
				continue
			}
		}
		found = append(found, r)
	}
	total := len(found)
	start, _ := strconv.Atoi(query.Get("startIndex"))
	found = found[min(max(start-1, 0), total):]
	if count, err := strconv.Atoi(query.Get("count")); err == nil {
		found = found[:min(count, len(found))]
	}
	if a.pageCap > 0 {
		found = found[:min(a.pageCap, len(found))]
	}
	answer(w, 200, map[string]any{"totalResults": total, "Resources": found})
}

func body(r *http.Request) map[string]any {
	data, _ := io.ReadAll(r.Body)
	var o map[string]any
	_ = json.Unmarshal(data, &o)
	return o
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	if v != nil {
		_ = json.NewEncoder(w).Encode(v)
	}
}
