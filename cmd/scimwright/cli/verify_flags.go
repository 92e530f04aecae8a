package cli

import (
	"os"

	"github.com/spf13/pflag"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
	"github.com/permiso/scimwright/features"
)

// verifyFlags are what verify can be told, on the command line, in the environment or
// in a file: see [verifyFlags.fill].
type verifyFlags struct {
	target, tokenEnv string
	// selection
	profiles, only, skip []string
	tags, waiverFile     string
	// what may be done, and how
	write      bool
	mailDomain string
	// output
	report  string
	formats []string
	file    string

	waivers []conformance.Waiver
}

func (f *verifyFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.target, "target", "", "the SCIM base URL, where it is not an argument")
	_ = flags.MarkHidden("target")
	flags.StringVar(&f.tokenEnv, "token-env", "", "environment variable that holds the bearer token")
	f.registerSelection(flags)
	flags.StringVar(&f.waiverFile, "waivers", "", "YAML file of failures that are known and do not count until a day: a list of id, until and reason")
	flags.BoolVar(&f.write, "write", false, "allow the run to make users and groups, and to remove them again")
	flags.StringVar(&f.mailDomain, "mail-domain", "", "domain of the user names and addresses that are made up (default scimwright.invalid)")
	flags.StringVar(&f.report, "report", "", "folder to write a report into")
	flags.StringSliceVar(&f.formats, "format", nil, "what to write into it: json, junit, html, md, badge, har (default: all but har)")
	flags.StringVar(&f.file, "config", "", "YAML file with values for these flags, under their names")
}

// registerSelection adds the flags that say which checks are meant.
func (f *verifyFlags) registerSelection(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.profiles, "profile", nil, "what to judge by: rfc, rfc-strict, readonly, lifecycle, cursor, bulk, stress, interop (default rfc)")
	flags.StringSliceVar(&f.only, "only", nil, "only these checks: ids, areas, sections, levels, as in PATCH-08,FILT,7644/3.5.2,must")
	flags.StringSliceVar(&f.skip, "skip", nil, "all but these checks, named in the same ways")
	flags.StringVar(&f.tags, "tags", "", "only the checks that a tag expression selects, such as '@patch && ~@edge'")
}

func (f *verifyFlags) selection() conformance.Selection {
	return conformance.Selection{Profiles: f.profiles, Only: f.only, Skip: f.skip, Tags: f.tags}
}

// config returns the run that the flags ask for.
func (f *verifyFlags) config() (conformance.Config, error) {
	config := conformance.Config{
		Endpoint: f.target, Features: features.FS, Select: f.selection(), Waivers: f.waivers,
		Write: f.write, MailDomain: f.mailDomain,
	}
	if f.waiverFile != "" {
		text, err := os.ReadFile(f.waiverFile)
		if err != nil {
			return config, usagef("%v", err)
		}
		more, err := conformance.ParseWaivers(text)
		if err != nil {
			return config, usagef("%s: %v", f.waiverFile, err)
		}
		config.Waivers = append(config.Waivers, more...)
	}
	if f.tokenEnv != "" {
		var err error
		if config.Token, err = tokenFrom(f.tokenEnv); err != nil {
			return config, err
		}
	}
	return config, nil
}

// reportFormats returns the formats that --format names.
func (f *verifyFlags) reportFormats() ([]report.Format, error) {
	if f.report == "" && len(f.formats) > 0 {
		return nil, usagef("--format says what --report writes: name a folder with --report")
	}
	var formats []report.Format
	for _, name := range f.formats {
		format, err := report.ParseFormat(name)
		if err != nil {
			return nil, usagef("%v", err)
		}
		formats = append(formats, format)
	}
	return formats, nil
}
