package mockcontainer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const module = "github.com/permiso/scimwright"

// prepareImage returns a directory with all that Docker needs to build the image: the
// Dockerfile, the binary it copies, and an empty directory for its volume. It is the
// caller's to remove.
func prepareImage(ctx context.Context) (dir string, err error) {
	source, err := goCommand(ctx, nil, "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return "", fmt.Errorf("looking for the source of scimwright: %w", err)
	}
	if dir, err = os.MkdirTemp("", "scimwright-image-"); err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	recipe, err := os.ReadFile(filepath.Join(source, "cmd", "scimwright", "Dockerfile"))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), recipe, 0o600); err != nil {
		return "", err
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "scimwright")
	// The source's own versions count, not those of a workspace around the caller.
	environment := []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + runtime.GOARCH, "GOWORK=off"}
	// Inlined only where time goes, it is a tenth smaller.
	small := []string{"-trimpath", "-ldflags", "-s -w -funcalign=16", "-gcflags=all=-l", "-gcflags=std=", "-gcflags=modernc.org/...="}
	if _, err = goCommand(ctx, environment, slices.Concat([]string{"build", "-C", source}, small, []string{"-o", binary, "./cmd/scimwright"})...); err != nil {
		return "", fmt.Errorf("building scimwright: %w", err)
	}
	return dir, os.Chmod(binary, 0o755) // whatever the umask here, somebody else runs it
}

// goCommand runs the Go command and returns what it prints. The error holds what it
// says.
func goCommand(ctx context.Context, environment []string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "go", args...)
	c.Env = append(os.Environ(), environment...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, &stderr)
	}
	return strings.TrimSpace(string(out)), nil
}
