#!/usr/bin/env bash
# In npm's yaml an alias without its anchor is no error of the document; only reading its values is one.
#
# Library:  yaml 2.9.1 (npm), parseDocument
# Guess:    it stands in `errors`, with its place, like a bracket that is not closed.
# In fact:  `errors` is empty. toJS() throws a ReferenceError, which has no place and quotes the name of the alias.
# Matters:  who checks a list of shards by `errors` takes one that Rekor's reader refuses, so that Rekor does not
#           start. Who shows the message shows a word of the file: behind a secret that begins with `*` it is the
#           secret.
# Output:
#> a bracket that is not closed: 1 error, line 2
#> an alias without its anchor: 0 errors, toJS: ReferenceError, line undefined, names it: true
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact yaml@2.9.1 || exit 2
cat >finding.cjs <<'EOF'
const { parseDocument } = require('yaml');

const open = parseDocument('- [1\n');
console.log(`a bracket that is not closed: ${open.errors.length} error, line ${open.errors[0].linePos[0].line}`);

const alias = parseDocument('- treeID: 1\n  signingConfig: *first\n');
try {
  alias.toJS();
} catch (error) {
  const { name, message, linePos } = error;
  const errors = `${alias.errors.length} errors`;
  console.log(
    `an alias without its anchor: ${errors}, toJS: ${name}, line ${linePos?.[0].line}, names it: ${message.includes('first')}`,
  );
}
EOF

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
