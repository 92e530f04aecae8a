package scim

import "encoding/json"

// A ServiceProviderConfig says what a service provider supports (RFC 7643 section
// 5, RFC 9865 section 4).
type ServiceProviderConfig struct {
	// DocumentationURI is where people read about the service, "" if it does not say.
	DocumentationURI string
	Patch            bool
	Bulk             bool
	// BulkMaxOperations bounds the operations of a bulk request, BulkMaxPayloadSize its
	// body in bytes.
	BulkMaxOperations  int
	BulkMaxPayloadSize int
	Filter             bool
	// FilterMaxResults bounds the resources that one answer has.
	FilterMaxResults int
	ChangePassword   bool
	Sort             bool
	ETag             bool
	// Pagination is nil for a provider that does not know RFC 9865.
	Pagination            *Pagination
	AuthenticationSchemes []AuthenticationScheme
}

// Pagination says how lists can be paged (RFC 9865 section 4).
type Pagination struct {
	Cursor, Index   bool
	DefaultMethod   string
	DefaultPageSize int
	MaxPageSize     int
	// CursorTimeout is in seconds; 0 means that cursors do not expire.
	CursorTimeout int
}

// An AuthenticationScheme is a way to authenticate (RFC 7643 section 5).
type AuthenticationScheme struct {
	Type             string // oauth, oauth2, oauthbearertoken, httpbasic, httpdigest …
	Name             string
	Description      string
	SpecURI          string
	DocumentationURI string
	Primary          bool
}

// Object returns the document as the ServiceProviderConfig endpoint shows it,
// without meta.
func (c *ServiceProviderConfig) Object() *Object {
	supported := func(b bool) *Object { return NewObject(Field{"supported", b}) }
	bulk := supported(c.Bulk)
	bulk.Set("maxOperations", json.Number(itoa(c.BulkMaxOperations)))
	bulk.Set("maxPayloadSize", json.Number(itoa(c.BulkMaxPayloadSize)))
	filter := supported(c.Filter)
	filter.Set("maxResults", json.Number(itoa(c.FilterMaxResults)))
	o := NewObject(Field{"schemas", []any{ServiceProviderConfigSchema}})
	if c.DocumentationURI != "" {
		o.Set("documentationUri", c.DocumentationURI)
	}
	o.Set("patch", supported(c.Patch))
	o.Set("bulk", bulk)
	o.Set("filter", filter)
	o.Set("changePassword", supported(c.ChangePassword))
	o.Set("sort", supported(c.Sort))
	o.Set("etag", supported(c.ETag))
	if p := c.Pagination; p != nil {
		o.Set("pagination", p.object())
	}
	schemes := make([]any, len(c.AuthenticationSchemes))
	for i, s := range c.AuthenticationSchemes {
		scheme := NewObject(Field{"type", s.Type}, Field{"name", s.Name}, Field{"description", s.Description})
		if s.SpecURI != "" {
			scheme.Set("specUri", s.SpecURI)
		}
		if s.DocumentationURI != "" {
			scheme.Set("documentationUri", s.DocumentationURI)
		}
		if s.Primary {
			scheme.Set("primary", true)
		}
		schemes[i] = scheme
	}
	o.Set("authenticationSchemes", schemes)
	return o
}

func (p *Pagination) object() *Object {
	o := NewObject(Field{"cursor", p.Cursor}, Field{"index", p.Index})
	if p.DefaultMethod != "" {
		o.Set("defaultPaginationMethod", p.DefaultMethod)
	}
	for _, f := range []struct {
		name string
		n    int
	}{{"defaultPageSize", p.DefaultPageSize}, {"maxPageSize", p.MaxPageSize}, {"cursorTimeout", p.CursorTimeout}} {
		if f.n > 0 {
			o.Set(f.name, json.Number(itoa(f.n)))
		}
	}
	return o
}

// ParseServiceProviderConfig reads the document as servers send it: what is missing
// counts as not supported. The error is an [Error] for a body that is not an object.
func ParseServiceProviderConfig(body []byte) (*ServiceProviderConfig, error) {
	o, err := ParseObjectLenient(body)
	if err != nil {
		return nil, err
	}
	supported := func(name string) bool {
		return isTrue(o.Object(name).Get("supported"))
	}
	c := &ServiceProviderConfig{
		DocumentationURI: o.String("documentationUri"),
		Patch:            supported("patch"), Bulk: supported("bulk"), Filter: supported("filter"),
		ChangePassword: supported("changePassword"), Sort: supported("sort"), ETag: supported("etag"),
	}
	c.BulkMaxOperations, _ = number(o.Object("bulk").Get("maxOperations"))
	c.BulkMaxPayloadSize, _ = number(o.Object("bulk").Get("maxPayloadSize"))
	c.FilterMaxResults, _ = number(o.Object("filter").Get("maxResults"))
	if p := o.Object("pagination"); p != nil {
		c.Pagination = &Pagination{DefaultMethod: p.String("defaultPaginationMethod")}
		c.Pagination.Cursor, c.Pagination.Index = isTrue(p.Get("cursor")), isTrue(p.Get("index"))
		c.Pagination.DefaultPageSize, _ = number(p.Get("defaultPageSize"))
		c.Pagination.MaxPageSize, _ = number(p.Get("maxPageSize"))
		c.Pagination.CursorTimeout, _ = number(p.Get("cursorTimeout"))
	}
	for _, v := range o.Array("authenticationSchemes") {
		if s, ok := v.(*Object); ok {
			c.AuthenticationSchemes = append(c.AuthenticationSchemes, AuthenticationScheme{
				Type: s.String("type"), Name: s.String("name"), Description: s.String("description"),
				SpecURI: s.String("specUri"), DocumentationURI: s.String("documentationUri"), Primary: isTrue(s.Get("primary")),
			})
		}
	}
	return c, nil
}

// isTrue reads a flag as servers write it: some put the word in quotes.
func isTrue(v any) bool {
	s, ok := v.(string)
	return v == true || ok && sameName(s, "true")
}
