// Package features holds the scenarios: what provisioning and the protocol must
// do, in words that need no knowledge of SCIM.
//
// One scenario is one check. Its tags carry its id, which never changes and is
// never used again, and its level:
//
//	@LIFE-21 @must @lifecycle @write
//	@PATCH-08 @must @RFC7644-3.5.2-R18 @needs-patch @after-PATCH-01 @protocol @write
//
// The other tags are requirements that it is about, what the target has to offer,
// checks without which it means little, and that it makes something in the target.
//
// The Rule above it says what is demanded. What the sentences do is defined in
// package conformance/steps.
package features

import "embed"

// FS holds the feature files. Folder lifecycle drives a provisioner and looks at
// what the app holds afterwards. Folder protocol talks to the service itself, one
// file for each area of the RFCs. Folders interop and stress do so too, with what is
// judged for those alone who ask for it.
//
//go:embed lifecycle/*.feature protocol/*.feature interop/*.feature stress/*.feature
var FS embed.FS
