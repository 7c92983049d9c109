package command

import (
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"platform.example.io/stores/hack/localcluster/cluster"
)

// progress writes lines to a log for as long as the cluster lives, and to
// whoever waits for the start until that is over. Components report from their
// own goroutines.
type progress struct {
	mu     sync.Mutex
	log    io.Writer
	waiter *os.File // nil when nobody waits, or no longer
}

func newProgress(log io.Writer, fd int) *progress {
	p := &progress{log: log}
	if fd > 0 {
		// The components must not inherit it: it would stay open until they end.
		syscall.CloseOnExec(fd)
		p.waiter = os.NewFile(uintptr(fd), "report")
	}
	return p
}

func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := fmt.Sprintf(format, args...)
	fmt.Fprintln(p.log, time.Now().Format(time.RFC3339), line)
	if p.waiter != nil {
		// A waiter that has gone away is none of the cluster's business.
		_, _ = fmt.Fprintln(p.waiter, line)
	}
}

func (p *progress) ready() {
	p.say(cluster.ReadyLine)
	p.dismiss()
}

func (p *progress) end(err error) {
	if err != nil {
		p.say("%v", err)
	}
	p.dismiss()
}

func (p *progress) dismiss() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiter != nil {
		p.waiter.Close()
		p.waiter = nil
	}
}
