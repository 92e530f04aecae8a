package steps

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const bulk = "Bulk"

// A bulkOperation is one operation of a bulk request, or its result (RFC 7644
// section 3.7).
type bulkOperation struct {
	Method, Path, BulkID, Location string
	Data                           json.RawMessage
	Status                         any
}

// request returns the operation as the request it stands for.
func (o bulkOperation) request() *Request {
	path := strings.Split(strings.Trim(o.Path, "/"), "/")
	return &Request{Method: strings.ToUpper(o.Method), Path: path, Body: o.Data}
}

// bulkOperations reads the operations of a bulk body. Names that differ in letter
// case only are all read, since nobody knows which one the target takes.
func bulkOperations(body []byte) ([]bulkOperation, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return nil, false
	}
	var all []bulkOperation
	for name, raw := range members {
		if !strings.EqualFold(name, "Operations") {
			continue
		}
		var operations []bulkOperation
		if json.Unmarshal(raw, &operations) != nil {
			return nil, false
		}
		all = append(all, operations...)
	}
	return all, true
}

// refuseBulk holds each operation to the rules for single requests. An id may also
// be that of an operation of the same request.
func (g *Guard) refuseBulk(ctx context.Context, r *Request) string {
	operations, readable := bulkOperations(r.Body)
	if r.Method != http.MethodPost || len(r.Path) != 1 || !readable {
		return "a bulk request is a POST of readable operations to /Bulk"
	}
	if name := twice(json.NewDecoder(bytes.NewReader(r.Body))); name != "" {
		return fmt.Sprintf("%q is there twice, and nobody knows which one counts", name)
	}
	references := &Guard{target: g.target, ledger: g.ledger.copy(), marker: g.marker, unknown: g.unknown}
	for _, o := range operations {
		if creates(o.request()) && o.BulkID != "" {
			references.ledger.adopt(o.request().Path[0], "bulkId:"+o.BulkID, entry{})
			references.ledger.prove(o.request().Path[0], "bulkId:"+o.BulkID)
		}
	}
	for _, o := range operations {
		one := o.request()
		if one.Path[0] != users && one.Path[0] != groups {
			return elsewhere
		}
		if len(one.Path) == 2 && g.invented(one.Path[1]) && one.Method != http.MethodPost && one.Method != http.MethodPut {
			continue // whatever is asked for, there is nothing to do it to
		}
		if why := references.refuse(ctx, one); why != "" {
			return one.Method + " " + one.path() + ": " + why
		}
		if !one.writes() {
			return "the method " + o.Method + " is not part of a bulk request"
		}
	}
	return ""
}

// bulk notes what the operations may make, sends them, and enters what they have
// made.
func (g *Guard) bulk(ctx context.Context, r *Request) (*Answer, error) {
	operations, _ := bulkOperations(r.Body)
	intents := make([]*entry, len(operations))
	for i, o := range operations {
		if one := o.request(); creates(one) || one.Method == http.MethodPut && !g.ledger.owns(one.Path[0], one.Path[1]) {
			intent, err := g.intend(one.Path[0], one.Body)
			if err != nil {
				return nil, err
			}
			intents[i] = intent
		}
	}
	answer, err := g.target.do(ctx, r)
	if uncertain(answer, err) {
		return answer, err
	}
	results, readable := bulkOperations(answer.Body)
	for i, intent := range intents {
		switch {
		case intent == nil:
		case !answer.OK():
			g.ledger.drop(intent)
		case readable:
			g.settleBulk(ctx, intent, operations[i], results)
		}
	}
	return answer, nil
}

// settleBulk finds the result of an operation by its bulkId. A create without one
// stays open, and cleanup looks for what it has made by name.
func (g *Guard) settleBulk(ctx context.Context, intent *entry, o bulkOperation, results []bulkOperation) {
	at := slices.IndexFunc(results, func(x bulkOperation) bool { return x.BulkID == o.BulkID && o.BulkID != "" })
	if at < 0 {
		return
	}
	id := lastSegment(results[at].Location)
	switch {
	case id != "" && g.whose(ctx, intent.collection, id) == ours:
		g.ledger.made(intent, id)
		g.ledger.prove(intent.collection, id)
	case id == "":
		g.ledger.drop(intent)
	}
}
