package mocktarget

import (
	"net/http"
	"strings"
)

// A mount is a handler beside the SCIM services.
type mount struct {
	path    string
	handler http.Handler
}

// Mount has a handler answer what is at a path, such as "/_mock", and below it. What
// it is asked stands in no journal. The SCIM services keep their own paths, /scim
// and /t; of two mounts that fit, the longer path wins. Mount before serving.
func (s *Server) Mount(path string, handler http.Handler) {
	s.mounts = append(s.mounts, mount{path: strings.TrimSuffix(path, "/"), handler: handler})
}

// mounted returns the handler of a path, nil if the path is for the SCIM services.
func (s *Server) mounted(path string) http.Handler {
	var found mount
	for _, m := range s.mounts {
		if below, ok := strings.CutPrefix(path, m.path); ok && (below == "" || below[0] == '/') && len(m.path) >= len(found.path) {
			found = m
		}
	}
	return found.handler
}
