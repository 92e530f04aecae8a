package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner/admin"
)

func newHeld() *cobra.Command {
	var (
		api    apiFlags
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "held APP",
		Short: "List what is held back until somebody approves it",
		Long: `held lists the accounts and groups of an app that would be disabled or deleted and are
held back: too many would go within an hour, nobody would be left in the app, or the
directory is not trusted. Everything else goes on. See approve and reject.

It ends with 1 if something is held.` + apiHelp,
		Example: "  scimwright held chat",
		Args:    appArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, closeClient, err := api.reading(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = closeClient() }()
			held, err := client.Held(cmd.Context(), args[0])
			if err != nil {
				return apiError(err)
			}
			if err := writeHeld(cmd.OutOrStdout(), args[0], held, asJSON); err != nil {
				return err
			}
			if len(held) > 0 {
				return &exitError{code: ExitBad} // the list says what
			}
			return nil
		},
	}
	api.add(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

// appArg takes the name of an app and nothing else.
func appArg(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("name one app")
	}
	return nil
}

func writeHeld(w io.Writer, app string, held []admin.Held, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"held": held})
	}
	if len(held) == 0 {
		_, err := fmt.Fprintf(w, "Nothing of %s is held.\n", app)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KIND\tID\tNAME\tWOULD\tWHY\tSINCE")
	reasons := []string{}
	for _, h := range held {
		since := "-"
		if h.Since != nil {
			since = h.Since.Local().Format(time.DateTime)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", strings.ToLower(h.Kind), h.ID, oneLine(h.Name), h.Action, h.Why, since)
		if !slices.Contains(reasons, h.Reason) {
			reasons = append(reasons, h.Reason)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nHeld: %s\n", strings.Join(reasons, "; "))
	return err
}

func newApprove() *cobra.Command {
	return newDecision(decision{
		verb: "approve", past: "approved", client: (*admin.Client).Approve,
		short: "Let through what is held back",
		long: `approve lets accounts and groups be disabled or deleted that are held back: those that
are named by id or name, as held lists them, or all. They are carried out by a service
at once, or else by the next sync.`,
	})
}

func newReject() *cobra.Command {
	return newDecision(decision{
		verb: "reject", past: "rejected", client: (*admin.Client).Reject,
		short: "Keep what is held back as it is",
		long: `reject keeps accounts and groups as they are that would be disabled or deleted and are
held back: those that are named by id or name, as held lists them, or all. They stay
until the directory wants something else of them.`,
	})
}

// A decision is one of the commands that decide about what is held.
type decision struct {
	verb, past, short, long string
	client                  func(*admin.Client, context.Context, string, admin.Chosen) (int, error)
}

func newDecision(d decision) *cobra.Command {
	var (
		api apiFlags
		all bool
	)
	c := &cobra.Command{
		Use:     d.verb + " APP (ID... | --all)",
		Short:   d.short,
		Long:    d.long + apiHelp,
		Example: fmt.Sprintf("  scimwright %s chat u17 zoe@acme.example\n  scimwright %[1]s chat --all", d.verb),
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usagef("name the app")
			case all == (len(args) > 1):
				return usagef("name what is %s by id or name, or use --all; 'scimwright held %s' lists what there is", d.past, args[0])
			default:
				return nil
			}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			client, closeClient, err := api.writing(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = closeClient() }()
			return d.run(cmd, client, args[0], args[1:])
		},
	}
	api.add(c.Flags())
	c.Flags().BoolVar(&all, "all", false, "decide about everything that is held")
	return c
}

func (d *decision) run(cmd *cobra.Command, client *admin.Client, app string, names []string) error {
	ctx := cmd.Context()
	chosen := admin.Chosen{All: len(names) == 0}
	if !chosen.All {
		held, err := client.Held(ctx, app)
		if err != nil {
			return apiError(err)
		}
		for _, name := range names {
			h, err := findHeld(held, name)
			if err != nil {
				return err
			}
			chosen.Items = append(chosen.Items, h.Subject)
		}
	}
	n, err := d.client(client, ctx, app, chosen)
	if err != nil {
		return apiError(err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d %s.\n", n, d.past)
	return err
}

// findHeld finds what is held by its id, by its name, or by kind and id, as in
// group/g1.
func findHeld(held []admin.Held, name string) (*admin.Held, error) {
	var found *admin.Held
	for i := range held {
		h := &held[i]
		if name != h.ID && !strings.EqualFold(name, h.Name) && name != strings.ToLower(h.Kind)+"/"+h.ID {
			continue
		}
		if found != nil {
			return nil, usagef("%q names several of what is held: write %s/%s or %s/%s", name,
				strings.ToLower(found.Kind), found.ID, strings.ToLower(h.Kind), h.ID)
		}
		found = h
	}
	if found == nil {
		return nil, usagef("%q is not held; 'scimwright held' lists what is", name)
	}
	return found, nil
}
