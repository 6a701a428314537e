#!/usr/bin/env bash
# sigstore-python cannot read a bundle that sigstore-js wrote for the first entry of a shard.
#
# Library:  sigstore 4.5.1 with sigstore-models 0.0.6 (pip); @sigstore/bundle 4.0.0 (npm) writes
# Guess:    it can: both are made from the same protobuf definitions, whose JSON leaves out fields that have their
#           default, and readers take a field that is not there for its default.
# In fact:  the writer leaves out an index of 0, and an empty list of hashes. The reader requires both fields to be
#           there, since the definitions mark them as REQUIRED.
# Matters:  inclusionProof.logIndex is the index within the shard, so it is 0 for the first entry after each
#           rotation, not only for the log's first. If that entry is alone in its tree when it is proven, hashes are
#           missing, too. A log that puts an entry of its own first into each shard spares its users this.
# Output:
#> second entry: read
#> first entry of a later shard: missing inclusionProof.logIndex
#> first entry of a later shard, alone in it: missing inclusionProof.logIndex, inclusionProof.hashes
#> first entry of the log: missing logIndex, inclusionProof.logIndex
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @sigstore/bundle@4.0.0 || exit 2
python3 -m venv env || exit 2
env/bin/pip install --quiet --disable-pip-version-check sigstore==4.5.1 sigstore-models==0.0.6 || exit 2

cat >certificate.py <<'EOF'
# Any certificate will do: nothing is verified here.
import datetime
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([])
start = datetime.datetime(2026, 1, 1)
certificate = (
    x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + datetime.timedelta(days=1))
    .sign(key, hashes.SHA256())
    .public_bytes(serialization.Encoding.DER)
)
sys.stdout.buffer.write(certificate)
EOF
cat >write.cjs <<'EOF'
const { readFileSync, writeFileSync } = require('node:fs');
const { bundleToJSON, toMessageSignatureBundle } = require('@sigstore/bundle');

const bytes = Buffer.alloc(32);
const body = JSON.stringify({ apiVersion: '0.0.1', kind: 'hashedrekord', spec: {} });

function write(what, logIndex, indexInShard, hashes) {
  const bundle = toMessageSignatureBundle({
    digest: bytes,
    signature: bytes,
    certificate: readFileSync('certificate.der'),
    singleCertificate: true,
  });
  bundle.verificationMaterial.tlogEntries.push({
    logIndex,
    logId: { keyId: bytes },
    kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
    integratedTime: '1767225600',
    inclusionPromise: { signedEntryTimestamp: bytes },
    inclusionProof: {
      logIndex: indexInShard,
      treeSize: String(hashes.length + 1),
      hashes,
      rootHash: bytes,
      checkpoint: { envelope: 'rekor.example.com - 1\n' },
    },
    canonicalizedBody: Buffer.from(body),
  });
  writeFileSync(`${what}.json`, JSON.stringify(bundleToJSON(bundle)));
}
write('second entry', '6', '1', [bytes]);
write('first entry of a later shard', '5', '0', [bytes]);
write('first entry of a later shard, alone in it', '5', '0', []);
write('first entry of the log', '0', '0', [bytes]);
EOF
cat >read.py <<'EOF'
import re
from pathlib import Path

from sigstore.models import Bundle, InvalidBundle

for what in (
    "second entry",
    "first entry of a later shard",
    "first entry of a later shard, alone in it",
    "first entry of the log",
):
    try:
        Bundle.from_json(Path(f"{what}.json").read_text())
        print(f"{what}: read")
    except InvalidBundle as error:
        missing = re.findall(r"tlogEntries\.0\.(\S+)\n  Field required", str(error))
        print(f"{what}: missing {', '.join(missing)}" if missing else f"{what}: {error}")
EOF
env/bin/python certificate.py >certificate.der
node write.cjs

seen=$(env/bin/python read.py || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
