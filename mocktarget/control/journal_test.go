package control_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget/control"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

func TestJournal(t *testing.T) {
	target := mocktargettest.New(t)
	api := target.Origin() + control.Path + "/tenants/default/journal"
	scimDo(t, target.Target(), "POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","password":"p4ss-Word"}`, target.Token())
	for _, path := range []string{"/Users", "/Groups", "/Users/none?attributes=a%2Cb", "/Nope"} {
		scimGet(t, target.Target(), path)
	}
	read := func(query string) (seqs string, last uint64) {
		t.Helper()
		var journal control.Journal
		r := ask(t, "GET", api+query, "").want(t, 200)
		check(t, json.Unmarshal([]byte(r.raw), &journal))
		if strings.Contains(r.raw, "p4ss-Word") || strings.Contains(r.raw, target.Token()) {
			t.Errorf("%s shows a secret: %s", query, r.raw)
		}
		for _, e := range journal.Items {
			seqs += fmt.Sprint(e.Seq)
		}
		return seqs, journal.Last
	}
	for query, want := range map[string]string{
		"": "12345", "?since=3": "45", "?since=99": "", "?limit=2": "45", "?method=post": "1", "?status=404": "45",
		"?status=4xx": "45", "?status=2xx": "123", "?status=400": "", "?kind=list": "23", "?type=Group": "3", "?kind=list&type=User": "2",
		"?since=1&status=2xx&limit=1": "3", "?brief=true": "12345",
	} {
		seqs, last := read(query)
		equal(t, query, seqs, want)
		equal(t, "last", last, 5)
	}
	for query, word := range map[string]string{"?since=x": "since", "?limit=-1": "limit", "?status=9xx": "4xx", "?status=40": "4xx"} {
		ask(t, "GET", api+query, "").wantProblem(t, 422, word)
	}
	ask(t, "GET", api+"/2", "").want(t, 200, `"seq":2`, `"url":"/scim/v2/Users"`)
	ask(t, "GET", api+"/9", "").wantProblem(t, 404, "exchange 9")
	if brief := ask(t, "GET", api+"?brief=true", "").raw; strings.Contains(brief, "ann") || !strings.Contains(brief, `"size":`) {
		t.Errorf("the brief journal has bodies: %s", brief)
	}

	lines := ask(t, "GET", api+".jsonl?since=3", "").want(t, 200)
	equal(t, "Content-Disposition", lines.header.Get("Content-Disposition"), `attachment; filename="default.jsonl"`)
	equal(t, "lines", strings.Count(lines.raw, "\n"), 2)
	var archive struct {
		Log struct {
			Version string
			Entries []struct {
				Request struct {
					URL         string
					QueryString []struct{ Name, Value string }
				}
				Response struct{ Status int }
			}
		}
	}
	check(t, json.Unmarshal([]byte(ask(t, "GET", api+".har?kind=get", "").want(t, 200).raw), &archive))
	equal(t, "HAR", fmt.Sprintf("%+v", archive.Log), "{Version:1.2 Entries:[{Request:{URL:"+target.URL()+
		"/Users/none?attributes=a%2Cb QueryString:[{Name:attributes Value:a,b}]} Response:{Status:404}}]}")

	ask(t, "DELETE", api, "").want(t, 204)
	seqs, last := read("")
	equal(t, "after clearing", seqs, "")
	equal(t, "numbers go on", last, 5)
}
