#!/usr/bin/env bash
# What stands behind a list in brackets is not read by sigs.k8s.io/yaml, nor refused.
#
# Library:  sigs.k8s.io/yaml v1.6.0, with which Rekor 1.5.4 reads its list of inactive shards
#           (pkg/sharding/ranges.go)
# Guess:    an error: a document in YAML has one value, and what follows here begins no other document.
# In fact:  the text is read to the bracket that closes the list. The rest may be anything. UnmarshalStrict takes it
#           as well. A list in block style is read to its end, and refused.
# Matters:  "[]" is the natural start of a list of shards. Whoever leaves it and adds shards beneath runs a Rekor
#           that knows none of them, and gives their indexes to new entries.
# Output:
#> "[]\n- treeID: 1\n": 0 shards, strict: 0 shards
#> "[{treeID: 1}]\n[{treeID: 2}]\n": 1 shards, strict: 1 shards
#> "- treeID: 1\n[{treeID: 2}]\n": an error, strict: an error
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

type shard struct {
	TreeID int64 `json:"treeID"`
}

func read(text string, unmarshal func([]byte, any) error) string {
	var shards []shard
	if err := unmarshal([]byte(text), &shards); err != nil {
		return "an error"
	}
	return fmt.Sprintf("%d shards", len(shards))
}

func main() {
	usual := func(text []byte, into any) error { return yaml.Unmarshal(text, into) }
	strict := func(text []byte, into any) error { return yaml.UnmarshalStrict(text, into) }
	for _, text := range []string{
		"[]\n- treeID: 1\n",
		"[{treeID: 1}]\n[{treeID: 2}]\n",
		"- treeID: 1\n[{treeID: 2}]\n",
	} {
		fmt.Printf("%q: %s, strict: %s\n", text, read(text, usual), read(text, strict))
	}
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
