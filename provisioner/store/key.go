package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner"
)

// minKey is how many bytes of secret a key needs at least.
const minKey = 16

// A KeyError says that the credentials of apps do not open with the key that there is.
// Nothing was changed: the right key opens them, and [Config.ForgetSecrets] goes on
// without.
type KeyError struct {
	// Apps are the names of those apps, sorted.
	Apps []string
	// Missing is the file in which a key was looked for that is not there, "" if there
	// was another key.
	Missing string
}

func (e *KeyError) Error() string {
	const shown = 5
	of := "the credentials of " + strings.Join(e.Apps[:min(len(e.Apps), shown)], ", ")
	if len(e.Apps) > shown {
		of += fmt.Sprintf(" and %d other apps", len(e.Apps)-shown)
	}
	if e.Missing != "" {
		return fmt.Sprintf("the key file %s is missing, which %s cannot be opened without: put it back, or give the secret that they were sealed with (SCIMWRIGHT_KEY)", e.Missing, of)
	}
	return of + " cannot be opened: they were sealed with another key: give that one (SCIMWRIGHT_KEY, or the file whose name ends in .key beside the database)"
}

// openSecrets finds the key, and makes sure that it opens the secrets of all apps before
// others are sealed with it. One is made only where there is nothing to open.
func (s *Store) openSecrets(ctx context.Context, key []byte, forget bool) error {
	sealed, err := s.sealedSecrets(ctx)
	if err != nil {
		return err
	}
	source := "SCIMWRIGHT_KEY"
	if len(key) == 0 {
		if s.file == "" {
			return errors.New("PostgreSQL needs a key that seals the apps' credentials: give the same one to every process (SCIMWRIGHT_KEY)")
		}
		source = s.file + ".key"
		key, err = readKey(source)
		switch {
		case !errors.Is(err, fs.ErrNotExist):
		case len(sealed) > 0 && !forget:
			return &KeyError{Apps: appsOf(sealed), Missing: source}
		case s.readOnly:
			key, err = newKey(), nil // there is nothing to open, and nothing is going to be sealed
		default:
			key, err = makeKey(source)
		}
		if err != nil {
			return err
		}
	}
	if len(key) < minKey {
		return fmt.Errorf("the key that seals the apps' credentials, from %s, has %d bytes: give the one that was used before, or if there is none yet one of %d or more", source, len(key), minKey)
	}
	if s.seal, err = newSealer(key); err != nil {
		return err
	}
	lost := slices.DeleteFunc(sealed, func(app sealedApp) bool {
		return s.seal.open(&provisioner.App{Name: app.name}, app.secrets) == nil
	})
	switch {
	case len(lost) == 0:
		return nil
	case !forget:
		return &KeyError{Apps: appsOf(lost)}
	default:
		return s.forgetSecrets(ctx, appsOf(lost))
	}
}

// A sealedApp has the secrets of an app as the database keeps them.
type sealedApp struct{ name, secrets string }

func appsOf(sealed []sealedApp) (names []string) {
	for _, app := range sealed {
		names = append(names, app.name)
	}
	return names
}

func (s *Store) sealedSecrets(ctx context.Context) ([]sealedApp, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT name, secrets FROM app ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []sealedApp
	for rows.Next() {
		var app sealedApp
		if err := rows.Scan(&app.name, &app.secrets); err != nil {
			return nil, err
		}
		all = append(all, app)
	}
	return all, rows.Err()
}

// forgetSecrets gives apps no credential, and pauses them until they have one.
func (s *Store) forgetSecrets(ctx context.Context, apps []string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		for _, name := range apps {
			none, err := s.seal.seal(&provisioner.App{Name: name})
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE app SET secrets = $2 WHERE name = $1", name, none); err != nil {
				return err
			}
			app, err := s.lockApp(ctx, tx, name)
			if err != nil {
				return err
			}
			app.Pause(provisioner.Pause{Cause: provisioner.PauseAuth, Reason: "its credential is lost with the key that had sealed it: save it again, and the headers if it has any"})
			if err := s.writeApp(ctx, tx, app); err != nil {
				return err
			}
		}
		return nil
	})
}

// readKey reads the secret beside the database.
func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("looking for the key that seals the apps' credentials: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("the key file %s is open to everybody on this machine (%s): chmod 600 it, and make new credentials in the apps if it may have been read together with the database", path, info.Mode().Perm())
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the key that seals the apps' credentials: %w", err)
	}
	return key, nil
}

func newKey() []byte { return []byte(rand.Text() + "\n") }

// makeKey makes that secret on the first run. It is on disk, whole, before anything is
// sealed with it.
func makeKey(path string) ([]byte, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // 0600
	if err != nil {
		return nil, fmt.Errorf("making the key that seals the apps' credentials: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	key := newKey()
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return nil, fmt.Errorf("making the key that seals the apps' credentials: %w", err)
	}
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		_ = dir.Sync() // not every system can
		_ = dir.Close()
	}
	return key, nil
}
