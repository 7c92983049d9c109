package process_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"platform.example.io/stores/hack/localcluster/process"
)

func TestIdentitySurvivesAFile(t *testing.T) {
	self, err := process.Identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pid")
	if err := self.Write(path); err != nil {
		t.Fatal(err)
	}
	read, err := process.ReadIdentity(path)
	if err != nil || read != self {
		t.Errorf("got %v, %v; want %v", read, err, self)
	}
	if !read.Alive() {
		t.Error("this process is not alive")
	}
}

func TestSuccessorOfTheSameIDIsNotSignalled(t *testing.T) {
	child := exec.Command("sleep", "infinity")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		child.Process.Kill()
		child.Wait()
	})
	identity, err := process.Identify(child.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	predecessor := process.Identity{PID: identity.PID, Born: identity.Born + "0"}
	if err := predecessor.Signal(syscall.SIGKILL); !errors.Is(err, process.ErrGone) {
		t.Errorf("got %v, want %v", err, process.ErrGone)
	}
	if !identity.Alive() {
		t.Error("the successor was killed")
	}
}

func TestZombieIsGone(t *testing.T) {
	child := exec.Command("sleep", "infinity")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	identity, err := process.Identify(child.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := identity.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// Not waited for: it stays a zombie until the end of this test.
	if err := identity.Gone(t.Context()); err != nil {
		t.Error(err)
	}
	if identity.Alive() {
		t.Error("a zombie counts as alive")
	}
	if err := child.Wait(); err == nil {
		t.Error("it ended well, want killed")
	}
}

func TestLockIsHeldUntilReleased(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := process.TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := process.TryLock(path); !errors.Is(err, process.ErrLocked) {
		t.Errorf("got %v, want %v", err, process.ErrLocked)
	}
	ended, cancel := context.WithCancel(t.Context())
	if _, err := process.WaitLock(ended, path, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	again, err := process.WaitLock(t.Context(), path, lock.Release)
	if err != nil {
		t.Fatal(err)
	}
	again.Release()
}
