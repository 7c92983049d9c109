package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"platform.example.io/stores/hack/localcluster/process"
)

const (
	// stopGrace is how long a component may take to end by itself.
	stopGrace = 10 * time.Second
	// A component that ran for this long is restarted without a pause.
	settled = 5 * time.Second
	// The pause between restarts of a component that keeps dying grows to this.
	longestPause = 5 * time.Second
)

// keeper keeps one component running until it is stopped.
type keeper struct {
	component Component
	spawner   *process.Spawner
	report    func(format string, args ...any)

	release  sync.Once
	stopping chan struct{} // closed by letGo
	stopped  chan struct{} // closed when the component is gone for good

	mu       sync.Mutex
	failures int // deaths since the start, or since it last settled
}

// keep starts component and returns its keeper. A component that cannot even be
// executed is an error; one that dies later is restarted.
func keep(component Component, spawner *process.Spawner, report func(string, ...any)) (*keeper, error) {
	k := &keeper{
		component: component, spawner: spawner, report: report,
		stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	command, err := k.start()
	if err != nil {
		return nil, err
	}
	go k.run(command)
	return k, nil
}

// stop ends the component and returns when it is gone.
func (k *keeper) stop() {
	k.letGo()
	<-k.stopped
}

// letGo lets the component end, by itself or by whoever kills it now.
func (k *keeper) letGo() { k.release.Do(func() { close(k.stopping) }) }

func (k *keeper) run(command *exec.Cmd) {
	defer close(k.stopped)
	for pause := time.Duration(0); ; {
		var exited chan error
		began := time.Now()
		if command != nil {
			exited = make(chan error, 1)
			go func() { exited <- command.Wait() }()
			select {
			case <-k.stopping:
				k.end(command, exited)
				return
			case err := <-exited:
				k.report("%s ended (%v), starting it again", k.component.Name, describe(err))
			}
		}
		pause = k.pauseAfter(time.Since(began), pause)
		select {
		case <-k.stopping:
			os.Remove(k.component.PIDFile)
			return
		case <-time.After(pause):
		}
		var err error
		if command, err = k.start(); err != nil {
			k.report("starting %s failed: %v", k.component.Name, err)
		}
	}
}

func (k *keeper) pauseAfter(life, pause time.Duration) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if life > settled {
		k.failures = 1
		return 0
	}
	k.failures++
	return min(2*pause+50*time.Millisecond, longestPause)
}

// deaths counts how often the component has ended lately.
func (k *keeper) deaths() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failures
}

func (k *keeper) start() (*exec.Cmd, error) {
	// This very program, even if its file has been replaced by a newer build.
	path, name := "/proc/self/exe", cmp.Or(k.component.Program, k.component.Name)
	if k.component.Binary != "" {
		path = k.component.Binary
	}
	args := append([]string{name}, k.component.Args...)
	log, err := os.OpenFile(k.component.LogFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log of %s: %w", k.component.Name, err)
	}
	defer log.Close() // the child has its own
	command := &exec.Cmd{Path: path, Args: args, Env: environment(), Stdout: log, Stderr: log}
	if err := k.spawner.Start(command); err != nil {
		return nil, fmt.Errorf("start %s: %w", k.component.Name, err)
	}
	identity, err := process.Identify(command.Process.Pid)
	if errors.Is(err, process.ErrGone) {
		return command, nil // dead already: Wait will tell why
	}
	if err == nil {
		err = identity.Write(k.component.PIDFile)
	}
	if err != nil {
		// Without a pid file nobody could find it again after a crash of ours.
		return nil, fmt.Errorf("record %s: %w", k.component.Name, errors.Join(err, command.Process.Kill(), command.Wait()))
	}
	return command, nil
}

func (k *keeper) end(command *exec.Cmd, exited <-chan error) {
	defer os.Remove(k.component.PIDFile)
	if err := command.Process.Signal(syscall.SIGTERM); err == nil {
		select {
		case <-exited:
			return
		case <-time.After(stopGrace):
			k.report("%s does not stop, killing it", k.component.Name)
		}
	}
	_ = command.Process.Kill() // it may have ended just now
	<-exited
}

// awaitHealthy waits until the component answers, and gives up if it keeps dying.
func (k *keeper) awaitHealthy(ctx context.Context) error {
	const patience = 3
	err := poll(ctx, 50*time.Millisecond, func() (bool, error) {
		if k.deaths() >= patience {
			return false, fmt.Errorf("%s ended %d times in a row", k.component.Name, patience)
		}
		return k.component.Health.Check(ctx) == nil, nil
	})
	if err != nil {
		last := k.component.Health.Check(context.WithoutCancel(ctx))
		return fmt.Errorf("wait for %s (%v): %w\nthe end of %s:\n%s",
			k.component.Name, describe(last), err, k.component.LogFile, tail(k.component.LogFile, 4<<10))
	}
	return nil
}

// environment is ours without what would redirect the components' own clients
// or change their behaviour from one machine to the next.
func environment() []string {
	var kept []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LANG", "TZ", "GODEBUG", "GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GOCOVERDIR"} {
		if value, found := os.LookupEnv(name); found {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}

func describe(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}
