package mocktarget

import "time"

// A Violation is a write that an invariant forbids.
type Violation struct {
	// Invariant is the name of the invariant.
	Invariant string `json:"invariant"`
	// Seq is the number of the exchange in the journal, 0 for a write that did not
	// come over HTTP.
	Seq  uint64    `json:"seq"`
	Time time.Time `json:"time"` // on the tenant's clock
	// ResourceType and ID are of the resource that was written.
	ResourceType string `json:"resourceType,omitempty"`
	ID           string `json:"id,omitempty"`
	Message      string `json:"message"`
}
