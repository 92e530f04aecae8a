package admin_test

import (
	"testing"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/admin"
)

func TestPauseAndResume(t *testing.T) {
	_, client := newServer(t)
	ctx := t.Context()
	target := mocktargettest.New(t)
	if _, err := client.PutApp(ctx, "wiki", admin.AppInput{Endpoint: target.URL(), Token: target.Token()}); err != nil {
		t.Fatal(err)
	}
	if err := client.Pause(ctx, "wiki", "the wiki moves house"); err != nil {
		t.Fatal(err)
	}
	app, err := client.App(ctx, "wiki")
	if err != nil || app.State != "paused" || app.Cause != "admin" || app.Reason != "the wiki moves house" {
		t.Errorf("paused: %+v, %v", app, err)
	}
	_, err = client.StartRun(ctx, "wiki", admin.RunInput{})
	wantStatus(t, err, 409, "paused by an administrator", "resume")
	if _, err := client.Resume(ctx, "wiki"); err != nil {
		t.Fatal(err)
	}
	if app, err = client.App(ctx, "wiki"); err != nil || app.State != "active" || app.Reason != "" {
		t.Errorf("resumed: %+v, %v", app, err)
	}
	wantStatus(t, client.Pause(ctx, "nobody", ""), 404, "nobody")
}
