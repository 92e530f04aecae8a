package provisioner

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Preset is what is known of the apps of one make. An app's own settings come
// before it.
type Preset struct {
	// Name is what [Settings] say, Title what people call it.
	Name  string `json:"name"`
	Title string `json:"title"`
	// Notes are what an administrator should know before the app is connected, a
	// sentence or two each.
	Notes []string `json:"notes,omitempty"`
	// Capabilities are what the app can do that others cannot, or not.
	Capabilities map[Capability]string `json:"capabilities,omitempty"`
	// Groups says which groups the app is given, "" if there is nothing special about
	// them.
	Groups GroupPolicy `json:"groups,omitempty"`
	// Mapping makes what the app is given of a user.
	Mapping []MappingRule `json:"mapping,omitempty"`
	// Demands are what the app refuses users without.
	Demands []Demand `json:"demands,omitempty"`

	facts Facts // Capabilities with their reason
}

// A Demand is what an app wants of one attribute of the users it is given. It is
// checked before a request is made.
type Demand struct {
	// Path is the attribute, such as name.givenName.
	Path string `json:"path"`
	// Optional says that the attribute may be missing.
	Optional bool `json:"optional,omitempty"`
	// MaxLength is how many characters it may have. Zero means any number.
	MaxLength int `json:"maxLength,omitempty"`
	// Without are texts that must not be in it, Contains one that must.
	Without  string `json:"without,omitempty"`
	Contains string `json:"contains,omitempty"`
}

// String says in one line what is demanded.
func (d Demand) String() string {
	text := d.Path
	if d.Optional {
		text += ", if there is one,"
	}
	if d.MaxLength > 0 {
		text += fmt.Sprintf(" of %d characters at the most", d.MaxLength)
	}
	if d.Contains != "" {
		text += fmt.Sprintf(" with %q in it", d.Contains)
	}
	if d.Without != "" {
		text += fmt.Sprintf(" without %q", d.Without)
	}
	return text
}

//go:embed presets.json
var presetsJSON []byte

// loadPresets reads the table of presets once, by name.
var loadPresets = sync.OnceValues(func() (map[string]Preset, error) {
	var list []Preset
	if err := json.Unmarshal(presetsJSON, &list); err != nil {
		return nil, fmt.Errorf("the table of presets: %w", err)
	}
	presets := make(map[string]Preset, len(list))
	for _, p := range list {
		p.facts = make(Facts, len(p.Capabilities))
		for name, value := range p.Capabilities {
			p.facts[name] = Fact{Value: value, Source: SourcePreset, Reason: "it is known of " + p.Title}
		}
		presets[p.Name] = p
	}
	return presets, nil
})

// Presets returns every preset, in the order of their names. They are shared and
// must not be changed.
func Presets() []Preset {
	presets, _ := loadPresets()
	var list []Preset
	for _, name := range slices.Sorted(maps.Keys(presets)) {
		list = append(list, presets[name])
	}
	return list
}

// PresetOf returns the preset of a name; "" is an app about which nothing is known
// in advance. The error lists the names that there are.
func PresetOf(name string) (Preset, error) {
	if name == "" {
		return Preset{}, nil
	}
	presets, err := loadPresets()
	if err != nil {
		return Preset{}, err
	}
	preset, ok := presets[name]
	if !ok {
		return Preset{}, fmt.Errorf("preset %q does not exist: use one of %q, or none", name, slices.Sorted(maps.Keys(presets)))
	}
	return preset, nil
}

// presetFacts returns what is known of apps of a make.
func presetFacts(name string) Facts {
	preset, err := PresetOf(name)
	if err != nil {
		return nil
	}
	return preset.facts
}

// A demand is a [Demand] whose path has been read.
type demand struct {
	Demand
	path valuePath
}

func compileDemands(list []Demand) ([]demand, error) {
	demands := make([]demand, len(list))
	for i, d := range list {
		path, err := parseValuePath(scim.UserType(), d.Path)
		if err != nil {
			return nil, fmt.Errorf("demand %q: %w", d.Path, err)
		}
		demands[i] = demand{d, path}
	}
	return demands, nil
}

// unmet says what a user lacks that the app demands, "" if nothing.
func unmet(demands []demand, payload *scim.Object) string {
	var problems []string
	for _, d := range demands {
		value := d.path.get(payload)
		text := display(value)
		switch {
		case scim.Unassigned(value) || text == "":
			if !d.Optional {
				problems = append(problems, "has no "+d.Path+", which the app demands")
			}
		case d.MaxLength > 0 && len([]rune(text)) > d.MaxLength:
			problems = append(problems, fmt.Sprintf("has a %s of more than %d characters, which the app refuses", d.Path, d.MaxLength))
		case d.Without != "" && strings.Contains(text, d.Without):
			problems = append(problems, fmt.Sprintf("has a %s with %q in it, which the app refuses", d.Path, d.Without))
		case d.Contains != "" && !strings.Contains(text, d.Contains):
			problems = append(problems, fmt.Sprintf("has a %s without %q, which the app refuses", d.Path, d.Contains))
		}
	}
	if len(problems) == 0 {
		return ""
	}
	return strings.Join(problems, " and ") + ": correct it in the directory, or in the app's mapping"
}
