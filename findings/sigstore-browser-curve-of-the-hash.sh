#!/usr/bin/env bash
# A browser's verifier takes a log key's curve from the name of its hash, and the hash from that of the tree.
#
# Library:  @freedomofpress/sigstore-browser 0.1.11 (npm), dist/tlog/checkpoint.js, with its crypto-browser 0.1
# Guess:    a P-384 key that signs by SHA-256, as Rekor signs with every key, is known by its right `keyDetails`.
# In fact:  with those it is read as a P-256 key, and that is an error. Details that name SHA-384 are not true of it and
#           work: the hash is taken from the tree's `hashAlgorithm`.
# Matters:  whoever rotates a log to a P-384 key, of a KMS for example, publishes a trusted root that these clients fail
#           with. A P-256 key has one number for both.
# Output:
#> P-256 by SHA-256, as PKIX_ECDSA_P256_SHA_256: verified
#> P-384 by SHA-256, as PKIX_ECDSA_P384_SHA_256: DataError
#> P-384 by SHA-256, as PKIX_ECDSA_P384_SHA_384: verified
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @freedomofpress/sigstore-browser@0.1.11 || exit 2
cat >finding.mjs <<'EOF'
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { verifyCheckpoint } from './node_modules/@freedomofpress/sigstore-browser/dist/tlog/checkpoint.js';

const rootHash = createHash('sha256').update('a root').digest('base64');
const note = `rekor.example.org - 1\n7\n${rootHash}\n`;

for (const [curve, keyDetails] of [
  ['P-256', 'PKIX_ECDSA_P256_SHA_256'],
  ['P-384', 'PKIX_ECDSA_P384_SHA_256'],
  ['P-384', 'PKIX_ECDSA_P384_SHA_384'],
]) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const id = createHash('sha256').update(der).digest();
  const signature = Buffer.concat([id.subarray(0, 4), sign('sha256', Buffer.from(note), privateKey)]);
  const envelope = `${note}\n\u2014 rekor.example.org ${signature.toString('base64')}\n`;
  const logId = { keyId: id.toString('base64') };
  const log = {
    baseUrl: 'https://rekor.example.org',
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: der.toString('base64'), keyDetails, validFor: { start: '2026-01-01T00:00:00Z' } },
    logId,
  };
  const entry = { logId, integratedTime: '1780000000', inclusionProof: { rootHash, checkpoint: { envelope } } };
  const outcome = await verifyCheckpoint(entry, [log]).then(
    () => 'verified',
    (error) => (error.name === 'Error' ? error.message : error.name),
  );
  console.log(`${curve} by SHA-256, as ${keyDetails}: ${outcome}`);
}
EOF

seen=$(node finding.mjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
