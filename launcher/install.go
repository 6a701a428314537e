package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// install copies the executable of this process to a folder that a container shares whose image has no launcher. It is
// there whole or not at all, and everyone may execute it: that container may run as another user.
func install(folder string) error {
	own, err := os.Executable()
	if err != nil {
		return err
	}
	from, err := os.Open(own)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.CreateTemp(folder, ".launcher-*")
	if err != nil {
		return fmt.Errorf("cannot install into %s: %w", folder, err)
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Chmod(0o555), to.Sync(), to.Close()); err == nil {
		err = os.Rename(to.Name(), filepath.Join(folder, "launcher"))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot install into %s: %w", folder, err), os.Remove(to.Name()))
	}
	return nil
}
