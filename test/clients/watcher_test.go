package clients

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"platform.example.io/stores/test/controlplane"
)

// watcher is a client in a process of its own that watches Stores and says what
// it holds.
type watcher struct {
	name, agent string
	streams     bool // whether it asks for its list as a watch with initial events

	mu      sync.Mutex
	ask     io.WriteCloser
	answers *bufio.Reader
}

// watchers starts one of each client that watches: each of client-go's ways, with
// its feature WatchListClient on and off, and Node's.
func watchers(t testing.TB, of *controlplane.Cluster) []*watcher {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var all []*watcher
	for kind := range beginnings {
		for way, streams := range map[string]bool{"streaming": true, "listing": false} {
			w := &watcher{name: kind + "/" + way, agent: "clients-" + kind + "-" + way, streams: streams}
			w.start(t, of, exec.Command(self), subjectVariable+"="+kind, fmt.Sprintf("KUBE_FEATURE_WatchListClient=%t", streams))
			all = append(all, w)
		}
	}
	w := &watcher{name: "node", agent: "clients-node"}
	w.start(t, of, node(t, "informer.mjs"))
	return append(all, w)
}

// node is one of the scripts, to be run with what package-lock.json pins.
func node(t testing.TB, script string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("the client of Node needs Node 20 or later: %v", err)
	}
	if _, err := os.Stat(filepath.Join("node", "node_modules")); err != nil {
		t.Fatalf("the client of Node is not installed (run `make test-clients`, or `npm ci` in test/clients/node): %v", err)
	}
	return exec.Command(program, filepath.Join("node", script))
}

func (w *watcher) start(t testing.TB, of *controlplane.Cluster, command *exec.Cmd, env ...string) {
	t.Helper()
	command.Env = append(os.Environ(), "KUBECONFIG="+of.Kubeconfig(), agentVariable+"="+w.agent)
	command.Env = append(command.Env, env...)
	complaints := &tail{}
	command.Stderr = complaints
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if w.ask, err = command.StdinPipe(); err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	w.answers = bufio.NewReader(out)
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ask.Close() // which ends it
		err := command.Wait()
		if err != nil {
			t.Errorf("%s ends with %v", w.name, err)
		}
		if t.Failed() {
			t.Logf("%s complained:\n%s", w.name, complaints)
		}
	})
}

// state asks the client what it holds.
func (w *watcher) state() (state holding, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := fmt.Fprintln(w.ask, "state"); err != nil {
		return state, fmt.Errorf("ask %s: %w", w.name, err)
	}
	line, err := w.answers.ReadBytes('\n')
	if err != nil {
		return state, fmt.Errorf("hear %s: %w", w.name, err)
	}
	if err := json.Unmarshal(line, &state); err != nil {
		return state, fmt.Errorf("understand %s: %w", w.name, errors.Join(err, fmt.Errorf("it says %s", line)))
	}
	return state, nil
}

// tail keeps the end of what was written.
type tail struct {
	mu  sync.Mutex
	end []byte
}

func (t *tail) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, data...)
	t.end = t.end[max(0, len(t.end)-2<<10):]
	return len(data), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end)
}
