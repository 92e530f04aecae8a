package control_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget/control"
)

func TestDial(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:8080", "ftp://x", "http://"} {
		if _, err := control.Dial(t.Context(), address, control.DialConfig{}); err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:8080") {
			t.Errorf("dialing %q: %v", address, err)
		}
	}
	mock, api := serve(t, control.Config{})
	remote, err := control.Dial(t.Context(), api, control.DialConfig{Tenant: "acme", Origin: "http://elsewhere:1/", Token: "mine"})
	check(t, err)
	equal(t, "URL", remote.URL(), "http://elsewhere:1/t/acme/scim/v2")
	equal(t, "token", remote.Token(), "mine")
	equal(t, "tokens issued", len(mock.Tenant("acme").Tokens()), 0)
	equal(t, "tenants", len(mock.Tenants()), 2)
	equal(t, "counts", fmt.Sprint(slices.Sorted(maps.Keys(mock.Tenant("acme").Counts()))), "[Group User]")
}
