#!/usr/bin/env bash
# A merge key (<<) overrides what stands before it in the same map, for readers on go-yaml 2.
#
# Library:  sigs.k8s.io/yaml v1.6.0 on go.yaml.in/yaml/v2 v2.4.4: Rekor 1.5.4 reads its list of inactive shards so
# Guess:    the map's own key wins wherever it stands: so says the definition of the merge key (yaml.org,
#           type/merge), and so does go.yaml.in/yaml/v3.
# In fact:  the later one wins. Behind the key, << replaces it by the merged value. UnmarshalStrict refuses both
#           orders, as a key that is there twice.
# Matters:  shards that share a signingConfig are written with an anchor. "- <<: *first" with a treeID behind it is
#           right; with the treeID before it, the first shard's tree is listed twice, and the other not at all.
# Output:
#> "<<" first: tree 2, v3: tree 2, strict: an error
#> "<<" last: tree 1, v3: tree 2, strict: an error
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'EOF'
module finding

go 1.22

require (
	go.yaml.in/yaml/v2 v2.4.4
	go.yaml.in/yaml/v3 v3.0.5
	sigs.k8s.io/yaml v1.6.0
)
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"

	v3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

type shard struct {
	TreeID        int64          `json:"treeID" yaml:"treeID"`
	SigningConfig map[string]any `json:"signingConfig" yaml:"signingConfig"`
}

const first = "- &first\n  treeID: 1\n  signingConfig: {signingSchemeOrKeyPath: key.pem}\n"

func read(text string, unmarshal func([]byte, any) error) string {
	var shards []shard
	if err := unmarshal([]byte(text), &shards); err != nil {
		return "an error"
	}
	return fmt.Sprintf("tree %d", shards[1].TreeID)
}

func show(what, text string) {
	usual := func(text []byte, into any) error { return yaml.Unmarshal(text, into) }
	strict := func(text []byte, into any) error { return yaml.UnmarshalStrict(text, into) }
	fmt.Printf("%s: %s, v3: %s, strict: %s\n", what, read(text, usual), read(text, v3.Unmarshal), read(text, strict))
}

func main() {
	show(`"<<" first`, first+"- <<: *first\n  treeID: 2\n")
	show(`"<<" last`, first+"- treeID: 2\n  <<: *first\n")
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
