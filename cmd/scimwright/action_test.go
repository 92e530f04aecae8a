package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// An action is what is tested of .github/actions/verify/action.yml.
type action struct {
	Inputs map[string]struct {
		Description string
		Required    bool
		Default     string
	}
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
		}
	}
}

// TestAction runs the shell of the GitHub Action as a runner does, against a service that
// is right, one that is not, one that refuses the token, and nobody.
func TestAction(t *testing.T) {
	text, err := os.ReadFile("../../.github/actions/verify/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	step := a.Runs.Steps[len(a.Runs.Steps)-1]
	if a.Runs.Using != "composite" || step.ID != "verify" || step.Shell != "bash" {
		t.Fatalf("the last step is %+v", step)
	}
	if strings.Contains(step.Run, "${{") {
		t.Error("the shell has an expression in it, by which an input could become a command")
	}
	right := mocktargettest.New(t, mocktargettest.WithJournalTail(0))
	wrong := mocktargettest.New(t, mocktargettest.WithJournalTail(0), mocktargettest.WithConfig(mocktarget.Config{
		Settings: mocktarget.Settings{Deviations: []string{"patch-not-atomic"}},
	}))
	const few = "--rate 0 --only PATCH-01,PATCH-08"
	for name, c := range map[string]struct {
		inputs              map[string]string
		code                int
		conclusion, summary string
	}{
		"right":     {map[string]string{"url": right.URL(), "token": right.Token(), "write": "true", "flags": few, "profile": ""}, 0, "conformant", "## SCIM 2.0: conformant"},
		"wrong":     {map[string]string{"url": wrong.URL(), "token": wrong.Token(), "write": "true", "flags": few}, 1, "non-conformant", "PATCH-08"},
		"read-only": {map[string]string{"url": right.URL(), "token": right.Token(), "flags": "--rate 0 --only DISC-01"}, 0, "partial", "read-only"},
		"refused":   {map[string]string{"url": right.URL(), "token": "$(touch broken)"}, 3, "", "ended with 3"},
		"no token":  {map[string]string{"url": right.URL()}, 3, "", "ended with 3"},
		"misspelt":  {map[string]string{"url": right.URL(), "token": right.Token(), "profile": "okta"}, 2, "", "ended with 2"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			env := append(os.Environ(), "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary"), "GITHUB_OUTPUT="+filepath.Join(dir, "output"), "RUNNER_TEMP="+dir)
			for variable, expression := range step.Env {
				env = append(env, variable+"="+a.input(t, expression, c.inputs))
			}
			script := filepath.Join(dir, "script.sh")
			if err := os.WriteFile(script, []byte(step.Run), 0o600); err != nil {
				t.Fatal(err)
			}
			// as a runner calls it
			shell := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script)
			shell.Dir, shell.Env = dir, env
			log, err := shell.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if code := shell.ProcessState.ExitCode(); code != c.code {
				t.Fatalf("it ended with %d, want %d:\n%s", code, c.code, log)
			}
			summary, _ := os.ReadFile(filepath.Join(dir, "summary"))
			output, _ := os.ReadFile(filepath.Join(dir, "output"))
			if !strings.Contains(string(summary), c.summary) || !strings.HasPrefix(string(output), "conclusion="+c.conclusion+"\nexit-code=") {
				t.Errorf("the summary is\n%s\nand the output\n%s\nand the log\n%s", summary, output, log)
			}
			if _, err := os.Stat(filepath.Join(dir, "broken")); err == nil {
				t.Error("an input was run by the shell")
			}
			if strings.Contains(string(log), right.Token()) {
				t.Error("the log tells the token")
			}
		})
	}
}

var inputExpression = regexp.MustCompile(`^\$\{\{ inputs\.([a-z]+) \}\}$`)

// input returns what an expression stands for.
func (a *action) input(t *testing.T, expression string, given map[string]string) string {
	t.Helper()
	name := inputExpression.FindStringSubmatch(expression)
	if name == nil {
		t.Fatalf("%s is not an input", expression)
	}
	declared, known := a.Inputs[name[1]]
	if !known {
		t.Fatalf("%s is not declared", name[1])
	}
	if value, ok := given[name[1]]; ok {
		return value
	}
	if name[1] == "binary" {
		return "scimwright" // which [testscript.Main] puts into the path
	}
	return declared.Default
}
