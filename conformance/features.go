package conformance

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Join returns a file system that holds scenarios and, in a folder of the given name,
// more of them: somebody's own beside those of package features.
//
//	Features: conformance.Join(features.FS, "own", os.DirFS("scim-features")),
func Join(scenarios fs.FS, folder string, more fs.FS) fs.FS {
	return &joined{scenarios, folder, more}
}

type joined struct {
	FS     fs.FS
	folder string
	more   fs.FS
}

// inside returns the name of what is in the folder.
func (j *joined) inside(name string) (string, bool) {
	if name == j.folder {
		return ".", true
	}
	return strings.CutPrefix(name, j.folder+"/")
}

// Open implements [fs.FS].
func (j *joined) Open(name string) (fs.File, error) {
	if name, ok := j.inside(name); ok {
		return j.more.Open(name)
	}
	file, err := j.FS.Open(name)
	if err != nil || name != "." {
		return file, err
	}
	root := &joinedRoot{File: file}
	if root.entries, err = j.entries(); err != nil {
		_ = file.Close()
		return nil, err
	}
	return root, nil
}

// entries lists the root.
func (j *joined) entries() ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(j.FS, ".")
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(j.more, ".")
	if err != nil {
		return nil, fmt.Errorf("the folder %s: %w", j.folder, err)
	}
	entries = append(slices.Clone(entries), folderEntry{fs.FileInfoToDirEntry(info), j.folder})
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// A joinedRoot is the root under way to be listed.
type joinedRoot struct {
	fs.File
	entries []fs.DirEntry
}

// ReadDir implements [fs.ReadDirFile].
func (r *joinedRoot) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(r.entries)
	} else if len(r.entries) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(r.entries))
	next := r.entries[:n]
	r.entries = r.entries[n:]
	return next, nil
}

// A folderEntry is a folder under another name.
type folderEntry struct {
	fs.DirEntry
	name string
}

func (e folderEntry) Name() string { return e.name }

// Parse reads the scenarios of feature files once, for a process that makes many runs. What
// it returns takes the place of the files in [Config.Features], also in several runs at a
// time.
func Parse(features fs.FS) (fs.FS, error) {
	checks, err := AllChecks(features)
	if err != nil {
		return nil, err
	}
	return &parsed{features, checks}, nil
}

// parsed are feature files, and the checks in them.
type parsed struct {
	fs.FS
	checks []Check
}

// wantUnique refuses scenarios of one id.
func wantUnique(checks []Check) error {
	first := map[string]*Check{}
	for i := range checks {
		c := &checks[i]
		if other := first[c.ID]; other != nil {
			return fmt.Errorf("%s, line %d: the id %s is that of %q in %s, line %d: give each scenario its own, such as @ACME-01", c.File, c.Line, c.ID, other.Title, other.File, other.Line)
		}
		first[c.ID] = c
	}
	return nil
}
