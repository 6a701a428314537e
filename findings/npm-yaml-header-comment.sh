#!/usr/bin/env bash
# In npm's yaml the comment at the head of a file belongs to its first item if that has a comment of its own.
#
# Library:  yaml 2.9.1 (npm), parseDocument
# Guess:    a comment at the very beginning, with a blank line behind it, is the document's: its documentation says
#           so of Document.commentBefore, and it is so when the first item has no comment.
# In fact:  with a comment at the first item, both are that item's, blank line and all. Who deletes it deletes both.
# Matters:  a list of shards begins with the warning never to reorder it. The tool that takes out its first shard
#           takes out the warning, too. A line "---" below the head keeps it.
# Output:
#> head, first item without a comment: the head stays
#> head, first item with a comment: the head is gone
#> head, ---, first item with a comment: the head stays
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact yaml@2.9.1 || exit 2
cat >finding.cjs <<'EOF'
const { parseDocument } = require('yaml');

function deleteFirst(what, text) {
  const document = parseDocument(text);
  document.delete(0);
  console.log(`${what}: the head ${String(document).includes('# never reorder') ? 'stays' : 'is gone'}`);
}
const head = '# never reorder\n\n';
const items = '- treeID: 1\n- treeID: 2\n';
deleteFirst('head, first item without a comment', head + items);
deleteFirst('head, first item with a comment', `${head}# made by hand\n${items}`);
deleteFirst('head, ---, first item with a comment', `${head}---\n# made by hand\n${items}`);
EOF

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
