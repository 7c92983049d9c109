package cluster_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/process"
)

// These tests drive the built binary, because what they are about (processes,
// signals, locks) exists only there.

// small is the least that is a cluster.
var small = []string{"--components=etcd,kube-apiserver", "--bare"}

func TestUpAgainSaysSoAndDownLeavesNothing(t *testing.T) {
	dir := newDir(t)
	succeed(t, dir, "up", small...)
	first, server := pids(t, dir), state(t, dir).Server

	out := succeed(t, dir, "up", small...)
	if !strings.Contains(out, "already up") {
		t.Errorf("a second up says %q", out)
	}
	if diff := cmp.Diff(first, pids(t, dir)); diff != "" {
		t.Errorf("a second up changed the processes (-before +after):\n%s", diff)
	}
	succeed(t, dir, "status")
	alice := filepath.Join(dir, "alice.kubeconfig")
	succeed(t, dir, "user", "alice", "--group=system:masters", "--out="+alice)
	kubectl(t, alice, "create", "namespace", "kept")

	succeed(t, dir, "down")
	if left := processesOf(t, dir); len(left) > 0 {
		t.Errorf("down left processes: %v", left)
	}
	if out, err := call(t, dir, "status"); err == nil {
		t.Errorf("status of a stopped cluster succeeds: %s", out)
	}
	succeed(t, dir, "down") // again, which is no error

	// The next start continues where this one ended.
	succeed(t, dir, "up", small...)
	if got := state(t, dir).Server; got != server {
		t.Errorf("the server moved from %s to %s", server, got)
	}
	if got := kubectl(t, alice, "get", "namespace", "kept", "--output=name"); got != "namespace/kept\n" {
		t.Errorf("after a restart yesterday's user gets %q", got)
	}
}

func TestConcurrentUpsStartOneCluster(t *testing.T) {
	dir := newDir(t)
	var wait sync.WaitGroup
	outs := make([]string, 3)
	for i := range outs {
		wait.Go(func() { outs[i] = succeed(t, dir, "up", small...) })
	}
	wait.Wait()
	already := 0
	for _, out := range outs {
		if strings.Contains(out, "already up") {
			already++
		}
	}
	if already != len(outs)-1 {
		t.Errorf("%d of %d found the cluster up:\n%s", already, len(outs), strings.Join(outs, "---\n"))
	}
	if got := len(processesOf(t, dir)); got != 3 {
		t.Errorf("%d processes run, want a supervisor, etcd and kube-apiserver", got)
	}
}

func TestKilledSupervisorTakesItsChildrenAlong(t *testing.T) {
	dir := newDir(t)
	succeed(t, dir, "up", small...)
	kill(t, dir, "supervisor", syscall.SIGKILL)
	await(t, "the children to die", func() bool { return len(processesOf(t, dir)) == 0 })
	succeed(t, dir, "down")
	succeed(t, dir, "up", small...)
	succeed(t, dir, "status")
}

func TestKilledComponentComesBackOnItsPort(t *testing.T) {
	dir := newDir(t)
	succeed(t, dir, "up", small...)
	before := state(t, dir)
	for _, name := range []string{component.KubeAPIServer, component.Etcd} {
		old := pids(t, dir)[name]
		kill(t, dir, name, syscall.SIGKILL)
		await(t, name+" to be healthy again", func() bool {
			_, err := call(t, dir, "status")
			return err == nil
		})
		if pids(t, dir)[name] == old {
			t.Errorf("%s still has its old process id", name)
		}
	}
	if diff := cmp.Diff(before, state(t, dir)); diff != "" {
		t.Errorf("the cluster changed (-before +after):\n%s", diff)
	}
}

func TestInterruptedStartLeavesNothing(t *testing.T) {
	tests := []struct {
		name   string
		stop   func(t *testing.T, dir string, up *exec.Cmd)
		reason string
	}{
		{
			name:   "ctrl-c",
			stop:   func(t *testing.T, _ string, up *exec.Cmd) { signal(t, up, syscall.SIGINT) },
			reason: "who interrupts a start wants none of it",
		},
		{
			name:   "down",
			stop:   func(t *testing.T, dir string, _ *exec.Cmd) { succeed(t, dir, "down") },
			reason: "a start that takes too long can be stopped from elsewhere",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := newDir(t)
			up := command(t, dir, "up", small...)
			if err := up.Start(); err != nil {
				t.Fatal(err)
			}
			await(t, "the start to be under way", func() bool { return pids(t, dir)[component.Etcd] != 0 })
			test.stop(t, dir, up)
			if err := up.Wait(); err == nil {
				t.Errorf("the start succeeds, but: %s", test.reason)
			}
			if left := processesOf(t, dir); len(left) > 0 {
				t.Errorf("processes are left: %v (%s)", left, test.reason)
			}
		})
	}
}

func TestStalePIDFileDoesNotKillAStranger(t *testing.T) {
	dir := newDir(t)
	stranger := exec.Command("sleep", "infinity")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stranger.Process.Kill()
		stranger.Wait()
	})
	identity, err := process.Identify(stranger.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	// As left by a process that had this id before the machine was restarted.
	stale := process.Identity{PID: identity.PID, Born: "another-boot/1"}
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"supervisor", component.Etcd, component.KubeAPIServer} {
		if err := stale.Write(filepath.Join(dir, "run", name+".pid")); err != nil {
			t.Fatal(err)
		}
	}
	succeed(t, dir, "down")
	succeed(t, dir, "up", small...)
	succeed(t, dir, "down")
	if !identity.Alive() {
		t.Error("the stranger was killed")
	}
}

func TestStartThatCannotSucceedSaysWhyAndLeavesNothing(t *testing.T) {
	dir := newDir(t)
	out, err := call(t, dir, "up", append(small, "--kube-apiserver-arg=--no-such-flag")...)
	if err == nil {
		t.Fatal("it succeeds")
	}
	if want := "unknown flag: --no-such-flag"; !strings.Contains(out, want) {
		t.Errorf("the output does not hold %q:\n%s", want, out)
	}
	if left := processesOf(t, dir); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
}
