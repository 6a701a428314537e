// Command list-reader says how Rekor reads sharding lists. It takes each list as a JSON string, one after the other, on
// standard input, and answers each with one line of JSON on standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	_ "unsafe" // for go:linkname

	"github.com/sigstore/rekor/pkg/sharding"
)

// Rekor's own reader (pkg/sharding/ranges.go). It is not exported; what is, NewLogRanges, opens the key of every shard.
//
//go:linkname logRangesFromPath github.com/sigstore/rekor/pkg/sharding.logRangesFromPath
func logRangesFromPath(path string) (sharding.Ranges, error)

// answer holds either what Rekor reads, in the order of the list, or why it does not start.
type answer struct {
	Shards []shard `json:"shards,omitempty"`
	Error  string  `json:"error,omitempty"`
}

// shard has its numbers in digits: JavaScript would round them.
type shard struct {
	TreeID     string `json:"treeId"`
	TreeLength string `json:"treeLength"`
	// The scheme or path of its key, the password, and the key encryption URI and keyset of Tink; each may be empty.
	Signer [4]string `json:"signer"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	folder, err := os.MkdirTemp("", "list-reader-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "sharding.yaml")
	lists := json.NewDecoder(bufio.NewReader(os.Stdin))
	lines := bufio.NewWriter(os.Stdout)
	answers := json.NewEncoder(lines)
	for lists.More() {
		var text string
		if err := lists.Decode(&text); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		if err := answers.Encode(read(file)); err != nil {
			return err
		}
	}
	return lines.Flush()
}

func read(file string) answer {
	ranges, err := logRangesFromPath(file)
	if err != nil {
		return answer{Error: err.Error()}
	}
	shards := []shard{}
	for _, r := range ranges {
		c := r.SigningConfig
		signer := [4]string{c.SigningSchemeOrKeyPath, c.FileSignerPassword, c.TinkKEKURI, c.TinkKeysetPath}
		shards = append(shards, shard{strconv.FormatInt(r.TreeID, 10), strconv.FormatInt(r.TreeLength, 10), signer})
	}
	return answer{Shards: shards}
}
