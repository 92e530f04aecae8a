package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// A crashingDaemon is the program as a process, on one port and one database.
type crashingDaemon struct {
	binary, database, address, apiKey string
	client                            *admin.Client
	command                           *exec.Cmd
	output                            *bytes.Buffer
}

// buildProgram builds the program and returns its path.
func buildProgram(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "scimwright")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

func newCrashingDaemon(t *testing.T, binary, database, apiKey string) *crashingDaemon {
	t.Helper()
	d := &crashingDaemon{binary: binary, database: database, apiKey: apiKey}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.address = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	d.client = admin.NewClient("http://"+d.address, apiKey, &http.Client{Timeout: 10 * time.Second})
	t.Cleanup(func() {
		if d.command != nil {
			_ = d.command.Process.Kill()
			_ = d.command.Wait()
		}
	})
	return d
}

// start starts the process and waits until it answers.
func (d *crashingDaemon) start(t *testing.T) {
	t.Helper()
	d.output = new(bytes.Buffer)
	d.command = exec.Command(d.binary, "serve", "--listen", d.address, "--database", d.database)
	d.command.Env = append(os.Environ(), "SCIMWRIGHT_API_KEY="+d.apiKey, "SCIMWRIGHT_KEY="+storetest.Key)
	d.command.Stdout, d.command.Stderr = d.output, d.output
	if err := d.command.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := d.client.Apps(t.Context()); err == nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("the service does not answer: %v", err)
		}
	}
}

func (d *crashingDaemon) kill(t *testing.T) {
	t.Helper()
	if err := d.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = d.command.Wait() // it was killed: there is an error
	if s := d.command.ProcessState.String(); s != "signal: killed" {
		t.Fatalf("the service ended by itself: %s\n%s", s, d.output)
	}
}

func (d *crashingDaemon) waitConverged(t *testing.T) {
	t.Helper()
	var behind []string
	slow := time.Now().Add(15 * time.Second)
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if len(behind) > 0 && time.Now().After(slow) {
			t.Logf("still behind:\n%s", strings.Join(behind, "\n"))
			slow = deadline
		}
		links, err := d.client.Links(t.Context(), "app")
		if err != nil {
			t.Fatal(err)
		}
		behind = nil
		for _, l := range links {
			if !provisioner.LinkState(l.State).Settled() {
				behind = append(behind, fmt.Sprintf("%s %s is %s: %s", l.Kind, l.ID, l.State, l.Reason))
			}
		}
		if len(links) > 0 && len(behind) == 0 {
			return
		}
	}
	t.Fatalf("not converged:\n%s", strings.Join(behind, "\n"))
}
