package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestOnlyGoodOrdersAreCarriedOut(t *testing.T) {
	r := launch(t, "0").listening()
	for _, c := range []struct {
		name, method, path string
		header             header
		body               string
		status             int
		says               string
	}{
		{"no token", "PUT", "/start", inTime().with("Authorization", ""), "", 401, ""},
		{"another token", "PUT", "/start", inTime().with("Authorization", "Bearer another token of tests"), "", 401, ""},
		{"a part of the token", "PUT", "/start", inTime().with("Authorization", "Bearer "+token[:16]), "", 401, ""},
		{"another scheme", "PUT", "/start", inTime().with("Authorization", "Basic "+token), "", 401, ""},
		{"state without a token", "GET", "/state", header{}, "", 401, ""},
		{"an unknown path without a token", "GET", "/", header{}, "", 401, ""},
		{"an unknown path", "GET", "/", inTime(), "", 404, "/state, /start and /stop"},
		{"a path that has to be cleaned", "PUT", "//start", inTime(), "", 404, ""},
		{"another method", "POST", "/start", inTime(), "", 405, "PUT"},
		{"only the header of the state", "HEAD", "/state", inTime(), "", 405, ""},
		{"a body", "PUT", "/start", inTime(), "now", 413, "no body"},
		{"no attempt", "PUT", "/start", inTime().with("Attempt", ""), "", 409, attempt},
		{"another attempt", "PUT", "/start", inTime().with("Attempt", "rotation-7.1"), "", 409, `"rotation-7.1"`},
		{"no time", "PUT", "/start", inTime().with("Not-After", ""), "", 400, "milliseconds"},
		{"a time in words", "PUT", "/start", inTime().with("Not-After", "2030-01-01T00:00:00Z"), "", 400, "milliseconds"},
		{"a time with a fraction", "PUT", "/start", inTime().with("Not-After", milliseconds(patience)+".5"), "", 400, ""},
		{"seconds", "PUT", "/start", inTime().with("Not-After", fmt.Sprint(time.Now().Unix()+300)), "", 409, "too late"},
		{"too late", "PUT", "/start", inTime().with("Not-After", milliseconds(-time.Millisecond)), "", 409, "too late"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := r.ask(c.method, c.path, c.header, c.body)
			if err != nil || got.status != c.status || !strings.Contains(got.Error, c.says) || (c.says == "" && c.status == 401 && got.Error != "") {
				t.Errorf("got %d %q, %v; want %d with %q", got.status, got.Error, err, c.status, c.says)
			}
			if !got.closed {
				t.Error("the connection is kept")
			}
		})
	}
	if got := r.state(); got.state != (state{}) || r.has("ready") {
		t.Errorf("something was started: %+v", got)
	}
}

func TestAnOrderToStopIsRefusedAsOneToStartIs(t *testing.T) {
	r := launch(t, "0").listening()
	r.order("/start")
	for name, value := range map[string]string{"Attempt": "rotation-7.1", "Not-After": milliseconds(-time.Millisecond)} {
		if got, err := r.ask("PUT", "/stop", inTime().with(name, value), ""); err != nil || got.status != 409 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got := r.state(); !got.Running || !got.Wanted || !r.has("wanted") {
		t.Errorf("it was stopped: %+v", got)
	}
}

func TestHeadersAreBounded(t *testing.T) {
	r := launch(t, "0").listening()
	if got, err := r.ask("GET", "/state", inTime().with("Other", strings.Repeat("x", 64<<10)), ""); err == nil && got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 kB of headers are answered with %d", got.status)
	}
}

func TestWhatTheServerWouldAnswerByItselfWantsTheTokenToo(t *testing.T) {
	r := launch(t, "0").listening()
	connection, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := fmt.Fprint(connection, "OPTIONS * HTTP/1.1\r\nHost: launcher\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil || response.StatusCode != 401 {
		t.Errorf("%+v, %v", response, err)
	}
}

func TestOrdersMayBeRepeated(t *testing.T) {
	r := launch(t, "0").listening()
	r.order("/stop")
	r.order("/start")
	if got := r.order("/start"); got.Starts != 1 || !got.Running || !got.Wanted || got.LastExit != nil {
		t.Errorf("after two starts: %+v", got)
	}
	r.ready().order("/stop")
	got := r.order("/stop")
	if got.Starts != 1 || got.Running || got.Wanted || got.LastExit == nil || *got.LastExit != "exit status 0" {
		t.Errorf("after two stops: %+v", got)
	}
	if r.has("wanted") {
		t.Error("it is still marked as wanted")
	}
	if got := r.order("/start"); got.Starts != 2 || !got.Running {
		t.Errorf("started once more: %+v", got)
	}
}

