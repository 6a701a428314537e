#!/usr/bin/env bash
# Python's parser of Prometheus pages gives Rekor's and Trillian's counters names that are not on the page.
#
# Library:  prometheus-client 0.26.0 (pip), parser.text_string_to_metric_families
# Guess:    the samples of a page have the names that stand on it.
# In fact:  "_total" is added to the name of every sample of a counter that does not end so, as OpenMetrics would
#           have it. The same sample without its line "# TYPE" keeps its name.
# Matters:  hardly a counter of Rekor or Trillian ends in _total. A check that asks for signing_runs or
#           rekor_new_entries finds nothing, and takes a missing counter for one that stands still.
# Output:
#> signing_runs, counter: signing_runs_total
#> rekor_new_entries, counter: rekor_new_entries_total
#> is_master, gauge: is_master
#> signing_runs, no type: signing_runs
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv env || exit 2
env/bin/pip install --quiet --disable-pip-version-check prometheus-client==0.26.0 || exit 2
cat >finding.py <<'EOF'
from prometheus_client.parser import text_string_to_metric_families

page = """\
# TYPE signing_runs counter
signing_runs{logid="6826284441047790130"} 7
# TYPE rekor_new_entries counter
rekor_new_entries 5
# TYPE is_master gauge
is_master{logid="6826284441047790130"} 1
"""


def show(page):
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            kind = "no type" if family.type == "unknown" else family.type
            print(f"{family.name}, {kind}: {sample.name}")


show(page)
show('signing_runs{logid="6826284441047790130"} 7\n')
EOF

seen=$(env/bin/python finding.py || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
