#!/usr/bin/env bash
# npm's parser of Prometheus pages makes one histogram of all, and drops their labels.
#
# Library:  parse-prometheus-text-format 1.1.1 (npm)
# Guess:    one entry for each set of labels, as for counters and gauges, and as prom2json does, whose output it
#           follows.
# In fact:  the labels of histograms and summaries are forgotten. Buckets of the last set overwrite those before it,
#           and sum and count are lost.
# Matters:  every histogram of Trillian's signer has a label for the tree. What comes out are the buckets of one
#           tree, and nobody can tell of which. Counters and gauges of the same page are right.
# Output:
#> signing_runs: [{"value":"7","labels":{"logid":"1"}},{"value":"9","labels":{"logid":"2"}}]
#> sequencer_latency: [{"buckets":{"0.04":"9","+Inf":"9"}}]
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact parse-prometheus-text-format@1.1.1 || exit 2
cat >finding.mjs <<'EOF'
import parse from 'parse-prometheus-text-format';

// Two trees, as Trillian's signer shows them.
const page = `# TYPE signing_runs counter
signing_runs{logid="1"} 7
signing_runs{logid="2"} 9
# TYPE sequencer_latency histogram
sequencer_latency_bucket{logid="1",le="0.04"} 5
sequencer_latency_bucket{logid="1",le="+Inf"} 7
sequencer_latency_sum{logid="1"} 0.9
sequencer_latency_count{logid="1"} 7
sequencer_latency_bucket{logid="2",le="0.04"} 9
sequencer_latency_bucket{logid="2",le="+Inf"} 9
sequencer_latency_sum{logid="2"} 0.1
sequencer_latency_count{logid="2"} 9
`;
for (const { name, metrics } of parse(page)) console.log(`${name}: ${JSON.stringify(metrics)}`);
EOF

seen=$(node finding.mjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
