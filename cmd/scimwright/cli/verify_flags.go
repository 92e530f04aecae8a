package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"regexp"
	"time"

	"github.com/spf13/pflag"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
	"github.com/permiso/scimwright/conformance/steps"
	"github.com/permiso/scimwright/features"
)

// verifyFlags are what verify can be told, on the command line, in the environment or
// in a file: see [verifyFlags.fill].
type verifyFlags struct {
	target, tokenEnv string
	// selection
	profiles, only, skip []string
	tags, waiverFile     string
	features             string
	// what may be done, and how
	write, plan, allowHTTP bool
	rate                   float64
	timeout, limit, settle time.Duration
	ledger, mailDomain     string
	extraUser, extraGroup  jsonObject
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
	flags.BoolVar(&f.plan, "plan", false, "print what the run would send, and send nothing but what finds out what the service offers")
	f.registerTarget(flags)
	flags.DurationVar(&f.limit, "max-time", 0, "how long the run may take, cleaning up not counted (default no limit)")
	flags.DurationVar(&f.settle, "settle", 2*time.Second, "how long the service may take to show what it has accepted")
	flags.StringVar(&f.ledger, "ledger", "", "file in which the run writes down what it makes, until it is removed (default scimwright-RUN.ledger)")
	flags.Var(&f.extraUser, "extra-user", `JSON object with attributes that the service wants of every user, such as '{"department": "QA"}'`)
	flags.Var(&f.extraGroup, "extra-group", "the same of every group")
	flags.StringVar(&f.mailDomain, "mail-domain", "", "domain of the user names and addresses that are made up (default scimwright.invalid)")
	flags.StringVar(&f.report, "report", "", "folder to write a report into")
	flags.StringSliceVar(&f.formats, "format", nil, "what to write into it: json, junit, html, md, badge, har (default: all but har)")
	flags.StringVar(&f.file, "config", "", "YAML file with values for these flags, under their names")
}

func (f *verifyFlags) registerFeatures(flags *pflag.FlagSet) {
	flags.StringVar(&f.features, "features", "", "folder with feature files of your own, whose scenarios are checks too; verify steps lists the sentences")
}

// scenarios returns the feature files of this project, and those of the user's folder.
func (f *verifyFlags) scenarios() (fs.FS, error) {
	if f.features == "" {
		return features.FS, nil
	}
	if info, err := os.Stat(f.features); err != nil || !info.IsDir() {
		return nil, usagef("--features %s: there is no such folder", f.features)
	}
	return conformance.Join(features.FS, "own", os.DirFS(f.features)), nil
}

// registerTarget adds the flags that say how the service is talked to.
func (f *verifyFlags) registerTarget(flags *pflag.FlagSet) {
	flags.Float64Var(&f.rate, "rate", 5, "requests per second, evenly spaced; 0 for no limit. Retry-After is honoured in any case")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second, "how long one answer may take")
	flags.BoolVar(&f.allowHTTP, "allow-http", false, "send requests, and the token, over plain http to a host that is not this one")
}

// registerSelection adds the flags that say which checks are meant.
func (f *verifyFlags) registerSelection(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.profiles, "profile", nil, "what to judge by: rfc, rfc-strict, readonly, lifecycle, cursor, bulk, stress, interop (default rfc)")
	flags.StringSliceVar(&f.only, "only", nil, "only these checks: ids, areas, sections, levels, as in PATCH-08,FILT,7644/3.5.2,must")
	flags.StringSliceVar(&f.skip, "skip", nil, "all but these checks, named in the same ways")
	f.registerFeatures(flags)
	flags.StringVar(&f.tags, "tags", "", "only the checks that a tag expression selects, such as '@patch && ~@edge'")
}

func (f *verifyFlags) selection() conformance.Selection {
	return conformance.Selection{Profiles: f.profiles, Only: f.only, Skip: f.skip, Tags: f.tags}
}

// config returns the run that the flags ask for.
func (f *verifyFlags) config() (conformance.Config, error) {
	scenarios, err := f.scenarios()
	if err != nil {
		return conformance.Config{}, err
	}
	config := conformance.Config{
		Endpoint: f.target, Features: scenarios, Select: f.selection(), Waivers: f.waivers,
		Write: f.write, Rate: f.rate, Timeout: f.timeout, Limit: f.limit, Settle: f.settle,
		Run: steps.NewRun(), Ledger: f.ledger, MailDomain: f.mailDomain,
		UserAttributes: f.extraUser.members, GroupAttributes: f.extraGroup.members,
	}
	if config.Ledger == "" {
		config.Ledger = "scimwright-" + config.Run + ".ledger"
	}
	if err := errors.Join(f.checkScheme(f.target), f.checkTimes(), f.checkDomain()); err != nil {
		return config, err
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

// checkScheme refuses to send a token over a network that others may listen on.
func (f *verifyFlags) checkScheme(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" || f.allowHTTP {
		return nil
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return usagef("%s is plain http, on which others can read the token: use https, or --allow-http if nobody can", endpoint)
}

var domain = regexp.MustCompile(`^[\pL\pN]([\pL\pN.-]*[\pL\pN])?$`)

// checkDomain refuses a domain that no address could end in.
func (f *verifyFlags) checkDomain() error {
	if f.mailDomain != "" && !domain.MatchString(f.mailDomain) {
		return usagef("--mail-domain %q: give a domain without an @, such as staging.example.com", f.mailDomain)
	}
	return nil
}

// checkTimes refuses times that mean nothing.
func (f *verifyFlags) checkTimes() error {
	switch {
	case f.timeout <= 0:
		return usagef("--timeout %s: give a time above zero", f.timeout)
	case f.limit < 0:
		return usagef("--max-time %s: give a time above zero, or 0 for no limit", f.limit)
	case f.settle < 0:
		return usagef("--settle %s: give a time above zero, or 0 for none", f.settle)
	}
	return nil
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

// A jsonObject is a flag whose value is a JSON object.
type jsonObject struct {
	text    string
	members map[string]any
}

func (o *jsonObject) String() string { return o.text }

func (o *jsonObject) Type() string { return "json" }

func (o *jsonObject) Set(text string) error {
	var members map[string]any
	if err := json.Unmarshal([]byte(text), &members); err != nil || members == nil {
		return errors.New(`a JSON object is wanted, such as {"department": "QA"}`)
	}
	o.text, o.members = text, members
	return nil
}
