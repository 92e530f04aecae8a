package cli

import (
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/permiso/scimwright/provisioner"
)

// A credentialFlags says what lets requests into an app. Secrets come from environment
// variables: other users of a machine can read its command lines.
type credentialFlags struct {
	tokenEnv, basicEnv, oauthEnv, tokenURL string
	scopes, headerEnvs                     []string
	inBody                                 bool
}

func (f *credentialFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.tokenEnv, "token-env", "", "environment variable that holds the bearer token")
	flags.StringVar(&f.basicEnv, "basic-env", "", "environment variable that holds USER:PASSWORD, to be sent by HTTP Basic in place of a token")
	flags.StringVar(&f.oauthEnv, "oauth-client-env", "", "environment variable that holds ID:SECRET of an OAuth client that fetches tokens (client credentials)")
	flags.StringVar(&f.tokenURL, "oauth-token-url", "", "where the OAuth client fetches them")
	flags.StringArrayVar(&f.scopes, "oauth-scope", nil, "scope that the OAuth client asks for; may be given again")
	flags.BoolVar(&f.inBody, "oauth-post", false, "send the OAuth client's id and secret in the body rather than by HTTP Basic")
	flags.StringArrayVar(&f.headerEnvs, "header-env", nil, "HEADER=NAME: send this header with each request, with the value in the environment variable NAME; may be given again")
}

// given reports whether any of the flags is.
func (f *credentialFlags) given() bool {
	return f.tokenEnv != "" || f.basicEnv != "" || f.oauth() || len(f.headerEnvs) > 0
}

// oauth reports whether any of the OAuth client's flags is given.
func (f *credentialFlags) oauth() bool {
	return f.oauthEnv != "" || f.tokenURL != "" || len(f.scopes) > 0 || f.inBody
}

// check finds what is wrong with the flags.
func (f *credentialFlags) check() error {
	ways := 0
	for _, given := range []bool{f.tokenEnv != "", f.basicEnv != "", f.oauth()} {
		if given {
			ways++
		}
	}
	switch {
	case ways == 0:
		return usagef("--token-env is missing: put the bearer token into an environment variable and name it here, or use --basic-env or --oauth-client-env")
	case ways > 1:
		return usagef("an app has one credential: give --token-env, --basic-env, or --oauth-client-env with its other flags")
	case f.oauth() && (f.oauthEnv == "" || f.tokenURL == ""):
		return usagef("an OAuth client needs --oauth-client-env and --oauth-token-url")
	}
	return nil
}

// set gives an app the credential and the headers.
func (f *credentialFlags) set(app *provisioner.App) (err error) {
	switch {
	case f.basicEnv != "":
		app.Basic = new(provisioner.BasicLogin)
		app.Basic.Username, app.Basic.Password, err = pairFrom(f.basicEnv, "USER:PASSWORD")
	case f.oauthEnv != "":
		app.OAuth = &provisioner.OAuthClient{TokenURL: f.tokenURL, Scopes: f.scopes}
		if f.inBody {
			app.OAuth.Auth = provisioner.ClientPost
		}
		app.OAuth.ID, app.OAuth.Secret, err = pairFrom(f.oauthEnv, "ID:SECRET")
	default:
		app.Token, err = tokenFrom(f.tokenEnv)
	}
	app.Headers = map[string]string{} // those that were given before are dropped
	for _, header := range f.headerEnvs {
		name, variable, ok := strings.Cut(header, "=")
		if !ok || name == "" || variable == "" {
			return usagef("--header-env %q: write HEADER=NAME", header)
		}
		if app.Headers[name] = strings.TrimSpace(os.Getenv(variable)); app.Headers[name] == "" {
			return usagef("the environment variable %s holds no value for the header %s", variable, name)
		}
	}
	return err
}

// tokenFrom reads a bearer token from the environment.
func tokenFrom(name string) (string, error) {
	token := strings.TrimSpace(os.Getenv(name))
	if token == "" {
		return "", usagef("the environment variable %s holds no token: set it, as in %s=... scimwright ...", name, name)
	}
	return token, nil
}

// pairFrom reads a name and a secret with a colon between them from the environment.
func pairFrom(variable, form string) (name, secret string, err error) {
	name, secret, ok := strings.Cut(strings.TrimRight(os.Getenv(variable), "\r\n"), ":")
	if !ok || name == "" || secret == "" {
		return "", "", usagef("the environment variable %s does not hold %s: set it, as in %s=... scimwright ...", variable, form, variable)
	}
	return name, secret, nil
}
