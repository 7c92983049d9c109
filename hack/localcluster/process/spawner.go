package process

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
)

// Spawner starts processes that the kernel kills when this one ends, however it ends.
//
// The kernel sends that signal when the *thread* that started them ends, and
// the Go runtime ends threads as it likes. So one thread, locked, does all the
// starting, and lives until Close.
type Spawner struct {
	work chan func()
	// elsewhere says that children are born in other namespaces.
	elsewhere bool
}

// NewSpawner starts the thread.
func NewSpawner() *Spawner {
	s := &Spawner{work: make(chan func())}
	if err := s.begin(func() error { return nil }); err != nil {
		panic(err) // nothing was tried that could fail
	}
	return s
}

// NewSpawnerIn starts the thread and lets it call enter first, which takes it
// into the namespaces of another process: what it starts is born there, and ends
// with that process and not with this one.
func NewSpawnerIn(enter func() error) (*Spawner, error) {
	s := &Spawner{work: make(chan func()), elsewhere: true}
	if err := s.begin(enter); err != nil {
		return nil, fmt.Errorf("enter namespaces: %w", err)
	}
	return s, nil
}

func (s *Spawner) begin(enter func() error) error {
	entered := make(chan error)
	go func() {
		// Never unlocked: the thread must not serve anything else, and ends
		// with this function.
		runtime.LockOSThread()
		if err := enter(); err != nil {
			entered <- err
			return
		}
		close(entered)
		for start := range s.work {
			start()
		}
	}()
	return <-entered
}

// Start starts cmd, in a process group of its own so that a terminal's Ctrl-C
// reaches only us and we end our children in order.
func (s *Spawner) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if !s.elsewhere {
		// Not in another process namespace: there a child does not see its parent,
		// and Go would take it for an orphan and end it.
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	result := make(chan error)
	s.work <- func() { result <- cmd.Start() }
	return <-result
}

// Close ends the thread, and with it every child that still runs.
func (s *Spawner) Close() { close(s.work) }
