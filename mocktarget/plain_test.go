package mocktarget_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A plainStore is the simplest server that the benchmarks are compared with: a slice
// of objects and a map of their ids behind a lock. Each search looks at every
// resource, each sorted page sorts all of them, members are part of their group.
type plainStore struct {
	mu     sync.RWMutex
	tables map[string]*plainTable // by endpoint
}

type plainTable struct {
	rt   *scim.ResourceType
	rows []*scim.Object
	at   map[string]int // by id
}

func newPlainStore() *plainStore {
	s := &plainStore{tables: map[string]*plainTable{}}
	for _, rt := range []*scim.ResourceType{scim.UserType(), scim.GroupType()} {
		s.tables[rt.Endpoint] = &plainTable{rt: rt, at: map[string]int{}}
	}
	return s
}

func (t *plainTable) add(o *scim.Object) {
	t.at[o.ID()] = len(t.rows)
	t.rows = append(t.rows, o)
}

// clone is the snapshot of a store like this.
func (s *plainStore) clone() *plainStore {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := newPlainStore()
	for endpoint, t := range s.tables {
		for _, o := range t.rows {
			c.tables[endpoint].add(o.Clone())
		}
	}
	return c
}

func (s *plainStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, endpoint, id := splitPath(r.URL.Path)
	t := s.tables[endpoint]
	var status int
	var answer []byte
	var err error
	switch {
	case r.Method == "GET" && id != "":
		s.mu.RLock()
		status, answer = 200, t.rows[t.at[id]].AppendJSON(nil)
		s.mu.RUnlock()
	case r.Method == "GET":
		s.mu.RLock()
		status, answer, err = t.list(r)
		s.mu.RUnlock()
	default:
		s.mu.Lock()
		status, answer, err = t.write(r, id)
		s.mu.Unlock()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func splitPath(path string) (rest, endpoint, id string) {
	parts := strings.Split(strings.TrimPrefix(path, "/scim/v2/"), "/")
	if len(parts) > 1 {
		id = parts[1]
	}
	return path, "/" + parts[0], id
}

func (t *plainTable) list(r *http.Request) (int, []byte, error) {
	query := r.URL.Query()
	found := t.rows
	if text := query.Get("filter"); text != "" {
		e, err := scim.ParseFilter(text)
		if err != nil {
			return 0, nil, err
		}
		matches, err := t.rt.CompileFilter(e)
		if err != nil {
			return 0, nil, err
		}
		found = nil
		for _, o := range t.rows {
			if matches(o) {
				found = append(found, o)
			}
		}
	}
	if by := query.Get("sortBy"); by != "" {
		path, err := scim.ParseAttributePath(by)
		if err != nil {
			return 0, nil, err
		}
		ref, err := t.rt.Resolve(path)
		if err != nil {
			return 0, nil, err
		}
		found = slices.Clone(found)
		slices.SortStableFunc(found, func(a, b *scim.Object) int {
			return scim.Compare(ref.Target(), ref.SortValue(a), ref.SortValue(b))
		})
	}
	start, _ := strconv.Atoi(query.Get("startIndex"))
	count, _ := strconv.Atoi(query.Get("count"))
	from := min(max(start, 1)-1, len(found))
	page := scim.ListResponse{TotalResults: len(found), StartIndex: max(start, 1), Resources: found[from:min(from+count, len(found))]}
	page.ItemsPerPage = len(page.Resources)
	return 200, page.AppendJSON(nil), nil
}

func (t *plainTable) write(r *http.Request, id string) (int, []byte, error) {
	text := make([]byte, r.ContentLength)
	if _, err := r.Body.Read(text); err != nil && err.Error() != "EOF" {
		return 0, nil, err
	}
	body, err := scim.ParseObject(text)
	if err != nil {
		return 0, nil, err
	}
	if r.Method == "POST" {
		o, err := t.rt.Validate(body, nil)
		if err != nil {
			return 0, nil, err
		}
		name := scim.Fold(o.String("userName"))
		for _, other := range t.rows {
			if scim.Fold(other.String("userName")) == name {
				return 0, nil, scim.Uniqueness("userName %q is taken", name)
			}
		}
		o.Set("id", "plain-"+strconv.Itoa(len(t.rows)))
		t.add(o)
		return 201, o.AppendJSON(nil), nil
	}
	patch, err := scim.ParsePatch(body)
	if err != nil {
		return 0, nil, err
	}
	next, _, err := t.rt.Apply(patch, t.rows[t.at[id]])
	if err != nil {
		return 0, nil, err
	}
	t.rows[t.at[id]] = next
	if t.rt.Endpoint == "/Groups" {
		return 204, nil, nil
	}
	return 200, next.AppendJSON(nil), nil
}
