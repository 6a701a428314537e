#!/usr/bin/env bash
# sigstore-js does not wait for as long as a log asks it to.
#
# Library:  @sigstore/sign 4.1.1 (npm), RekorWitness with retries
# Guess:    a 503 with Retry-After: 30 is tried again after 30 s, or not at all. Rekor's Go client waits.
# In fact:  the header is not read. The next try comes when the client's own schedule says: after 10 ms here, after
#           1 s and 2 s by the defaults of the package sigstore.
# Matters:  a front that puts a log's clients off for a restart, by 503 with Retry-After, helps those in Go and not
#           those of npm: they have failed after 3 s. It has to keep their requests instead, for less than the 5 s
#           that sigstore waits for an answer.
# Output:
#> 3 attempts, the last before the 30 s were over: error creating tlog entry - (503) Service Unavailable
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @sigstore/sign@4.1.1 || exit 2
cat >finding.cjs <<'EOF'
const { createServer } = require('node:http');
const { RekorWitness } = require('@sigstore/sign');

const times = [];
const server = createServer((request, response) => {
  times.push(performance.now());
  request.resume();
  response.writeHead(503, { 'Retry-After': '30' }).end();
});
server.listen(0, '127.0.0.1', async () => {
  const rekorBaseURL = `http://127.0.0.1:${server.address().port}`;
  const retry = { retries: 2, minTimeout: 10, factor: 1 };
  const witness = new RekorWitness({ rekorBaseURL, retry, timeout: 5000 });
  const signed = { signature: Buffer.from('signature'), messageDigest: { algorithm: 1, digest: Buffer.alloc(32) } };
  const said = await witness
    .testify({ $case: 'messageSignature', messageSignature: signed }, 'public key')
    .then(() => 'no error')
    .catch((error) => error.message);
  const early = times.at(-1) - times[0] < 30_000 ? 'before the 30 s were over' : 'after them';
  console.log(`${times.length} attempts, the last ${early}: ${said}`);
  server.close();
  server.closeAllConnections();
});
EOF

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
