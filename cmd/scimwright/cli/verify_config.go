package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/permiso/scimwright/conformance"
)

// verifyEnv begins the names of environment variables that stand in for flags of
// verify: SCIMWRIGHT_VERIFY_TOKEN_ENV for --token-env.
const verifyEnv = "SCIMWRIGHT_VERIFY_"

// fill gives a value to each flag that the command line does not give: that of the
// environment, or else that of the file which --config names, where every flag has a
// member of its name and the base URL is "target".
//
//	target: https://app.example.com/scim/v2
//	token-env: APP_TOKEN
//	profile: [rfc, lifecycle]
//	skip: [FILT-15]
//	waivers:
//	  - {id: SORT-02, until: 2027-03-01, reason: ticket 4711}
//
// The waivers may also be the name of a file.
func (f *verifyFlags) fill(flags *pflag.FlagSet, args []string, env func(string) (string, bool)) error {
	if len(args) > 0 {
		if err := flags.Set("target", args[0]); err != nil {
			return err
		}
	}
	if err := fillFromEnv(flags, env); err != nil {
		return err
	}
	if f.file != "" {
		if err := f.fillFromFile(flags); err != nil {
			return err
		}
	}
	if f.target == "" {
		return usagef("give the SCIM base URL to verify")
	}
	return nil
}

func fillFromEnv(flags *pflag.FlagSet, env func(string) (string, bool)) (err error) {
	flags.VisitAll(func(flag *pflag.Flag) {
		name := verifyEnv + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value, given := env(name)
		if !given || value == "" || flag.Changed || err != nil {
			return
		}
		if wrong := flags.Set(flag.Name, value); wrong != nil {
			err = usagef("%s: %v", name, wrongValue(wrong))
		}
	})
	return err
}

func (f *verifyFlags) fillFromFile(flags *pflag.FlagSet) error {
	text, err := os.ReadFile(f.file)
	if err != nil {
		return usagef("%v", err)
	}
	var members map[string]yaml.Node
	if err := yaml.Unmarshal(text, &members); err != nil {
		return usagef("%s: %v", f.file, err)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		node := members[name]
		flag := flags.Lookup(name)
		switch {
		case flag == nil || name == "config" || name == "help":
			return usagef("%s, line %d: there is no flag --%s that %q could stand for", f.file, node.Line, name, name)
		case flag.Changed:
		case name == "waivers" && node.Kind == yaml.SequenceNode:
			f.waivers, err = inlineWaivers(&node)
		default:
			err = setFlag(flags, name, &node)
		}
		if err != nil {
			return usagef("%s, line %d: %s: %v", f.file, node.Line, name, wrongValue(err))
		}
	}
	return nil
}

func inlineWaivers(node *yaml.Node) ([]conformance.Waiver, error) {
	text, err := yaml.Marshal(node)
	if err != nil {
		return nil, err
	}
	return conformance.ParseWaivers(text)
}

// setFlag gives a flag the value of a member of the file: a scalar as it stands there,
// the elements of a list one by one, an object as JSON.
func setFlag(flags *pflag.FlagSet, name string, node *yaml.Node) error {
	switch node.Kind {
	case yaml.ScalarNode:
		return flags.Set(name, node.Value)
	case yaml.SequenceNode:
		for _, element := range node.Content {
			if element.Kind != yaml.ScalarNode {
				return errors.New("a list of plain values is wanted")
			}
			if err := flags.Set(name, element.Value); err != nil {
				return err
			}
		}
		return nil
	case yaml.MappingNode:
		var object map[string]any
		if err := node.Decode(&object); err != nil {
			return err
		}
		text, err := json.Marshal(object)
		if err != nil {
			return err
		}
		return flags.Set(name, string(text))
	default:
		return fmt.Errorf("a plain value, a list or an object is wanted")
	}
}
