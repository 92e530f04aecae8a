package scim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
	"pgregory.net/rapid"
)

func TestParseObject(t *testing.T) {
	for _, tt := range []struct{ in, want, strict string }{
		{`{}`, `{}`, ""},
		{" \t\r\n{ } \n", `{}`, ""},
		{`{"a":null,"b":true,"c":false,"d":"x","e":-1.50E+3,"f":[],"g":[1,[2]],"h":{"i":{}}}`, `{"a":null,"b":true,"c":false,"d":"x","e":-1.50E+3,"f":[],"g":[1,[2]],"h":{"i":{}}}`, ""},
		{`{"a":9007199254740993,"b":1e400}`, `{"a":9007199254740993,"b":1e400}`, ""},
		{`{"a":"\u00e9\uD83D\uDE00\/\"\\\b\f\n\r\t"}`, `{"a":"é😀/\"\\\u0008\u000c\n\r\t"}`, ""},
		{`{"a":"<&>` + "\u2028" + `"}`, `{"a":"<&>` + "\u2028" + `"}`, ""},
		{`{"a":1,"a":2}`, `{"a":2}`, "column 8: a is given twice"},
		{`{"a":1,"b":2,"A":3}`, `{"A":3,"b":2}`, "column 14: A is given twice"},
		{"\ufeff{}", `{}`, "byte order mark"},
		{"{\"a\":\"\xff\"}", `{"a":"` + "\ufffd" + `"}`, "column 7: the byte 0xFF is not UTF-8"},
		{"{\"a\xc3\":1}", "{\"a\ufffd\":1}", "not UTF-8"},
		{`{"a":"\ud800"}`, `{"a":"` + "\ufffd" + `"}`, "surrogate"},
		{`{"a":"\ud800\u0041"}`, `{"a":"` + "\ufffd" + `A"}`, "surrogate"},
	} {
		got, err := scim.ParseObjectLenient([]byte(tt.in))
		if err != nil || text(got) != tt.want {
			t.Errorf("%s: leniently %s, %v, want %s", tt.in, text(got), err, tt.want)
		}
		got, err = scim.ParseObject([]byte(tt.in))
		if tt.strict != "" {
			checkError(t, err, 400, "invalidSyntax", tt.strict)
		} else if err != nil || text(got) != tt.want {
			t.Errorf("%s: %s, %v, want %s", tt.in, text(got), err, tt.want)
		}
	}
}

func TestParseObjectRefuses(t *testing.T) {
	for in, detail := range map[string]string{
		"": "empty", " \n": "empty", "[]": "expected a JSON object", `"x"`: "expected a JSON object", "null": "expected a JSON object", "5": "expected a JSON object",
		"{": "found the end", `{"a"`: `expected ":"`, `{"a":`: "expected a value, found the end", `{"a":1`: `expected ","`, `{"a":1,`: "found the end", `{"a":1,}`: "another member",
		"{,}": "member name", "{a:1}": "member name", "{'a':1}": "member name", `{"a" 1}`: `":"`, `{"a":1 "b":2}`: `","`, `{"a":1}x`: "nothing after", `{"a":1}{}`: "nothing after",
		`{"a":[1,]}`: "expected a value", `{"a":[,1]}`: "expected a value", `{"a":[1}`: `"]"`, `{"a":[1`: `"]"`, `{"a":tru}`: "expected a value", `{"a":nil}`: "expected a value",
		`{"a":01}`: "found \"1\"", `{"a":1.}`: "found \".\"", `{"a":.5}`: "value", `{"a":+1}`: "value", `{"a":-}`: "value", `{"a":1e}`: "found \"e\"", `{"a":NaN}`: "value", `{"a":0x1}`: "found \"x\"",
		`{"a":"x}`: "not closed", "{\"a\":\"\n\"}": "control character U+000A", "{\"a\":\"\x00\"}": "U+0000", `{"a":"\x"}`: "escape", `{"a":"\u12"}`: "hexadecimal", `{"a":"\u+123"}`: "hexadecimal", `{"a":"\`: "not closed",
		"{\n \"a\": 1,\n \"é\": x}": "line 3, column 7", "/* */{}": "JSON object",
	} {
		for _, parse := range []func([]byte) (*scim.Object, error){scim.ParseObject, scim.ParseObjectLenient} {
			if _, err := parse([]byte(in)); err == nil {
				t.Errorf("%q is read", in)
			} else {
				checkError(t, err, 400, "invalidSyntax", detail)
			}
		}
	}
}

func TestHostileJSON(t *testing.T) {
	for name, in := range map[string]string{
		"objects 10,000 deep": strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		"arrays 10,000 deep":  `{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}",
		"1 MB of brackets":    `{"a":` + strings.Repeat("[", 1<<20),
		"65 deep":             strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65),
	} {
		_, err := scim.ParseObject([]byte(in))
		checkError(t, err, 400, "invalidSyntax", "deeper than 64")
		if _, err = scim.ParseObjectLenient([]byte(in)); err == nil {
			t.Errorf("%s: read leniently", name)
		}
	}
	if _, err := scim.ParseObject([]byte(strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64))); err != nil {
		t.Errorf("64 deep: %v", err)
	}
	// Many members: a duplicate is found however far away.
	var b bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&b, `"member%d":%d,`, i, i)
	}
	if o, err := scim.ParseObject([]byte("{" + b.String() + `"z":1}`)); err != nil || o.Len() != 100_001 {
		t.Errorf("100,001 members: %v", err)
	}
	_, err := scim.ParseObject([]byte("{" + b.String() + `"MEMBER5":1}`))
	checkError(t, err, 400, "invalidSyntax", "MEMBER5 is given twice")
	if o, err := scim.ParseObjectLenient([]byte("{" + b.String() + `"MEMBER5":-1}`)); err != nil || o.Len() != 100_000 || o.Get("member5") != json.Number("-1") {
		t.Errorf("the last of two members: %v, %v", o.Get("member5"), err)
	}
	_, err = scim.ParseObject([]byte(`{"` + strings.Repeat("x", 1<<20) + `":1,"` + strings.Repeat("x", 1<<20) + `":1}`))
	if len(err.Error()) > 300 {
		t.Errorf("the message has %d bytes", len(err.Error()))
	}
}

