package mocktarget

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// ParseResourceTypes reads resource types for [Config].ResourceTypes from JSON
// documents: schemas and resource types the way a server's /Schemas and
// /ResourceTypes show them (RFC 7643 sections 6 and 7), one to a document, in an
// array, or as a list response.
//
// User with the enterprise extension, and Group, are always among the result; a
// resource type of the same name in the documents takes their place. Resource types
// may refer to the schemas of the documents and to the built-in ones. A schema that
// elimity-com/scim holds comes in through [scim.CompileSchema].
func ParseResourceTypes(documents ...[]byte) ([]*scim.ResourceType, error) {
	p := &typeParser{schemas: []*scim.Schema{scim.User(), scim.Group(), scim.EnterpriseUser()}}
	for i, text := range documents {
		if err := p.document(text); err != nil {
			return nil, fmt.Errorf("document %d: %w", i+1, err)
		}
	}
	types := []*scim.ResourceType{scim.UserType(), scim.GroupType()}
	for _, o := range p.types {
		rt, err := p.resourceType(o)
		if err != nil {
			return nil, err
		}
		replaced := false
		for i := range types {
			if strings.EqualFold(types[i].Name, rt.Name) {
				types[i], replaced = rt, true
			}
		}
		if !replaced {
			types = append(types, rt)
		}
	}
	return types, nil
}

// A typeParser collects schemas first and resource types then, since those refer to
// these.
type typeParser struct {
	schemas []*scim.Schema
	types   []*scim.Object
}

func (p *typeParser) document(text []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		text = append(append([]byte(`{"Resources":`), text...), '}')
	}
	o, err := scim.ParseObject(text)
	if err != nil {
		return err
	}
	list, isList := o.Get("Resources").([]any)
	if !isList {
		list = []any{o}
	}
	for i, element := range list {
		o, ok := element.(*scim.Object)
		if !ok {
			return fmt.Errorf("entry %d is not an object", i+1)
		}
		if err := p.definition(o); err != nil {
			return err
		}
	}
	return nil
}

func (p *typeParser) definition(o *scim.Object) error {
	_, isSchema := o.Lookup("attributes")
	_, isType := o.Lookup("endpoint")
	switch {
	case isType:
		p.types = append(p.types, o)
		return nil
	case !isSchema:
		return fmt.Errorf("%q is neither a schema, which has attributes, nor a resource type, which has an endpoint", o.String("name"))
	}
	s, err := scim.ParseSchema(o.AppendJSON(nil))
	if err != nil {
		return fmt.Errorf("schema %q: %w", o.ID(), err)
	}
	for i, known := range p.schemas {
		if strings.EqualFold(known.ID, s.ID) {
			p.schemas[i] = s
			return nil
		}
	}
	p.schemas = append(p.schemas, s)
	return nil
}

func (p *typeParser) resourceType(o *scim.Object) (*scim.ResourceType, error) {
	name := o.String("name")
	if name == "" {
		return nil, fmt.Errorf("the resource type at %q has no name", o.String("endpoint"))
	}
	rt := &scim.ResourceType{
		ID: o.ID(), Name: name, Description: o.String("description"), Endpoint: "/" + strings.TrimPrefix(o.String("endpoint"), "/"),
		Schema: p.schema(o.String("schema")),
	}
	if rt.ID == "" {
		rt.ID = name
	}
	if rt.Schema == nil {
		return nil, fmt.Errorf("resource type %s: there is no schema %q", name, o.String("schema"))
	}
	for _, element := range o.Array("schemaExtensions") {
		extension, _ := element.(*scim.Object)
		s := p.schema(extension.String("schema"))
		if s == nil {
			return nil, fmt.Errorf("resource type %s: there is no schema %q for an extension", name, extension.String("schema"))
		}
		required, _ := extension.Bool("required")
		rt.Extensions = append(rt.Extensions, scim.Extension{Schema: s, Required: required})
	}
	return rt, nil
}

func (p *typeParser) schema(id string) *scim.Schema {
	for _, s := range p.schemas {
		if strings.EqualFold(s.ID, id) {
			return s
		}
	}
	return nil
}