func TestAProgramThatIsNotThereIsSaidToBe(t *testing.T) {
	for _, name := range []string{"rekor-server-that-is-not-there", "/etc/passwd", "/"} {
		r := launchIn(t, t.TempDir(), name).listening()
		got, err := r.ask("PUT", "/start", inTime(), "")
		if err != nil || got.status != 500 || !strings.Contains(got.Error, name) || !strings.Contains(got.Error, "entrypoint of the image must be configured") {
			t.Errorf("%+v, %v", got, err)
		}
		if got := r.state(); got.state != (state{}) || r.has("wanted") {
			t.Errorf("it counts as started: %+v", got)
		}
	}
}

func TestWhatIsNotMarkedAsWantedDoesNotRun(t *testing.T) {
	r := launch(t, "0").listening()
	if err := os.Mkdir(r.folder+"/wanted", 0o700); err != nil { // No file can be made there.
		t.Fatal(err)
	}
	got, err := r.ask("PUT", "/start", inTime(), "")
	if err != nil || got.status != 500 || !strings.Contains(got.Error, "is stopped again") {
		t.Errorf("%+v, %v", got, err)
	}
	if got := r.state(); got.Running || got.Wanted || got.Starts != 1 {
		t.Errorf("it runs: %+v", got)
	}
}

func TestAnOrderThatWaitedBeyondItsTimeIsRefused(t *testing.T) {
	r := launch(t, "ignores signals").listening()
	r.order("/start")
	process := r.ready().processOf("program")
	stopped := make(chan answered, 1)
	go func() {
		got, _ := r.ask("PUT", "/stop", inTime(), "")
		stopped <- got
	}()
	r.until("the program has got SIGTERM", func() bool { return r.has("signal") })
	end := time.Now().Add(300 * time.Millisecond)
	late := make(chan answered, 1)
	go func() {
		got, _ := r.ask("PUT", "/start", inTime().with("Not-After", fmt.Sprint(end.UnixMilli())), "")
		late <- got
	}()
	for !time.Now().After(end.Add(10 * time.Millisecond)) {
		time.Sleep(10 * time.Millisecond)
	}
	if err := syscall.Kill(process, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := <-stopped; got.status != 200 || got.Running || *got.LastExit != "signal: killed" {
		t.Errorf("stop: %+v", got)
	}
	if got := <-late; got.status != 409 {
		t.Errorf("start: %+v", got)
	}
	if got := r.state(); got.Starts != 1 || got.Running || r.has("wanted") {
		t.Errorf("it was started: %+v", got)
	}
}

func TestAStopThatItsSenderAbandonsIsFinished(t *testing.T) {
	r := launch(t, "ignores signals").listening()
	r.order("/start")
	process := r.ready().processOf("program")
	impatient := http.Client{Timeout: 100 * time.Millisecond}
	request, err := http.NewRequest("PUT", "http://"+r.address+"/stop", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range inTime() {
		request.Header.Set(name, value)
	}
	for !r.has("signal") { // On a busy machine it may leave before its order is read.
		if response, err := impatient.Do(request); err == nil {
			response.Body.Close()
			t.Fatalf("answered %d, while the program runs", response.StatusCode)
		}
	}
	if r.has("wanted") {
		t.Error("a restart of the container would start it")
	}
	r.until("it is killed", func() bool { return gone(process) })
	r.until("its end is known", func() bool { return !r.state().Running })
	if got := r.state(); got.Wanted || *got.LastExit != "signal: killed" {
		t.Errorf("%+v", got)
	}
}

func TestConcurrentOrdersAreCarriedOutOneByOne(t *testing.T) {
	r := launch(t, "0").listening()
	var group sync.WaitGroup
	for sender := range 6 {
		group.Go(func() {
			for turn := range 10 {
				path := []string{"/start", "/stop"}[(sender+turn)%2]
				if got, err := r.ask("PUT", path, inTime(), ""); err != nil || got.status != 200 {
					t.Errorf("%s: %+v, %v", path, got, err)
				}
				if got, err := r.ask("GET", "/state", inTime(), ""); err != nil || got.status != 200 {
					t.Errorf("/state: %+v, %v", got, err)
				}
			}
		})
	}
	group.Wait()
	last := r.order("/stop")
	if last.Running || last.Wanted || last.Starts < 1 || r.has("wanted") {
		t.Errorf("after the last stop: %+v", last)
	}
	// The second of two programs at a time ends with 99, and the launcher with it.
	if strings.Contains(r.logged.String(), "another program runs") {
		t.Error("two programs ran at a time")
	}
}
