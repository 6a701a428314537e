#!/usr/bin/env bash
# A number without quotes that is to become a text is rounded to 24 bits by sigs.k8s.io/yaml.
#
# Library:  sigs.k8s.io/yaml v1.6.0, with which Rekor 1.5.4 reads its list of inactive shards
#           (pkg/sharding/ranges.go)
# Guess:    the text as it stands in the file, since the library looks at the type of the Go field first; or else an
#           error.
# In fact:  the number is read, as a float64 where it has a point, an exponent or too many digits, and is written
#           anew as a float32. Integers become decimal: 0123456 is octal in YAML 1.1.
# Matters:  fileSignerPassword is such a field. Without quotes, a password of digits may become another one, and the
#           key cannot be opened.
# Output:
#> 8675309: 8675309
#> 0123456: 42798
#> 3.14159265: 3.1415927
#> 12345678.90: 1.2345679e+07
#> 31415926535897932384: 3.1415926e+19
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'EOF'
module finding

go 1.22

require sigs.k8s.io/yaml v1.6.0
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"

	"sigs.k8s.io/yaml"
)

type signingConfig struct {
	FileSignerPassword string `json:"fileSignerPassword"`
}

func main() {
	for _, password := range []string{
		"8675309",
		"0123456",
		"3.14159265",
		"12345678.90",
		"31415926535897932384",
	} {
		var config signingConfig
		if err := yaml.Unmarshal([]byte("fileSignerPassword: "+password), &config); err != nil {
			panic(err)
		}
		fmt.Printf("%s: %s\n", password, config.FileSignerPassword)
	}
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
