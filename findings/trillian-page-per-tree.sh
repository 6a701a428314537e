#!/usr/bin/env bash
# Each histogram of Trillian's metrics has 303 lines for each tree.
#
# Library:  github.com/google/trillian v1.7.3, monitoring and monitoring/prometheus
# Guess:    about a dozen buckets, as Prometheus' clients have them: 1 kB for a tree.
# In fact:  300 buckets, from 40 ms to 282 days: 24 kB. The signer has nine such histograms (log/sequencer.go).
# Matters:  every shard of a log lengthens the signer's page, by 139 kB where it was measured on a real one. With
#           100 trees that is 14 MB, which takes long to write and to read, and limits of those who scrape it come
#           into sight.
# Output:
#> one tree more: 303 lines, 24244 bytes
#> last bucket: 282 days
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'EOF'
module finding

go 1.25.0

require github.com/google/trillian v1.7.3
EOF
cat >main.go <<'EOF'
package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"

	"github.com/google/trillian/monitoring"
	"github.com/google/trillian/monitoring/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func page() []byte {
	answer := httptest.NewRecorder()
	promhttp.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	// What the library tells of itself changes from page to page.
	var lines [][]byte
	for _, line := range bytes.SplitAfter(answer.Body.Bytes(), []byte("\n")) {
		if bytes.HasPrefix(line, []byte("sequencer_latency")) {
			lines = append(lines, line)
		}
	}
	return bytes.Join(lines, nil)
}

func main() {
	// As in log/sequencer.go.
	latency := prometheus.MetricFactory{}.NewHistogram("sequencer_latency", "Latency in seconds", "logid")
	latency.Observe(0.1, "6826284441047790130")
	before := page()
	latency.Observe(0.1, "1949066653115536561")
	after := page()
	newline := []byte("\n")
	fmt.Printf("one tree more: %d lines, %d bytes\n",
		bytes.Count(after, newline)-bytes.Count(before, newline), len(after)-len(before))
	buckets := monitoring.LatencyBuckets()
	fmt.Printf("last bucket: %d days\n", int(buckets[len(buckets)-1])/86400)
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
