package mocktarget_test

import (
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

// Somebody without credentials sees how to get some, and leaves no trace.
func TestStrangers(t *testing.T) {
	c := start(t)
	t.Run("RFC7643-5-R15", func(t *testing.T) {
		for _, method := range []string{"GET", "HEAD"} {
			c.as("", method, "/ServiceProviderConfig", "").want(200)
			c.as("Bearer wrong", method, "/ServiceProviderConfig", "").want(401)
		}
	})
	for path, status := range map[string]int{"/ServiceProviderConfig": 200, "/Users": 401} {
		c.as("", "GET", c.target.Origin()+"/t/strange/scim/v2"+path, "").want(status)
	}
	for _, tenant := range c.target.Server().Tenants() {
		if tenant.Name() == "strange" {
			t.Error("there is a tenant now")
		}
	}
}

// No credential gets into the journal, whatever way it comes.
func TestCredentialsInTheJournal(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Auth: mocktarget.Auth{
		Users:   []mocktarget.BasicUser{{Name: "ann", Password: "pa55word"}},
		Clients: []mocktarget.OAuthClient{{ID: "app", Secret: "s3cret", Subject: "ann"}},
	}}))
	c.createUser("ann")
	const grant = "grant_type=client_credentials"
	token := c.fetch("", grant+"&client_id=app&client_secret=s3cret").want(200).at("access_token").(string)
	c.fetch(basic("app", "s3cret"), grant).want(200)
	equal(t, "userName", c.as("Bearer "+token, "GET", "/Me", "").want(200).at("userName"), "ann")
	c.as(basic("ann", "pa55word"), "GET", "/Me", "").want(200)
	journal := c.do("GET", c.target.Origin()+"/_mock/api/v1/tenants/default/journal", "").want(200).raw
	for _, secret := range []string{"s3cret", "pa55word", c.token, token, strings.TrimPrefix(basic("ann", "pa55word"), "Basic "), strings.TrimPrefix(basic("app", "s3cret"), "Basic ")} {
		if strings.Contains(journal, secret) {
			t.Errorf("the journal shows the secret %q", secret)
		}
	}
}
