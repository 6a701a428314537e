#!/usr/bin/env bash
# What Rekor answers for an empty shard is invalid by Rekor's own OpenAPI model.
#
# Library:  github.com/sigstore/rekor v1.5.4, pkg/generated/models (from openapi.yaml)
# Guess:    GET /api/v1/log of a log without entries is valid: size 0 is what Trillian gives a new tree, and the
#           server hands it on (pkg/api/tlog.go).
# In fact:  treeSize has a minimum of 1, for the active tree and for each inactive shard.
# Matters:  right after a rotation the active tree is empty, and an inactive shard may stay empty for good. Clients
#           that validate what they read, as generated ones can, refuse the whole answer then.
# Output:
#> active 5, inactive 3: valid
#> active 0, inactive 3: treeSize in body should be greater than or equal to 1
#> active 5, inactive 0: inactiveShards.0.treeSize in body should be greater than or equal to 1
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'EOF'
module finding

go 1.25.11

require github.com/sigstore/rekor v1.5.4
EOF
cat >main.go <<'EOF'
package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-openapi/strfmt"
	"github.com/sigstore/rekor/pkg/generated/models"
)

const emptyRoot = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// What the checkpoint holds is not looked at.
const checkpoint = "rekor.example.com - 1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n" +
	"— rekor.example.com AAAAAAAA\n"

const answer = `{
  "rootHash": %[1]q, "signedTreeHead": %[2]q, "treeID": "2", "treeSize": %[3]d,
  "inactiveShards": [{"rootHash": %[1]q, "signedTreeHead": %[2]q, "treeID": "1", "treeSize": %[4]d}]
}`

func validate(active, inactive int) {
	var info models.LogInfo
	if err := json.Unmarshal([]byte(fmt.Sprintf(answer, emptyRoot, checkpoint, active, inactive)), &info); err != nil {
		panic(err)
	}
	said := "valid"
	if err := info.Validate(strfmt.Default); err != nil {
		lines := strings.Split(err.Error(), "\n")
		said = lines[len(lines)-1]
	}
	fmt.Printf("active %d, inactive %d: %s\n", active, inactive, said)
}

func main() {
	validate(5, 3)
	validate(0, 3)
	validate(5, 0)
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
