package inspector

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A tenantCard is a tenant in the list of them.
type tenantCard struct {
	Name, Path, Engine string
	Strict             bool
	Counts             []count
	Exchanges          uint64
	Saved              []savedState
}

type count struct {
	Name  string
	Count int
}

type savedState struct{ Name, Path, Summary string }

// tenants renders all tenants, whichever one is shown.
func (i *inspector) tenants(r *http.Request) (string, any, error) {
	var cards []tenantCard
	for _, t := range i.server.Tenants() {
		settings := t.Settings()
		card := tenantCard{Name: t.Name(), Path: t.Path(), Engine: settings.Engine, Strict: settings.Strict, Exchanges: t.LastMark().Seq}
		if card.Engine == "" {
			card.Engine = "rfc"
		}
		for _, rt := range t.Data().ResourceTypes() {
			card.Counts = append(card.Counts, count{rt.Endpoint[1:], t.Count(rt.Name)})
		}
		for _, s := range t.Saved() {
			card.Saved = append(card.Saved, savedState{s.Name, url.PathEscape(s.Name), s.Time.UTC().Format("15:04:05") + ", " + summary(s.Counts)})
		}
		cards = append(cards, card)
	}
	return "tenants", map[string]any{"Tenant": variable(r, "tenant"), "Tenants": cards}, nil
}

// summary says how much a saved state holds.
func summary(counts map[string]int) string {
	total := 0
	for _, n := range counts {
		total += n
	}
	return strings.TrimSuffix(fmt.Sprintf("%d resources", total), map[bool]string{true: "s"}[total == 1])
}

// clock renders the tenant's clock.
func (i *inspector) clock(r *http.Request) (string, any, error) {
	t, err := i.tenant(r)
	if err != nil {
		return "", nil, err
	}
	state := t.Clock().State()
	return "clock", map[string]any{
		"Tenant": t.Name(), "Now": state.Now.UTC().Format(time.RFC3339), "Frozen": state.Frozen,
	}, nil
}
