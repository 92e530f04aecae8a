package mocktarget_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

// exported makes a few exchanges with secrets in many places.
func exported(t *testing.T) (*client, []*mocktarget.Entry) {
	t.Helper()
	c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{BodyBytes: 300}}))
	addInvariant(t, c.tenant(), mocktarget.Invariant{Name: "still", Kind: mocktarget.InvariantNoWrites})
	c.createUser("ann", `"password":"p4ss-Word"`, `"title":"<b>"`)
	c.do("GET", "/Users?count=5&filter=title%20eq%20%22a%20b%22", "", "X-Run-Id: run-7", "Cookie: a=c00kie-Word").want(200)
	c.do("GET", "/Users?filter=password+eq+%22f1lter-Word%22", "").want(403)
	c.createUser("bob", `"nickName":"`+strings.Repeat("x", 500)+`"`)
	return c, c.tenant().Journal()
}

func TestWriteJSONL(t *testing.T) {
	c, entries := exported(t)
	text := journalText(t, c.tenant())
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	n := 0
	for ; lines.Scan(); n++ {
		var e mocktarget.Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		again, _ := json.Marshal(e)
		want, _ := json.Marshal(entries[n])
		equal(t, "entry read back", string(again), string(want))
	}
	equal(t, "lines", n, 4)
	if strings.Contains(text, "-Word") || strings.Contains(text, c.token) || !strings.Contains(text, `"<b>`) && !strings.Contains(text, `<b>`) {
		t.Errorf("it shows a secret, or text that need not be escaped is: %s", text)
	}
}

func TestWriteHAR(t *testing.T) {
	c, entries := exported(t)
	var b strings.Builder
	if err := mocktarget.WriteHAR(&b, entries); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "-Word") || strings.Contains(b.String(), c.token) {
		t.Errorf("it shows a secret: %s", b.String())
	}
	var har any
	if err := json.Unmarshal([]byte(b.String()), &har); err != nil {
		t.Fatal(err)
	}
	equal(t, "version", at(har, "log", "version"), "1.2")
	equal(t, "creator", at(har, "log", "creator", "name"), "scimwright mock")
	list := at(har, "log", "entries").([]any)
	equal(t, "entries", len(list), 4)
	for i, entry := range list {
		for _, field := range []string{"startedDateTime", "time", "request", "response", "cache", "timings"} {
			if at(entry, field) == nil {
				t.Errorf("entry %d has no %s", i, field)
			}
		}
		for _, path := range [][]any{{"request", "cookies"}, {"request", "headers"}, {"request", "queryString"}, {"response", "cookies"}, {"response", "headers"}} {
			if _, ok := at(entry, path...).([]any); !ok {
				t.Errorf("entry %d: %v is no list", i, path)
			}
		}
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(at(entry, "startedDateTime"))); err != nil {
			t.Error(err)
		}
		equal(t, "protocol", at(entry, "request", "httpVersion"), "HTTP/1.1")
		equal(t, "seq", at(entry, "_seq"), i+1)
	}
	create, list1, refused, long := list[0], list[1], list[2], list[3]
	equal(t, "method", at(create, "request", "method"), "POST")
	equal(t, "URL", at(create, "request", "url"), c.base+"/Users")
	equal(t, "media type", at(create, "request", "postData", "mimeType"), "application/scim+json")
	if body := fmt.Sprint(at(create, "request", "postData", "text")); !strings.Contains(body, `"password":"***"`) {
		t.Errorf("the body is %s", body)
	}
	equal(t, "status", at(create, "response", "status"), 201)
	equal(t, "status", at(create, "response", "statusText"), "Created")
	equal(t, "kind", at(create, "_operation", "kind"), "create")
	equal(t, "changed", at(create, "_changes", 0, "after", "userName"), "ann")
	equal(t, "violation", at(create, "_violations", 0, "invariant"), "still")
	equal(t, "query", at(list1, "request", "queryString"), `[map[name:count value:5] map[name:filter value:title eq "a b"]]`)
	equal(t, "postData of a GET", at(list1, "request", "postData"), nil)
	equal(t, "run", at(list1, "_run"), "run-7")
	equal(t, "query", at(refused, "request", "queryString"), `[map[name:filter value:***]]`)
	equal(t, "what is cut", at(long, "request", "postData", "comment"), "the journal kept only the beginning of the body")
	equal(t, "size", at(long, "request", "bodySize").(float64) > 500, true)

	b.Reset()
	if err := mocktarget.WriteHAR(&b, nil); err != nil || !json.Valid([]byte(b.String())) {
		t.Errorf("an empty journal is written as %s, %v", b.String(), err)
	}
}

// A full disk is not taken for success.
func TestWriteFails(t *testing.T) {
	_, entries := exported(t)
	for range 12 {
		entries = append(entries, entries...)[:min(2*len(entries), 64)]
	}
	for name, write := range map[string]func(*fullDisk) error{
		"JSONL": func(d *fullDisk) error { return mocktarget.WriteJSONL(d, entries) },
		"HAR":   func(d *fullDisk) error { return mocktarget.WriteHAR(d, entries) },
	} {
		for _, room := range []int{0, 100, 10_000} {
			if err := write(&fullDisk{room}); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d bytes: %v", name, room, err)
			}
		}
	}
}

var errFull = errors.New("the disk is full")

// A fullDisk has room for so many bytes.
type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.room {
		return 0, errFull
	}
	d.room -= len(p)
	return len(p), nil
}
