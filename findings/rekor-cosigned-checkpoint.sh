#!/usr/bin/env bash
# Rekor's Go code refuses a checkpoint of its log as soon as a witness has signed it too.
#
# Library:  github.com/sigstore/rekor v1.5.4, pkg/util, SignedNote.Verify
# Guess:    it is true when one signature is by the given key: its comment says "one of the signatures", and
#           golang.org/x/mod/sumdb/note, which made the format, ignores signatures of keys that it was not given.
# In fact:  every signature must be by the given key. One by anybody else makes it false.
# Matters:  a log that serves its checkpoints with the signatures of witnesses is refused by all that calls
#           VerifyCheckpointSignature, VerifyLogEntry or VerifyCurrentCheckpoint of pkg/verify, as rekor-cli does.
#           Cosignatures need an address of their own.
# Output:
#> signed by the log: Rekor says true
#> signed by the log and a witness: Rekor says false, note.Open finds 1 signature of the witness
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
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/sigstore/rekor/pkg/util"
	"github.com/sigstore/sigstore/pkg/signature"
	"golang.org/x/mod/sumdb/note"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func verified(checkpoint []byte, log signature.Verifier) bool {
	var signed util.SignedCheckpoint
	if err := signed.UnmarshalText(checkpoint); err != nil {
		panic(err)
	}
	return signed.Verify(log)
}

func main() {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	log := must(signature.LoadECDSASignerVerifier(key, crypto.SHA256))
	root := sha256.Sum256([]byte("root"))
	checkpoint := must(util.CreateAndSignCheckpoint(context.Background(), "rekor.example.com", 4711, 5, root[:], log))
	fmt.Println("signed by the log: Rekor says", verified(checkpoint, log))

	private, public, err := note.GenerateKey(rand.Reader, "witness.example.org")
	if err != nil {
		panic(err)
	}
	text, _, _ := bytes.Cut(checkpoint, []byte("\n\n"))
	byWitness := must(note.Sign(&note.Note{Text: string(text) + "\n"}, must(note.NewSigner(private))))
	_, line, _ := bytes.Cut(byWitness, []byte("\n\n"))
	cosigned := append(checkpoint, line...)
	opened := must(note.Open(cosigned, note.VerifierList(must(note.NewVerifier(public)))))
	fmt.Printf("signed by the log and a witness: Rekor says %t, note.Open finds %d signature of the witness\n",
		verified(cosigned, log), len(opened.Sigs))
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
