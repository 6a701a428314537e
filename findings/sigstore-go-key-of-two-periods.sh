#!/usr/bin/env bash
# sigstore-go keeps one of two periods in which a trusted root says that a log's key was valid.
#
# Library:  github.com/sigstore/sigstore-go v1.2.2, pkg/root; beside @sigstore/verify 3.1.1 (npm)
# Guess:    the key is trusted in either period, since the list of logs has an entry for each.
# In fact:  JavaScript keeps both. Go keeps the entry that comes last in the file, whichever that is, and says nothing.
# Matters:  who writes an entry for each shard, or takes a key out of use and back into it, loses what the other entry
#           says. Give a key one entry, with one period that covers all of its shards.
# Output:
#> Go, the earlier period first: since 2026-01-01
#> Go, the later period first: since 2024-01-01
#> JavaScript, the earlier period first: since 2024-01-01, since 2026-01-01
#> JavaScript, the later period first: since 2026-01-01, since 2024-01-01
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
  @sigstore/verify@3.1.1 @sigstore/protobuf-specs@0.5.0 || exit 2
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
		fmt.Printf("Go, %s:", what)
		for _, log := range trusted.RekorLogs() {
			fmt.Printf(" since %s", log.ValidityPeriodStart.Format("2006-01-02"))
		}
		fmt.Println()
	}
}
EOF
cat >finding.cjs <<'EOF'
const { createHash, generateKeyPairSync } = require('node:crypto');
const { writeFileSync } = require('node:fs');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { toTrustMaterial } = require('@sigstore/verify');

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
const tlog = (name, validFor) => ({
  baseUrl: `https://${name}.example.org`,
  hashAlgorithm: 'SHA2_256',
  publicKey: { rawBytes: key.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
  logId: { keyId: createHash('sha256').update(key).digest('base64') },
});
const earlier = tlog('earlier', { start: '2024-01-01T00:00:00Z', end: '2025-01-01T00:00:00Z' });
const later = tlog('later', { start: '2026-01-01T00:00:00Z' });
for (const [what, tlogs] of [
  ['the earlier period first', [earlier, later]],
  ['the later period first', [later, earlier]],
]) {
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs,
    ...{ certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] },
  };
  writeFileSync(`${what}.json`, JSON.stringify(root));
  const since = toTrustMaterial(TrustedRoot.fromJSON(root)).tlogs.map(
    ({ validFor }) => `since ${validFor.start.toISOString().slice(0, 10)}`,
  );
  console.log(`JavaScript, ${what}: ${since.join(', ')}`);
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

inJavaScript=$(node finding.cjs)
seen=$(./finding 'the earlier period first' 'the later period first' && echo "$inJavaScript" || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
