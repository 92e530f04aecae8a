package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/permiso/scimwright/provisioner"
)

// A basis is a hash of all that decides what an app should hold of a subject. A link
// that was settled by one has nothing to do as long as that is what it is now: what
// the app should hold is not worked out to find that out.

// basis hashes the parts, each by itself: no two lists of parts give one text.
func basis(app *provisioner.App, parts ...string) string {
	text := make([]byte, 0, 1024)
	text = append(text, app.Print()...)
	for _, part := range parts {
		text = binary.AppendUvarint(text, uint64(len(part)))
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

func userBasis(app *provisioner.App, noAccess bool, attributes, managerRemoteID string) string {
	access := "access"
	if noAccess {
		access = ""
	}
	return basis(app, access, attributes, managerRemoteID)
}

// groupBasis depends on the members in the order in which they are given.
func groupBasis(app *provisioner.App, group, attributes string, members []provisioner.Member) string {
	given := "given"
	if !app.Gives(group) {
		given = ""
	}
	sum := sha256.New()
	for i := range members {
		m := &members[i]
		inUse := ""
		if m.InUse {
			inUse = "in use"
		}
		for _, part := range [...]string{m.Subject, m.RemoteID, string(m.Presence()), inUse} {
			sum.Write([]byte(part))
			sum.Write([]byte{0})
		}
	}
	return basis(app, given, attributes, string(sum.Sum(nil)))
}

// goneBasis is that of a subject which has left the directory.
func goneBasis(app *provisioner.App) string { return basis(app) }
