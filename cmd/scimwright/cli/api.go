package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/permiso/scimwright/provisioner/admin"
	"github.com/permiso/scimwright/provisioner/store"
)

// An apiFlags says whom a command asks: a service that runs, by its address, or the
// database itself.
type apiFlags struct {
	server, database string
}

func (f *apiFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.database, "database", defaultDatabase, databaseUsage)
	flags.StringVar(&f.server, "server", "", "ask the service at this address instead, with the API key in "+apiKeyEnv)
}

// The flag --database of a command that works on what is there already.
const (
	defaultDatabase = "scimwright.db"
	databaseUsage   = "file, or postgres:// URL, that holds directory, apps and what was pushed"
)

// exists reports whether a database can be there: of one on a server that is not known.
func exists(database string) bool {
	_, err := os.Stat(database)
	return !errors.Is(err, os.ErrNotExist) || strings.Contains(database, "://")
}

// apiHelp tells how commands with [apiFlags] find what they work on.
const apiHelp = `

It looks into --database, or asks a running service with --server; the service's API
key is then taken from ` + apiKeyEnv + `.`

// reading returns a client for a command that only looks: a database file may be in
// use by a service. close has to be called.
func (f *apiFlags) reading(ctx context.Context) (client *admin.Client, close func() error, err error) {
	return f.closing(ctx, serviceConfig{idle: true, reading: true})
}

// writing returns a client for a command that changes something. What it changes in
// a database reaches the apps with the next sync, or by a service that shares it.
func (f *apiFlags) writing(ctx context.Context) (client *admin.Client, close func() error, err error) {
	return f.closing(ctx, serviceConfig{idle: true})
}

// working returns a client for a command that changes something and waits until the
// apps have it: what is due in the database is sent meanwhile.
func (f *apiFlags) working(ctx context.Context) (client *admin.Client, close func() error, err error) {
	return f.closing(ctx, serviceConfig{})
}

func (f *apiFlags) closing(ctx context.Context, config serviceConfig) (*admin.Client, func() error, error) {
	client, s, err := f.open(ctx, config)
	return client, s.close, err
}

// open returns a client, and the service behind it if that is in this process.
func (f *apiFlags) open(ctx context.Context, config serviceConfig) (*admin.Client, *service, error) {
	if f.server != "" {
		key := os.Getenv(apiKeyEnv)
		if key == "" {
			return nil, nil, usagef("%s is not set: put the API key of the service at %s into it", apiKeyEnv, f.server)
		}
		if u, err := url.Parse(f.server); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, nil, usagef("--server %q: write the service's address as in http://127.0.0.1:8088", f.server)
		}
		return admin.NewClient(f.server, key, nil), nil, nil
	}
	if !exists(f.database) {
		return nil, nil, unablef("there is no database %s: name one with --database, or a service with --server", f.database)
	}
	// Whoever runs a command here can reach what it reaches.
	config.database, config.key, config.private = f.database, sealingKey(), true
	s, err := openService(ctx, config)
	if errors.Is(err, store.ErrLocked) {
		return nil, nil, unablef("another scimwright is at work on %s: if it is a service, ask it with --server, or else wait until it has ended", f.database)
	}
	if err != nil {
		return nil, nil, err
	}
	key := rand.Text()
	handler, err := admin.New(admin.Config{Store: s.store, Steward: s.engine, Runner: s.engine, Tester: s.engine, APIKey: key, Version: version(), Candid: true})
	if err != nil {
		return nil, nil, errors.Join(err, s.close())
	}
	return admin.NewClient("http://database", key, &http.Client{Transport: inProcess{handler}}), s, nil
}

// apiError says in one line what came of a call, with the exit code that fits.
func apiError(err error) error {
	var answer *admin.Error
	var lost *url.Error
	switch {
	case errors.As(err, &lost) && !interrupted(err):
		return unablef("the service does not answer, see that it runs at the address in --server: %v", lost.Err)
	case !errors.As(err, &answer):
		return unable(err)
	}
	switch answer.Status {
	case http.StatusUnauthorized:
		return unablef("the service refuses the API key in %s: put the one into it that the service was started with", apiKeyEnv)
	case http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusBadRequest:
		return usagef("%s", answer.Detail)
	default:
		return unablef("%s", answer.Detail)
	}
}

// An inProcess transport hands requests to a handler of this process.
type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		req.Body = http.NoBody
	}
	w := &held{header: http.Header{}}
	t.handler.ServeHTTP(w, req)
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		StatusCode: w.status, Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Request: req,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}, nil
}

// held is an answer that is kept until it is whole.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (h *held) Header() http.Header { return h.header }

// WriteHeader implements [http.ResponseWriter]: the first status counts.
func (h *held) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

// Write implements [http.ResponseWriter].
func (h *held) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(b)
}
