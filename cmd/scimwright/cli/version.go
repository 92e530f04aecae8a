package cli

import "runtime/debug"

// version returns the version the binary was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// userAgent is how the program calls itself to apps.
func userAgent() string { return "scimwright/" + version() }
