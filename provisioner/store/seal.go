package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/permiso/scimwright/provisioner"
)

// sealPrefix names the way in which an app's secrets are sealed, so that there can be
// others.
const sealPrefix = "v1:"

// minKey is how many bytes of secret a key needs at least.
const minKey = 16

// A sealer encrypts the apps' secrets with AES-256-GCM. They are bound to the app they
// belong to: what is copied to another row does not open.
type sealer struct{ aead cipher.AEAD }

// openSealer makes a sealer of a secret or, if that is empty, of one beside a file.
func openSealer(secret []byte, file string) (*sealer, error) {
	if len(secret) == 0 {
		if file == "" {
			return nil, errors.New("PostgreSQL needs a key that seals the apps' credentials: give the same one to every process (SCIMWRIGHT_KEY)")
		}
		var err error
		if secret, err = keyFile(file + ".key"); err != nil {
			return nil, err
		}
	}
	if len(secret) < minKey {
		return nil, fmt.Errorf("the key that seals tokens has %d bytes: give %d or more", len(secret), minKey)
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "scimwright app token", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &sealer{aead}, nil
}

// keyFile reads the secret beside the database and makes it on the first run.
func keyFile(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	if err == nil {
		return secret, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the key that seals tokens: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making the key that seals tokens: %w", err)
	}
	secret = []byte(rand.Text() + "\n")
	_, err = f.Write(secret)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("making the key that seals tokens: %w", err)
	}
	return secret, nil
}

// seal returns credential and headers of an app as the database keeps them.
func (s *sealer) seal(app *provisioner.App) (string, error) {
	secrets, err := app.MarshalSecrets()
	if err != nil {
		return "", err
	}
	return sealPrefix + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nil, nil, secrets, []byte(app.Name))), nil
}

// open gives an app the credential and the headers that seal has sealed.
func (s *sealer) open(app *provisioner.App, sealed string) error {
	encoded, known := strings.CutPrefix(sealed, sealPrefix)
	if !known {
		return fmt.Errorf("the credential of app %q is sealed in a way this program does not know", app.Name)
	}
	data, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil {
		return fmt.Errorf("the sealed credential of app %q is damaged: %w", app.Name, err)
	}
	secrets, err := s.aead.Open(nil, nil, data, []byte(app.Name))
	if err != nil {
		return fmt.Errorf("the credential of app %q cannot be opened: it was sealed with another key (SCIMWRIGHT_KEY, or the file whose name ends in .key beside the database)", app.Name)
	}
	return app.UnmarshalSecrets(secrets)
}
