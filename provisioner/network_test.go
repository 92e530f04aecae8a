package provisioner_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/permiso/scimwright/provisioner"
)

// TestFaultsOnTheWay: the network to the app goes wrong, in one way after the other, on
// a part of the connections.
func TestFaultsOnTheWay(t *testing.T) {
	for name, toxic := range map[string]string{
		"requests never arrive":      `{"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`,
		"answers never arrive":       `{"type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`,
		"reset before":               `{"type": "reset_peer", "stream": "upstream", "attributes": {"timeout": 0}}`,
		"reset after":                `{"type": "reset_peer", "stream": "downstream", "attributes": {"timeout": 0}}`,
		"lost replies":               `{"type": "limit_data", "stream": "downstream", "attributes": {"bytes": 0}}`,
		"answers that are cut off":   `{"type": "limit_data", "stream": "downstream", "attributes": {"bytes": 400}}`,
		"requests that are cut off":  `{"type": "limit_data", "stream": "upstream", "attributes": {"bytes": 400}}`,
		"connections that end later": `{"type": "limit_data", "stream": "downstream", "attributes": {"bytes": 3000}}`,
		"slow":                       `{"type": "latency", "stream": "downstream", "attributes": {"latency": 150, "jitter": 150}}`,
		"narrow":                     `{"type": "bandwidth", "stream": "downstream", "attributes": {"rate": 2}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMoody(t)
			n := newNetwork(t, m)
			endure(t, m, n.url, func() { n.poison(toxic) }, n.heal)
		})
	}
}

// TestFaultsDownForAWhile: nobody is there where the app was, and later it is there
// again.
func TestFaultsDownForAWhile(t *testing.T) {
	m := newMoody(t)
	n := newNetwork(t, m)
	r := newRig(t, rigConfig{})
	r.connectTo("app", n.url, m.Token(), provisioner.Settings{})
	r.put(20, "a", nil)
	r.settle("app")
	n.proxy.Stop()
	r.put(20, "b", func(i int) bool { return i == 7 })
	r.paused("app", provisioner.PauseEndpoint)
	asked := r.engine.Requests("app")
	if err := n.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	r.advance(30*time.Second, "app")
	r.tend()
	r.settle("app")
	m.wantUsers(20, "b", func(i int) bool { return i != 7 })
	if n := r.engine.Requests("app") - asked; n > 25 {
		t.Errorf("%d requests, want one to see whether it is there, one for each user, and few more", n)
	}
}

// A network is what lies between the engine and an app.
type network struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
	url   string
}

func newNetwork(t *testing.T, m *moody) *network {
	t.Helper()
	to, err := url.Parse(m.URL())
	if err != nil {
		t.Fatal(err)
	}
	n := &network{t: t}
	n.proxy = toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "network", "127.0.0.1:0", to.Host)
	if err := n.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.proxy.Stop)
	to.Host = n.proxy.Listen
	n.url = to.String()
	return n
}

// poison makes three of ten connections bad.
func (n *network) poison(toxic string) {
	n.t.Helper()
	if _, err := n.proxy.Toxics.AddToxicJson(strings.NewReader(`{"toxicity": 0.3, ` + toxic[1:])); err != nil {
		n.t.Fatal(err)
	}
}

func (n *network) heal() { n.proxy.Toxics.ResetToxics(n.t.Context()) }
