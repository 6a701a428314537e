#!/usr/bin/env bash
# Temporal's TypeScript SDK, installed as its documentation says, cannot read a history from JSON.
#
# Library:  @temporalio/client 1.24.0 with its own dependencies (npm): @temporalio/common, @temporalio/proto
# Guess:    it can: replaying a history that was kept as JSON is the documented way to test that a workflow still
#           fits.
# In fact:  npm gives @grpc/proto-loader protobufjs 7 at the top, and @temporalio/common and @temporalio/proto a
#           protobufjs 8 each. The types of the one are none to the other. A direct dependency on protobufjs 8.8.1
#           makes them share one, and cures it.
# Matters:  Worker.runReplayHistory with a parsed file fails in the same way, and the message leads nobody to the
#           tree of packages. Histories that were just fetched from a server are not concerned.
# Output:
#> as installed: TypeError: type must be a Type
#> with protobufjs 8.8.1 beside it: 1 event
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.cjs <<'EOF'
const { historyFromJSON } = require('@temporalio/common/lib/proto-utils');

const started = {
  eventId: '1',
  eventTime: '2026-01-01T00:00:00Z',
  eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
  workflowExecutionStartedEventAttributes: { workflowType: { name: 'rotateLog' } },
};
try {
  console.log(`${historyFromJSON({ events: [started] }).events.length} event`);
} catch (error) {
  console.log(String(error));
}
EOF
npm_install=(npm install --silent --no-audit --no-fund --ignore-scripts --save-exact)
echo '{ "private": true }' >package.json
"${npm_install[@]}" @temporalio/client@1.24.0 || exit 2
as_installed=$(node finding.cjs || echo "it failed")
rm -rf node_modules package-lock.json
"${npm_install[@]}" protobufjs@8.8.1 || exit 2
with_protobufjs=$(node finding.cjs || echo "it failed")

seen="as installed: $as_installed
with protobufjs 8.8.1 beside it: $with_protobufjs"
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
