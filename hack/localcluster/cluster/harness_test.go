package cluster_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"platform.example.io/stores/hack/localcluster/cluster"
	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/process"
)

// patience bounds every wait; only something broken uses it up.
const patience = 2 * time.Minute

func newDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() {
		// t.Context() has ended by now.
		if out, err := exec.Command(binary(t), "down", "--dir="+dir).CombinedOutput(); err != nil {
			t.Errorf("down: %v: %s", err, out)
		}
		if left := processesOf(t, dir); len(left) > 0 {
			t.Errorf("processes are left: %v", left)
		}
		if t.Failed() {
			for _, name := range []string{"supervisor", component.Etcd, component.KubeAPIServer} {
				log, _ := os.ReadFile(filepath.Join(dir, "logs", name+".log"))
				t.Logf("%s: %s", name, log[max(0, len(log)-4096):])
			}
		}
	})
	return dir
}

func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("LOCALCLUSTER_BIN")
	if path == "" {
		path = "../../../.local/bin/localcluster"
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: build it with `make localcluster`, or set LOCALCLUSTER_BIN", err)
	}
	return path
}

func command(t *testing.T, dir, verb string, args ...string) *exec.Cmd {
	return exec.Command(binary(t), append([]string{verb, "--dir=" + dir}, args...)...)
}

func call(t *testing.T, dir, verb string, args ...string) (string, error) {
	out, err := command(t, dir, verb, args...).CombinedOutput()
	return string(out), err
}

func succeed(t *testing.T, dir, verb string, args ...string) string {
	t.Helper()
	out, err := call(t, dir, verb, args...)
	if err != nil {
		t.Errorf("%s: %v\n%s", verb, err, out) // not Fatal: also called from goroutines
	}
	return out
}

func kubectl(t *testing.T, kubeconfig string, args ...string) string {
	t.Helper()
	out, err := exec.Command(binary(t), append([]string{"kubectl", "--kubeconfig=" + kubeconfig}, args...)...).Output()
	if err != nil {
		t.Fatalf("kubectl %v: %v", args, err)
	}
	return string(out)
}

func state(t *testing.T, dir string) cluster.State {
	t.Helper()
	state, err := cluster.LoadState(cluster.Layout{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// pids are the ids in the pid files, by component.
func pids(t *testing.T, dir string) map[string]int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "run", "*.pid"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, file := range files {
		identity, err := process.ReadIdentity(file)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed since
		}
		if err == nil {
			found[strings.TrimSuffix(filepath.Base(file), ".pid")] = identity.PID
		}
	}
	return found
}

// processesOf finds every live process that names dir in its arguments, whatever
// the pid files say.
func processesOf(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // gone since
		}
		args := strings.Split(strings.TrimRight(string(data), "\x00"), "\x00")
		pid, err := strconv.Atoi(strings.Split(file, "/")[2])
		if err != nil {
			t.Fatal(err)
		}
		names := slices.ContainsFunc(args, func(arg string) bool { return strings.Contains(arg, dir+"/") || strings.HasSuffix(arg, dir) })
		if _, err := process.Identify(pid); names && err == nil {
			found = append(found, strconv.Itoa(pid)+" "+args[0])
		}
	}
	return found
}

func kill(t *testing.T, dir, name string, sig syscall.Signal) {
	t.Helper()
	identity, err := process.ReadIdentity(filepath.Join(dir, "run", name+".pid"))
	if err != nil {
		t.Fatal(err)
	}
	if err := identity.Signal(sig); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := identity.Gone(ctx); err != nil {
		t.Fatal(err)
	}
}

func signal(t *testing.T, command *exec.Cmd, sig os.Signal) {
	t.Helper()
	if err := command.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}
