package conformance_test

import (
	"context"
	"fmt"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget"
)

// A Go server judges itself without a network. Package conformancetest does this in "go
// test", with each check as a subtest.
func ExampleRun() {
	server, err := mocktarget.New(mocktarget.Config{Token: "secret"}) // any http.Handler that serves SCIM
	if err != nil {
		panic(err)
	}
	report, err := conformance.Run(context.Background(), conformance.Config{
		Handler: server.Handler(), Endpoint: "/scim/v2", Token: "secret",
		Features: features.FS, Select: conformance.Selection{Only: []string{"PATCH-08", "DEL-01"}}, Write: true,
	})
	if err != nil {
		panic(err)
	}
	for _, result := range report.Results {
		fmt.Println(result.Verdict, result.ID, result.Title)
	}
	// Output:
	// pass DEL-01 A user is deleted
	// pass PATCH-08 A failing second operation leaves the user untouched
}
