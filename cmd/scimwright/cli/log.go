package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
)

type logFlags struct {
	api            apiFlags
	subject        string
	failed, follow bool
	asJSON         bool
	entry, curl    int64
	limit          int
}

func newLog() *cobra.Command {
	var f logFlags
	c := &cobra.Command{
		Use:   "log APP",
		Short: "Show what was tried in an app and what came of it",
		Long: `log shows the attempts at an app's users and groups, the newest last: when, the id of
the entry, what was done to whom, and how it ended; for a failure the cause and when
it is tried again.

--entry shows one attempt with its requests and answers. Tokens, cookies and
passwords are not kept. --curl prints commands that send the requests again.` + apiHelp,
		Example: `  scimwright log chat --failed
  scimwright log chat --subject u1 --follow
  scimwright log chat --curl 1764112202000001`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name the app whose log to show, and nothing else beside flags")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return unable(runLog(cmd, args[0], &f))
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.subject, "subject", "", "only the user or group of this directory id")
	flags.BoolVar(&f.failed, "failed", false, "only attempts that failed")
	flags.BoolVar(&f.follow, "follow", false, "go on with what is tried from now on")
	flags.IntVar(&f.limit, "limit", 50, "how many entries to show, 1 to 1000")
	flags.Int64Var(&f.entry, "entry", 0, "show this entry with its requests and answers")
	flags.Int64Var(&f.curl, "curl", 0, "print the requests of this entry as curl commands; they take the token from $TOKEN")
	flags.BoolVar(&f.asJSON, "json", false, "print one JSON document a line")
	f.api.add(flags)
	c.MarkFlagsMutuallyExclusive("entry", "curl", "follow")
	return c
}

func runLog(cmd *cobra.Command, app string, f *logFlags) error {
	if f.limit < 1 || f.limit > 1000 {
		return usagef("--limit %d: give a number from 1 to 1000", f.limit)
	}
	for _, name := range []string{"entry", "curl"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed && f.entry <= 0 && f.curl <= 0 {
			return usagef("--%s %s: give the id of an entry, as the log shows it", name, flag.Value)
		}
	}
	client, closeClient, err := f.api.reading(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = closeClient() }()
	out := cmd.OutOrStdout()
	if id := max(f.entry, f.curl); id > 0 {
		entry, err := client.LogEntry(cmd.Context(), app, id)
		if err != nil {
			return apiError(err)
		}
		return f.writeEntry(out, entry)
	}
	query := provisioner.LogQuery{App: app, Subject: f.subject, Failed: f.failed, Limit: f.limit}
	entries, err := client.Log(cmd.Context(), query)
	if err != nil {
		return apiError(err)
	}
	slices.Reverse(entries)
	if err := f.write(out, entries); err != nil || !f.follow {
		return err
	}
	return f.goOn(cmd, client, query, entries)
}

// followEvery is how often a followed log is looked at; followBack how far each look
// reaches back, in the unit of ids, since processes that share a database do not
// commit their entries in order.
const (
	followEvery = 500 * time.Millisecond
	followBack  = 5_000_000
)

// goOn prints new entries until the command is stopped.
func (f *logFlags) goOn(cmd *cobra.Command, client *admin.Client, query provisioner.LogQuery, shown []admin.LogEntry) error {
	ctx := cmd.Context()
	seen := map[int64]bool{}
	begin, last := int64(1), int64(1)
	for i, e := range shown {
		if i == 0 {
			begin = e.ID
		}
		seen[e.ID] = true
		last = e.ID
	}
	query.Limit = 1000
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return stopped(ctx)
		case <-ticker.C:
		}
		query.After = max(begin, last-followBack)
		entries, err := client.Log(ctx, query)
		if err != nil {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			return apiError(err)
		}
		entries = slices.DeleteFunc(entries, func(e admin.LogEntry) bool { return seen[e.ID] })
		if err := f.write(cmd.OutOrStdout(), entries); err != nil {
			return err
		}
		for _, e := range entries {
			seen[e.ID] = true
			last = max(last, e.ID)
		}
		maps.DeleteFunc(seen, func(id int64, _ bool) bool { return id < last-followBack })
	}
}

func (f *logFlags) write(w io.Writer, entries []admin.LogEntry) error {
	for i := range entries {
		var err error
		if f.asJSON {
			err = json.NewEncoder(w).Encode(&entries[i])
		} else {
			_, err = fmt.Fprintln(w, entryLine(&entries[i]))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// entryLine writes an attempt as one line.
func entryLine(e *admin.LogEntry) string {
	who := e.Subject
	if e.Name != "" && e.Name != e.Subject {
		who += " (" + e.Name + ")"
	}
	line := fmt.Sprintf("%s  %d  %-7s %s %s: ", e.At.Local().Format("2006-01-02 15:04:05"), e.ID, e.Action, strings.ToLower(e.Kind), oneLine(who))
	if e.OK {
		line += "ok"
	} else {
		came := "failed"
		if e.Action == string(provisioner.ActionHold) {
			came = "held back"
		}
		line += came + ": " + oneLine(e.Cause)
	}
	if e.Requests > 0 {
		line += fmt.Sprintf(" [%s, %dms]", count(e.Requests, "request"), e.DurationMS)
	}
	if e.NextAttempt != nil {
		line += ", tried again at " + e.NextAttempt.Local().Format("2006-01-02 15:04:05")
	}
	return line
}

func (f *logFlags) writeEntry(w io.Writer, e *admin.LogEntry) error {
	if f.asJSON {
		return json.NewEncoder(w).Encode(e)
	}
	var b strings.Builder
	if f.curl == 0 {
		b.WriteString(entryLine(e) + "\n")
	}
	if len(e.Exchanges) == 0 {
		b.WriteString("# This attempt sent no request.\n")
	}
	for i := range e.Exchanges {
		x := &e.Exchanges[i]
		if f.curl > 0 {
			b.WriteString(x.Curl + "\n")
			continue
		}
		fmt.Fprintf(&b, "\n%s %s\n", x.Method, x.URL)
		writeMessage(&b, x.Request)
		switch {
		case x.Status > 0:
			fmt.Fprintf(&b, "\n%d %s in %s\n", x.Status, http.StatusText(x.Status), x.Duration.Round(time.Millisecond))
			writeMessage(&b, x.Response)
		default:
			fmt.Fprintf(&b, "\nno answer after %s: %s\n", x.Duration.Round(time.Millisecond), x.Error)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeMessage(b *strings.Builder, m provisioner.Message) {
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		for _, value := range m.Header[name] {
			fmt.Fprintf(b, "%s: %s\n", name, oneLine(value))
		}
	}
	if m.Body != "" {
		fmt.Fprintf(b, "\n%s\n", visible(m.Body))
	}
	if m.Cut {
		b.WriteString("… (cut)\n")
	}
}
