package steps

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// secure judges the connection to the target (RFC 7644 section 7.2), and whether a result
// that comes later is as safe as one that comes at once.
func (c *client) secure(ctx context.Context, what string) error {
	switch {
	case strings.HasPrefix(what, "answer came"):
		return c.cameOverTLS()
	case strings.HasPrefix(what, "answer asks"):
		return c.asksForTLS()
	case strings.HasPrefix(what, "service refuses"):
		return c.refusesOldTLS(ctx)
	case strings.HasPrefix(what, "place"):
		return c.keepsClosed(ctx)
	}
	err := c.handshake(ctx, tls.VersionTLS12, tls.VersionTLS12)
	if refusesVersion(err) {
		c.s.remark("the service refuses TLS 1.2, which the RFC demands; newer versions are safer, and not every client has them")
		return nil
	}
	return err
}

func (c *client) cameOverTLS() error {
	last, err := c.last()
	if err != nil {
		return err
	}
	if s := last.answer.TLS; s == nil || s.Version < tls.VersionTLS12 {
		return failf("%s was not answered over TLS 1.2 or later", c.asked())
	}
	return nil
}

// asksForTLS looks at the policy in the answer. A policy of no age takes back an earlier
// one (RFC 6797 section 6.1.1).
func (c *client) asksForTLS() error {
	last, err := c.last()
	if err != nil {
		return err
	}
	policy := last.answer.Header.Get("Strict-Transport-Security")
	for directive := range strings.SplitSeq(policy, ";") {
		name, age, _ := strings.Cut(directive, "=")
		seconds, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(age), `"`), 10, 64)
		if strings.EqualFold(strings.TrimSpace(name), "max-age") && err == nil && seconds > 0 {
			return nil
		}
	}
	if policy == "" {
		return failf("%s answered without the header Strict-Transport-Security", c.asked())
	}
	return failf("%s answered with Strict-Transport-Security: %s, which is no max-age above 0", c.asked(), clip(policy, 100))
}

func (c *client) refusesOldTLS(ctx context.Context) error {
	err := c.handshake(ctx, tls.VersionTLS10, tls.VersionTLS11)
	switch {
	case err == nil, certified(err):
		return failf("the service agreed to TLS 1.1 or 1.0 with a client that has nothing newer")
	case refusesVersion(err):
		return nil
	}
	return err
}

// handshake opens a connection of some versions of TLS and closes it. A target that is
// not reached by TLS of our own making, such as through a proxy, skips the scenario.
func (c *client) handshake(ctx context.Context, oldest, newest uint16) error {
	target := c.s.guard.target
	transport, direct := target.transport.(*http.Transport)
	if direct && transport.Proxy != nil {
		proxy, err := transport.Proxy(&http.Request{URL: target.base})
		direct = err == nil && proxy == nil
	}
	if !direct {
		return c.s.skip("nothing to look at: the target is reached through something else, whose TLS this would be")
	}
	ctx, cancel := context.WithTimeout(ctx, target.timeout)
	defer cancel()
	if err := target.pace.wait(ctx, 1); err != nil {
		return err
	}
	port := target.base.Port()
	if port == "" {
		port = "443"
	}
	dial := transport.DialContext
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	plain, err := dial(ctx, "tcp", net.JoinHostPort(target.base.Hostname(), port))
	if err != nil {
		return err
	}
	defer plain.Close()
	return tls.Client(plain, versions(transport.TLSClientConfig, target.base.Hostname(), oldest, newest)).HandshakeContext(ctx)
}

// versions limits a configuration of TLS. What is older than 1.2 is offered with each
// cipher suite that there is, so that a refusal is one of the version.
func versions(base *tls.Config, host string, oldest, newest uint16) *tls.Config {
	config := &tls.Config{}
	if base != nil {
		config = base.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	config.MinVersion, config.MaxVersion, config.NextProtos = oldest, newest, nil
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	return config
}

// refusesVersion reports whether a handshake failed since the other side would not have
// what was offered: it said so, or closed the connection. That nobody answered, or
// somebody with a certificate that is not trusted, is something else.
func refusesVersion(err error) bool {
	var network *net.OpError
	switch {
	case err == nil, certified(err), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &network):
		return network.Op != "dial" && !network.Timeout()
	}
	return true
}

// certified reports whether a handshake came as far as the certificate, and failed there.
func certified(err error) bool {
	var doubt *tls.CertificateVerificationError
	return errors.As(err, &doubt)
}
