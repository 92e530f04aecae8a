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
)

// sealPrefix names the way a token is sealed, so that there can be another one.
const sealPrefix = "v1:"

// minKey is how many bytes of secret a key needs at least.
const minKey = 16

// A sealer encrypts tokens with AES-256-GCM. Each is bound to the app it belongs
// to: a token copied to another row does not open.
type sealer struct{ aead cipher.AEAD }

// openSealer makes a sealer of a secret or, if that is empty, of one beside a file.
func openSealer(secret []byte, file string) (*sealer, error) {
	if len(secret) == 0 {
		if file == "" {
			return nil, errors.New("PostgreSQL needs a key that seals the apps' tokens: give the same one to every process (SCIMWRIGHT_KEY)")
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

func (s *sealer) seal(app, token string) string {
	return sealPrefix + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(token), []byte(app)))
}

func (s *sealer) open(app, sealed string) (string, error) {
	if len(sealed) < len(sealPrefix) || sealed[:len(sealPrefix)] != sealPrefix {
		return "", fmt.Errorf("the token of app %q is sealed in a way this program does not know", app)
	}
	data, err := base64.RawStdEncoding.DecodeString(sealed[len(sealPrefix):])
	if err != nil {
		return "", fmt.Errorf("the sealed token of app %q is damaged: %w", app, err)
	}
	token, err := s.aead.Open(nil, nil, data, []byte(app))
	if err != nil {
		return "", fmt.Errorf("the token of app %q cannot be opened: it was sealed with another key", app)
	}
	return string(token), nil
}
