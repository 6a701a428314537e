#!/usr/bin/env bash
# A tree id that viper cannot read is 0 without an error, and 0 tells Rekor to create a tree.
#
# Library:  github.com/spf13/viper v1.21.0 with pflag v1.0.10, as Rekor 1.5.4 reads trillian_log_server.tlog_id
# Guess:    an error, wherever the value comes from: the flag has a type, and on the command line it is enforced.
# In fact:  GetInt64 swallows the error and gives 0 for a value from the environment or from a file. The flag's type
#           does not matter there. Rekor's server calls GetInt64, and for 0 it creates a tree (pkg/api/api.go).
# Matters:  a template that was not filled in, or a line that ends in CR, starts a Rekor on a new and empty tree. It
#           is healthy, takes entries, and gives them indexes that the log has given before.
# Output:
#> "6826284441047790130": command line 6826284441047790130, environment 6826284441047790130, file 6826284441047790130
#> "6826284441047790130\r": command line an error, environment 0, file 0
#> "$TREE_ID": command line an error, environment 0, file 0
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'EOF'
module finding

go 1.23

require (
	github.com/spf13/pflag v1.0.10
	github.com/spf13/viper v1.21.0
)
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

const name = "trillian_log_server.tlog_id"

// As cmd/rekor-server/app/root.go sets it up.
func bound(arguments ...string) (*viper.Viper, error) {
	flags := pflag.NewFlagSet("rekor-server", pflag.ContinueOnError)
	flags.Uint(name, 0, "Trillian tree id")
	config := viper.New()
	if err := config.BindPFlags(flags); err != nil {
		panic(err)
	}
	config.AutomaticEnv()
	return config, flags.Parse(arguments)
}

func byCommandLine(value string) string {
	config, err := bound(fmt.Sprintf("--%s=%s", name, value))
	if err != nil {
		return "an error"
	}
	return fmt.Sprint(config.GetInt64(name))
}

func byEnvironment(value string) string {
	variable := strings.ToUpper(name)
	os.Setenv(variable, value)
	defer os.Unsetenv(variable)
	config, _ := bound()
	return fmt.Sprint(config.GetInt64(name))
}

func byFile(value string) string {
	config, _ := bound()
	config.SetConfigType("yaml")
	file := fmt.Sprintf("trillian_log_server:\n  tlog_id: %q\n", value)
	if err := config.ReadConfig(strings.NewReader(file)); err != nil {
		return "an error"
	}
	return fmt.Sprint(config.GetInt64(name))
}

func main() {
	for _, value := range []string{"6826284441047790130", "6826284441047790130\r", "$TREE_ID"} {
		fmt.Printf("%q: command line %s, environment %s, file %s\n",
			value, byCommandLine(value), byEnvironment(value), byFile(value))
	}
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
