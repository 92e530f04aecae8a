package mocktarget

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// A sealer turns what the server wants to be told again into text that nobody
// else can read or make: cursors and issued tokens. The text has only unreserved
// characters of URLs (RFC 9865 section 2). Its key lives as long as the server.
type sealer struct {
	aead    cipher.AEAD
	nonces  []byte
	purpose []byte
}

func newSealer(purpose string) (*sealer, error) {
	key := make([]byte, 64) // one half to encrypt, one to make nonces
	_, _ = rand.Read(key)   // never fails (crypto/rand)
	block, err := aes.NewCipher(key[:32])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &sealer{aead: aead, nonces: key[32:], purpose: []byte(purpose)}, nil
}

// seal returns the sealed text. The nonce is made from the text, so that equal
// texts are sealed equally and different ones never share a nonce.
func (s *sealer) seal(text []byte) string {
	mac := hmac.New(sha256.New, s.nonces)
	mac.Write(text)
	nonce := mac.Sum(nil)[:s.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, text, s.purpose))
}

// open returns the text that was sealed; ok is false for anything else.
func (s *sealer) open(sealed string) (text []byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return nil, false
	}
	text, err = s.aead.Open(nil, raw[:s.aead.NonceSize()], raw[s.aead.NonceSize():], s.purpose)
	return text, err == nil
}
