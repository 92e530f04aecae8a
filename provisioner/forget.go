package provisioner

import (
	"context"
	"reflect"
	"time"
)

// forgetEvery is how often it is looked for what is kept in memory of apps that are no
// more.
const forgetEvery = time.Minute

// forgetApps drops what is kept in memory of apps that are not connected any more, and
// the secrets that apps do not have any more.
func (e *Engine) forgetApps(ctx context.Context) error {
	if !e.forgetting.due(e.config.Now(), forgetEvery) {
		return nil
	}
	// What comes up from here on may be of an app that is connected meanwhile.
	kept := e.keptApps()
	apps, err := e.config.Store.Apps(ctx)
	if err != nil {
		return err
	}
	clients := make(map[string]*OAuthClient, len(apps))
	for i := range apps {
		app := &apps[i]
		delete(kept, app.Name)
		clients[app.Name] = app.OAuth
		if p, ok := e.paces.Load(app.Name); ok {
			p.(*pace).follow(app)
		}
	}
	for name := range kept {
		e.forget(name)
	}
	e.tokens.retain(clients)
	return nil
}

// keptApps names the apps of which something is kept.
func (e *Engine) keptApps() map[string]bool {
	kept := map[string]bool{}
	note := func(key, _ any) bool {
		if of, ok := key.(indexKey); ok {
			key = of.app
		}
		kept[key.(string)] = true
		return true
	}
	e.paces.Range(note)
	e.requests.Range(note)
	e.probes.Range(note)
	e.indexes.Range(note)
	return kept
}

func (e *Engine) forget(app string) {
	e.paces.Delete(app)
	e.requests.Delete(app)
	e.probes.Delete(app)
	for _, kind := range [...]Kind{KindUser, KindGroup} {
		e.indexes.Delete(indexKey{app, kind})
	}
}

// retain drops the sources of tokens of clients that are not those that apps have.
func (t *tokenSources) retain(clients map[string]*OAuthClient) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for app, s := range t.of {
		if client := clients[app]; client == nil || !reflect.DeepEqual(s.client, *client) {
			delete(t.of, app)
		}
	}
}
