package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner"
)

func newPresets() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "presets [NAME]",
		Short: "List the makes of apps about which something is known",
		Long: `presets lists what an app's settings may name as its preset, or shows one: what to know
before the app is connected, what it can do otherwise than others, and what it is given
of a user. An app's own settings come before its preset.`,
		Example: "  scimwright presets\n  scimwright presets aws-identity-center",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			presets := provisioner.Presets()
			if len(args) == 1 {
				preset, err := provisioner.PresetOf(args[0])
				if err != nil {
					return usagef("%v", err)
				}
				presets = []provisioner.Preset{preset}
			}
			switch w := cmd.OutOrStdout(); {
			case asJSON:
				e := json.NewEncoder(w)
				e.SetIndent("", "  ")
				e.SetEscapeHTML(false)
				return e.Encode(map[string]any{"presets": presets})
			case len(args) == 1:
				return writePreset(w, &presets[0])
			default:
				return writePresets(w, presets)
			}
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

func writePresets(w io.Writer, presets []provisioner.Preset) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range presets {
		fmt.Fprintf(t, "%s\t%s\n", p.Name, p.Title)
	}
	return t.Flush()
}

func writePreset(w io.Writer, p *provisioner.Preset) error {
	fmt.Fprintf(w, "%s: %s\n", p.Name, p.Title)
	for _, note := range p.Notes {
		fmt.Fprintf(w, "  %s\n", note)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if p.Groups != "" {
		fmt.Fprintf(t, "\ngroups\t%s\n", p.Groups)
	}
	if len(p.Capabilities) > 0 {
		fmt.Fprintln(t, "\nWhat it can do:")
		for _, name := range slices.Sorted(maps.Keys(p.Capabilities)) {
			fmt.Fprintf(t, "  %s\t%s\n", name, p.Capabilities[name])
		}
	}
	if len(p.Mapping) > 0 {
		fmt.Fprintln(t, "\nWhat it is given of a user:")
		for _, r := range p.Mapping {
			fmt.Fprintf(t, "  %s\t%s\n", r.To, r.Source())
		}
	}
	if len(p.Demands) > 0 {
		fmt.Fprintln(t, "\nWhat it demands:")
		for _, d := range p.Demands {
			fmt.Fprintf(t, "  %s\n", d)
		}
	}
	return t.Flush()
}
