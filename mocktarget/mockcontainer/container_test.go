package mockcontainer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/permiso/scimwright/cmd/scimwright/cli"
	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget/mockcontainer"
)

func TestMain(m *testing.M) {
	// Nothing shall be pulled, and Docker's ports are on this machine even if it looks
	// like a container itself.
	for name, value := range map[string]string{"TESTCONTAINERS_RYUK_DISABLED": "true", "TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1"} {
		if _, set := os.LookupEnv(name); !set {
			os.Setenv(name, value)
		}
	}
	os.Exit(m.Run())
}

// needDocker skips a test where there is no Docker; in CI that is a failure.
func needDocker(t *testing.T) {
	t.Helper()
	provider, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(log.NewNoopLogger()))
	if err == nil {
		defer provider.Close()
		err = provider.Health(t.Context())
	}
	switch {
	case err == nil:
	case os.Getenv("SCIMWRIGHT_CI") == "1":
		t.Fatalf("Docker is not there: %v", err)
	default:
		t.Skipf("Docker is not there: %v", err)
	}
}

func run(t *testing.T, options ...mockcontainer.Option) *mockcontainer.Mock {
	t.Helper()
	mock, err := mockcontainer.Run(t.Context(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if t.Failed() {
			output, err := mock.Output(ctx)
			t.Logf("the mock says (%v):\n%s", err, output)
		}
		if err := mock.Terminate(ctx); err != nil {
			t.Errorf("removing the container: %v", err)
		}
	})
	return mock
}

// TestMock builds the image once and uses it for all.
func TestMock(t *testing.T) {
	needDocker(t)
	mock := run(t)
	image := mockcontainer.WithImage(mock.Container.Image)
	t.Run("over SCIM", func(t *testing.T) { checkSCIM(t, mock) })
	t.Run("image", func(t *testing.T) { checkImage(t, mock) })
	// The image goes with the first container, so the others end before it.
	t.Run("others", func(t *testing.T) {
		t.Run("options", func(t *testing.T) { t.Parallel(); checkOptions(t, image) })
		t.Run("lifecycle", func(t *testing.T) { t.Parallel(); checkLifecycle(t, run(t, image)) })
		t.Run("service", func(t *testing.T) { t.Parallel(); checkService(t, mock.Container.Image) })
		t.Run("failure", func(t *testing.T) { t.Parallel(); checkFailure(t, image) })
	})
}

