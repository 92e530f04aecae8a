package provisioner

// Kept counts what the engine has in memory: runs that it prepares, and lists of apps.
func (e *Engine) Kept() (runs, lists int) {
	for range e.preparing.Range {
		runs++
	}
	for _, v := range e.indexes.Range {
		l := v.(*listing)
		l.Lock()
		if l.index != nil {
			lists++
		}
		l.Unlock()
	}
	return runs, lists
}

// KeptOf names what the engine has in memory of an app.
func (e *Engine) KeptOf(app string) (kept []string) {
	e.tokens.mu.Lock()
	defer e.tokens.mu.Unlock()
	_, tokens := e.tokens.of[app]
	_, paced := e.paces.Load(app)
	_, counted := e.requests.Load(app)
	_, probed := e.probes.Load(app)
	_, listed := e.indexes.Load(indexKey{app, KindUser})
	for _, is := range []struct {
		so   bool
		what string
	}{{tokens, "tokens"}, {paced, "pace"}, {counted, "requests"}, {probed, "probe"}, {listed, "list"}} {
		if is.so {
			kept = append(kept, is.what)
		}
	}
	return kept
}
