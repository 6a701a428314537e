#!/usr/bin/env bash
# sigstore-python refuses a whole trusted root in which one key's period has an end and no start.
#
# Library:  sigstore 4.5.1 (pip), sigstore.models.TrustedRoot; beside @sigstore/verify 3.1.1 (npm)
# Guess:    a period without a start has none, as one without an end has none, and a key without a period is always valid.
# In fact:  JavaScript takes it so. Python wants a start wherever there is a period, and reads nothing of the file otherwise.
# Matters:  who replaces a log's key writes an end into the entry of the former one. Where that had no period before, write
#           a start as well, or no client in Python verifies anything any more.
# Output:
#> JavaScript, no period: valid from 1970-01-01
#> JavaScript, an end only: valid from 1970-01-01
#> Python, no period: 1 key
#> Python, an end only: validFor.start: Field required
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
  @sigstore/verify@3.1.1 @sigstore/protobuf-specs@0.5.0 || exit 2
python3 -m venv env || exit 2
env/bin/pip install --quiet --disable-pip-version-check sigstore==4.5.1 || exit 2

cat >finding.cjs <<'EOF'
const { createHash, generateKeyPairSync } = require('node:crypto');
const { writeFileSync } = require('node:fs');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { toTrustMaterial } = require('@sigstore/verify');

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
const periods = [['no period', {}], ['an end only', { validFor: { end: '2026-06-01T00:00:00Z' } }]];
for (const [what, period] of periods) {
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      {
        baseUrl: 'https://rekor.example.org',
        hashAlgorithm: 'SHA2_256',
        publicKey: { rawBytes: key.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', ...period },
        logId: { keyId: createHash('sha256').update(key).digest('base64') },
      },
    ],
    ...{ certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] },
  };
  writeFileSync(`${what}.json`, JSON.stringify(root));
  const [{ validFor }] = toTrustMaterial(TrustedRoot.fromJSON(root)).tlogs;
  console.log(`JavaScript, ${what}: valid from ${validFor.start.toISOString().slice(0, 10)}`);
}
EOF
cat >finding.py <<'EOF'
from sigstore._internal.trust import KeyringPurpose
from sigstore.models import TrustedRoot

for what in ("no period", "an end only"):
    try:
        keys = TrustedRoot.from_file(f"{what}.json").rekor_keyring(KeyringPurpose.VERIFY)
        print(f"Python, {what}: {len(keys._keyring)} key")
    except Exception as error:
        (wrong,) = error.__cause__.errors() if error.__cause__ else error.errors()
        print(f"Python, {what}: {'.'.join(wrong['loc'][-2:])}: {wrong['msg']}")
EOF

seen=$(node finding.cjs && env/bin/python finding.py || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
