package mocktarget

import (
	"log/slog"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Config says how a [Server] behaves. The zero Config is a working one.
type Config struct {
	// Token is the bearer token every tenant accepts. "" makes a random one,
	// which [Server.Token] tells.
	Token string
	// Subject is the id or userName of the user whom Token stands for at /Me.
	// "" means nobody until POST /Me creates one.
	Subject string
	// Auth adds further ways to be let in. The zero Auth adds none.
	Auth Auth
	// BaseURL is the address clients reach the server at, such as
	// "https://mock.example.com", without a path. "" takes it from each request.
	BaseURL string
	// ResourceTypes are the types each tenant serves. nil means User with the
	// enterprise extension, and Group.
	ResourceTypes []*scim.ResourceType
	// Limits bound what a request may cost. Zero fields take their defaults.
	Limits Limits
	// Settings are how tenants behave until they are told otherwise.
	Settings Settings
	// Engines are engines that [Settings] may name beside this package, such as that
	// of package elimityserver, by their names.
	Engines map[string]Engine
	// Now tells the time. nil means [time.Now].
	Now func() time.Time
	// IDs makes the id of the n-th resource of a type in a tenant, counted from 1.
	// It must not repeat one, nor make an empty one. nil makes random UUIDs; see
	// [SequentialIDs].
	IDs func(tenant, resourceType string, n int) string
	// Journal bounds the record of exchanges.
	Journal JournalConfig
	// Log receives what goes wrong inside the server. nil means nothing is logged.
	Log *slog.Logger
}

// Limits bound what a request may cost. In each field zero means the default.
type Limits struct {
	// Body is the size of a request's body in bytes. Default 1 MiB; beyond it: 413.
	Body int64
	// BulkBody is the size of a bulk request's body in bytes. Default 1 MiB; beyond
	// it: 413.
	BulkBody int64
	// BulkOperations is the number of operations in a bulk request. Default 1000;
	// beyond it: 413.
	BulkOperations int
	// PatchOperations is the number of operations in a PATCH. Default 1000; beyond
	// it: 413.
	PatchOperations int
	// FilterLength is the length of a filter in bytes. Default, and at most,
	// [scim.MaxFilterLength], which is 8 KiB; beyond it: 400 invalidFilter.
	FilterLength int
	// FilterWork is how many comparisons a filter may make: one for each of its terms
	// and each resource that no index rules out, and for terms on members one for each
	// member. Default 100 million, some seconds; beyond it: 400 tooMany.
	FilterWork int
	// HeaderBytes is the size of all header fields together. Default 64 KiB; beyond
	// it: 431.
	HeaderBytes int
	// PageSize is the number of resources in a page when the client names no count.
	// Default 100.
	PageSize int
	// PageMax is the largest number of resources in a page. Default 1000.
	PageMax int
	// CursorTimeout is how long a cursor may be used. Default 10 minutes.
	CursorTimeout time.Duration
	// HeaderTimeout is how long a client may take to send the header of a request.
	// Default 10 seconds; then the connection is closed.
	HeaderTimeout time.Duration
	// Tenants is the number of tenants that requests may bring into being. Default
	// 1000; beyond it: 403.
	Tenants int
	// Tokens is the number of bearer tokens a tenant issues. Default 10,000; beyond it:
	// 409.
	Tokens int
	// SavedStates is the number of states a tenant keeps under names. Default 1000;
	// beyond it: 409.
	SavedStates int
}

func (l Limits) withDefaults() Limits {
	set(&l.Body, 1<<20)
	set(&l.BulkBody, 1<<20)
	set(&l.BulkOperations, 1000)
	set(&l.PatchOperations, 1000)
	set(&l.FilterLength, scim.MaxFilterLength)
	set(&l.FilterWork, 100_000_000)
	set(&l.HeaderBytes, 64<<10)
	set(&l.PageMax, 1000)
	set(&l.PageSize, min(100, l.PageMax))
	set(&l.CursorTimeout, 10*time.Minute)
	set(&l.HeaderTimeout, 10*time.Second)
	set(&l.Tenants, 1000)
	set(&l.Tokens, 10_000)
	set(&l.SavedStates, 1000)
	return l
}

// set gives a limit its default if it has no value.
func set[T int | int64 | time.Duration](limit *T, value T) {
	if *limit == 0 {
		*limit = value
	}
}
