#!/usr/bin/env bash
# npm's pg takes the address of a MySQL database and speaks PostgreSQL there.
#
# Library:  pg 8.23.1 (npm)
# Guess:    mysql:// is refused before anything is sent.
# In fact:  the scheme is not looked at, but for socket:. Host, port and user are taken from the address, and the
#           database is sent PostgreSQL's startup message.
# Matters:  the address of Trillian's database may be either. A MySQL server counts each such try as a broken
#           handshake of that host, and after max_connect_errors of them lets nobody in from there, so neither
#           Trillian.
# Output:
#> mysql://trillian@127.0.0.1:PORT/trillian was sent: protocol 3.0, user trillian, database trillian
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact pg@8.23.1 || exit 2
cat >finding.cjs <<'EOF'
const { createServer } = require('node:net');
const { Client } = require('pg');

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (bytes) => {
    const words = bytes.subarray(8).toString('latin1').split('\0');
    const of = (name) => words[words.indexOf(name) + 1];
    const protocol = `${bytes.readUInt16BE(4)}.${bytes.readUInt16BE(6)}`;
    console.log(
      `mysql://trillian@127.0.0.1:PORT/trillian was sent: ` +
        `protocol ${protocol}, user ${of('user')}, database ${of('database')}`,
    );
    socket.destroy();
    server.close();
  });
});
server.listen(0, '127.0.0.1', () => {
  const client = new Client({ connectionString: `mysql://trillian@127.0.0.1:${server.address().port}/trillian` });
  client.on('error', () => {});
  client.connect().catch(() => server.close());
});
EOF

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
