package steps_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/permiso/scimwright/conformance/steps"
)

// Defects that a pusher can have. Each is a way in which real provisioners harm
// their users.
type defect string

const (
	neverDisables     defect = "never disables"
	deletesInstead    defect = "deletes instead of disabling"
	deletesLeavers    defect = "deletes who leaves the directory"
	duplicatesOnRetry defect = "makes a second account when an answer got lost"
	neverRetries      defect = "never tries again"
	wipesEmails       defect = "wipes the e-mails at every update"
	repeatsWrites     defect = "writes what the app has already"
	neverClears       defect = "cannot clear an attribute"
	renamesByCreate   defect = "makes a new account for a new user name"
	ignoresExisting   defect = "gives up on an account that exists"
	takesOver         defect = "takes over the accounts of other directories"
	createsDisabled   defect = "creates disabled people"
	reopens           defect = "opens a disabled account at the next change"
	forgetsLast       defect = "never removes the last member"
	ousts             defect = "throws out members that others put in"
	needsGroups       defect = "stops at an app without groups"
	hidesFailures     defect = "reports failures as delivered"
	dropsAccents      defect = "drops what is not ASCII"
	deletesGroups     defect = "deletes groups that were there before"
	wrongID           defect = "makes up an externalId"
	neverRenamesGroup defect = "makes a new group for a new name"
	prunes            defect = "deletes accounts that it does not know"
	namesManagers     defect = "names managers by the directory's id"
)

// A pusher is a plain, level-triggered provisioner on raw HTTP: one goroutine that
// compares what each subject should be with what it last put there.
type pusher struct {
	defect defect
	client *http.Client

	endpoint, token string

	mu       sync.Mutex
	wake     *sync.Cond
	subjects map[string]*pushed
	order    []string
	closed   bool
	stopped  chan struct{}
}

// A pushed subject is a user or group, the app's id of it, and how far it is.
type pushed struct {
	kind    steps.Kind
	id      string
	want    map[string]any // nil once it has left
	members []string

	remote  string
	adopted bool
	acked   string
	ours    []string // the members that we put there
	due     bool
	tries   int
	state   string
	reason  string
}

func newPusher(d defect) *pusher {
	p := &pusher{defect: d, client: &http.Client{Transport: &http.Transport{}}, subjects: map[string]*pushed{}, stopped: make(chan struct{})}
	p.wake = sync.NewCond(&p.mu)
	return p
}

func (p *pusher) Connect(_ context.Context, endpoint, token string) error {
	p.endpoint, p.token = endpoint, token
	go p.work()
	return nil
}

func (p *pusher) Close() error {
	p.mu.Lock()
	p.closed = true
	p.wake.Broadcast()
	p.mu.Unlock()
	<-p.stopped
	p.client.CloseIdleConnections()
	return nil
}

func (p *pusher) Send(_ context.Context, c steps.Change) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.subjects[c.ID]
	if s == nil {
		if c.Op != steps.OpPut {
			return fmt.Errorf("%s is not known", c.ID)
		}
		s = &pushed{kind: c.Kind, id: c.ID}
		p.subjects[c.ID] = s
		p.order = append(p.order, c.ID)
	}
	switch c.Op {
	case steps.OpPut:
		s.want, s.members = nil, nil
		if err := json.Unmarshal(c.Attributes, &s.want); err != nil {
			return err
		}
		values, _ := s.want["members"].([]any)
		for _, v := range values {
			s.members = append(s.members, v.(map[string]any)["value"].(string))
		}
		delete(s.want, "members")
	case steps.OpDelete:
		s.want, s.members = nil, nil
		for _, g := range p.subjects {
			g.members = slices.DeleteFunc(g.members, func(m string) bool { return m == c.ID })
		}
	case steps.OpAddMember:
		if !slices.Contains(s.members, c.Member) {
			s.members = append(s.members, c.Member)
		}
	case steps.OpRemoveMember:
		s.members = slices.DeleteFunc(s.members, func(m string) bool { return m == c.Member })
	}
	p.touch()
	return nil
}

// touch makes everything due: what is the same already costs no write.
func (p *pusher) touch() {
	for _, s := range p.subjects {
		s.due, s.tries = true, 0
	}
	p.wake.Broadcast()
}

func (p *pusher) Sync(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.defect == prunes {
		p.prune()
	}
	p.touch()
	return nil
}

