#!/usr/bin/env bash
# npm's yaml takes a byte order mark before a list for an indentation.
#
# Library:  yaml 2.9.1 (npm), parseDocument; js-yaml 5.5.0 for comparison
# Guess:    a mark at the beginning is no part of the text (YAML 1.2.2, section 5.2): all or nothing can be read
#           behind it.
# In fact:  it counts as a column. Maps and lists in brackets are read all the same. A list in block style is not,
#           since its first dash stands in column 1 and the next in column 0.
# Matters:  Rekor's list of shards is a list in block style, and Rekor's own reader takes the mark. A tool has to
#           cut it off before it reads the list.
# Output:
#> "a: 1\nb: 2\n": read, with a mark: read
#> "[1, 2]\n": read, with a mark: read
#> "- 1\n- 2\n": read, with a mark: Unexpected scalar at node end at line 1, column 4:
#> js-yaml, "- 1\n- 2\n" with a mark: read
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact yaml@2.9.1 js-yaml@5.5.0 || exit 2
cat >finding.cjs <<'EOF'
const { parseDocument } = require('yaml');
const { load } = require('js-yaml');

const mark = '\uFEFF';
function read(text) {
  const [error] = parseDocument(text).errors;
  return error ? error.message.split('\n')[0] : 'read';
}
for (const text of ['a: 1\nb: 2\n', '[1, 2]\n', '- 1\n- 2\n']) {
  console.log(`${JSON.stringify(text)}: ${read(text)}, with a mark: ${read(mark + text)}`);
}
const list = '- 1\n- 2\n';
console.log(`js-yaml, ${JSON.stringify(list)} with a mark: ${load(mark + list).length === 2 ? 'read' : 'misread'}`);
EOF

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
