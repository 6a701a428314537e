package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// How long a program has between SIGTERM and SIGKILL when an order stops it.
const grace = 10 * time.Second

// state is what a caller is told. Starts and the last exit are those since the container started.
type state struct {
	Wanted   bool    `json:"wanted"`
	Running  bool    `json:"running"`
	Starts   int     `json:"starts"`
	LastExit *string `json:"lastExit"`
}

// child is the program of the container: whether it is to run, and whether it does.
type child struct {
	command, environment []string
	// Exists while the program is to run. It outlives the container, so that a restart of it starts the program again.
	stateFile string
	// Gets the exit code of the launcher, once.
	exit chan int

	// Held by the one order that is carried out.
	ordering sync.Mutex

	// Guards what follows, and is held by whoever forks, waits or kills: the number of a process that has been waited for
	// may soon be another one's.
	mutex   sync.Mutex
	now     state
	process int           // While it runs.
	ended   chan struct{} // Closed when it has ended.
	closing bool          // The launcher ends, and starts nothing any more.
}

func newChild(command, environment []string, stateFile string) *child {
	return &child{command: command, environment: environment, stateFile: stateFile, exit: make(chan int, 1)}
}

func (c *child) state() state {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

// resume starts the program at once where an earlier container left word that it is to run.
func (c *child) resume() error {
	if _, err := os.Stat(c.stateFile); errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("it cannot be told whether the program is to run: %w", err)
	}
	log.Printf("%s is there: the program is to run", c.stateFile)
	return c.fork()
}

// start lets the program run, and keep running. `allowed` is asked when nothing is left to wait for.
func (c *child) start(allowed func() error) error {
	c.ordering.Lock()
	defer c.ordering.Unlock()
	if err := allowed(); err != nil {
		return err
	}
	if err := c.fork(); err != nil {
		return err
	}
	// After the fork, so that no disk delays it. Should the launcher die in between, nobody has been told of a start.
	if err := errors.Join(os.WriteFile(c.stateFile, nil, 0o600), c.syncState()); err != nil {
		err = fmt.Errorf("the program was started and is stopped again, because a restart of the container would not start it: %w", err)
		return errors.Join(err, c.end())
	}
	return nil
}

// stop lets the program end, and returns when it has. It is carried out even when whoever asked has left.
func (c *child) stop(allowed func() error) error {
	c.ordering.Lock()
	defer c.ordering.Unlock()
	if err := allowed(); err != nil {
		return err
	}
	return c.end()
}

// end takes back that the program is to run before it ends the program: if the launcher dies in between, neither is left.
func (c *child) end() error {
	c.mutex.Lock()
	c.now.Wanted = false
	c.mutex.Unlock()
	err := os.Remove(c.stateFile)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if ended := c.signal(syscall.SIGTERM); ended != nil {
		select {
		case <-ended:
		case <-time.After(grace):
			log.Printf("the program goes on %v after SIGTERM, and gets SIGKILL", grace)
			c.signal(syscall.SIGKILL)
			<-ended
		}
	}
	if err = errors.Join(err, c.syncState()); err != nil {
		return fmt.Errorf("the program has ended, but a restart of the container may start it: %w", err)
	}
	return nil
}

// syncState lets the state file be there, or be gone, even after a power failure.
func (c *child) syncState() error {
	folder, err := os.Open(filepath.Dir(c.stateFile))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// fork starts the program unless it runs.
func (c *child) fork() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.now.Running {
		return nil
	}
	if c.closing {
		return refusal{503, "the container is ending, and nothing is started in it any more"}
	}
	path, err := exec.LookPath(c.command[0])
	if err == nil {
		// Not os/exec: it waits for its children itself, and reap would take their status from it.
		attributes := syscall.ProcAttr{Env: c.environment, Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Setpgid: true}}
		c.process, err = syscall.ForkExec(path, c.command, &attributes)
	}
	if err != nil {
		return fmt.Errorf("the program %q cannot be executed (%w): the entrypoint of the image must be configured, because a container with a command does without it", c.command[0], err)
	}
	c.now.Wanted, c.now.Running, c.ended = true, true, make(chan struct{})
	c.now.Starts++
	log.Printf("%s runs as process %d", path, c.process)
	return nil
}

// signal reaches the program; returns what is closed when that has ended, or nil when none runs.
func (c *child) signal(sent syscall.Signal) <-chan struct{} {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.now.Running {
		return nil
	}
	if err := syscall.Kill(c.process, sent); err != nil {
		log.Printf("process %d does not get the signal %v: %v", c.process, sent, err)
	}
	return c.ended
}

// close lets the launcher end together with the program, which gets the signal.
func (c *child) close(sent syscall.Signal) {
	log.Printf("signal %v: ends, with the program", sent)
	c.mutex.Lock()
	c.closing = true
	c.mutex.Unlock()
	if c.signal(sent) == nil {
		c.leave(0)
	}
}

// leave does nothing when the launcher has an exit code already.
func (c *child) leave(code int) {
	select {
	case c.exit <- code:
	default:
	}
}

// reap takes the status of every process that has ended. The first process of a container also gets those whose parents
// have gone, and without this they would stay for ever.
func (c *child) reap() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for {
		var status syscall.WaitStatus
		process, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil || process == 0:
			return
		case c.now.Running && process == c.process:
			c.hasEnded(status)
		}
	}
}

func (c *child) hasEnded(status syscall.WaitStatus) {
	// What it has started and left behind ends with it: what is stopped answers nobody. Mostly there is nothing.
	_ = syscall.Kill(-c.process, syscall.SIGKILL)
	code, words := status.ExitStatus(), fmt.Sprintf("exit status %d", status.ExitStatus())
	if status.Signaled() {
		code, words = 128+int(status.Signal()), fmt.Sprintf("signal: %v", status.Signal())
	}
	log.Printf("process %d has ended: %s", c.process, words)
	c.now.Running, c.now.LastExit = false, &words
	close(c.ended)
	// Unasked: the container ends too, so that Kubernetes shows that, and restarts it.
	if c.now.Wanted || c.closing {
		c.closing = true
		c.leave(code)
	}
}
