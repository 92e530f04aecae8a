// Package elimityserver is an engine for [mocktarget] that we did not write: it
// serves a tenant's own data through the Server of github.com/elimity-com/scim,
// which real Go applications ship. Provisioning and verification run against it so
// that one misreading of the RFCs in our own server cannot confirm itself, and a
// test sends the same traffic to both and lists where they differ
// (testdata/differences.txt).
//
//	mock, err := mocktarget.New(elimityserver.Configure(mocktarget.Config{}))
//
// Tenants choose between the two by the name of the engine in [mocktarget.Settings].
//
// The library's, untouched: routing, decoding, what it makes of the tenant's
// schemas, validation of resources and of PATCH requests, reading of filters and
// paths, discovery documents, the shape and status of every answer. So are its ways:
//
//   - 404 for a wrong method and for HEAD; no Allow, no /Bulk; 501 for /Me; any
//     media type is taken.
//   - ETags are sent, but If-Match and If-None-Match are ignored.
//   - No sort and no projection but in POST …/.search, where the filter may not name
//     id, meta or externalId.
//   - "schemas" lists every extension of the type, itemsPerPage repeats the count
//     asked for, times lose their fractions, discovery documents have no meta.
//   - Valid filters are refused with 400: those that combine core and extension, that
//     have more than two terms in brackets, or a URI in capitals. Escapes in strings
//     are not decoded, integers pass through floating point.
//   - Valid patches are refused with 400: null values, the URI of an extension as
//     the path, a second URI in "schemas".
//   - Unknown attributes are ignored, a trailing rest behind the JSON too.
//   - A status that it does not expect of a method becomes a 500.
//   - Filters on /Schemas panic at complex attributes, which becomes a 500.
//
// Ours: the data and their rules, which still refuse what the library lets through;
// filters evaluated, since the library's evaluation panics and misses; patches
// applied, since the library only validates them; and a guard, since one request
// with a deeply nested filter or path would end the process.
package elimityserver

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// Name is what [mocktarget.Settings] call the engine.
const Name = "elimity"

// Engine serves tenants through the library. The zero Engine is ready to use.
type Engine struct{}

var _ mocktarget.Engine = Engine{}

// Configure returns the configuration of a mock whose tenants are all served by the
// library unless their settings say otherwise.
func Configure(config mocktarget.Config) mocktarget.Config {
	engines := map[string]mocktarget.Engine{Name: Engine{}}
	maps.Copy(engines, config.Engines)
	config.Engines = engines
	config.Settings.Engine = Name
	return config
}

// ServeSCIM guards the library and lets it answer.
func (Engine) ServeSCIM(w http.ResponseWriter, r *http.Request, data mocktarget.Data) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err) // the mock has it in memory
	}
	if err := guard(r, body); err != nil {
		writeError(w, *err)
		return
	}
	library, err := newServer(data)
	if err != nil {
		panic(err) // it wants no more than is there
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.URL.Path = "/v2" + r.URL.Path // it drops one leading /v2, also where there is none too many
	library.ServeHTTP(w, r)
}

// newServer returns the library's server for the data of one tenant. It knows one
// base URL for all requests, hence one server, which is a few words large, for each.
func newServer(data mocktarget.Data) (http.Handler, error) {
	config := data.ServiceProviderConfig()
	args := &elimity.ServerArgs{ServiceProviderConfig: &elimity.ServiceProviderConfig{
		MaxResults: config.FilterMaxResults, SupportFiltering: true, SupportPatch: true,
	}}
	for _, scheme := range config.AuthenticationSchemes {
		args.ServiceProviderConfig.AuthenticationSchemes = append(args.ServiceProviderConfig.AuthenticationSchemes, elimity.AuthenticationScheme{
			Type: elimity.AuthenticationType(scheme.Type), Name: scheme.Name, Description: scheme.Description,
			SpecURI: optional.NewString(scheme.SpecURI), DocumentationURI: optional.NewString(scheme.DocumentationURI), Primary: scheme.Primary,
		})
	}
	for _, rt := range data.ResourceTypes() {
		args.ResourceTypes = append(args.ResourceTypes, resourceType(data, rt))
	}
	library, err := elimity.NewServer(args, elimity.WithBaseURL(data.Base()), elimity.WithRootQueryHandler(root{data}))
	if err != nil {
		return nil, fmt.Errorf("setting up elimity's server: %w", err)
	}
	return library, nil
}

// resourceType returns a type in the library's form.
func resourceType(data mocktarget.Data, rt *scim.ResourceType) elimity.ResourceType {
	theirs := elimity.ResourceType{
		ID: optional.NewString(rt.ID), Name: rt.Name, Description: optional.NewString(rt.Description), Endpoint: rt.Endpoint,
		Schema: rt.Schema.Source(), Handler: handler{data, rt},
	}
	for _, extension := range rt.Extensions {
		theirs.SchemaExtensions = append(theirs.SchemaExtensions, elimity.SchemaExtension{
			Schema: extension.Schema.Source(), Required: extension.Required,
		})
	}
	return theirs
}
