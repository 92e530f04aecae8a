package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/permiso/scimwright/provisioner"
)

// sealPrefix names the way in which an app's secrets are sealed, so that there can be
// others.
const sealPrefix = "v1:"

// A sealer encrypts the apps' secrets with AES-256-GCM. They are bound to the app they
// belong to: what is copied to another row does not open.
type sealer struct{ aead cipher.AEAD }

// newSealer makes a sealer of a secret.
func newSealer(secret []byte) (*sealer, error) {
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
