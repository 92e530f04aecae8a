package mocktarget

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// bulk answers POST /Bulk (RFC 7644 section 3.7): each operation is carried out as
// its own request would be, those that others refer to by bulkId first.
func (x *exchange) bulk() (*answer, error) {
	x.did("bulk", nil, "")
	if err := x.read(x.server.config.Limits.BulkBody, "bulk.maxPayloadSize"); err != nil {
		return nil, err
	}
	body, err := x.decode()
	if err != nil {
		return nil, err
	}
	job, err := x.parseBulk(body)
	if err != nil {
		return nil, err
	}
	job.run()
	x.parsed.Bulk = job.parsed()
	results := make([]any, 0, len(job.operations))
	for _, op := range job.operations {
		if op.result != nil {
			results = append(results, op.result)
		}
	}
	o := scim.NewObject(
		scim.Field{Name: "schemas", Value: []any{scim.BulkResponseSchema}},
		scim.Field{Name: "Operations", Value: results},
	)
	return &answer{status: http.StatusOK, body: o.AppendJSON(nil)}, nil
}

// A bulkJob is a bulk request being carried out.
type bulkJob struct {
	x          *exchange
	operations []*bulkOperation
	byID       map[string]*bulkOperation // POST operations by bulkId
	resolved   map[string]string         // bulkId → id
	failOn     int                       // stop at so many errors; 0: never
	errors     int
	order      visitOrder
}

// A bulkOperation is one operation of a bulk request.
type bulkOperation struct {
	method  string
	bulkID  string
	path    string
	version string
	data    *scim.Object
	typ     *resourceType
	id      string
	problem error // found while parsing
	result  *scim.Object
	parsed  Operation

	seen, low int // of the visit
	onStack   bool
}

// parseBulk reads the body of a bulk request. What is wrong with one operation is
// that operation's result; the error is for the request as a whole.
func (x *exchange) parseBulk(body *scim.Object) (*bulkJob, error) {
	known := false
	for _, uri := range body.Schemas() {
		known = known || strings.EqualFold(uri, scim.BulkRequestSchema)
	}
	if !known {
		return nil, scim.InvalidSyntax("/schemas must list %q", scim.BulkRequestSchema)
	}
	list, ok := body.Get("Operations").([]any)
	if !ok || len(list) == 0 {
		return nil, scim.InvalidSyntax("/Operations must be an array of at least one operation")
	}
	if most := x.server.config.Limits.BulkOperations; len(list) > most {
		return nil, scim.Status(http.StatusRequestEntityTooLarge, "the request has %d operations, more than bulk.maxOperations, which is %d", len(list), most)
	}
	job := &bulkJob{x: x, byID: map[string]*bulkOperation{}, resolved: map[string]string{}}
	switch v := body.Get("failOnErrors").(type) {
	case nil:
	case json.Number:
		n, err := strconv.Atoi(v.String())
		if err != nil || n < 0 {
			return nil, scim.InvalidValue("/failOnErrors must be an integer that is not negative")
		}
		job.failOn = n
	default:
		return nil, scim.InvalidValue("/failOnErrors must be an integer")
	}
	for i, element := range list {
		o, ok := element.(*scim.Object)
		if !ok {
			return nil, scim.InvalidSyntax("/Operations/%d must be an object", i)
		}
		op := x.parseBulkOperation(o)
		if op.method == http.MethodPost && op.bulkID != "" {
			if job.byID[op.bulkID] != nil {
				op.problem = scim.InvalidValue("the bulkId %q stands for another operation already", op.bulkID)
			} else {
				job.byID[op.bulkID] = op
			}
		}
		job.operations = append(job.operations, op)
	}
	return job, nil
}

