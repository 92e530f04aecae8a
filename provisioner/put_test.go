package provisioner_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// byPut says that an app takes changes of users by PUT.
var byPut = map[provisioner.Capability]string{provisioner.UserUpdate: provisioner.FormPut}

const adaInFull = `{"userName": "ada", "active": true, "name": {"givenName": "Ada", "middleName": "King", "familyName": "Lovelace"}, "phoneNumbers": [{"value": "+44 1"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Engines", "division": "A"}}`

// putAda puts ada into the directory and waits until the app has what is new.
func (b *bundle) putAda(t *testing.T, text string) {
	t.Helper()
	must(t, b.PutUser(t.Context(), provisioner.User{ID: "ada", Attributes: attributes(t, "%s", text)}))
	b.settle(t, "app")
}

// TestR11_PutKeepsPartsOfOthers: what others have put beside our parts of a name and of
// an extension stays, but for a name in full that the app has made of the parts.
func TestR11_PutKeepsPartsOfOthers(t *testing.T) {
	b := given(t, provisioner.Settings{Capabilities: byPut}, func(b *bundle) {
		must(t, b.PutUser(t.Context(), provisioner.User{ID: "ada", Attributes: attributes(t, "%s", adaInFull)}))
	})
	b.app.tamper(t, "PATCH", "/Users/"+b.app.id(t, "/Users", "ada"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
		{"op":"add","path":"name.honorificPrefix","value":"Lady"}, {"op":"add","path":"name.formatted","value":"Lady Ada King Lovelace"},
		{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter","value":"7"}]}`)
	wantName := func(want string) {
		t.Helper()
		u := b.app.user(t, "ada")
		if got := fmt.Sprint(u["name"], u[scim.EnterpriseUserSchema]); got != want {
			t.Errorf("the app has %s, want %s", got, want)
		}
	}
	b.putAda(t, `{"userName": "ada", "title": "Countess", "active": true, "name": {"givenName": "Ada", "middleName": "King", "familyName": "Lovelace"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Engines", "division": "A"}}`)
	wantName("map[familyName:Lovelace formatted:Lady Ada King Lovelace givenName:Ada honorificPrefix:Lady middleName:King] map[costCenter:7 department:Engines division:A]")
	b.putAda(t, `{"userName": "ada", "active": true, "name": {"givenName": "Ada", "familyName": "Byron"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Poems"}}`)
	wantName("map[familyName:Byron givenName:Ada honorificPrefix:Lady] map[costCenter:7 department:Poems]")
	b.putAda(t, `{"userName": "ada", "active": true}`)
	wantName("map[honorificPrefix:Lady] map[costCenter:7]")
}

// TestR32_PutThatIsLaidOver: an app may keep what a PUT does not mention (RFC 7644
// section 3.5.1); what is taken away is mentioned, whole attributes and parts.
func TestR32_PutThatIsLaidOver(t *testing.T) {
	b := given(t, provisioner.Settings{Capabilities: byPut}, func(b *bundle) {
		must(t, b.PutUser(t.Context(), provisioner.User{ID: "ada", Attributes: attributes(t, "%s", adaInFull)}))
	})
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut {
			return false
		}
		var current map[string]any
		get := httptest.NewRequestWithContext(r.Context(), http.MethodGet, r.URL.Path, nil)
		get.Header = r.Header
		must(t, json.Unmarshal(b.app.inner(get).Body.Bytes(), &current))
		b.app.rewrite(func(body map[string]any) { layUnder(body, current) })(w, r)
		return true
	})
	b.putAda(t, `{"userName": "ada", "active": true, "name": {"givenName": "Ada"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"division": "A"}}`)
	wantShape(t, b.app, "GET /Users/ada", "PUT /Users/ada")
	u := b.app.user(t, "ada")
	if got := fmt.Sprint(u["name"], u["phoneNumbers"], u[scim.EnterpriseUserSchema]); got != "map[givenName:Ada] <nil> map[division:A]" {
		t.Errorf("the app has %s", got)
	}
	b.wantLink(t, user, "ada", provisioner.LinkConverged, "", 0)
}

// layUnder fills in what is not mentioned.
func layUnder(body, current map[string]any) {
	for name, value := range current {
		given, mentioned := body[name]
		parts, isComplex := given.(map[string]any)
		others, wasComplex := value.(map[string]any)
		switch {
		case isComplex && wasComplex:
			layUnder(parts, others)
		case !mentioned:
			body[name] = value
		}
	}
}

// TestCreateOnlyFromNowOn: what a new rule gives to new accounts only is not taken from
// those that were given it before.
func TestCreateOnlyFromNowOn(t *testing.T) {
	rules := []provisioner.MappingRule{{To: "*", From: "*"}, {To: "name.givenName", From: "name.givenName"}, {To: "name.middleName", From: "name.middleName"}}
	settings := provisioner.Settings{Capabilities: byPut, Mapping: rules}
	b := given(t, settings, func(b *bundle) {
		must(t, b.PutUser(t.Context(), provisioner.User{ID: "ada", Attributes: attributes(t, "%s", adaInFull)}))
	})
	settings.Mapping = []provisioner.MappingRule{rules[0], rules[1], {To: "name.middleName", From: "name.middleName", CreateOnly: true}}
	b.connectWith(t, "app", b.app, settings)
	b.putAda(t, `{"userName": "ada", "active": true, "name": {"givenName": "Augusta"}}`)
	if got := fmt.Sprint(b.app.user(t, "ada")["name"]); got != "map[givenName:Augusta middleName:King]" {
		t.Errorf("the app has the name %s", got)
	}
	b.putAda(t, `{"userName": "ada", "active": true}`)
	if got := fmt.Sprint(b.app.user(t, "ada")["name"]); got != "map[middleName:King]" {
		t.Errorf("the app has the name %s", got)
	}
}

// TestR32_PartClearedWhileTheReplyWasLost: a part of a name that was to go is still
// known to be there if the request that should have taken it away was not carried out.
func TestR32_PartClearedWhileTheReplyWasLost(t *testing.T) {
	b := given(t, provisioner.Settings{}, func(b *bundle) {
		must(t, b.PutUser(t.Context(), provisioner.User{ID: "ada", Attributes: attributes(t, "%s", adaInFull)}))
	})
	var lost atomic.Bool
	b.app.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch && !lost.Swap(true) {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	b.putAda(t, `{"userName": "ada", "active": true, "name": {"givenName": "Ada", "familyName": "Lovelace"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Engines"}}`)
	u := b.app.user(t, "ada")
	if got := fmt.Sprint(u["name"], u["phoneNumbers"], u[scim.EnterpriseUserSchema]); got != "map[familyName:Lovelace givenName:Ada] <nil> map[department:Engines]" {
		t.Errorf("the app has %s", got)
	}
}
