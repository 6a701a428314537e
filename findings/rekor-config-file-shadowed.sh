#!/usr/bin/env bash
# A variable REKOR_SERVER hides all that Rekor's configuration file says below rekor_server.
#
# Library:  github.com/spf13/viper v1.21.0 with pflag v1.0.10, as Rekor 1.5.4 reads rekor_server.signer-passwd
# Guess:    what only the file of --config says is used. No flag has that value, and no variable is called as its key.
# In fact:  while there is a variable with the name of the section, whatever it holds, no key of the section is looked up
#           in the file. There is no word of it, and Rekor logs "Using config file" as ever.
# Matters:  the password of a signing key belongs into that file, since arguments are seen by all who list processes. Scripts
#           around Rekor use just this name for the server's path or address. The key is then "password protected".
# Output:
#> no variable: "planted"
#> REKOR_SERVER=/usr/local/bin/rekor-server: ""
#> REKOR_SERVER_PATH=/usr/local/bin/rekor-server: "planted"
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

const name = "rekor_server.signer-passwd"

// As cmd/rekor-server/app/root.go sets it up.
func password() string {
	flags := pflag.NewFlagSet("rekor-server", pflag.ContinueOnError)
	flags.String(name, "", "Password to decrypt signer private key")
	config := viper.New()
	if err := config.BindPFlags(flags); err != nil {
		panic(err)
	}
	config.AutomaticEnv()
	config.SetConfigType("yaml")
	if err := config.ReadConfig(strings.NewReader("rekor_server:\n  signer-passwd: planted\n")); err != nil {
		panic(err)
	}
	return config.GetString(name)
}

func main() {
	os.Unsetenv("REKOR_SERVER")
	fmt.Printf("no variable: %q\n", password())
	for _, variable := range []string{"REKOR_SERVER", "REKOR_SERVER_PATH"} {
		os.Setenv(variable, "/usr/local/bin/rekor-server")
		fmt.Printf("%s=%s: %q\n", variable, os.Getenv(variable), password())
		os.Unsetenv(variable)
	}
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
