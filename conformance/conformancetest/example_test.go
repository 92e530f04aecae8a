package conformancetest_test

import (
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/conformancetest"
	"github.com/permiso/scimwright/mocktarget"
)

// A server that judges itself: newServer is any http.Handler that serves SCIM.
func TestSCIM(t *testing.T) {
	server, err := mocktarget.New(mocktarget.Config{Token: "for-this-test"})
	if err != nil {
		t.Fatal(err)
	}
	found := conformancetest.Run(t, conformance.Config{
		Handler: server.Handler(), Endpoint: "/scim/v2", Token: "for-this-test", Write: true,
		Select: conformance.Selection{Only: []string{"CREATE", "READ", "LINT", "TLS"}},
		Settle: 20 * time.Millisecond, Tick: 5 * time.Millisecond,
	})
	if passed, skipped := found.Count(conformance.Pass), found.Count(conformance.Skip); passed < 40 || skipped == 0 {
		t.Errorf("%d checks passed and %d were skipped", passed, skipped)
	}
}
