package provisioner

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// A blueprint is an app's settings together with its preset, read once for all the
// subjects that concern the app.
type blueprint struct {
	mapping  *mapping
	demands  []demand
	groups   GroupPolicy
	selected map[string]bool
	print    string
}

// printVersion changes when the same settings come to mean something else.
const printVersion = 1

// blueprint reads the settings. The error says what to change in them.
func (s *Settings) blueprint() (*blueprint, error) {
	preset, err := PresetOf(s.Preset)
	if err != nil {
		return nil, err
	}
	rules := s.Mapping
	if len(rules) == 0 {
		rules = preset.Mapping
	}
	b := &blueprint{groups: s.groups(), selected: make(map[string]bool, len(s.SelectedGroups))}
	for _, id := range s.SelectedGroups {
		b.selected[id] = true
	}
	if b.mapping, err = compileMapping(rules); err != nil {
		return nil, err
	}
	if b.demands, err = compileDemands(preset.Demands); err != nil {
		return nil, fmt.Errorf("preset %q: %w", preset.Name, err)
	}
	decisive, err := json.Marshal([]any{printVersion, rules, preset.Demands, s.CreateDisabled, s.Deprovision})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(decisive)
	b.print = hex.EncodeToString(sum[:8])
	return b, nil
}

// gives reports whether the app is given a group of the directory.
func (b *blueprint) gives(group string) bool {
	switch b.groups {
	case GroupsOff:
		return false
	case GroupsSelected:
		return b.selected[group]
	default:
		return true
	}
}
