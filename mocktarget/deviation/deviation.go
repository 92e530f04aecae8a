// Package deviation makes a SCIM server depart from the RFCs on purpose. A
// [Deviation] is one departure that can be seen on the wire: an answer with the wrong
// status, a filter that is passed over, a PATCH that does half of what it should.
// A [Set] is those that are on.
//
// The server takes a request through fixed phases and tells the set of each: route,
// decode, search, plan, store, respond. A deviation is a row of a table that hooks into
// the phases it needs, so the server itself knows none of them.
//
// [All] lists them. Most break a requirement of an RFC, and a check of a verifier
// should find them out. Those that are [Deviation.Legal] do something that the RFCs
// leave open, and no check should mind.
package deviation

import (
	"net/url"
	"slices"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Deviation is one observable departure from what the server does by itself.
type Deviation struct {
	// Name says what is different, in words with dashes between them. It never changes.
	Name string
	// Area is the part of the protocol it is about, such as "CREATE", as in the ids of
	// checks.
	Area string
	// Summary is one sentence about what a client sees.
	Summary string
	// Requirements are the ids of what it breaks, or, of a legal one, of what leaves it
	// open. A legal one may have none.
	Requirements []string
	// Legal tells that the RFCs allow it.
	Legal bool

	// The hooks, in the order of the phases; nil ones do nothing. Each may change what
	// it is given.

	// Route sees a request before anything else does. It may turn it into another one,
	// let it in whoever sent it, or answer it.
	Route func(*Request)
	// Decode sees the body before it is parsed.
	Decode func(*Request)
	// Search sees the parameters of a list or a search, wherever they came from.
	Search func(*Request, url.Values)
	// Plan sees a patch that has been understood.
	Plan func(*Request, *scim.Patch)
	// Store sees a document that is about to be stored.
	Store func(*Write)
	// Tolerate is asked about a value that another resource holds already, as both of
	// them write it, and says whether that is no conflict.
	Tolerate func(r *Request, mine, taken string) bool
	// Project sees each resource in an answer.
	Project func(*Request, *scim.Object)
	// Respond sees the answer.
	Respond func(*Request, *Response)
}

// A Write is a document on its way into the store.
type Write struct {
	Request *Request
	Type    *scim.ResourceType
	// Before is what is there, nil if nothing is. It must not be changed.
	Before *scim.Object
	// After is what comes in its place. It is not checked again.
	After *scim.Object
}

// All returns all deviations, by area, the legal ones last.
func All() []Deviation {
	return slices.Concat(
		area("DISC", discovery()), area("SCHEMA", schemas()), area("AUTH", auth()), area("HTTP", transport()),
		area("ERR", failures()), area("CREATE", creates()), area("CREATE", values()), area("READ", reads()), area("PROJ", projections()),
		area("LIST", lists()), area("CURSOR", cursors()), area("FILT", filters()), area("SORT", sorts()),
		area("SRCH", searches()), area("PUT", replaces()), area("PATCH", patches()), area("DEL", deletions()),
		area("GROUP", groups()), area("BULK", bulks()), area("ETAG", versions()), area("ME", selves()),
		area("EXT", extensions()), area("ASYNC", asynchronous()), area("ROB", robustness()),
		area("FILT", fieldFilters()), area("PATCH", fieldPatches()), area("GROUP", fieldGroups()), area("LIST", fieldLists()), area("CREATE", fieldCreates()),
		legal(),
	)
}

// area makes rows part of an area.
func area(name string, rows []Deviation) []Deviation {
	for i := range rows {
		rows[i].Area = name
	}
	return rows
}
