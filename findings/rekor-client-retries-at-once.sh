#!/usr/bin/env bash
# Rekor's Go client repeats a failed request three times, without any pause.
#
# Library:  github.com/sigstore/rekor v1.5.4, pkg/client, on hashicorp/go-retryablehttp v0.7.8
# Guess:    pauses of 1 s, 2 s and 4 s, which are the library's own.
# In fact:  Rekor sets both limits of the pause to its options' zero, so all four attempts are over in some
#           milliseconds. Only where the answer is 503 or 429 with a Retry-After does it wait, for as long as that
#           says.
# Matters:  rekor-cli and cosign live through no restart, however short, although they "retry". A front that answers
#           503 with Retry-After gives them the time; a 500, or a refused connection, does not. 7 s is what the
#           library's own pauses would add up to.
# Output:
#> 500: 4 attempts, in less than 7 s
#> 503: 4 attempts, in less than 7 s
#> 503, Retry-After: 3: 4 attempts, in 7 s or more
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'EOF'
module finding

go 1.25.11

require github.com/sigstore/rekor v1.5.4
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	rekor "github.com/sigstore/rekor/pkg/client"
)

func ask(answer string, status int, retryAfter string) {
	attempts := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		attempts++
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	client, err := rekor.GetRekorClient(server.URL)
	if err != nil {
		panic(err)
	}
	start := time.Now()
	if _, err := client.Tlog.GetLogInfo(nil); err == nil {
		panic("there was an answer")
	}
	took := "in less than 7 s"
	if time.Since(start) >= 7*time.Second {
		took = "in 7 s or more"
	}
	fmt.Printf("%s: %d attempts, %s\n", answer, attempts, took)
}

func main() {
	ask("500", 500, "")
	ask("503", 503, "")
	ask("503, Retry-After: 3", 503, "3")
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