func (x *exchange) parseBulkOperation(o *scim.Object) *bulkOperation {
	op := &bulkOperation{
		method: strings.ToUpper(o.String("method")), bulkID: o.String("bulkId"), path: o.String("path"),
		version: o.String("version"), data: o.Object("data"),
	}
	t := x.tenant.model.target(op.path)
	op.typ, op.id = t.typ, t.id
	switch op.method {
	case http.MethodPost:
		if t.kind != kindCollection {
			op.problem = scim.InvalidValue("path is %q; POST needs an endpoint such as /Users", clip(op.path))
		} else if op.bulkID == "" {
			op.problem = scim.InvalidValue("POST needs a bulkId")
		}
	case http.MethodPut, http.MethodPatch, http.MethodDelete:
		if t.kind != kindResource {
			op.problem = scim.Status(http.StatusNotFound, "path is %q; %s needs a resource such as /Users/ID", clip(op.path), op.method)
		}
	default:
		op.problem = scim.InvalidSyntax("method is %q; it must be POST, PUT, PATCH or DELETE", clip(op.method))
	}
	if op.problem == nil && op.data == nil && op.method != http.MethodDelete {
		op.problem = scim.InvalidSyntax("%s needs data", op.method)
	}
	op.parsed = Operation{Kind: bulkKind(op.method), ID: op.id}
	if op.typ != nil {
		op.parsed.ResourceType = op.typ.Name
	}
	return op
}

func bulkKind(method string) string {
	switch method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "replace"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		return "delete"
	default:
		return ""
	}
}

func (job *bulkJob) parsed() []Operation {
	list := make([]Operation, len(job.operations))
	for i, op := range job.operations {
		list[i] = op.parsed
	}
	return list
}

// stopped reports whether as many errors have happened as the client allows.
func (job *bulkJob) stopped() bool { return job.failOn > 0 && job.errors >= job.failOn }

// carryOut carries out one operation whose references are resolved.
func (job *bulkJob) carryOut(op *bulkOperation) {
	after, err := job.attempt(op)
	job.settle(op, after, err)
}

func (job *bulkJob) attempt(op *bulkOperation) (stored, error) {
	if op.problem != nil {
		return stored{}, op.problem
	}
	data, err := job.resolve(op)
	if err != nil {
		return stored{}, err
	}
	when := conditions{match: op.version, required: job.x.settings.RequireIfMatch}
	switch op.method {
	case http.MethodPost:
		return job.x.tenant.create(job.x.r.Context(), op.typ, data)
	case http.MethodPut:
		return job.x.tenant.replace(job.x.r.Context(), op.typ, op.id, data, when)
	case http.MethodPatch:
		plan, err := job.x.data().planPatch(op.typ, data, &op.parsed)
		if err != nil {
			return stored{}, err
		}
		return job.x.tenant.patch(job.x.r.Context(), op.typ, op.id, plan, when)
	default:
		return stored{}, job.x.tenant.delete(job.x.r.Context(), op.typ, op.id, when)
	}
}

// settle writes the result of an operation (RFC 7644 section 3.7.3).
func (job *bulkJob) settle(op *bulkOperation, after stored, err error) {
	view := presenter{base: job.x.base}
	result := scim.NewObject(scim.Field{Name: "method", Value: op.method})
	if op.bulkID != "" {
		result.Set("bulkId", op.bulkID)
	}
	op.result = result
	if err != nil {
		job.errors++
		switch {
		case op.method == http.MethodPost:
		case op.id != "" && op.typ != nil:
			result.Set("location", view.location(op.typ, op.id))
		case op.path != "":
			result.Set("location", job.x.base+"/"+strings.TrimPrefix(op.path, "/"))
		}
		wire := job.x.wireError(err)
		op.parsed.Status = wire.Status
		result.Set("status", strconv.Itoa(wire.Status))
		response, parseErr := scim.ParseObject(scim.EncodeError(wire))
		if parseErr != nil {
			panic(parseErr) // our own encoding always parses
		}
		result.Set("response", response)
		return
	}
	status := http.StatusOK
	switch op.method {
	case http.MethodPost:
		status = http.StatusCreated
		job.resolved[op.bulkID] = after.rec.id
		op.parsed.ID = after.rec.id
	case http.MethodDelete:
		status = http.StatusNoContent
	}
	if after.rec != nil {
		result.Set("location", view.location(after.typ, after.rec.id))
		result.Set("version", etag(after.rec))
	} else {
		result.Set("location", view.location(op.typ, op.id))
	}
	op.parsed.Status = status
	result.Set("status", strconv.Itoa(status))
}