// FuzzParseObject compares with encoding/json: what we read it reads to the same
// values, and what it refuses we refuse.
func FuzzParseObject(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,2.5e-1,"x\u00e9",{"b":null}],"c":true}`, `{"a":1,"A":2}`, "\ufeff{}", `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", ` { "x" : [ ] } `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := scim.ParseObject(data)
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var want any
		theirs := d.Decode(&want)
		if err == nil {
			if theirs != nil {
				t.Fatalf("read, but encoding/json says %v", theirs)
			}
			if got := o.Map(); !reflect.DeepEqual(any(got), want) {
				t.Fatalf("got %#v, want %#v", got, want)
			}
			printed := o.AppendJSON(nil)
			again, err := scim.ParseObject(printed)
			if err != nil || !reflect.DeepEqual(again, o) || !json.Valid(printed) {
				t.Fatalf("printed %s, read again: %v", printed, err)
			}
		}
		lenient, err2 := scim.ParseObjectLenient(data)
		if err == nil && (err2 != nil || !reflect.DeepEqual(lenient, o)) {
			t.Fatalf("leniently %v", err2)
		}
		if err2 == nil && !json.Valid(lenient.AppendJSON(nil)) {
			t.Fatalf("printed %s", lenient.AppendJSON(nil))
		}
	})
}

func TestObjectMap(t *testing.T) {
	o := object(t, `{"b": [1, {"x": "y"}], "a": null, "c": 9007199254740993, "d": true}`)
	again := scim.ObjectFromMap(o.Map())
	if got, want := text(again), `{"a":null,"b":[1,{"x":"y"}],"c":9007199254740993,"d":true}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	mixed := scim.ObjectFromMap(map[string]any{"i": 1, "f": 1.5, "u": uint8(3), "l": []string{"a"}, "n": map[string]any{"x": int64(-2)}, "bad": func() {}})
	if got, want := text(mixed), `{"bad":null,"f":1.5,"i":1,"l":["a"],"n":{"x":-2},"u":3}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	odd := scim.NewObject(scim.Field{Name: "n", Value: json.Number("no")}, scim.Field{Name: "i", Value: 7}, scim.Field{Name: "c", Value: make(chan int)})
	if got, want := text(odd), `{"n":"no","i":7,"c":null}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var decoded struct{ A *scim.Object }
	if err := json.Unmarshal([]byte(`{"A": {"x": 1}}`), &decoded); err != nil || text(decoded.A) != `{"x":1}` {
		t.Errorf("unmarshalled %v, %v", text(decoded.A), err)
	}
	if b, err := json.Marshal(decoded); err != nil || string(b) != `{"A":{"x":1}}` {
		t.Errorf("marshalled %s, %v", b, err)
	}
}

func TestCompareNumbers(t *testing.T) {
	ordered := []json.Number{
		"no", "-1e400", "-9223372036854775809", "-9223372036854775808", "-10", "-9.5", "-1", "-0.001", "0", "1e-400", "0.001", "0.5", "1", "1.0000000000000000000001",
		"9.99", "10", "100", "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808", "1e400", "1.5e400", "1e999999999999",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i != j {
				want = map[bool]int{true: -1, false: 1}[i < j]
			}
			if got := scim.CompareNumbers(a, b); got != want {
				t.Errorf("%s against %s: %d, want %d", a, b, got, want)
			}
			if same := scim.NumberKey(a) == scim.NumberKey(b); same != (want == 0) {
				t.Errorf("%s and %s have the keys %s and %s", a, b, scim.NumberKey(a), scim.NumberKey(b))
			}
		}
	}
	for _, same := range [][]json.Number{{"0", "-0", "0.000", "0e5", "-0.0E-7"}, {"1", "1.0", "10e-1", "0.1e1", "1E0", "1e+0"}, {"1500", "1.5e3", "15E2", "1500.00"}, {"no", "", "01"}} {
		for _, a := range same {
			if scim.CompareNumbers(a, same[0]) != 0 || scim.NumberKey(a) != scim.NumberKey(same[0]) {
				t.Errorf("%s is not %s", a, same[0])
			}
		}
	}
	number := rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?`), func(s string) json.Number { return json.Number(s) })
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		x, _ := new(big.Rat).SetString(string(a))
		y, _ := new(big.Rat).SetString(string(b))
		if got, want := scim.CompareNumbers(a, b), x.Cmp(y); got != want {
			t.Fatalf("%s against %s: %d, want %d", a, b, got, want)
		}
		if same, want := scim.NumberKey(a) == scim.NumberKey(b), x.Cmp(y) == 0; same != want {
			t.Fatalf("%s and %s have the keys %s and %s", a, b, scim.NumberKey(a), scim.NumberKey(b))
		}
	})
}
