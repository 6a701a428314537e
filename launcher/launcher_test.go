package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	token   = "a token for tests"
	attempt = "rotation-7.2"
	// For what never comes, and for nothing else.
	patience = 5 * time.Minute
)

// The binary of the tests is also the launcher that they start, and the program that this one runs: exit codes, signals
// and what is inherited are those of real processes.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "run" || os.Args[1] == "install") {
		adoptOrphans()
		main()
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "program" {
		program(os.Args[2], os.Args[3])
		return
	}
	// With the race detector each of these processes would wait for a second at its end.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// running is a launcher under test, with the folder that it shares with its program.
type running struct {
	*testing.T
	command *exec.Cmd
	folder  string
	address string
	logged  *logged
	exited  chan struct{}
}

// launch starts a launcher for a program of these tests, which behaves as `manner` says, in a new folder.
func launch(t *testing.T, manner string) *running {
	return launchIn(t, t.TempDir(), own(t), "program", manner)
}

func launchIn(t *testing.T, folder string, program ...string) *running {
	t.Helper()
	words := append([]string{"run", "--"}, program...)
	if len(program) > 1 {
		words = append(words, folder)
	}
	r := &running{T: t, command: exec.Command(own(t), words...), folder: folder, logged: &logged{}, exited: make(chan struct{})}
	r.command.Env = append(os.Environ(), "LAUNCHER_LISTEN=127.0.0.1:0", "LAUNCHER_TOKEN="+token+"\n",
		"LAUNCHER_STATE="+filepath.Join(folder, "wanted"), "LAUNCHER_ATTEMPT="+attempt, "OF_THE_PROGRAM=yes")
	r.command.Stdout, r.command.Stderr = r.logged, r.logged
	r.command.WaitDelay = time.Second // Where something is left that could still write.
	if err := r.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = r.command.Wait()
		close(r.exited)
	}()
	t.Cleanup(func() {
		// It takes its program along, however far that is.
		_ = r.command.Process.Signal(syscall.SIGTERM)
		select {
		case <-r.exited:
		case <-time.After(time.Minute): // A test has failed.
			_ = r.command.Process.Kill()
			<-r.exited
		}
		if text := r.logged.String(); strings.Contains(text, "DATA RACE") || strings.Contains(text, token) {
			t.Errorf("the launcher wrote:\n%s", text)
		}
	})
	return r
}

// listening waits until the launcher says where it listens.
func (r *running) listening() *running {
	r.Helper()
	r.until("the launcher listens", func() bool {
		found := regexp.MustCompile(` at (127\.0\.0\.1:\d+)`).FindStringSubmatch(r.logged.String())
		if found != nil {
			r.address = found[1]
		}
		return found != nil
	})
	return r
}

type answered struct {
	state
	Error  string
	status int
	closed bool // The launcher closes the connection.
}

type header map[string]string

// inTime is what a good order has.
func inTime() header {
	return header{"Authorization": "Bearer " + token, "Attempt": attempt, "Not-After": milliseconds(patience)}
}

func (h header) with(name, value string) header {
	h[name] = value
	return h
}

func milliseconds(fromNow time.Duration) string {
	return strconv.FormatInt(time.Now().Add(fromNow).UnixMilli(), 10)
}

func (r *running) ask(method, path string, h header, body string) (answered, error) {
	request, err := http.NewRequest(method, "http://"+r.address+path, strings.NewReader(body))
	if err != nil {
		return answered{}, err
	}
	for name, value := range h {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answered{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	result := answered{status: response.StatusCode, closed: response.Close}
	if err == nil && len(text) > 0 {
		err = json.Unmarshal(text, &result)
	}
	return result, err
}

// order gives a good order and expects it to be carried out.
func (r *running) order(what string) answered {
	r.Helper()
	result, err := r.ask("PUT", what, inTime(), "")
	if err != nil || result.status != http.StatusOK {
		r.Fatalf("%s: %+v, %v\n%s", what, result, err, r.logged)
	}
	return result
}

func (r *running) state() answered {
	r.Helper()
	result, err := r.ask("GET", "/state", inTime(), "")
	if err != nil {
		r.Fatalf("%v\n%s", err, r.logged)
	}
	return result
}

// exitCode waits until the launcher has ended.
func (r *running) exitCode() int {
	r.Helper()
	r.until("the launcher ends", func() bool {
		select {
		case <-r.exited:
			return true
		default:
			return false
		}
	})
	return r.command.ProcessState.ExitCode()
}

func (r *running) until(what string, so func() bool) {
	r.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			r.Fatalf("waited in vain until %s\n%s", what, r.logged)
		}
	}
}

// has tells whether a file is in the folder of the launcher.
func (r *running) has(name string) bool {
	_, err := os.Stat(filepath.Join(r.folder, name))
	return err == nil
}

// ready waits until the program runs and takes signals.
func (r *running) ready() *running {
	r.Helper()
	r.until("the program is ready", func() bool { return r.has("ready") })
	return r
}

// processOf is the number that a process of the program wrote down, or 0.
func (r *running) processOf(name string) int {
	text, _ := os.ReadFile(filepath.Join(r.folder, name+".pid"))
	number, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return number
}

func gone(process int) bool { return syscall.Kill(process, 0) == syscall.ESRCH }

func own(t *testing.T) string {
	t.Helper()
	file, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// logged is what the launcher and its program have written so far.
type logged struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logged) Write(part []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(part)
}

func (l *logged) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

var _ fmt.Stringer = (*logged)(nil)
