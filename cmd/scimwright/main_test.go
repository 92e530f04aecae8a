package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"scimwright": main})
}

// TestScripts runs the command lines of testdata/cli as a user would type them.
func TestScripts(t *testing.T) {
	acme, err := filepath.Abs("../../testdata/directory/acme.json")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/cli",
		Setup: func(env *testscript.Env) error {
			env.Setenv("ACME", acme)
			env.Setenv("TOKEN", "script-token")
			env.Setenv("SCIMWRIGHT_API_KEY", "")
			env.Setenv("SCIMWRIGHT_VERIFY_RATE", "0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "port": port, "ready": ready, "get": get, "send": send, "writes": writes, "requests": requests, "terminate": terminate, "remote-id": remoteID,
		},
	})
}

// code N COMMAND... runs a command that has to end with the exit code N.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// port NAME puts a free port into an environment variable.
func port(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	ts.Check(l.Close())
}

// ready URL waits until somebody answers there.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(args[0])
		if err == nil {
			ts.Check(resp.Body.Close())
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("nobody answers at %s: %v", args[0], err)
		}
	}
}

// terminate asks all programs in the background to end, as a service manager does.
func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

// get URL prints what is there, asked with the token of the scripts.
func get(ts *testscript.TestScript, neg bool, args []string) {
	status, body := fetch(ts, args[0])
	if (status >= 400) != neg {
		ts.Fatalf("GET %s: %d %s", args[0], status, body)
	}
	_, err := io.WriteString(ts.Stdout(), body)
	ts.Check(err)
}

// send METHOD URL [BODY] prints the answer to a request with the token of the
// scripts.
func send(ts *testscript.TestScript, neg bool, args []string) {
	body := strings.Join(args[2:], " ")
	status, answer := request(ts, args[0], args[1], body)
	if (status >= 400) != neg {
		ts.Fatalf("%s %s: %d %s", args[0], args[1], status, answer)
	}
	_, err := io.WriteString(ts.Stdout(), answer)
	ts.Check(err)
}

// remote-id NAME URL USER puts the id that the app at URL has for a userName into an
// environment variable.
func remoteID(ts *testscript.TestScript, _ bool, args []string) {
	_, body := fetch(ts, args[1]+"/Users")
	var list struct {
		Resources []struct{ ID, UserName string }
	}
	ts.Check(json.Unmarshal([]byte(body), &list))
	for _, u := range list.Resources {
		if u.UserName == args[2] {
			ts.Setenv(args[0], u.ID)
			return
		}
	}
	ts.Fatalf("there is no %s in %s", args[2], body)
}

// writes URL N checks how many requests the default tenant of a mock has had that
// change something.
func writes(ts *testscript.TestScript, _ bool, args []string) {
	var found []string
	for _, r := range journal(ts, args[0]) {
		if !strings.HasPrefix(r, http.MethodGet+" ") {
			found = append(found, r)
		}
	}
	wantCount(ts, "writes", found, args[1])
}

// requests URL N checks how many requests the default tenant of a mock has had.
func requests(ts *testscript.TestScript, _ bool, args []string) {
	wantCount(ts, "requests", journal(ts, args[0]), args[1])
}

func wantCount(ts *testscript.TestScript, what string, found []string, want string) {
	if fmt.Sprint(len(found)) != want {
		ts.Fatalf("%d %s, want %s:\n%s", len(found), what, want, strings.Join(found, "\n"))
	}
}

// journal returns the requests that the default tenant of a mock has had.
func journal(ts *testscript.TestScript, url string) (list []string) {
	_, body := fetch(ts, url+"/_mock/api/v1/tenants/default/journal?limit=1000")
	var journal struct {
		Items []struct {
			Request struct{ Method, URL string }
		}
	}
	ts.Check(json.Unmarshal([]byte(body), &journal))
	if len(journal.Items) == 0 {
		ts.Fatalf("the journal is empty: %s", body)
	}
	for _, e := range journal.Items {
		list = append(list, e.Request.Method+" "+e.Request.URL)
	}
	return list
}

func fetch(ts *testscript.TestScript, url string) (status int, body string) {
	return request(ts, http.MethodGet, url, "")
}

func request(ts *testscript.TestScript, method, url, body string) (status int, answer string) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	ts.Check(err)
	if req.URL.User == nil { // otherwise it goes by HTTP Basic
		req.Header.Set("Authorization", "Bearer "+ts.Getenv("TOKEN"))
	}
	switch {
	case strings.HasPrefix(body, "{"):
		req.Header.Set("Content-Type", "application/json")
	case body != "":
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	data, err := io.ReadAll(resp.Body)
	ts.Check(errors.Join(err, resp.Body.Close()))
	return resp.StatusCode, string(data)
}