// checkSCIM makes a user through the published port, follows the location the mock
// gives for her, and looks at the mock as a target.
func checkSCIM(t *testing.T, mock *mockcontainer.Mock) {
	ctx := t.Context()
	created := send(t, mock, "POST", mock.URL()+"/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann"}`, 201)
	location, _ := created["meta"].(map[string]any)["location"].(string)
	if !strings.HasPrefix(location, mock.URL()+"/Users/") {
		t.Fatalf("the location %q is not below %s", location, mock.URL())
	}
	if read := send(t, mock, "GET", location, "", 200); read["userName"] != "ann" {
		t.Errorf("read %v", read)
	}
	users, err := mock.Resources(ctx, "User")
	if err != nil || len(users) != 1 || users[0].String("userName") != "ann" {
		t.Errorf("the target holds %v, %v", users, err)
	}
	entries, err := mock.Journal(ctx, 0)
	if err != nil || len(entries) != 2 {
		t.Errorf("%d exchanges in the journal, want 2: %v", len(entries), err)
	}
	other, err := mock.Tenant(ctx, "other")
	if err != nil {
		t.Fatal(err)
	}
	if users, err := other.Resources(ctx, "User"); err != nil || len(users) != 0 {
		t.Errorf("another tenant holds %v, %v", users, err)
	}
	if !strings.HasPrefix(other.URL(), mock.Origin()) || other.URL() == mock.URL() {
		t.Errorf("another tenant is at %s", other.URL())
	}
}

// send sends a request with the target's token and returns the answer's object.
func send(t *testing.T, mock *mockcontainer.Mock, method, url, body string, want int) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+mock.Token())
	request.Header.Set("Content-Type", "application/scim+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != want {
		t.Fatalf("%s %s is answered with %d, want %d: %s", method, url, response.StatusCode, want, text)
	}
	var o map[string]any
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return o
}

// checkImage wants what is shipped to be small, to need no privileges, and to keep
// its data in a volume.
func checkImage(t *testing.T, mock *mockcontainer.Mock) {
	ctx := t.Context()
	docker, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	image, err := docker.ImageInspect(ctx, mock.Container.Image)
	if err != nil {
		t.Fatal(err)
	}
	const most = 30_000_000
	if image.Size > most {
		t.Errorf("the image has %d bytes, at most %d are wanted", image.Size, most)
	}
	if image.Config.User != "65532:65532" {
		t.Errorf("the image runs as %q", image.Config.User)
	}
	if _, ok := image.Config.Volumes["/data"]; !ok || len(image.Config.Volumes) != 1 {
		t.Errorf("the image has the volumes %v, want /data", image.Config.Volumes)
	}
}

func checkOptions(t *testing.T, image mockcontainer.Option) {
	ctx := t.Context()
	seed := filepath.Join(t.TempDir(), "people.json")
	if err := os.WriteFile(seed, []byte(`{"Users": [{"id": "u1", "userName": "ann"}], "Groups": [{"displayName": "G", "members": [{"value": "u1"}]}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	mock := run(t, image, mockcontainer.WithTenant("acme"), mockcontainer.WithSeedFile(seed), mockcontainer.WithFlags("--strict"))
	if mock.Name() != "acme" || !strings.HasSuffix(mock.URL(), "/t/acme/scim/v2") {
		t.Errorf("the tenant is %s at %s", mock.Name(), mock.URL())
	}
	groups, err := mock.Resources(ctx, "Group")
	if err != nil || len(groups) != 1 || len(groups[0].Array("members")) != 1 {
		t.Errorf("the target holds the groups %v, %v", groups, err)
	}
	// Without schemas, which only a strict mock minds.
	answer := send(t, mock, "PATCH", mock.URL()+"/Users/u1", `{"Operations":[{"op":"add","path":"title","value":"x"}]}`, 400)
	if detail := fmt.Sprint(answer["detail"]); !strings.Contains(detail, "schemas") {
		t.Errorf("refused because of %s", detail)
	}
}

// checkLifecycle runs the lifecycle scenarios, as scimwright verify does.
func checkLifecycle(t *testing.T, mock *mockcontainer.Mock) {
	report, err := conformance.Run(t.Context(), conformance.Config{
		Endpoint: mock.URL(), Token: mock.Token(), Features: features.FS, Select: conformance.Selection{Tags: "@lifecycle"}, Write: true,
		Provisioner: cli.NewEngineDriver, Patience: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Results {
		if result.Verdict != conformance.Pass {
			t.Errorf("%s %s: %s: %s", result.ID, result.Title, result.Verdict, result.Reason)
		}
	}
	if len(report.Results) < 20 {
		t.Errorf("%d scenarios ran", len(report.Results))
	}
	if users, err := mock.Resources(t.Context(), "User"); err != nil || len(users) != 0 {
		t.Errorf("%d users are left behind, %v", len(users), err)
	}
}

// checkService runs the other server of the image: it writes its database to the
// volume though it is not root, finds it again after a restart, and knows time zones.
func checkService(t *testing.T, image string) {
	ctx := t.Context()
	service, err := testcontainers.Run(ctx, image,
		testcontainers.WithLogger(log.NewNoopLogger()),
		testcontainers.WithCmd("serve", "--listen", "0.0.0.0:8088"),
		testcontainers.WithEnv(map[string]string{"SCIMWRIGHT_API_KEY": "key", "TZ": "Asia/Tokyo"}),
		testcontainers.WithExposedPorts("8088/tcp"),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/openapi.json").WithPort("8088/tcp")))
	testcontainers.CleanupContainer(t, service)
	if err != nil {
		t.Fatal(err)
	}
	api := func() string {
		t.Helper()
		origin, err := service.PortEndpoint(ctx, "8088/tcp", "http")
		if err != nil {
			t.Fatal(err)
		}
		return origin + "/api/v1"
	}
	// An app that nobody is at: what the log says of it has the time of Tokyo.
	ask(t, "PUT", api()+"/apps/wiki", `{"endpoint":"https://127.0.0.1:1/scim/v2","token":"t","settings":{"privateNetwork":true}}`)
	ask(t, "PUT", api()+"/users/ann", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann"}`)
	if err := wait.ForLog(`time=\S+\+09:00 .*attempt failed`).AsRegexp().WaitUntilReady(ctx, service); err != nil {
		t.Errorf("the log does not say when an attempt failed: %v", err)
	}
	if err := service.Stop(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := service.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, "GET", api()+"/users/ann", ""); !strings.Contains(got, `"userName":"ann"`) {
		t.Errorf("after a restart the service holds %s", got)
	}
}

// ask sends a request to the service and returns the answer.
func ask(t *testing.T, method, url, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer key")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s is answered with %d: %s", method, url, response.StatusCode, &text)
	}
	return text.String()
}

// checkFailure starts what cannot start: the error says why.
func checkFailure(t *testing.T, image mockcontainer.Option) {
	_, err := mockcontainer.Run(t.Context(), image, mockcontainer.WithFlags("--nonsense"))
	if err == nil || !strings.Contains(err.Error(), "--nonsense") || !strings.Contains(err.Error(), "the mock says") {
		t.Errorf("with a flag that there is not: %v", err)
	}
	_, err = mockcontainer.Run(t.Context(), image, mockcontainer.WithSeedFile(filepath.Join(t.TempDir(), "none.json")))
	if err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Errorf("with a seed that there is not: %v", err)
	}
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte(`{"Users": [{}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = mockcontainer.Run(t.Context(), image, mockcontainer.WithSeedFile(bad))
	if err == nil || !strings.Contains(err.Error(), "userName") {
		t.Errorf("with a user without a name: %v", err)
	}
}
