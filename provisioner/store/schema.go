package store

import (
	"bytes"
	"embed"
	"io"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// A schema is the migrations as a database is to read them. They are one text, in which
// a comment names what [dialect.clustered] has in its place.
type schema struct {
	fs.FS
	dialect dialect
}

// newSchema returns the migrations for a dialect.
func newSchema(d dialect) (fs.FS, error) {
	files, err := fs.Sub(migrations, "migrations")
	return schema{files, d}, err
}

// Open opens a migration, or the directory of all.
func (s schema) Open(name string) (fs.File, error) {
	file, err := s.FS.Open(name)
	if err != nil || name == "." {
		return file, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	return migration{file, bytes.NewReader(bytes.ReplaceAll(text, []byte("/* WITHOUT ROWID */"), []byte(s.dialect.clustered)))}, nil
}

// A migration is a file that reads otherwise.
type migration struct {
	fs.File
	text io.Reader
}

func (m migration) Read(p []byte) (int, error) { return m.text.Read(p) }
