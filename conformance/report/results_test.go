package report_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
	"github.com/permiso/scimwright/conformance/steps"
	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// results.json is as its schema says, which knows every field and says what it means.
func TestResultsFollowTheirSchema(t *testing.T) {
	text, err := jsonschema.UnmarshalJSON(strings.NewReader(report.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("results.schema.json", text); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("results.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	r := judge(t, mocktargettest.New(t), "@create,@READ-99,@CURSOR-01", true)
	r.Leaks = []steps.Leak{{Kind: steps.KindUser, ID: "1", Name: "scimwright-x", Reason: "it stays"}}
	r.Summaries = []conformance.Summary{{Profile: "rfc", Conclusion: conformance.NonConformant, Failed: 1, Testable: 9}}
	r.Waivers = []conformance.WaiverUse{{Waiver: conformance.Waiver{ID: "READ-99", Until: time.Now(), Reason: "known"}, State: conformance.WaiverUsed}}
	written := []byte(files(t, r)["results.json"])
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(written))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(instance); err != nil {
		t.Errorf("results.json is not as its schema says: %v", err)
	}
	for field, wrong := range map[string]any{"version": 2, "mode": "both", "checks": nil} {
		changed := map[string]any{}
		if err := json.Unmarshal(written, &changed); err != nil {
			t.Fatal(err)
		}
		if changed[field] = wrong; schema.Validate(changed) == nil {
			t.Errorf("the schema allows the %s %v", field, wrong)
		}
	}
	describes(t, schema, reflect.TypeFor[report.Results](), "results")
}

// describes checks that a schema knows the fields of a type, no others, and which of
// them may be missing.
func describes(t *testing.T, s *jsonschema.Schema, typ reflect.Type, at string) {
	t.Helper()
	for s.Ref != nil {
		s = s.Ref
	}
	if s.Description == "" {
		t.Errorf("%s is not described", at)
	}
	switch typ.Kind() {
	case reflect.Pointer:
		describes(t, s, typ.Elem(), at)
	case reflect.Slice:
		describes(t, s.Items2020, typ.Elem(), at+"[]")
	case reflect.Struct:
		if typ == reflect.TypeFor[time.Time]() {
			return
		}
		if len(s.Properties) != typ.NumField() {
			t.Errorf("%s has %d fields, and %d are described", at, typ.NumField(), len(s.Properties))
		}
		for i := range typ.NumField() {
			name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			inner := s.Properties[name]
			if inner == nil {
				t.Errorf("%s.%s is not described", at, name)
				continue
			}
			if required := slices.Contains(s.Required, name); required == strings.Contains(options, "omitempty") {
				t.Errorf("%s.%s: the schema and the code differ in whether it may be missing", at, name)
			}
			describes(t, inner, typ.Field(i).Type, at+"."+name)
		}
	}
}

// Two runs over the same target differ in times and ids, and not in order.
func TestResultsAreInAFixedOrder(t *testing.T) {
	order := func() []string {
		var ids []string
		for _, c := range report.New(judge(t, mocktargettest.New(t), "@read,@delete,@lint", true), "").Checks {
			ids = append(ids, c.ID+" "+c.Verdict)
		}
		return ids
	}
	first, second := order(), order()
	if len(first) < 30 || !slices.Equal(first, second) {
		t.Errorf("%v\n%v", first, second)
	}
}

// A failure is told with what was demanded, sent, expected and found, and how to mend it.
func TestFailuresAreTold(t *testing.T) {
	target := mocktargettest.New(t, mocktargettest.WithConfig(mocktarget.Config{
		Settings: mocktarget.Settings{Deviations: []string{"patch-not-atomic"}},
	}))
	var text strings.Builder
	if err := report.New(judge(t, target, "@PATCH-08,@PATCH-01", true), "").WriteFailures(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"FAIL PATCH-08: A failing second operation leaves the user untouched\n",
		"\n  Required  RFC7644-3.5.2-R18 (must, RFC 7644 section 3.5.2): ",
		"\n  Sent      PATCH /Users/", `{"Operations":[{"op":"replace","path":"displayName","value":"Half"},`,
		"\n  Expected  barbara is unchanged\n",
		"\n  Got       barbara should be as before and differs in displayName",
		"\n  Answer    400 Bad Request\n", `"scimType":"noTarget"`,
		"\n  Fix       Apply all operations to a copy",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "PATCH-01") {
		t.Errorf("it tells of what passed:\n%s", text.String())
	}
}
