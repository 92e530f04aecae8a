package mocktarget_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

// expectation reads an expectation as it would come over the wire.
func expectation(t *testing.T, text string) mocktarget.Expectation {
	t.Helper()
	var e mocktarget.Expectation
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

const expectSeed = `{"Users":[
	{"id":"u1","userName":"Ann","displayName":"Ann Lee","active":true,"password":"p4ss-Word","name":{"givenName":"Ann","familyName":"Lee"},
		"emails":[{"value":"a@x.example","type":"work","primary":true},{"value":"b@x.example","type":"home"}],
		"phoneNumbers":[{"value":"1","type":"work","display":"d"},{"value":"2","type":"home","display":"d"}],
		"` + enterpriseURN + `":{"department":"Sales","manager":{"value":"u2"}}},
	{"id":"u2","userName":"bob","displayName":"Bob Ray"},{"id":"u3","userName":"cy","externalId":"e3"}],
	"Groups":[{"id":"g1","displayName":"Staff","members":[{"value":"u1"},{"value":"u2"}]},{"id":"g2","displayName":"All","members":[{"value":"g1"}]},
		{"id":"g3","displayName":"Twice"},{"id":"g4","displayName":"Twice","externalId":"x"}]}`

func TestExpect(t *testing.T) {
	c := start(t)
	c.target.Seed(expectSeed)
	users := func(list ...string) string { return `{"resources":{"Users":[` + strings.Join(list, ",") + `]}}` }
	ann := func(more string) string { return users(`{"userName":"Ann",` + more + `}`) }
	groups := func(list ...string) string {
		return `{"resources":{"Groups":[` + strings.Join(list, ",") + `]}}`
	}
	for _, test := range []struct{ name, want, message string }{
		{"one", users(`{"userName":"Ann"}`), ""},
		{"a key in other letters", users(`{"userName":"ANN"}`), `different: User Ann (id u1): userName: want "ANN", got "Ann"`},
		{"what a client sends", ann(`"schemas":["` + userURN + `","` + enterpriseURN + `"],"active":true,"name":{"familyName":"Lee"}`), ""},
		{"computed", ann(`"id":"u1","meta":{"resourceType":"User","version":"W/\"1\""},"groups":["Staff",{"display":"All","type":"indirect"}]`), ""},
		{"missing", users(`{"userName":"dora"}`, `{"userName":"bob"}`), "missing: User dora"},
		{"attributes", ann(`"active":false,"title":"CEO","name":{"givenName":"Anna","familyName":"Lee"}`), `
			different: User Ann (id u1): active: want false, got true
			different: User Ann (id u1): title: want "CEO", got nothing
			different: User Ann (id u1): name.givenName: want "Anna", got "Ann"`},
		{"null", ann(`"displayName":null,"title":null,"emails":[]`), `
			different: User Ann (id u1): displayName: want nothing, got "Ann Lee"
			different: User Ann (id u1): emails: want nothing, got [{"value":"a@x.example","type":"work","primary":true},{"value":"b@x.example","ty…`},
		{"elements in any order", ann(`"emails":[{"value":"b@x.example"},{"type":"work","value":"a@x.example"}]`), ""},
		{"elements by value", ann(`"emails":["b@x.example","a@x.example"]`), ""},
		{"elements that fit each other", ann(`"emails":[{"primary":true},{"type":"home"}]`), ""},
		{"elements that fit in one way", ann(`"phoneNumbers":[{"display":"d"},{"type":"work"}]`), ""},
		{"elements", ann(`"emails":[{"value":"a@x.example","type":"other"},"b@x.example"]`),
			`different: User Ann (id u1): emails: want [{"value":"a@x.example","type":"other"}], got [{"value":"a@x.example","type":"work","primary":true}]`},
		{"an extension", ann(`"` + enterpriseURN + `":{"department":"Sales","manager":{"displayName":"Bob Ray"}}`), ""},
		{"another department", ann(`"` + enterpriseURN + `":{"department":"Ops","manager":"u3"}`), `
			different: User Ann (id u1): ` + enterpriseURN + `:department: want "Ops", got "Sales"
			different: User Ann (id u1): ` + enterpriseURN + `:manager: want "u3", got {"value":"u2","$ref":"/Users/u2","displayName":"Bob Ray"}`},
		{"no extension", ann(`"` + enterpriseURN + `":null`), `different: User Ann (id u1): ` + enterpriseURN + `: want nothing, got {"department":"Sales",`},
		{"a password", ann(`"password":"p4ss-Word"`), ""},
		{"another password", ann(`"password":"0ther-Word"`), `different: User Ann (id u1): password: want "***", got "***"`},
		{"no password", ann(`"password":null`), `different: User Ann (id u1): password: want nothing, got "***"`},
		{"a password that is not there", users(`{"userName":"bob","password":"x"}`), `different: User bob (id u2): password: want "***", got nothing`},
		{"another key", `{"resources":{"User":[{"externalId":"e3","userName":"cy"},{"externalId":"e4"}]},"keys":{"Users":"externalId"}}`, "missing: User e4"},
		{"a key that no index has", `{"resources":{"User":[{"displayName":"bob ray"}]},"keys":{"User":"displayName"}}`, `different: User Bob Ray (id u2): displayName: want "bob ray", got "Bob Ray"`},
		{"only", `{"only":true,"resources":{"Users":[{"userName":"Ann"},{"userName":"bob"}]}}`, "unexpected: User cy (id u3)"},
		{"only no one", `{"only":true,"resources":{"Groups":[]}}`, `
			unexpected: Group Staff (id g1)
			unexpected: Group All (id g2)
			unexpected: Group Twice (id g3)
			unexpected: Group Twice (id g4)`},
		{"one of two", groups(`{"displayName":"Twice","externalId":"x"}`), ""},
		{"only one of two", `{"only":true,"resources":{"Groups":[{"displayName":"Staff"},{"displayName":"All"},{"displayName":"Twice","externalId":"x"}]}}`, "unexpected: Group Twice (id g3)"},
		{"members by name", groups(`{"displayName":"Staff","members":["BOB",{"value":"ann"}]}`, `{"displayName":"All","members":["Staff"]}`), ""},
		{"members by id", groups(`{"displayName":"Staff","members":[{"value":"u2"},{"value":"u1"}]}`), ""},
		{"members", groups(`{"displayName":"Staff","members":["ann","cy","nobody"]}`), `different: Group Staff (id g1): members: want ["cy","nobody"], got ["bob"]`},
		{"a member twice", groups(`{"displayName":"Staff","members":["ann","bob","ann"]}`), `different: Group Staff (id g1): members: want ["ann"], got nothing`},
		{"no members", groups(`{"displayName":"All","members":[]}`, `{"displayName":"Twice","members":null}`), `different: Group All (id g2): members: want nothing, got ["Staff"]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := c.tenant().Expect(expectation(t, test.want))
			if err != nil {
				t.Fatal(err)
			}
			want := strings.TrimSpace(unindent(test.message))
			if got.OK != (want == "") || !strings.HasPrefix(got.Message, want) || !strings.HasSuffix(want, ",") && !strings.HasSuffix(want, "…") && got.Message != want {
				t.Errorf("it says %v\n%s\nwant\n%s", got.OK, got.Message, want)
			}
			if awaited, err := c.tenant().Await(ended(t), expectation(t, test.want)); (err == nil) != got.OK || fmt.Sprint(awaited) != fmt.Sprint(got) {
				t.Errorf("awaited it says %+v, %v", awaited, err)
			}
			text, err := json.Marshal(got)
			var back mocktarget.Comparison
			if err != nil || json.Unmarshal(text, &back) != nil || fmt.Sprint(back) != fmt.Sprint(got) || strings.Contains(string(text), "-Word") {
				t.Errorf("on the wire it is %s, %v", text, err)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		for word, want := range map[string]string{
			"usrName":       users(`{"userName":"ann","usrName":"x"}`),
			"given":         users(`{"userName":"ann","name":{"given":"x"}}`),
			"division2":     users(`{"userName":"ann","` + enterpriseURN + `":{"division2":"x"}}`),
			"no userName":   users(`{"displayName":"x"}`),
			"twice":         users(`{"userName":"ann"}`, `{"userName":"ANN"}`),
			"Robots":        `{"resources":{"Robots":[]}}`,
			"Androids":      `{"resources":{"Users":[]},"keys":{"Androids":"id"}}`,
			"always hold":   `{"only":true,"resources":{}}`,
			"emails":        `{"resources":{"Users":[]},"keys":{"User":"emails"}}`,
			"hair":          `{"resources":{"Users":[]},"keys":{"User":"hair"}}`,
			"Users[0]":      users(`"ann"`),
			"sub-attribute": users(`{"userName":"ann","title":{"value":"x"}}`),
		} {
			for _, ask := range []func(mocktarget.Expectation) (mocktarget.Comparison, error){
				c.tenant().Expect,
				func(e mocktarget.Expectation) (mocktarget.Comparison, error) { return c.tenant().Await(t.Context(), e) },
			} {
				if _, err := ask(expectation(t, want)); err == nil || !strings.Contains(err.Error(), word) {
					t.Errorf("the error of %s is %v, want it to mention %s", want, err, word)
				}
			}
		}
	})
}

// ended returns a context that has ended.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestExpectTypesOfItsOwn(t *testing.T) {
	types, err := mocktarget.ParseResourceTypes([]byte(deviceTypes))
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, configured(mocktarget.Config{ResourceTypes: types}))
	c.do("POST", "/Devices", `{"schemas":["urn:example:Device"],"serial":"s1","externalId":"d1","lent":"2026-01-02T03:04:05Z","ports":[80,443]}`).want(201)
	for want, ok := range map[string]bool{
		`{"externalId":"d1","lent":"2026-01-02T04:04:05+01:00","ports":[443.0,8e1]}`: true,
		`{"externalId":"d1","lent":"2026-01-02T03:04:06Z"}`:                          false,
		`{"externalId":"d1","ports":[80]}`:                                           false,
		`{"externalId":"d1","ports":[80,443,443]}`:                                   false,
		`{"externalId":"D1"}`:                                                        false,
	} {
		got, err := c.tenant().Expect(expectation(t, `{"resources":{"Devices":[`+want+`]}}`))
		if err != nil || got.OK != ok {
			t.Errorf("%s: %v, %s, %v", want, got.OK, got.Message, err)
		}
	}
}

func TestExpectListsOnlySome(t *testing.T) {
	c := start(t)
	var list []string
	for i := range 1100 {
		list = append(list, fmt.Sprintf(`{"userName":"u%d"}`, i))
	}
	got, err := c.tenant().Expect(expectation(t, `{"resources":{"Users":[`+strings.Join(list, ",")+`]}}`))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "missing and more", fmt.Sprint(len(got.Missing), got.More), "1000 100")
	if lines := strings.Split(got.Message, "\n"); len(lines) != 51 || lines[50] != "and 1050 more differences" {
		t.Errorf("the message has %d lines and ends in %q", len(lines), lines[len(lines)-1])
	}
}

func TestAwait(t *testing.T) {
	c := start(t)
	want := expectation(t, `{"only":true,"resources":{
		"Users":[{"userName":"u0","title":"done"},{"userName":"u1"},{"userName":"u2","title":"done"}],
		"Groups":[{"displayName":"All","members":["u0","u1","u2"]}]}}`)
	type outcome struct {
		comparison mocktarget.Comparison
		err        error
	}
	done := make(chan outcome, 4)
	for range cap(done) {
		go func() {
			comparison, err := c.tenant().Await(t.Context(), want)
			done <- outcome{comparison, err}
		}()
	}
	extra := c.createUser("extra").id()
	var ids []string
	for i := range 3 {
		ids = append(ids, c.createUser(fmt.Sprintf("u%d", i)).id())
	}
	all := c.createGroup("All").id()
	for _, id := range ids {
		c.do("PATCH", "/Users/"+id, patchBody(`{"op":"add","path":"title","value":"done"}`)).want(200)
		c.do("PATCH", "/Groups/"+all, patchBody(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`)).want(204)
	}
	select {
	case early := <-done:
		t.Fatalf("it is said to hold too early: %+v", early)
	default:
	}
	c.do("DELETE", "/Users/"+extra, "").want(204)
	for range cap(done) {
		if got := <-done; got.err != nil || !got.comparison.OK {
			t.Errorf("awaiting ended with %+v", got)
		}
	}
}

