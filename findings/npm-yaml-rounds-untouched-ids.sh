#!/usr/bin/env bash
# npm's yaml changes numbers that nobody touched when it writes a document back.
#
# Library:  yaml 2.9.1 (npm), parseDocument and Document.toString
# Guess:    scalars that were not set are written as they stood in the file: each node has its source, and 0x10
#           stays 0x10.
# In fact:  every number is written anew from its JavaScript value: a 63-bit tree id comes back rounded, 1e3 as
#           1e+3. There is no error and no warning. With intAsBigInt integers survive, floats do not. (Open
#           upstream: eemeli/yaml#660.)
# Matters:  adding one shard to Rekor's list by the way that is made for it renames all shards that were there.
#           Rekor does not start with such a list: Trillian knows no such trees.
# Output:
#> # oldest first
#> - treeID: 6826284441047791000 # the first
#> - treeID: 1
#> with intAsBigInt:
#> # oldest first
#> - treeID: 6826284441047790130 # the first
#> - treeID: 1
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact yaml@2.9.1 || exit 2
cat >finding.cjs <<'EOF'
const { parseDocument } = require('yaml');

const text = '# oldest first\n- treeID: 6826284441047790130 # the first\n';
function withOneMore(options) {
  const document = parseDocument(text, options);
  document.add({ treeID: 1 });
  return String(document).trimEnd();
}
console.log(withOneMore({}));
console.log('with intAsBigInt:');
console.log(withOneMore({ intAsBigInt: true }));
EOF

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
