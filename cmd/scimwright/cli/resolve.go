package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner/admin"
)

type resolveFlags struct {
	api      apiFlags
	takeOver string
	yes      bool
}

func newResolve() *cobra.Command {
	var f resolveFlags
	c := &cobra.Command{
		Use:   "resolve APP user|group ID (adopt REMOTE-ID | ignore | pin | delete | retry)",
		Short: "Decide about a user or group that needs a person",
		Long: `resolve says what is to become of a user or group of the directory in an app, where
that cannot be known: status and log tell which those are.

  adopt REMOTE-ID  ties it to a resource that the app has, by the app's id. The resource
                   is shown first. --take-over takes it from another owner
  ignore           never touches what the app has, whatever the directory wants
  pin              never disables or deletes the account, such as the last administrator's
  delete           deletes an account that the app cannot disable
  retry            forgets what was decided and tries again` + apiHelp,
		Example: "  scimwright resolve chat user u17 adopt 8f2c01\n  scimwright resolve chat user u17 ignore",
		Args: func(_ *cobra.Command, args []string) error {
			return f.check(args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runResolve(cmd, &f, args)
		},
	}
	f.api.add(c.Flags())
	c.Flags().StringVar(&f.takeOver, "take-over", "", "the externalId of the owner who loses what is adopted")
	c.Flags().BoolVar(&f.yes, "yes", false, "adopt without asking")
	return c
}

func (f *resolveFlags) check(args []string) error {
	if len(args) < 4 {
		return usagef("name the app, user or group, the id in the directory, and what to do")
	}
	if kindOf(args[1]) == "" {
		return usagef("%q: say user or group", args[1])
	}
	want := 4
	switch args[3] {
	case "adopt":
		want = 5
	case "ignore", "pin", "delete", "retry":
	default:
		return usagef("%q: say adopt, ignore, pin, delete or retry", args[3])
	}
	if len(args) != want && want == 5 {
		return usagef("adopt takes the app's id of what is adopted; 'scimwright foreign %s' lists what there is", args[0])
	}
	if len(args) != want {
		return usagef("%s takes nothing more", args[3])
	}
	return nil
}

// kindOf reads the name of a kind, "" if it is none.
func kindOf(name string) string {
	switch strings.ToLower(name) {
	case "user":
		return "User"
	case "group":
		return "Group"
	default:
		return ""
	}
}

func runResolve(cmd *cobra.Command, f *resolveFlags, args []string) error {
	ctx := cmd.Context()
	client, closeClient, err := f.api.writing(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = closeClient() }()
	app, subject := args[0], admin.Subject{Kind: kindOf(args[1]), ID: args[2]}
	in := admin.ResolutionInput{Choice: args[3], TakeOver: f.takeOver}
	if in.Choice == "adopt" {
		in.RemoteID = args[4]
		remote, err := client.Remote(ctx, app, subject.Kind, in.RemoteID)
		if err != nil {
			return apiError(err)
		}
		if err := showRemote(cmd.OutOrStdout(), remote); err != nil {
			return err
		}
		if !f.yes && !confirmed(cmd, fmt.Sprintf("Adopt it for %s %s?", strings.ToLower(subject.Kind), subject.ID)) {
			return exitf(ExitBad, "nothing was changed: answer yes, or use --yes")
		}
	}
	if err := client.Resolve(ctx, app, subject, in); err != nil {
		var answer *admin.Error
		if errors.As(err, &answer) && answer.Status == http.StatusConflict && strings.Contains(answer.Detail, "externalId") {
			return usagef("%s, with --take-over", answer.Detail)
		}
		return apiError(err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %s of %s: %s.\n", strings.ToLower(subject.Kind), subject.ID, app, in.Choice)
	return err
}

func showRemote(w io.Writer, remote *admin.Remote) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(remote.Resource)
}

// confirmed asks a question and reports whether it is answered with yes.
func confirmed(cmd *cobra.Command, question string) bool {
	fmt.Fprintf(cmd.ErrOrStderr(), "%s [yes/no] ", question)
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && answer == "" {
		fmt.Fprintln(cmd.ErrOrStderr())
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "yes" || answer == "y"
}

func newForeign() *cobra.Command {
	var (
		api    apiFlags
		kind   string
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "foreign APP",
		Short: "List accounts in an app that nobody here made",
		Long: `foreign reads the whole list of users or groups of an app and shows those that no user or
group of the directory is tied to. They are never written; resolve can adopt one.` + apiHelp,
		Example: "  scimwright foreign chat\n  scimwright foreign chat --kind group",
		Args:    appArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			wire := kindOf(kind)
			if wire == "" {
				return usagef("--kind %q: use user or group", kind)
			}
			client, closeClient, err := api.reading(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = closeClient() }()
			list, err := client.Foreign(cmd.Context(), args[0], wire)
			if err != nil {
				return apiError(err)
			}
			return writeForeign(cmd.OutOrStdout(), list, asJSON)
		},
	}
	api.add(c.Flags())
	c.Flags().StringVar(&kind, "kind", "user", "user or group")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

func writeForeign(w io.Writer, list []admin.Remote, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"foreign": list})
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "None.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "REMOTE ID\tNAME\tEXTERNAL ID\tACTIVE")
	for _, r := range list {
		active := "-"
		if r.Active != nil {
			active = fmt.Sprint(*r.Active)
		}
		external := r.ExternalID
		if external == "" {
			external = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", oneLine(r.ID), oneLine(r.Name), oneLine(external), active)
	}
	return t.Flush()
}
