package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner"
)

type planFlags struct {
	pushFlags
	out, output string
}

func newPlan() *cobra.Command {
	var f planFlags
	c := &cobra.Command{
		Use:   "plan --directory FILE (--endpoint URL (--token-env NAME | …) | --mock)",
		Short: "Say what a sync would do to an app, and do nothing",
		Long: `plan says what sync would do with the same flags: who would be created, taken over,
updated, disabled or held back, attribute by attribute, which accounts of the app are
nobody's here and stay as they are, and about how many requests and how long it would
take. It reads the app, and changes nothing anywhere.

--out keeps the plan in a file. sync --plan applies exactly that plan, or refuses if the
directory, the app, its settings or what was pushed has changed meanwhile. The file
holds no token.`,
		Example: `  scimwright plan --directory people.json --endpoint https://app.example.com/scim/v2 --token-env APP_TOKEN --out plan.json
  scimwright sync --directory people.json --endpoint https://app.example.com/scim/v2 --token-env APP_TOKEN --plan plan.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return unable(runPlan(cmd, &f))
		},
	}
	flags := c.Flags()
	f.add(flags)
	flags.StringVar(&f.out, "out", "", "keep the plan in this file")
	flags.StringVar(&f.output, "output", "text", "text or json")
	return c
}

func runPlan(cmd *cobra.Command, f *planFlags) error {
	switch err := f.check(); {
	case err != nil:
		return err
	case f.output != "text" && f.output != "json":
		return usagef("--output %q: use text or json", f.output)
	}
	p, err := f.open(cmd.Context())
	if err != nil {
		return err
	}
	defer p.stop()
	plan, err := f.preview(cmd.Context(), p)
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := writePlanFile(f.out, plan); err != nil {
			return unablef("the plan cannot be kept: %v", err)
		}
	}
	if f.output == "json" {
		return writePlanJSON(cmd.OutOrStdout(), plan)
	}
	return writePlanText(cmd.OutOrStdout(), plan)
}

// preview finds out what a sync would do, on a copy of the database.
func (f *pushFlags) preview(ctx context.Context, p *push) (*provisioner.SyncPlan, error) {
	database, remove, err := temporary()
	if err != nil {
		return nil, err
	}
	defer remove()
	if f.database != "" {
		if err := snapshot(ctx, f.database, database); err != nil {
			return nil, err
		}
	}
	s, err := openService(ctx, serviceConfig{database: database, key: sealingKey(), idle: true, private: true})
	if err != nil {
		return nil, err
	}
	plan, err := s.preview(ctx, p, f.mock)
	return plan, errors.Join(err, s.close())
}

func (s *service) preview(ctx context.Context, p *push, fresh bool) (*provisioner.SyncPlan, error) {
	app := *p.app
	if err := s.adopt(ctx, &push{app: &app, directory: p.directory}, fresh); err != nil {
		return nil, err
	}
	plan, err := s.engine.PlanSync(ctx, app.Name)
	if err != nil {
		return nil, syncError(&app, err)
	}
	return plan, nil
}

func writePlanJSON(w io.Writer, plan *provisioner.SyncPlan) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(plan)
}

// writePlanFile keeps a plan in a file, whole or not at all. It tells about people, so
// that only its owner may read it.
func writePlanFile(name string, plan *provisioner.SyncPlan) error {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	err = errors.Join(writePlanJSON(file, plan), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

func readPlan(name string) (*provisioner.SyncPlan, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, unablef("the plan cannot be read: %v", err)
	}
	plan, err := provisioner.ReadPlan(data)
	if err != nil {
		return nil, usagef("the plan %s cannot be used: %v", name, err)
	}
	return plan, nil
}
