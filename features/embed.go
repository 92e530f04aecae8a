// Package features holds the scenarios: what provisioning and the protocol must
// do, in words that need no knowledge of SCIM.
//
// One scenario is one check. Its tags carry its id, which never changes and is
// never used again, and its level:
//
//	@LIFE-21 @must @lifecycle @write
//
// The Rule above it says what is demanded. What the sentences do is defined in
// package conformance/steps.
package features

import "embed"

// FS holds the feature files. Folder lifecycle drives a provisioner and looks at
// what the app holds afterwards.
//
//go:embed lifecycle/*.feature
var FS embed.FS
