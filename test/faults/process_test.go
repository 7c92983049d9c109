package faults

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/test/controlplane"
)

// process is a program of ours that is started again whenever it ends, as a
// kubelet would.
type process struct {
	name string
	args []string
	log  string

	mu      sync.Mutex
	pid     int           // 0 while it does not run
	died    chan struct{} // closed when the one with this pid has been reaped
	starts  int
	stopped bool
}

// run keeps a program running until the test ends.
func run(t testing.TB, own *controlplane.Cluster, name string, args ...string) *process {
	t.Helper()
	p := &process{name: name, args: args, log: own.LogPath(name)}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.keep(ctx, log, own.RESTConfig())
	}()
	t.Cleanup(func() {
		cancel()
		p.stop()
		<-done
		log.Close()
		p.judge(t)
	})
	return p
}

// keep holds its thread: the kernel ends the program with the thread that began it.
func (p *process) keep(ctx context.Context, log *os.File, admin *rest.Config) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		// A start without a kube-apiserver fails at once. A kubelet waits longer
		// and longer; to wait for what is missing keeps the machine as free.
		if err := reachable(ctx, admin); err != nil {
			return
		}
		command := exec.Command(p.args[0], p.args[1:]...)
		command.Stdout, command.Stderr = log, log
		command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		p.mu.Lock()
		if p.stopped {
			p.mu.Unlock()
			return
		}
		if err := command.Start(); err != nil {
			fmt.Fprintf(log, "start %s: %v\n", p.name, err)
			p.mu.Unlock()
			return
		}
		died := make(chan struct{})
		p.pid, p.died = command.Process.Pid, died
		p.starts++
		p.mu.Unlock()
		_ = command.Wait() // how it ended is in its log
		p.mu.Lock()
		p.pid = 0
		p.mu.Unlock()
		close(died)
	}
}

// reachable waits until kube-apiserver says that it is ready.
func reachable(ctx context.Context, admin *rest.Config) error {
	transport, err := rest.TransportFor(admin)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	return wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(context.Context) (bool, error) {
		response, err := client.Get(admin.Host + "/readyz")
		if err != nil {
			return false, nil
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK, nil
	})
}

// kill ends it as kill -9 does, once it runs, and returns when it is dead.
func (p *process) kill(t testing.TB) {
	t.Helper()
	eventually(t, p.name+" runs, to be killed", func(context.Context) error {
		p.mu.Lock()
		pid, died := p.pid, p.died
		if pid == 0 {
			p.mu.Unlock()
			return errors.New("it does not")
		}
		err := syscall.Kill(pid, syscall.SIGKILL)
		p.mu.Unlock()
		if err == nil {
			<-died
		}
		return err
	})
}

func (p *process) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.pid != 0 {
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
}

// judge fails the test if the program broke down rather than was killed, and
// shows the end of its log if anything failed.
func (p *process) judge(t testing.TB) {
	data, err := os.ReadFile(p.log)
	if err != nil {
		t.Error(err)
		return
	}
	for _, sign := range []string{"\npanic: ", "fatal error: ", "Panic while reconciling", "WARNING: DATA RACE"} {
		if at := strings.Index(string(data), sign); at >= 0 {
			t.Errorf("%s broke down:\n%s", p.name, data[at:min(len(data), at+4<<10)])
		}
	}
	t.Logf("%s was started %d times", p.name, p.starts)
	if *logs != "" {
		if err := os.WriteFile(filepath.Join(*logs, filepath.Base(t.Name())+"-"+filepath.Base(p.log)), data, 0o600); err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.Logf("==> %s\n%s", p.log, data[max(0, len(data)-6<<10):])
	}
}
