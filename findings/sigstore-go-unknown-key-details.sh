#!/usr/bin/env bash
# sigstore-go, and so cosign, refuses a whole trusted root for one log key whose kind it cannot use.
#
# Library:  github.com/sigstore/sigstore-go v1.2.2, pkg/root, as cosign 3.1.3 uses it; beside sigstore 4.5.1 (pip)
# Guess:    it skips that key, as it skips entries whose log it does not know: the other logs have nothing to do with it.
# In fact:  sigstore-python skips it with a warning; sigstore-go reads nothing of the file. Both know P-384 with SHA-384
#           alone, and Rekor 1.5.4 signs with SHA-256 whatever the curve: PKIX_ECDSA_P384_SHA_256 says what it does.
# Matters:  one entry for a new P-384 or P-521 key takes every client in Go out, also for entries of the former key. Sign a
#           log with P-256.
# Output:
#> Go, P-256 alone: 1 key
#> Go, P-256 and P-384: unsupported tlog public key type: PKIX_ECDSA_P384_SHA_256
#> Python, P-256 alone: 1 key
#> Python, P-256 and P-384: 1 key
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv env || exit 2
env/bin/pip install --quiet --disable-pip-version-check sigstore==4.5.1 sigstore-models==0.0.6 || exit 2
cat >go.mod <<'EOF'
module finding

go 1.25.11

require github.com/sigstore/sigstore-go v1.2.2
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"os"

	"github.com/sigstore/sigstore-go/pkg/root"
)

func main() {
	for _, what := range os.Args[1:] {
		trusted, err := root.NewTrustedRootFromPath(what + ".json")
		if err != nil {
			fmt.Printf("Go, %s: %v\n", what, err)
			continue
		}
		fmt.Printf("Go, %s: %d key\n", what, len(trusted.RekorLogs()))
	}
}
EOF
cat >write.py <<'EOF'
import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def tlog(curve, details):
    public = ec.generate_private_key(curve).public_key()
    key = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "baseUrl": "https://rekor.example.org",
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": base64.b64encode(key).decode(),
            "keyDetails": details,
            "validFor": {"start": "2026-01-01T00:00:00Z"},
        },
        "logId": {"keyId": base64.b64encode(hashlib.sha256(key).digest()).decode()},
    }


p256 = tlog(ec.SECP256R1(), "PKIX_ECDSA_P256_SHA_256")
p384 = tlog(ec.SECP384R1(), "PKIX_ECDSA_P384_SHA_256")
for what, tlogs in (("P-256 alone", [p256]), ("P-256 and P-384", [p256, p384])):
    root = {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "tlogs": tlogs}
    root |= {"certificateAuthorities": [], "ctlogs": [], "timestampAuthorities": []}
    with open(f"{what}.json", "w") as file:
        json.dump(root, file)
EOF
cat >finding.py <<'EOF'
import logging
import sys

from sigstore._internal.trust import KeyringPurpose
from sigstore.models import TrustedRoot

logging.disable()
for what in sys.argv[1:]:
    keys = TrustedRoot.from_file(f"{what}.json").rekor_keyring(KeyringPurpose.VERIFY)
    print(f"Python, {what}: {len(keys._keyring)} key")
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2
env/bin/python write.py

roots=("P-256 alone" "P-256 and P-384")
seen=$(./finding "${roots[@]}" && env/bin/python finding.py "${roots[@]}" || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
