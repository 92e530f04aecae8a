package scim

// The schema URIs of RFC 7643 section 8.7.
const (
	UserSchema                  = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupSchema                 = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseUserSchema        = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	ServiceProviderConfigSchema = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	ResourceTypeSchema          = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	SchemaSchema                = "urn:ietf:params:scim:schemas:core:2.0:Schema"
)

// The message URIs of RFC 7644 section 8.2.
const (
	ListResponseSchema  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	SearchRequestSchema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	PatchOpSchema       = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	BulkRequestSchema   = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	BulkResponseSchema  = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
	ErrorSchema         = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// MediaType is the media type of SCIM messages (RFC 7644 section 8.1).
const MediaType = "application/scim+json"

// claimsSchema reports whether a message lists a schema URI. A message whose
// "schemas" is one string instead of an array counts as well: some servers write
// that.
func claimsSchema(o *Object, uri string) bool {
	if s, ok := o.Get("schemas").(string); ok {
		return sameName(s, uri)
	}
	for _, s := range o.Schemas() {
		if sameName(s, uri) {
			return true
		}
	}
	return false
}
