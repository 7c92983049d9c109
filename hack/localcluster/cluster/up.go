package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"platform.example.io/stores/hack/localcluster/process"
)

// ReadyLine is the last line that a supervisor writes to the file descriptor it
// was given to report to. The end of that stream without it means that the start failed.
const ReadyLine = "ready"

// ErrNotStarted says that a supervisor gave up. What it reported says why.
var ErrNotStarted = errors.New("it did not come up, for the reason above")

// Up starts a supervisor of its own session with the arguments of `run`, and
// returns when the cluster is ready. If ctx ends first, nothing is left running.
func Up(ctx context.Context, options Options, runArgs []string, out io.Writer) error {
	if err := options.Validate(); err != nil {
		return err
	}
	layout, err := NewLayout(options.Dir)
	if err != nil {
		return err
	}
	if err := layout.create(); err != nil {
		return err
	}
	// Of two concurrent calls one starts the cluster; the other finds it up.
	lock, err := process.WaitLock(ctx, layout.upLock(), func() {
		fmt.Fprintln(out, "waiting for another start or stop of this cluster to finish")
	})
	if err != nil {
		return err
	}
	defer lock.Release()
	if up, err := isUp(layout); err != nil {
		return err
	} else if up {
		if err := sameNodes(layout, options); err != nil {
			return err
		}
		fmt.Fprintf(out, "the cluster is already up\nkubeconfig: %s\n", layout.Kubeconfig())
		return nil
	}
	if err := startDetached(ctx, layout, runArgs, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "kubeconfig: %s\n", layout.Kubeconfig())
	return nil
}

// sameNodes refuses to call a cluster of other nodes the one that was asked for.
func sameNodes(layout Layout, options Options) error {
	state, err := LoadState(layout)
	if err != nil {
		return err
	}
	if state.RealNodes == options.RealNodes {
		return nil
	}
	return fmt.Errorf("the cluster is up with %d real nodes, and %d are asked for: stop it first (make down)", state.RealNodes, options.RealNodes)
}

// isUp asks the lock that a supervisor holds for as long as it lives.
func isUp(layout Layout) (bool, error) {
	lock, err := process.TryLock(layout.supervisorLock())
	if errors.Is(err, process.ErrLocked) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	lock.Release()
	return false, nil
}

func startDetached(ctx context.Context, layout Layout, runArgs []string, out io.Writer) error {
	if err := rotate(layout.Log(supervisorName)); err != nil {
		return err
	}
	log, err := os.OpenFile(layout.Log(supervisorName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open supervisor log: %w", err)
	}
	defer log.Close()
	progress, reporter, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make progress pipe: %w", err)
	}
	defer progress.Close()

	command := &exec.Cmd{
		Path:        "/proc/self/exe",
		Args:        append([]string{"localcluster", "run", "--report-fd=3"}, runArgs...),
		Stdout:      log,
		Stderr:      log,
		ExtraFiles:  []*os.File{reporter}, // becomes descriptor 3
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	err = command.Start()
	reporter.Close() // the supervisor's copy is the only one, so that its end is seen
	if err != nil {
		return fmt.Errorf("start supervisor: %w", err)
	}
	interrupted := context.AfterFunc(ctx, func() {
		fmt.Fprintln(out, "interrupted, stopping again")
		_ = command.Process.Signal(syscall.SIGTERM) // gone already: Wait says so
	})
	defer interrupted()

	if follow(progress, out) {
		// From here on it lives by itself; its new parent reaps it.
		return command.Process.Release()
	}
	err = command.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("start cluster (%s): %w", describe(err), ErrNotStarted)
}

// follow copies progress to out until the supervisor is ready, or has ended without being so.
func follow(progress io.Reader, out io.Writer) (ready bool) {
	lines := bufio.NewScanner(progress)
	for lines.Scan() {
		if lines.Text() == ReadyLine {
			return true
		}
		fmt.Fprintln(out, lines.Text())
	}
	return false
}
