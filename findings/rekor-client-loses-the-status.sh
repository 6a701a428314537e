#!/usr/bin/env bash
# Rekor's Go client does not say the HTTP status of an answer that is not JSON.
#
# Library:  github.com/sigstore/rekor v1.5.4, pkg/client, on go-openapi/runtime v0.32.5
# Guess:    an error that names the status, 403 here, whatever the body is.
# In fact:  the error tells of a "consumer" that is missing or cannot read a Go type. The status is nowhere in it.
# Matters:  a front before Rekor, which answers in HTML, in plain text or as application/problem+json (RFC 9457),
#           sends rekor-cli's users to look for a fault in rekor-cli. A front should answer
#           {"code":...,"message":...} as application/json. 5xx and 429 are not concerned: what is retried is
#           reported with its status.
# Output:
#> application/json          [GET /api/v1/log][403] getLogInfo default {"code":403,"message":"no"}
#> text/html                 &{0 } (*models.Error) is not supported by the TextConsumer, can be resolved by supporting TextUnmarshaler interface
#> text/plain                &{0 } (*models.Error) is not supported by the TextConsumer, can be resolved by supporting TextUnmarshaler interface
#> application/problem+json  no consumer: "application/problem+json"
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
	"io"
	"net/http"
	"net/http/httptest"

	rekor "github.com/sigstore/rekor/pkg/client"
)

func ask(contentType, body string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	client, err := rekor.GetRekorClient(server.URL)
	if err != nil {
		panic(err)
	}
	_, err = client.Tlog.GetLogInfo(nil)
	fmt.Printf("%-24s  %v\n", contentType, err)
}

func main() {
	ask("application/json", `{"code":403,"message":"no"}`)
	ask("text/html", "<html><body>no</body></html>")
	ask("text/plain", "no")
	ask("application/problem+json", `{"status":403,"title":"no"}`)
}
EOF
GOFLAGS=-mod=mod go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