func (p *pusher) Settle(ctx context.Context) ([]steps.Subject, error) {
	for {
		p.mu.Lock()
		busy := false
		var out []steps.Subject
		for _, id := range p.order {
			s := p.subjects[id]
			busy = busy || s.due && s.tries == 0
			state := s.state
			if p.defect == hidesFailures && state != "skipped" {
				state = "converged"
			}
			out = append(out, steps.Subject{Kind: s.kind, ID: s.id, State: state, Reason: s.reason})
		}
		p.mu.Unlock()
		if !busy {
			return out, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

func (p *pusher) work() {
	defer close(p.stopped)
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed {
		var next *pushed
		for _, kind := range []steps.Kind{steps.KindUser, steps.KindGroup} {
			for _, id := range p.order {
				if s := p.subjects[id]; next == nil && s.kind == kind && s.due && (s.tries == 0 || p.defect != neverRetries) {
					if next == nil || s.tries < next.tries {
						next = s
					}
				}
			}
		}
		if next == nil {
			p.wake.Wait()
			continue
		}
		p.attempt(next)
		if next.due {
			p.mu.Unlock()
			time.Sleep(2 * time.Millisecond) // the pause between two retries
			p.mu.Lock()
		}
	}
}

// attempt makes one try, with the lock held: this provisioner does one thing at a
// time.
func (p *pusher) attempt(s *pushed) {
	had := s.remote
	err := p.push(s)
	s.tries++
	for _, other := range p.subjects {
		if s.remote != had && managerOf(other.want) == s.id {
			other.due, other.tries = true, 0
		}
	}
	var refused *refusal
	switch {
	case err == nil:
		s.due = false
	case errors.As(err, &refused):
		s.state, s.reason, s.due = "conflict", err.Error(), false
	default:
		s.state, s.reason = "failing", err.Error()
		if p.defect == neverRetries {
			s.due = false
		}
	}
}

// A refusal is a failure that no retry mends.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

func (p *pusher) push(s *pushed) error {
	if s.kind == steps.KindGroup {
		return p.pushGroup(s)
	}
	payload := p.payload(s)
	if s.remote == "" {
		if s.want == nil && s.acked == "" {
			s.state = "gone"
			return nil
		}
		created, err := p.establish(s, "Users", "userName", payload)
		if err != nil || s.remote == "" || created {
			return err
		}
	}
	if p.defect == renamesByCreate && s.acked != "" && payload["userName"] != ackedValue(s, "userName") {
		s.remote, s.acked = "", ""
		return p.push(s)
	}
	gone := payload["active"] == false
	if gone && (p.defect == deletesInstead || p.defect == deletesLeavers && s.want == nil) {
		if err := p.call("DELETE", nil, nil, "Users", s.remote); err != nil {
			return err
		}
		s.remote, s.state = "", "gone"
		return nil
	}
	return p.put(s, "Users", payload)
}

func ackedValue(s *pushed, name string) any {
	var acked map[string]any
	_ = json.Unmarshal([]byte(s.acked), &acked)
	return acked[name]
}

// payload is what the app should hold of a person.
func (p *pusher) payload(s *pushed) map[string]any {
	payload := maps.Clone(s.want)
	if payload == nil {
		_ = json.Unmarshal([]byte(s.acked), &payload)
		if payload == nil {
			payload = map[string]any{}
		}
		payload["active"] = false
	}
	if p.defect == neverDisables || p.defect == reopens && s.acked != "" && ackedValue(s, "active") == false {
		payload["active"] = true
	}
	payload["schemas"] = []any{"urn:ietf:params:scim:schemas:core:2.0:User"}
	payload["externalId"] = s.id
	p.setManager(payload)
	if p.defect == wrongID {
		payload["externalId"] = "made-up-" + s.id
	}
	if p.defect == dropsAccents {
		payload["name"] = ascii(payload["name"])
	}
	return payload
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// managerOf returns the directory's id of somebody's manager.
func managerOf(person map[string]any) string {
	extension, _ := person[enterprise].(map[string]any)
	manager, _ := extension["manager"].(map[string]any)
	id, _ := manager["value"].(string)
	return id
}

// setManager names the manager by the app's id, or not at all.
func (p *pusher) setManager(payload map[string]any) {
	manager := p.subjects[managerOf(payload)]
	switch {
	case p.defect == namesManagers:
	case manager == nil || manager.remote == "":
		delete(payload, enterprise)
	default:
		payload[enterprise] = map[string]any{"manager": map[string]any{"value": manager.remote}}
	}
}

func ascii(v any) any {
	o, _ := v.(map[string]any)
	o = maps.Clone(o)
	for k, e := range o {
		text, _ := e.(string)
		o[k] = string(slices.DeleteFunc([]rune(text), func(r rune) bool { return r > 126 }))
	}
	return o
}

// establish finds or makes the resource. It reports whether it made it.
func (p *pusher) establish(s *pushed, collection, nameAttribute string, payload map[string]any) (bool, error) {
	found, err := p.search(collection, nameAttribute, payload[nameAttribute])
	if err != nil {
		return false, err
	}
	if found != nil && p.defect != ignoresExisting && (p.defect != duplicatesOnRetry || s.tries == 0) {
		if owner, _ := found["externalId"].(string); owner != "" && owner != s.id && p.defect != takesOver {
			return false, &refusal{"the account belongs to another directory"}
		}
		s.remote, s.adopted = found["id"].(string), found["externalId"] != s.id
		return false, nil
	}
	if payload["active"] == false && p.defect != createsDisabled {
		s.state = "skipped"
		return false, nil
	}
	if p.defect == duplicatesOnRetry && s.tries > 0 && collection == "Users" {
		payload["userName"] = fmt.Sprintf("%s.%d", payload["userName"], s.tries)
	}
	var made map[string]any
	if err := p.call("POST", payload, &made, collection); err != nil {
		return false, err
	}
	s.remote, _ = made["id"].(string)
	s.acked, s.state, s.reason = text(payload), "converged", ""
	return true, nil
}

func (p *pusher) search(collection, attribute string, value any) (map[string]any, error) {
	var list struct{ Resources []map[string]any }
	filter := url.Values{"filter": {attribute + " eq " + strconv.Quote(fmt.Sprint(value))}}
	if err := p.call("GET", nil, &list, collection+"?"+filter.Encode()); err != nil {
		return nil, err
	}
	if len(list.Resources) == 0 {
		return nil, nil
	}
	return list.Resources[0], nil
}

// put replaces the resource if it differs from what was put there last.
func (p *pusher) put(s *pushed, collection string, payload map[string]any) error {
	if text(payload) == s.acked && p.defect != repeatsWrites {
		s.state, s.reason = "converged", ""
		return nil
	}
	var current map[string]any
	if err := p.call("GET", nil, &current, collection, s.remote); err != nil {
		if !isStatus(err, 404) {
			return err
		}
		s.remote, s.acked = "", ""
		return p.push(s)
	}
	if s.acked != "" && p.defect != neverClears {
		var acked map[string]any
		_ = json.Unmarshal([]byte(s.acked), &acked)
		for name := range acked {
			delete(current, name)
		}
	}
	maps.Copy(current, payload)
	if p.defect == wipesEmails {
		delete(current, "emails")
	}
	if err := p.call("PUT", current, nil, collection, s.remote); err != nil {
		return err
	}
	s.acked, s.state, s.reason = text(payload), "converged", ""
	return nil
}

// prune deletes every account that the directory does not know.
func (p *pusher) prune() {
	var list struct{ Resources []map[string]any }
	_ = p.call("GET", nil, &list, "Users")
	for _, r := range list.Resources {
		if id, _ := r["externalId"].(string); p.subjects[id] == nil {
			_ = p.call("DELETE", nil, nil, "Users", fmt.Sprint(r["id"]))
		}
	}
}

func values(ids []string) []any {
	out := []any{}
	for _, id := range ids {
		out = append(out, map[string]any{"value": id})
	}
	return out
}

func text(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}

type badStatus int

func (s badStatus) Error() string { return fmt.Sprintf("the app answered %d", int(s)) }

func isStatus(err error, status int) bool {
	var got badStatus
	return errors.As(err, &got) && int(got) == status
}

// call makes one request and reads the answer into out.
func (p *pusher) call(method string, in, out any, path ...string) error {
	var body []byte
	if in != nil {
		body = []byte(text(in))
	}
	target := p.endpoint
	for _, segment := range path {
		target += "/" + segment
	}
	request, err := http.NewRequest(method, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return badStatus(response.StatusCode)
	}
	if out != nil {
		return json.NewDecoder(response.Body).Decode(out)
	}
	return nil
}
