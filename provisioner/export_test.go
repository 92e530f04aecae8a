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
