#!/usr/bin/env bash
# Rekor makes a second entry of the same artifact, key and signature when its hash is written in capitals.
#
# Library:  github.com/sigstore/rekor v1.5.4, pkg/types/hashedrekord
# Guess:    one entry: entries are "canonicalized" before they are hashed, and the hash is hex, which it decodes to
#           check the signature.
# In fact:  the public key is brought into one form, whatever surrounded it, but the hash goes into the log as it
#           was written. Each way of writing it has a UUID of its own, though all are found under the same search
#           key.
# Matters:  no 409 for the second one; and whoever computes a UUID from an artifact must know how its sender wrote
#           the hash. Write it in small letters.
# Output:
#> key with text around it, and CRLF: the same UUID, the same search keys
#> hash in capitals: another UUID, the same search keys
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
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	"github.com/sigstore/rekor/pkg/generated/models"
	"github.com/sigstore/rekor/pkg/types"
	_ "github.com/sigstore/rekor/pkg/types/hashedrekord/v0.0.1"
	"github.com/transparency-dev/merkle/rfc6962"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

type logged struct {
	uuid       string
	searchKeys []string
}

// Does with a proposed entry what Rekor's server does with it.
func propose(hash string, key, signature []byte) logged {
	version := "0.0.1"
	proposed := &models.Hashedrekord{APIVersion: &version, Spec: map[string]any{
		"data": map[string]any{"hash": map[string]any{"algorithm": "sha256", "value": hash}},
		"signature": map[string]any{
			"content":   base64.StdEncoding.EncodeToString(signature),
			"publicKey": map[string]any{"content": base64.StdEncoding.EncodeToString(key)},
		},
	}}
	entry := must(types.CreateVersionedEntry(proposed))
	leaf := must(types.CanonicalizeEntry(context.Background(), entry))
	return logged{hex.EncodeToString(rfc6962.DefaultHasher.HashLeaf(leaf)), must(entry.IndexKeys())}
}

func compare(what string, one, other logged) {
	uuid, searchKeys := "another UUID", "other search keys"
	if one.uuid == other.uuid {
		uuid = "the same UUID"
	}
	if slices.Equal(one.searchKeys, other.searchKeys) {
		searchKeys = "the same search keys"
	}
	fmt.Printf("%s: %s, %s\n", what, uuid, searchKeys)
}

func main() {
	private := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	key := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(private.Public()))})
	digest := sha256.Sum256([]byte("artifact"))
	signature := must(ecdsa.SignASN1(rand.Reader, private, digest[:]))
	hash := hex.EncodeToString(digest[:])

	usual := propose(hash, key, signature)
	surrounded := "my key\r\n" + strings.ReplaceAll(string(key), "\n", "\r\n") + "\r\n"
	compare("key with text around it, and CRLF", usual, propose(hash, []byte(surrounded), signature))
	compare("hash in capitals", usual, propose(strings.ToUpper(hash), key, signature))
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
