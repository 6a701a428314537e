#!/usr/bin/env bash
# Rekor's consistency check fails for ever when the first checkpoint that was kept is of an empty shard.
#
# Library:  github.com/sigstore/rekor v1.5.4, pkg/verify, ProveConsistency; transparency-dev/merkle v0.0.2
# Guess:    every tree extends the empty one, so there is nothing to prove: true without a proof, as in
#           VerifyConsistency of the library beneath it.
# In fact:  it is an error, before anybody is asked, and also when the log is still empty.
# Matters:  a shard is empty right after a rotation. A monitor that keeps its checkpoint at that moment fails at
#           each later run, until somebody takes the state away. rekor-cli itself keeps no state of an empty tree.
# Output:
#> merkle, 0 to 1: true
#> Rekor, 0 to 1: consistency proofs can not be computed starting from an empty log
#> Rekor, 0 to 0: consistency proofs can not be computed starting from an empty log
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
	"context"
	"fmt"

	"github.com/sigstore/rekor/pkg/generated/client"
	"github.com/sigstore/rekor/pkg/util"
	"github.com/sigstore/rekor/pkg/verify"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

func checkpoint(size uint64, root []byte) *util.SignedCheckpoint {
	return &util.SignedCheckpoint{Checkpoint: util.Checkpoint{Origin: "rekor.example.com - 1", Size: size, Hash: root}}
}

func main() {
	empty := rfc6962.DefaultHasher.EmptyRoot()
	one := rfc6962.DefaultHasher.HashLeaf([]byte("entry"))
	nobody := client.New(nil, nil)
	fmt.Println("merkle, 0 to 1:", proof.VerifyConsistency(rfc6962.DefaultHasher, 0, 1, nil, empty, one) == nil)
	for _, later := range []*util.SignedCheckpoint{checkpoint(1, one), checkpoint(0, empty)} {
		err := verify.ProveConsistency(context.Background(), nobody, checkpoint(0, empty), later, "1")
		fmt.Printf("Rekor, 0 to %d: %v\n", later.Size, err)
	}
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
