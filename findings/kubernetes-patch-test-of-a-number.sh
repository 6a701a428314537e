#!/usr/bin/env bash
# The `test` of a JSON patch to Kubernetes compares two numbers as they are written, and not what they are.
#
# Library:  gopkg.in/evanphx/json-patch.v4 v4.12.0, with which Kubernetes 1.33 carries JSON patches out
# Guess:    numbers are equal when they are numerically (RFC 6902, section 4.6), most likely as floats: then another tree's id
#           would pass that is rounded to the same 53 bits.
# In fact:  their texts are compared. 1.0 and 1e0 are not 1, and of 63 bits each counts.
# Matters:  whoever changes a tree's id of the operator's resource may put the id before into a `test`, and be sure; but must
#           write it with every digit, as no program that reads JSON numbers as floats can.
# Output:
#> 1949066653115536561: equal
#> 1949066653115536562: not equal
#> 1949066653115536561.0: not equal
#> 1949066653115536561e0: not equal
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'GO'
module finding

go 1.23

require gopkg.in/evanphx/json-patch.v4 v4.12.0
GO
cat >main.go <<'GO'
package main

import (
	"fmt"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

func main() {
	for _, number := range []string{
		"1949066653115536561",
		"1949066653115536562",
		"1949066653115536561.0",
		"1949066653115536561e0",
	} {
		text := fmt.Sprintf(`[{"op": "test", "path": "/treeID", "value": %s}]`, number)
		patch, err := jsonpatch.DecodePatch([]byte(text))
		if err != nil {
			panic(err)
		}
		found := "equal"
		if _, err := patch.Apply([]byte(`{"treeID": 1949066653115536561}`)); err != nil {
			found = "not equal"
		}
		fmt.Printf("%s: %s\n", number, found)
	}
}
GO
go mod tidy >tidy.log 2>&1 && go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