func TestAwaitEnds(t *testing.T) {
	c := start(t)
	tenant := c.target.Server().Tenant("doomed")
	want := expectation(t, `{"resources":{"Users":[{"userName":"ann"}]}}`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	got, err := tenant.Await(ctx, want)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "missing: User ann") || len(got.Missing) != 1 {
		t.Errorf("a deadline ends it with %+v, %v", got, err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := tenant.Await(t.Context(), want)
		done <- err
	}()
	if err := c.target.Server().DeleteTenant("doomed"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil || !strings.Contains(err.Error(), "deleted") {
		t.Errorf("a deletion ends it with %v", err)
	}
}

// Whoever waits is woken by the write that fulfils what he waits for, however many
// others there are.
func TestAwaitWhileOthersWrite(t *testing.T) {
	c := start(t)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if r, err := c.try("POST", "/Users", user(fmt.Sprintf("noise%d-%d", i, n))); err != nil || r.status != 201 {
					t.Errorf("POST: %d, %v", r.status, err)
					return
				}
			}
		})
	}
	var waiters sync.WaitGroup
	for i := range 8 {
		waiters.Go(func() {
			for n := range 5 {
				name := fmt.Sprintf("w%d-%d", i, n)
				waiters.Go(func() {
					if r, err := c.try("POST", "/Users", user(name)); err != nil || r.status != 201 {
						t.Errorf("POST: %d, %v", r.status, err)
					}
				})
				if _, err := c.tenant().Await(t.Context(), mocktarget.Expectation{
					Resources: map[string][]json.RawMessage{"User": {json.RawMessage(`{"userName":"` + name + `"}`)}},
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	waiters.Wait()
	close(stop)
	writers.Wait()
}
