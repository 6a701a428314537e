#!/usr/bin/env bash
# Trillian's own way to make a tree takes its success for a failure when one answer is lost.
#
# Library:  github.com/google/trillian v1.7.3, client.CreateAndInitTree and client.InitLog
# Guess:    a lost answer to InitLog is made up for: the call is repeated by the function itself, so it knows why
#           the log is "already initialised" then, and returns the tree. Its comment says that it retries until that
#           is done.
# In fact:  it repeats the call, is told AlreadyExists, and returns this as the error, without the tree.
# Matters:  a tree is left that is ACTIVE and initialised, and nobody knows its id. Whoever runs the command again
#           makes another one; the id of the first has to be looked for by ListTrees. createtree makes trees in this
#           way, and so does a Rekor that is started without a tree id (through InitLog).
# Output:
#> CreateTree was called 1 time, InitLog 2 times
#> returned: tree <nil>, error AlreadyExists
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
	"net"

	"github.com/google/trillian"
	"github.com/google/trillian/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

type server struct {
	trillian.UnimplementedTrillianAdminServer
	trillian.UnimplementedTrillianLogServer
	created, initialised int
}

func (s *server) CreateTree(context.Context, *trillian.CreateTreeRequest) (*trillian.Tree, error) {
	s.created++
	return &trillian.Tree{TreeId: 4711, TreeType: trillian.TreeType_LOG, TreeState: trillian.TreeState_ACTIVE}, nil
}

// The first call does its work, and its answer is lost with the connection. Trillian answers later ones as this does.
func (s *server) InitLog(context.Context, *trillian.InitLogRequest) (*trillian.InitLogResponse, error) {
	s.initialised++
	if s.initialised == 1 {
		return nil, status.Error(codes.Unavailable, "error reading from server: EOF")
	}
	return nil, status.Error(codes.AlreadyExists, "log is already initialised")
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	stub, serving := &server{}, grpc.NewServer()
	trillian.RegisterTrillianAdminServer(serving, stub)
	trillian.RegisterTrillianLogServer(serving, stub)
	go func() { _ = serving.Serve(listener) }()
	connection, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	tree, err := client.CreateAndInitTree(context.Background(), &trillian.CreateTreeRequest{},
		trillian.NewTrillianAdminClient(connection), trillian.NewTrillianLogClient(connection))
	fmt.Printf("CreateTree was called %d time, InitLog %d times\n", stub.created, stub.initialised)
	fmt.Printf("returned: tree %v, error %v\n", tree, status.Code(err))
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding 2>/dev/null || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
