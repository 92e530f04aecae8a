package scimclient

import (
	"context"
	"errors"
	"net/http"

	"github.com/permiso/scimwright/provisioner/scim"
)

// Discover reads what the server says about itself (RFC 7644 section 4). Where
// /ServiceProviderConfig does not exist it tries /ServiceProviderConfigs, as
// SCIM 1.1 had it and some servers still do. The error is an [*Error].
func (c *Client) Discover(ctx context.Context) (*scim.ServiceProviderConfig, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, endpoint: "/ServiceProviderConfig"})
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound {
		if plural, err := c.do(ctx, call{method: http.MethodGet, endpoint: "/ServiceProviderConfigs"}); err == nil {
			return plural.serviceProviderConfig()
		}
	}
	if err != nil {
		return nil, err
	}
	return a.serviceProviderConfig()
}

func (a *answer) serviceProviderConfig() (*scim.ServiceProviderConfig, error) {
	spc, err := scim.ParseServiceProviderConfig(a.body)
	if err != nil {
		return nil, a.unusable("the body is not a service provider configuration", err)
	}
	return spc, nil
}

// ResourceTypes reads the resource types that the server offers (RFC 7643
// section 6), as they are on the wire. The error is an [*Error].
func (c *Client) ResourceTypes(ctx context.Context) ([]*scim.Object, error) {
	return c.discoverList(ctx, "/ResourceTypes")
}

// Schemas reads the schemas that the server offers (RFC 7643 section 7), as
// they are on the wire. The error is an [*Error].
func (c *Client) Schemas(ctx context.Context) ([]*scim.Object, error) {
	return c.discoverList(ctx, "/Schemas")
}

// discoverList reads a discovery list, which is never paged (RFC 7644 section 4).
func (c *Client) discoverList(ctx context.Context, endpoint string) ([]*scim.Object, error) {
	page, err := c.Page(ctx, endpoint, Query{})
	if err != nil {
		return nil, err
	}
	return page.Resources, nil
}
