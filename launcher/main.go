// The launcher lets a container be there before the program in it runs: the pod is scheduled, the image pulled and the
// volumes mounted, and then an HTTP request starts the program within milliseconds, and another one stops it.
//
//	launcher install DIRECTORY           copies itself to DIRECTORY/launcher
//	launcher run -- PROGRAM ARGUMENT...  is the first process of a container, and runs PROGRAM in it when it is told to
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Exit codes of its own; all others are those of the program that it runs.
const (
	exitFailed     = 1
	exitUsage      = 2
	exitNotStarted = 127 // As a shell says it.
)

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC | log.Lmsgprefix)
	log.SetPrefix("launcher: ")
	switch words := os.Args[1:]; {
	case len(words) == 2 && words[0] == "install":
		if err := install(words[1]); err != nil {
			log.Print(err)
			os.Exit(exitFailed)
		}
	case len(words) > 2 && words[0] == "run" && words[1] == "--":
		os.Exit(run(words[2:]))
	default:
		fmt.Fprintln(os.Stderr, "usage: launcher install DIRECTORY\n       launcher run -- PROGRAM ARGUMENT...")
		os.Exit(exitUsage)
	}
}

// run follows orders until the program ends unasked, or a signal ends both. Returns the exit code.
func run(command []string) int {
	// First of all: until then a signal would end this process with 2, as Go does it.
	ends := make(chan os.Signal, 8)
	signal.Notify(ends, syscall.SIGTERM, syscall.SIGINT)
	children := make(chan os.Signal, 1) // One is enough: whoever hears it looks at all children.
	signal.Notify(children, syscall.SIGCHLD)

	s, err := settingsOf(os.Getenv)
	if err != nil {
		log.Print(err)
		return exitUsage
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		log.Printf("LAUNCHER_LISTEN is %s, where nothing can listen: %v", s.listen, err)
		return exitFailed
	}
	child := newChild(command, withoutSettings(os.Environ()), s.state)
	go func() {
		for range children {
			child.reap()
		}
	}()
	if err := child.resume(); err != nil {
		log.Print(err)
		return exitNotStarted
	}
	log.Printf("waits for orders of attempt %q at %s", s.attempt, listener.Addr())
	failed := make(chan error, 1)
	go func() { failed <- serverOf(orders{s.token, s.attempt, child}).Serve(listener) }()
	for {
		select {
		case sent := <-ends:
			child.close(sent.(syscall.Signal))
		case code := <-child.exit:
			return code
		case err := <-failed:
			log.Print(err)
			return exitFailed
		}
	}
}

// serverOf bounds what a caller can cost. An order to stop may take all of grace, so its answer has longer.
func serverOf(handler http.Handler) *http.Server {
	server := &http.Server{
		Handler:                      handler,
		ReadTimeout:                  5 * time.Second,
		WriteTimeout:                 3 * grace,
		MaxHeaderBytes:               4 << 10,
		DisableGeneralOptionsHandler: true, // It asks for no token.
	}
	// An order on a connection that the other side just closed would be lost, or sent twice.
	server.SetKeepAlivesEnabled(false)
	return server
}
