package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const leastToken = 16

// settings are what the environment says; the program that is run inherits none of it.
type settings struct {
	listen, token, state, attempt string
}

// settingsOf reads and checks the settings. An error says all that is wrong, and never the token.
func settingsOf(getenv func(string) string) (settings, error) {
	s := settings{
		listen:  getenv("LAUNCHER_LISTEN"),
		token:   strings.TrimSpace(getenv("LAUNCHER_TOKEN")), // A Secret that was made from a file ends with a newline.
		state:   getenv("LAUNCHER_STATE"),
		attempt: getenv("LAUNCHER_ATTEMPT"),
	}
	if s.listen == "" {
		s.listen = ":3100"
	}
	var wrong []error
	if len(s.token) < leastToken {
		wrong = append(wrong, fmt.Errorf("LAUNCHER_TOKEN has %d characters; it needs at least %d, from a Secret", len(s.token), leastToken))
	}
	if s.attempt == "" {
		wrong = append(wrong, errors.New("LAUNCHER_ATTEMPT is missing; it names the attempt whose orders are followed"))
	}
	if s.state == "" {
		wrong = append(wrong, errors.New("LAUNCHER_STATE is missing; it names a file in a volume that outlives the container"))
	} else if err := tryFolder(filepath.Dir(s.state)); err != nil {
		wrong = append(wrong, fmt.Errorf("LAUNCHER_STATE is %s, and no file can be made there; mount a writable volume: %w", s.state, err))
	}
	return s, errors.Join(wrong...)
}

// tryFolder finds out now what would otherwise make an order fail, while clients wait.
func tryFolder(folder string) error {
	file, err := os.CreateTemp(folder, "launcher-*")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

func withoutSettings(environment []string) []string {
	own := []string{"LAUNCHER_LISTEN", "LAUNCHER_TOKEN", "LAUNCHER_STATE", "LAUNCHER_ATTEMPT"}
	return slices.DeleteFunc(environment, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(own, name)
	})
}
