#!/usr/bin/env bash
# Two items of a list that Kubernetes tells apart by a whole number are one to it, if these differ in the 54th bit.
#
# Library:  sigs.k8s.io/structured-merge-diff v4.6.0, with which Kubernetes 1.33 keeps who manages which field
# Guess:    an integer of 64 bits is a key with all its digits: OpenAPI says int64, and the object itself is stored exactly.
# In fact:  once it has been written to managedFields, a key is read back as a float. It has 53 bits then, and is equal to
#           every key that is rounded to the same.
# Matters:  Red Hat's operator has its list of shards keyed by `treeID`, with 63 bits. A tree's id must never be taken from
#           managedFields or from the words of a conflict, which name another tree.
# Output:
#> k:{"treeID":1949066653115536561} is read as k:{"treeID":1949066653115536600}
#> k:{"treeID":1949066653115536562} is read as k:{"treeID":1949066653115536600}
#> as made of int64: two keys; as read back: one key
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'GO'
module finding

go 1.23

require sigs.k8s.io/structured-merge-diff/v4 v4.6.0
GO
cat >main.go <<'GO'
package main

import (
	"fmt"

	"sigs.k8s.io/structured-merge-diff/v4/fieldpath"
)

func key(id int64) fieldpath.PathElement {
	return fieldpath.PathElement{Key: fieldpath.KeyByFields("treeID", id)}
}

func written(element fieldpath.PathElement) string {
	text, err := fieldpath.SerializePathElement(element)
	if err != nil {
		panic(err)
	}
	return text
}

func count(a, b fieldpath.PathElement) string {
	if a.Equals(b) {
		return "one key"
	}
	return "two keys"
}

func main() {
	made := []fieldpath.PathElement{key(1949066653115536561), key(1949066653115536562)}
	var read []fieldpath.PathElement
	for _, element := range made {
		again, err := fieldpath.DeserializePathElement(written(element))
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s is read as %s\n", written(element), written(again))
		read = append(read, again)
	}
	fmt.Printf("as made of int64: %s; as read back: %s\n", count(made[0], made[1]), count(read[0], read[1]))
}
GO
go mod tidy >tidy.log 2>&1 && go build -o finding . || exit 2

seen=$(./finding || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
