#!/usr/bin/env bash
# Asked for a proof in a tree that is larger than the log is so far, Trillian answers in two ways, without an error.
#
# Library:  github.com/google/trillian v1.7.3, server with storage/memory
# Guess:    GetInclusionProof and GetEntryAndProof refuse alike a tree_size that the log has not reached.
# In fact:  neither refuses. GetInclusionProof answers without a proof; GetEntryAndProof answers with a proof for the
#           size that the log has, which is not the size that was asked for.
# Matters:  a reader of a replica that lags takes the second for the proof that it asked for. Only the root in the
#           answer tells for which size it is. Rekor reads each entry by GetEntryAndProof.
# Output:
#> GetInclusionProof, leaf 0 in size 4: OK, root of size 3, proof: no
#> GetEntryAndProof, leaf 0 in size 4: OK, root of size 3, proof: 2 hashes, as for size 3: yes
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'EOF'
module finding

go 1.25.0

require github.com/google/trillian v1.7.3
EOF
cat >main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/trillian"
	"github.com/google/trillian/extension"
	"github.com/google/trillian/log"
	"github.com/google/trillian/monitoring"
	"github.com/google/trillian/quota"
	"github.com/google/trillian/server"
	"github.com/google/trillian/server/admin"
	"github.com/google/trillian/storage/memory"
	"github.com/google/trillian/types"
	"github.com/google/trillian/util/clock"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func size(signed *trillian.SignedLogRoot) uint64 {
	var root types.LogRootV1
	must(root.UnmarshalBinary(signed.LogRoot))
	return root.TreeSize
}

func main() {
	ctx, hour := context.Background(), time.Hour
	trees, metrics := memory.NewTreeStorage(), monitoring.InertMetricFactory{}
	registry := extension.Registry{
		AdminStorage:  memory.NewAdminStorage(trees),
		LogStorage:    memory.NewLogStorage(trees, metrics),
		QuotaManager:  quota.Noop(),
		MetricFactory: metrics,
	}
	logServer := server.NewTrillianLogRPCServer(registry, clock.System)
	tree, err := admin.New(registry, nil).CreateTree(ctx, &trillian.CreateTreeRequest{Tree: &trillian.Tree{
		TreeState: trillian.TreeState_ACTIVE, TreeType: trillian.TreeType_LOG, MaxRootDuration: durationpb.New(hour),
	}})
	must(err)
	id := tree.TreeId
	_, err = logServer.InitLog(ctx, &trillian.InitLogRequest{LogId: id})
	must(err)
	for _, value := range []string{"a", "b", "c"} {
		leaf := &trillian.LogLeaf{LeafValue: []byte(value)}
		_, err = logServer.QueueLeaf(ctx, &trillian.QueueLeafRequest{LogId: id, Leaf: leaf})
		must(err)
	}
	log.InitMetrics(nil)
	_, err = log.IntegrateBatch(ctx, tree, 10, 0, hour, clock.System, registry.LogStorage, quota.Noop())
	must(err)

	inclusion, err := logServer.GetInclusionProof(ctx, &trillian.GetInclusionProofRequest{LogId: id, TreeSize: 4})
	fmt.Printf("GetInclusionProof, leaf 0 in size 4: %v, root of size %d, proof: %s\n",
		status.Code(err), size(inclusion.SignedLogRoot), map[bool]string{true: "no", false: "yes"}[inclusion.Proof == nil])
	entry, err := logServer.GetEntryAndProof(ctx, &trillian.GetEntryAndProofRequest{LogId: id, TreeSize: 4})
	now, _ := logServer.GetEntryAndProof(ctx, &trillian.GetEntryAndProofRequest{LogId: id, TreeSize: 3})
	fmt.Printf("GetEntryAndProof, leaf 0 in size 4: %v, root of size %d, proof: %d hashes, as for size 3: %s\n",
		status.Code(err), size(entry.SignedLogRoot), len(entry.Proof.Hashes),
		map[bool]string{true: "yes", false: "no"}[proto.Equal(entry.Proof, now.Proof)])
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding 2>/dev/null || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
