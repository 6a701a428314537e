#!/usr/bin/env bash
# sigs.k8s.io/yaml puts a float into an int64 without a word, and it is another number then.
#
# Library:  sigs.k8s.io/yaml v1.6.0, with which Rekor 1.5.4 reads its list of inactive shards
#           (pkg/sharding/ranges.go)
# Guess:    an error: encoding/json, which does the second half of the work, takes neither a fraction nor an
#           exponent for an integer, be it ".0" or "e18".
# In fact:  the YAML half reads a float64 and writes it as JSON without exponent and fraction, if it is a whole
#           number below 1e21. encoding/json sees an integer. All but the first 53 bits are lost.
# Matters:  a tree id that went through a spreadsheet or through a tool without 64-bit integers (6.826e+18) is
#           another tree's, and nothing says so before Rekor asks Trillian for that tree.
# Output:
#> 6826284441047790130: 6826284441047790130
#> 6826284441047790130.0: 6826284441047791000, encoding/json: an error
#> 6.826284441047790130e+18: 6826284441047791000, encoding/json: an error
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
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"
)

type shard struct {
	TreeID int64 `json:"treeID"`
}

func main() {
	for _, number := range []string{
		"6826284441047790130",
		"6826284441047790130.0",
		"6.826284441047790130e+18",
	} {
		text := []byte(fmt.Sprintf(`{"treeID": %s}`, number))
		var byYAML, byJSON shard
		if err := yaml.Unmarshal(text, &byYAML); err != nil {
			panic(err)
		}
		said := ""
		if err := json.Unmarshal(text, &byJSON); err != nil {
			said = ", encoding/json: an error"
		}
		fmt.Printf("%s: %d%s\n", number, byYAML.TreeID, said)
	}
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
