package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// bulkWords are the sentences about bulk requests (RFC 7644 section 3.7).
func (c *client) bulkWords() []definition {
	return []definition{
		define(`the client sends more (operations|bytes) in bulk than the configuration allows`, `the client sends more operations in bulk than the configuration allows`,
			"Sends deletes of what does not exist, beyond bulk.maxOperations or bulk.maxPayloadSize. Skips the scenario if the limit is missing, or higher than a check can go.",
			c.sendTooMuch),
		c.claim(`the operation (\S+) has status `+statuses, `the operation a has status 201`,
			"Demands one of these status codes of the operation with this bulkId. An operation that creates nothing is found by its method and location if its result has no bulkId, which only creates need.",
			c.operationHas),
	}
}

// The limits up to which a check goes to exceed those of a target.
const (
	mostOperations = 5000
	mostBytes      = 8 << 20
)

func (c *client) sendTooMuch(ctx context.Context, what string) error {
	path, most := "bulk.maxOperations", mostOperations
	if what == "bytes" {
		path, most = "bulk.maxPayloadSize", mostBytes
	}
	n, ok := pick(c.s.suite.config.Discovery.Config, path).(json.Number)
	limit, err := strconv.Atoi(n.String())
	if !ok || err != nil || limit < 1 {
		return c.s.skip("not advertised: /ServiceProviderConfig has no %s", path)
	}
	if limit > most {
		return c.s.skip("not tried: %s is %d, and a check goes up to %d", path, limit, most)
	}
	operation := map[string]any{"method": "DELETE", "path": "/Users/" + c.s.guard.unknown}
	operations := []any{operation}
	if what == "bytes" {
		operation["bulkId"] = strings.Repeat("x", limit)
	} else {
		operations = slices.Repeat(operations, limit+1)
	}
	body, err := json.Marshal(map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:BulkRequest"}, "Operations": operations,
	})
	if err != nil {
		return err
	}
	return c.send(ctx, &Request{Method: http.MethodPost, Path: []string{bulk}, Body: body})
}

func (c *client) operationHas(ctx context.Context, bulkID, want string) error {
	return c.about(ctx, "the answer", func(v any) error {
		o := resultOf(c.sent[len(c.sent)-1].request, v, bulkID)
		if o == nil {
			return failf("the answer has no result of the operation %s", bulkID)
		}
		// The RFC's own samples have both forms.
		status := resource(o).get("status")
		if inner, ok := status.(map[string]any); ok {
			status = resource(inner).get("code")
		}
		text, ok := status.(string)
		if !ok || !slices.Contains(list(want), text) {
			why := fmt.Sprint(pick(o, "response.detail"))
			return failf("the operation %s has status %s and should have %s (%s)", bulkID, brief(status), want, clip(why, 160))
		}
		return nil
	})
}

// resultOf finds in an answer the result of the operation that the request calls bulkID,
// nil if there is none. Only creates have to have a bulkId (RFC 7644 section 3.7), so that
// results without one belong, each in its turn, to the first operation of their method
// and location.
func resultOf(request *Request, answer any, bulkID string) map[string]any {
	if o, ok := pick(answer, "Operations[bulkId="+bulkID+"]").(map[string]any); ok {
		return o
	}
	sent, err := parseJSON(request.Body)
	if err != nil {
		return nil
	}
	operations, _ := pick(sent, "Operations").([]any)
	results, _ := pick(answer, "Operations").([]any)
	for _, v := range results {
		result, ok := v.(map[string]any)
		if !ok || result["bulkId"] != nil {
			continue
		}
		i := slices.IndexFunc(operations, func(v any) bool { return answeredBy(v, result) })
		if i < 0 {
			continue
		}
		if operations[i].(map[string]any)["bulkId"] == bulkID {
			return result
		}
		operations = slices.Delete(operations, i, i+1)
	}
	return nil
}

// answeredBy reports whether a result without a bulkId can be that of an operation.
func answeredBy(operation any, result map[string]any) bool {
	o, ok := operation.(map[string]any)
	if !ok || o["method"] == http.MethodPost || o["method"] != result["method"] {
		return false
	}
	path, _ := o["path"].(string)
	location, ok := result["location"].(string)
	return !ok || strings.HasSuffix(location, path)
}
