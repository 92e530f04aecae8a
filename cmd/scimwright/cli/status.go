package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
)

func newStatus() *cobra.Command {
	var (
		api    apiFlags
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "status [APP]",
		Short: "Show how each app is doing",
		Long: `status shows for each app, or for one, whether work for it goes on, how many users and
groups have nothing left to do, have a change ahead, fail or are held back by the
guard, since when the oldest change waits, and the newest error, or what the newest audit
has found.

It ends with 0 if nobody has to do anything, and with 1 if something fails or is held, an
app is paused or waits for its first sync, or others have changed what it holds. Changes that are on their way are good.` + apiHelp,
		Example: "  scimwright status\n  scimwright status chat --json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("name one app, or none for all")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runStatus(cmd, &api, args, asJSON)
		},
	}
	api.add(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

func runStatus(cmd *cobra.Command, api *apiFlags, args []string, asJSON bool) error {
	client, closeClient, err := api.reading(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = closeClient() }()
	var statuses []admin.Status
	if len(args) == 0 {
		statuses, err = client.Statuses(cmd.Context())
	} else {
		var one *admin.Status
		if one, err = client.Status(cmd.Context(), args[0]); err == nil {
			statuses = []admin.Status{*one}
		}
	}
	if err != nil {
		return apiError(err)
	}
	if asJSON {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		err = e.Encode(map[string]any{"apps": statuses})
	} else {
		err = writeStatuses(cmd.OutOrStdout(), statuses, time.Now())
	}
	if err != nil {
		return err
	}
	for _, s := range statuses {
		if !s.Good {
			return &exitError{code: ExitBad} // the table says why
		}
	}
	return nil
}

func writeStatuses(w io.Writer, statuses []admin.Status, now time.Time) error {
	if len(statuses) == 0 {
		_, err := fmt.Fprintln(w, "No app is connected.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "APP\tSTATE\tCONVERGED\tPENDING\tFAILING\tHELD\tOLDEST PENDING\tLAST ERROR")
	for _, s := range statuses {
		oldest, last := "-", "-"
		if s.OldestPending != nil {
			oldest = age(now.Sub(*s.OldestPending))
		}
		switch {
		case s.Unsynced != "" && provisioner.AppState(s.State).Drafted():
			last = s.Unsynced
		case s.Reason != "":
			last = s.Reason
		case s.LastError != nil:
			last = fmt.Sprintf("%s %s: %s", s.LastError.Kind, s.LastError.Subject, s.LastError.Reason)
		case s.Unsynced != "":
			last = s.Unsynced
		case s.Notice != "":
			last = s.Notice
		case s.Finding != "" || s.AuditFailure != "":
			last = auditNote(&s, now)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", s.App, s.State, s.Converged, s.Pending, s.Failing, s.Held, oldest, oneLine(last))
	}
	return t.Flush()
}

// auditNote says what the last complete audit has found, and why the newest failed.
func auditNote(s *admin.Status, now time.Time) string {
	var notes []string
	if s.AuditFailure != "" {
		notes = append(notes, fmt.Sprintf("audit (%s): %s", age(now.Sub(*s.AuditFailedAt)), s.AuditFailure))
	}
	if s.Finding != "" {
		notes = append(notes, fmt.Sprintf("audit (%s): %s", age(now.Sub(*s.FoundAt)), s.Finding))
	}
	return strings.Join(notes, "; ")
}

// age writes how long ago something was, as roughly as people say it.
func age(d time.Duration) string {
	switch {
	case d < time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}
