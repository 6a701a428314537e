#!/usr/bin/env bash
# A trusted root that names a log's checkpoint key loses that log's entries.
#
# Library:  @sigstore/verify 3.1.1 (npm), dist/trust/index.js, toTrustMaterial
# Guess:    `checkpointKeyId` is for checkpoints; entries are looked up by `logId`.
# In fact:  where there is a `checkpointKeyId` it takes the place of `logId` for entries, too: four bytes instead of 32.
# Matters:  who publishes a new shard's key may fill in both fields, as the format allows. Then no entry of a Rekor v1
#           log is known to this client any more. Leave `checkpointKeyId` out.
# Output:
#> logId alone: 1 log is known for an entry of it
#> with checkpointKeyId: 0 logs are known for an entry of it
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @sigstore/verify@3.1.1 @sigstore/protobuf-specs@0.5.0 || exit 2
cat >finding.cjs <<'EOF'
const { createHash, generateKeyPairSync } = require('node:crypto');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { toTrustMaterial } = require('@sigstore/verify');
const { filterTLogAuthorities } = require('./node_modules/@sigstore/verify/dist/trust/filter.js');

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
const logID = createHash('sha256').update(key).digest();
const start = '2026-01-01T00:00:00Z';
const log = {
  baseUrl: 'https://rekor.example.org',
  hashAlgorithm: 'SHA2_256',
  publicKey: {
    rawBytes: key.toString('base64'),
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    validFor: { start },
  },
  logId: { keyId: logID.toString('base64') },
};
const both = { ...log, checkpointKeyId: { keyId: logID.subarray(0, 4).toString('base64') } };
for (const [what, tlog] of [['logId alone', log], ['with checkpointKeyId', both]]) {
  const { tlogs } = toTrustMaterial(TrustedRoot.fromJSON({ tlogs: [tlog] }));
  const { length } = filterTLogAuthorities(tlogs, { logID, targetDate: new Date('2026-06-01') });
  console.log(`${what}: ${length} ${length === 1 ? 'log is' : 'logs are'} known for an entry of it`);
}
EOF

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
