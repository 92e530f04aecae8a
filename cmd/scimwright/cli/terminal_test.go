package cli_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// TestNothingActsOnTheTerminal shows what an app has under names that would clear the
// screen and write lines of their own.
func TestNothingActsOnTheTerminal(t *testing.T) {
	const nasty = "eve\u001b[2J\u009b2J\u202e\r\ncreate  user u9 (forged)"
	a := newApp(t)
	send := func(method, path, body string) {
		t.Helper()
		r := httptest.NewRequest(method, "/scim/v2"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer app-token")
		r.Header.Set("Content-Type", "application/scim+json")
		w := httptest.NewRecorder()
		if a.mock.ServeHTTP(w, r); w.Code >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	}
	escaped := strings.NewReplacer("\u001b", `\u001b`, "\r", `\r`, "\n", `\n`).Replace(nasty)
	user := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%s","externalId":"%s","title":"%s"}`
	send(http.MethodPost, "/Users", fmt.Sprintf(user, escaped, "x1", ""))
	send(http.MethodPost, "/Users", fmt.Sprintf(user, "ben", escaped, ""))
	send(http.MethodPost, "/Users", fmt.Sprintf(user, "ann", "u1", escaped))
	page := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		http.Error(w, "refused: "+nasty, http.StatusBadRequest)
		return true
	}
	a.before.Store(&page)
	directory := write(t, "people.json", `{"users": [{"id": "u1", "userName": "ann", "title": "Clerk"}, {"id": "u2", "userName": "ben"}, {"id": "u4", "userName": "dan"}]}`)
	database := filepath.Join(t.TempDir(), "state.db")
	sync := a.sync(t, directory, database, "--app", "chat", "--wait", "0s")
	plan := append([]string{"plan"}, sync[1:len(sync)-2]...)
	for _, args := range [][]string{
		plan, sync, {"status", "--database", database}, {"audit", "chat", "--database", database},
		{"foreign", "chat", "--database", database}, {"log", "chat", "--failed", "--database", database}, entry(t, sync, database),
	} {
		_, stdout, stderr := run(t.Context(), args...)
		if stdout == "" {
			t.Errorf("%q says nothing: %s", args[0], stderr)
		}
		for i, line := range strings.Split(stdout+stderr, "\n") {
			if strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }) {
				t.Errorf("%s: line %d acts on the terminal: %q", args[0], i, line)
			}
			if args[len(args)-1] != database && strings.HasPrefix(line, "create  user u9") {
				t.Errorf("%s: line %d is the app's: %q", args[0], i, line)
			}
		}
	}
}

// entry is the command line that shows the newest entry of the log.
func entry(t *testing.T, sync []string, database string) []string {
	t.Helper()
	run(t.Context(), sync...)
	_, line, _ := run(t.Context(), "log", "chat", "--subject", "u4", "--limit", "1", "--database", database)
	fields := strings.Fields(line)
	if len(fields) < 3 {
		t.Fatalf("the log has %q", line)
	}
	return []string{"log", "chat", "--entry", fields[2], "--database", database}
}
