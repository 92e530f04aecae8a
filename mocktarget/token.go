package mocktarget

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A TokenConfig describes a bearer token to be issued. The zero TokenConfig is one
// that never expires and stands for nobody.
type TokenConfig struct {
	// Name tells people what the token is for.
	Name string `json:"name,omitempty" doc:"What it is for"`
	// Subject is the id or userName of the user the token stands for at /Me. ""
	// means nobody.
	Subject string `json:"subject,omitempty" doc:"Id or userName of the user it stands for at /Me"`
	// ReadOnly refuses writes: 403.
	ReadOnly bool `json:"readOnly,omitempty" doc:"Refuse writes: 403"`
	// Expires is when the token stops being valid, on the tenant's clock. The zero
	// time means never, unless Lifetime says otherwise.
	Expires time.Time `json:"expires,omitzero" doc:"When it stops being valid, on the clock of the tenant; without it never"`
	// Lifetime is how long the token is valid from now on, instead of Expires.
	Lifetime time.Duration `json:"-"`
	// Secret is what the client sends. "" makes a random one.
	Secret string `json:"secret,omitempty" writeOnly:"true" doc:"What the client sends; without it a random one"`
}

// The states of a [Token].
const (
	TokenValid   = "valid"
	TokenExpired = "expired"
	TokenRevoked = "revoked"
)

// A Token is a bearer token (RFC 6750) that one tenant has issued. What the client
// sends is not in it: only a hash of that is kept.
type Token struct {
	ID       string    `json:"id"`
	Name     string    `json:"name,omitempty"`
	Subject  string    `json:"subject,omitempty"`
	ReadOnly bool      `json:"readOnly,omitempty"`
	Issued   time.Time `json:"issued"`           // on the tenant's clock
	Expires  time.Time `json:"expires,omitzero"` // on the tenant's clock; zero: never
	// State is TokenValid, TokenExpired or TokenRevoked at the moment of asking.
	State string `json:"state"`
}

func (t Token) at(now time.Time) Token {
	if t.State == TokenValid && !t.Expires.IsZero() && !now.Before(t.Expires) {
		t.State = TokenExpired
	}
	return t
}

// tokens are the bearer tokens a tenant has issued, in that order.
type tokens struct {
	mu     sync.RWMutex
	list   []*Token // State is TokenValid or TokenRevoked here
	bySum  map[[sha256.Size]byte]*Token
	number int
}

// IssueToken makes a bearer token that this tenant accepts beside the server's, and
// returns what the client has to send. It refuses a secret that is in use already, one
// that no header field can carry, and more tokens than [Limits] allows.
func (t *Tenant) IssueToken(config TokenConfig) (secret string, token Token, err error) {
	if secret = config.Secret; secret == "" {
		secret = rand.Text()
	}
	now := t.clock.Now()
	if config.Lifetime != 0 {
		config.Expires = now.Add(config.Lifetime)
	}
	if !sendable(secret) {
		return "", Token{}, scim.InvalidValue("the secret cannot be sent as a bearer token: use letters, digits and \"-._~+/=\" (RFC 6750 section 2.1)")
	}
	if _, taken := match(t.server.auth.tokens, secret); taken {
		return "", Token{}, scim.Conflict("the server accepts this secret by itself already; choose another secret")
	}
	sum := sha256.Sum256([]byte(secret))
	s := &t.tokens
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.bySum[sum]; taken {
		return "", Token{}, scim.Conflict("a token with this secret has been issued already; choose another secret")
	}
	if most := t.server.config.Limits.Tokens; len(s.list) >= most {
		return "", Token{}, scim.Conflict("tenant %s has issued %d tokens, which is the most it does; make another tenant", t.name, most)
	}
	s.number++
	made := &Token{
		ID: strconv.Itoa(s.number), Name: config.Name, Subject: config.Subject, ReadOnly: config.ReadOnly,
		Issued: now, Expires: config.Expires, State: TokenValid,
	}
	if s.bySum == nil {
		s.bySum = map[[sha256.Size]byte]*Token{}
	}
	s.bySum[sum] = made
	s.list = append(s.list, made)
	return secret, made.at(now), nil
}

// sendable reports whether a client can send a secret behind "Bearer ". Characters
// that RFC 6750 does not name but no implementation trips over are let through.
func sendable(secret string) bool {
	return !strings.ContainsFunc(secret, func(c rune) bool { return c <= ' ' || c >= 0x7F })
}

// Tokens returns the tokens the tenant has issued, oldest first, expired and
// revoked ones too.
func (t *Tenant) Tokens() []Token {
	now := t.clock.Now()
	t.tokens.mu.RLock()
	defer t.tokens.mu.RUnlock()
	list := make([]Token, len(t.tokens.list))
	for i, token := range t.tokens.list {
		list[i] = token.at(now)
	}
	return list
}

// RevokeToken makes a token invalid for good: 401 from the next request on.
func (t *Tenant) RevokeToken(id string) error {
	return t.changeToken(id, func(token *Token) { token.State = TokenRevoked })
}

// ExpireToken lets a token expire now, on the tenant's clock: 401 from the next
// request on.
func (t *Tenant) ExpireToken(id string) error {
	now := t.clock.Now()
	return t.changeToken(id, func(token *Token) {
		if token.Expires.IsZero() || now.Before(token.Expires) {
			token.Expires = now
		}
	})
}

func (t *Tenant) changeToken(id string, change func(*Token)) error {
	t.tokens.mu.Lock()
	defer t.tokens.mu.Unlock()
	for _, token := range t.tokens.list {
		if token.ID == id {
			change(token)
			return nil
		}
	}
	return scim.Status(http.StatusNotFound, "tenant %s has issued no token %q", t.name, clip(id))
}

// identify returns who a secret stands for, or what is wrong with it; known is false
// if it is not the secret of a token.
func (s *tokens) identify(secret string, now time.Time) (who caller, problem string, known bool) {
	sum := sha256.Sum256([]byte(secret))
	s.mu.RLock()
	defer s.mu.RUnlock()
	held := s.bySum[sum]
	if held == nil {
		return caller{}, "", false
	}
	switch token := held.at(now); token.State {
	case TokenRevoked:
		return caller{}, "the bearer token has been revoked", true
	case TokenExpired:
		return caller{}, "the bearer token has expired", true
	default:
		return caller{name: fmt.Sprintf("tenant token %s", token.ID), subject: token.Subject, readOnly: token.ReadOnly}, "", true
	}
}
