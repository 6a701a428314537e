package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// program is what a launcher under test runs. It behaves as `manner` says, and leaves word of itself in the folder.
func program(manner, folder string) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	// Free as soon as its holder has ended, in whatever way: a second program at a time finds it taken.
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		fmt.Println("another program runs:", err)
		os.Exit(99)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name+".new"), []byte(text), 0o600); err != nil {
			panic(err)
		}
		if err := os.Rename(filepath.Join(folder, name+".new"), filepath.Join(folder, name)); err != nil {
			panic(err)
		}
	}
	write("program.pid", strconv.Itoa(os.Getpid()))
	write("environment", strings.Join(os.Environ(), "\n"))
	if manner == "leaves a process behind" {
		left := exec.Command("sleep", "600")
		if err := left.Start(); err != nil {
			panic(err)
		}
		write("left.pid", strconv.Itoa(left.Process.Pid))
	}
	write("ready", "")
	for {
		select {
		case sent := <-signals:
			write("signal", sent.String())
			if code, err := strconv.Atoi(manner); err == nil {
				os.Exit(code)
			}
			if manner != "ignores signals" {
				os.Exit(0)
			}
		case <-time.After(10 * time.Millisecond):
			if text, err := os.ReadFile(filepath.Join(folder, "crash")); err == nil {
				code, _ := strconv.Atoi(string(text))
				os.Exit(code)
			}
			if _, err := os.Stat(folder); err != nil { // A test has failed.
				os.Exit(1)
			}
		}
	}
}
