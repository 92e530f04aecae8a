package main

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

// TestVerifyIsStopped ends the real program while an app has done what it was told and
// the answer is on its way. Whatever the signal, nothing stays in the app: the run
// removes it itself, or, if it could not even do that, the cleanup by its ledger.
func TestVerifyIsStopped(t *testing.T) {
	binary := buildProgram(t)
	// A process of nohup ignores hang-ups, and so do those that it starts, unless it
	// listens for them.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for _, c := range []struct {
		method string
		signal syscall.Signal
		code   int
	}{
		{http.MethodPost, syscall.SIGINT, 130},
		{http.MethodPost, syscall.SIGTERM, 130},
		{http.MethodDelete, syscall.SIGHUP, 130},
		{http.MethodPut, syscall.SIGINT, 130},
		{http.MethodPost, syscall.SIGKILL, -1},
		{http.MethodPut, syscall.SIGKILL, -1},
		{http.MethodDelete, syscall.SIGKILL, -1},
	} {
		t.Run(c.signal.String()+"_"+c.method, func(t *testing.T) {
			app := newWatchedApp(t)
			v := &verification{t: t, binary: binary, app: app, ledger: filepath.Join(t.TempDir(), "run.ledger")}
			command, output := v.start("verify", app.server.URL+"/scim/v2", "--write", "--only", "CREATE,PUT", "--ledger", v.ledger)
			release := app.waitFor(t, hold{method: c.method, path: "/Users"})
			if err := command.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if c.signal == syscall.SIGKILL {
				_ = command.Wait()
				release()
			} else {
				release()
				_ = command.Wait()
			}
			if code := command.ProcessState.ExitCode(); code != c.code {
				t.Errorf("exit %d, want %d:\n%s", code, c.code, output)
			}
			if c.signal == syscall.SIGKILL {
				v.cleanUp()
			}
			v.wantNothingLeft()
		})
	}
}

// TestVerifyIsStoppedTwice interrupts a run and then, while it cleans up, again: it ends
// at once, and the ledger does the rest.
func TestVerifyIsStoppedTwice(t *testing.T) {
	binary := buildProgram(t)
	app := newWatchedApp(t)
	v := &verification{t: t, binary: binary, app: app, ledger: filepath.Join(t.TempDir(), "run.ledger")}
	command := v.command("verify", app.server.URL+"/scim/v2", "--write", "--only", "PUT", "--ledger", v.ledger)
	stderr, err := command.StderrPipe()
	if err := errors.Join(err, command.Start()); err != nil {
		t.Fatal(err)
	}
	release := app.waitFor(t, hold{method: http.MethodDelete, path: "/Users"})
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), "removing what the run has made") {
	}
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	release()
	if status := command.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("it ended with %s", command.ProcessState)
	}
	v.cleanUp()
	v.wantNothingLeft()
}

// TestVerifyIsNotRead has nobody read what a run prints, as after "| head": it ends and
// leaves nothing.
func TestVerifyIsNotRead(t *testing.T) {
	binary := buildProgram(t)
	app := newWatchedApp(t)
	v := &verification{t: t, binary: binary, app: app, ledger: filepath.Join(t.TempDir(), "run.ledger")}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
	dir := filepath.Join(t.TempDir(), "out")
	command := v.command("verify", app.server.URL+"/scim/v2", "--write", "--only", "CREATE,PUT", "--ledger", v.ledger, "--report", dir)
	output := new(bytes.Buffer)
	command.Stdout, command.Stderr = writer, output
	err = command.Run()
	_ = writer.Close()
	if code := command.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit %d (%v), want 130:\n%s", code, err, output)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "report.md")); err != nil || !strings.Contains(string(text), "broke off") {
		t.Errorf("the report is %s, %v", text, err)
	}
	v.wantNothingLeft()
}

// A verification is a run of verify against an app, as a process of its own.
type verification struct {
	t              *testing.T
	binary, ledger string
	app            *watchedApp
}

func (v *verification) start(args ...string) (*exec.Cmd, *bytes.Buffer) {
	v.t.Helper()
	output := new(bytes.Buffer)
	command := v.command(args...)
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		v.t.Fatal(err)
	}
	return command, output
}

// command returns the program with the token, at full speed. It does not outlive the test.
func (v *verification) command(args ...string) *exec.Cmd {
	command := exec.CommandContext(v.t.Context(), v.binary, append(args, "--rate", "0", "--token-env", "APP_TOKEN")...)
	command.Env = append(os.Environ(), "APP_TOKEN=token")
	return command
}

// cleanUp does what the killed run could not. It waits until the app is done with what
// it was told last.
func (v *verification) cleanUp() {
	v.t.Helper()
	if _, err := os.Stat(v.ledger); err != nil {
		v.t.Fatalf("the killed run left no ledger: %v", err)
	}
	command, output := v.start("verify", "cleanup", "--ledger", v.ledger)
	if err := command.Wait(); err != nil {
		v.t.Errorf("cleanup: %v\n%s", err, output)
	}
	if !strings.Contains(output.String(), "entries of the ledger are done with") {
		v.t.Errorf("cleanup says %s", output)
	}
}

func (v *verification) wantNothingLeft() {
	v.t.Helper()
	tenant := v.app.mock.Tenant(mocktarget.DefaultTenant)
	for deadline := time.Now().Add(2 * time.Minute); len(tenant.Resources("User")) > 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond) // until the last write has gone through
	}
	for _, u := range tenant.Resources("User") {
		v.t.Errorf("%s is left", u.String("userName"))
	}
	if _, err := os.Stat(v.ledger); !errors.Is(err, os.ErrNotExist) {
		v.t.Errorf("the ledger is still there: %v", err)
	}
}
