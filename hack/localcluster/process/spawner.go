package process

import (
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
}

// NewSpawner starts the thread.
func NewSpawner() *Spawner {
	s := &Spawner{work: make(chan func())}
	go func() {
		// Never unlocked: the thread must not serve anything else, and ends
		// with this function.
		runtime.LockOSThread()
		for start := range s.work {
			start()
		}
	}()
	return s
}

// Start starts cmd, in a process group of its own so that a terminal's Ctrl-C
// reaches only us and we end our children in order.
func (s *Spawner) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	result := make(chan error)
	s.work <- func() { result <- cmd.Start() }
	return <-result
}

// Close ends the thread, and with it every child that still runs.
func (s *Spawner) Close() { close(s.work) }
