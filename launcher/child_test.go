package main

import (
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestTheLauncherEndsAsItsProgramDoes(t *testing.T) {
	for _, c := range []struct {
		name  string
		crash func(r *running)
		code  int
	}{
		{"with its exit code", func(r *running) { r.crash("3") }, 3},
		{"with 0, too", func(r *running) { r.crash("0") }, 0},
		{"with 128 and its signal", func(r *running) { _ = syscall.Kill(r.processOf("program"), syscall.SIGKILL) }, 137},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := launch(t, "0").listening()
			r.order("/start")
			c.crash(r.ready())
			if code := r.exitCode(); code != c.code {
				t.Errorf("exit code %d, not %d", code, c.code)
			}
			if !r.has("wanted") {
				t.Error("a restart of the container would not start the program")
			}
		})
	}
}

func TestARestartOfTheContainerStartsWhatIsWanted(t *testing.T) {
	first := launch(t, "0").listening()
	first.order("/start")
	first.ready().crash("3")
	first.exitCode()
	for _, left := range []string{"crash", "ready"} {
		if err := os.Remove(filepath.Join(first.folder, left)); err != nil {
			t.Fatal(err)
		}
	}

	second := launchIn(t, first.folder, own(t), "program", "0").listening().ready()
	if got := second.state(); !got.Running || !got.Wanted || got.Starts != 1 || got.LastExit != nil {
		t.Errorf("%+v", got)
	}
	second.order("/stop")
	_ = second.command.Process.Signal(syscall.SIGTERM)
	second.exitCode()

	third := launchIn(t, first.folder, own(t), "program", "0").listening()
	if got := third.state(); got.state != (state{}) {
		t.Errorf("what was stopped runs: %+v", got)
	}
}

func TestARestartWithoutTheProgramFails(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "wanted"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := launchIn(t, folder, "rekor-server-that-is-not-there")
	if code := r.exitCode(); code != exitNotStarted || !strings.Contains(r.logged.String(), "entrypoint") {
		t.Errorf("exit code %d\n%s", code, r.logged)
	}
}

func TestSignalsAreForwarded(t *testing.T) {
	for _, c := range []struct {
		manner string
		sent   syscall.Signal
		code   int
	}{{"0", syscall.SIGTERM, 0}, {"5", syscall.SIGTERM, 5}, {"0", syscall.SIGINT, 0}} {
		t.Run(c.sent.String()+" to a program that ends with "+c.manner, func(t *testing.T) {
			r := launch(t, c.manner).listening()
			r.order("/start")
			if err := r.ready().command.Process.Signal(c.sent); err != nil {
				t.Fatal(err)
			}
			if code := r.exitCode(); code != c.code {
				t.Errorf("exit code %d, not %d", code, c.code)
			}
			text, _ := os.ReadFile(filepath.Join(r.folder, "signal"))
			if string(text) != c.sent.String() {
				t.Errorf("the program got %q", text)
			}
			// The pod may go on after it: then what ran runs again.
			if !r.has("wanted") {
				t.Error("the program is no longer wanted")
			}
		})
	}
}

func TestASignalEndsALauncherWithoutAProgram(t *testing.T) {
	r := launch(t, "0").listening()
	_ = r.command.Process.Signal(syscall.SIGTERM)
	if code := r.exitCode(); code != 0 {
		t.Errorf("exit code %d\n%s", code, r.logged)
	}
}

func TestNothingIsStartedOnceTheLauncherEnds(t *testing.T) {
	c := newChild([]string{"true"}, nil, filepath.Join(t.TempDir(), "wanted"))
	c.close(syscall.SIGTERM)
	if err := c.start(func() error { return nil }); err == nil || err.(refusal).status != 503 {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(c.stateFile); err == nil {
		t.Error("it is marked as wanted")
	}
}

func TestWhatAProgramLeavesBehindEndsWithIt(t *testing.T) {
	r := launch(t, "leaves a process behind").listening()
	r.order("/start")
	left := r.ready().processOf("left")
	if left == 0 || gone(left) {
		t.Fatalf("process %d does not run", left)
	}
	r.order("/stop")
	r.until("the process that was left behind has ended", func() bool { return gone(left) })
}

func TestOrphansAreReaped(t *testing.T) {
	folder := t.TempDir()
	// The inner shell ends at once, so that its process has no parent; that one ends when it is told to.
	script := `(sh -c 'until [ -e "$1/end" ]; do sleep 0.01; done' sh "$0" & echo $! >"$0/orphan.pid"); touch "$0/ready"; sleep 600`
	r := launchIn(t, folder, "sh", "-c", script).listening()
	r.order("/start")
	orphan := r.ready().processOf("orphan")
	if err := os.WriteFile(filepath.Join(folder, "end"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.until("the orphan is reaped", func() bool { return gone(orphan) })
	if got := r.order("/stop"); got.Starts != 1 {
		t.Errorf("%+v", got)
	}
}

func TestTheProgramInheritsNothingOfTheLauncher(t *testing.T) {
	r := launch(t, "0").listening()
	r.order("/start")
	text, err := os.ReadFile(filepath.Join(r.ready().folder, "environment"))
	if err != nil || strings.Contains(string(text), "LAUNCHER_") || !strings.Contains(string(text), "OF_THE_PROGRAM=yes") {
		t.Errorf("%v\n%s", err, text)
	}
	if strings.Contains(r.logged.String(), r.folder+"\n") {
		t.Errorf("arguments of the program are logged:\n%s", r.logged)
	}
}

func TestWrongSettingsAreAllSaidAtOnce(t *testing.T) {
	_, err := settingsOf(func(name string) string {
		return map[string]string{"LAUNCHER_TOKEN": "short", "LAUNCHER_STATE": "/nowhere/wanted"}[name]
	})
	for _, name := range []string{"LAUNCHER_TOKEN has 5", "LAUNCHER_ATTEMPT", "/nowhere/wanted"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in %q", name, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "short") {
		t.Errorf("the token is in %q", err)
	}
}

func TestInstallReplacesWhatIsThere(t *testing.T) {
	folder := t.TempDir()
	for range 2 {
		if output, err := exec.Command(own(t), "install", folder).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
	}
	found, err := os.ReadDir(folder)
	if err != nil || len(found) != 1 || found[0].Name() != "launcher" {
		t.Fatalf("%v, %v", found, err)
	}
	if information, err := found[0].Info(); err != nil || information.Mode() != 0o555 {
		t.Errorf("%v, %v", information.Mode(), err)
	}
	output, err := exec.Command(filepath.Join(folder, "launcher"), "install", filepath.Join(folder, "nowhere")).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "cannot install into") {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestTheSourcesAreFormatted(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if formatted, err := format.Source(text); err != nil || string(formatted) != string(text) {
			t.Errorf("%s: run gofmt -w %s (%v)", file, file, err)
		}
	}
}

// crash lets the program end by itself.
func (r *running) crash(code string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.folder, "crash.new"), []byte(code), 0o600); err != nil {
		r.Fatal(err)
	}
	if err := os.Rename(filepath.Join(r.folder, "crash.new"), filepath.Join(r.folder, "crash")); err != nil {
		r.Fatal(err)
	}
}
