package scim_test

import (
	"errors"
	"fmt"

	"github.com/permiso/scimwright/provisioner/scim"
)

func Example_filter() {
	expression, err := scim.ParseFilter(`userName sw "B" and emails[type eq "work" and value ew "@example.com"]`)
	if err != nil {
		fmt.Println(err)
		return
	}
	matches, err := scim.UserType().CompileFilter(expression)
	if err != nil {
		fmt.Println(err)
		return
	}
	user, err := scim.ParseObject([]byte(`{"userName": "bjensen", "emails": [{"value": "bjensen@example.com", "type": "work"}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(matches(user))
	// Output: true
}

func ExampleResourceType_Apply() {
	user := scim.NewObject(
		scim.Field{Name: "schemas", Value: []any{scim.UserSchema}},
		scim.Field{Name: "userName", Value: "bjensen"},
		scim.Field{Name: "active", Value: true},
	)
	patch := &scim.Patch{Operations: []scim.Operation{
		{Op: scim.OpReplace, PathText: "active", Value: false, HasValue: true},
		{Op: scim.OpAdd, PathText: scim.EnterpriseUserSchema + ":department", Value: "Tours", HasValue: true},
	}}
	next, changed, err := scim.UserType().Apply(patch, user)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(changed, next.Get("active"), next.Object(scim.EnterpriseUserSchema).Get("department"))
	fmt.Println(user.Get("active"))
	// Output:
	// true false Tours
	// true
}

func ExampleResourceType_Validate() {
	in, err := scim.ParseObject([]byte(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "USERNAME": "bjensen", "emails": [{"value": 5}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = scim.UserType().Validate(in, nil)
	if refused, ok := errors.AsType[scim.Error](err); ok {
		fmt.Println(refused.Status, refused.ScimType, refused.Detail)
	}
	// Output: 400 invalidValue /emails/0/value must be a string
}

func ExampleParseFilter_error() {
	_, err := scim.ParseFilter(`userName eq bjensen`)
	fmt.Println(err)
	// Output: 400 (invalidFilter) - filter, column 13: expected a value: a string in double quotes, a number, true, false or null, found "b"
}
