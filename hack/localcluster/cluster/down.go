package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"platform.example.io/stores/hack/localcluster/process"
)

// downTimeout is how long a supervisor may take to stop everything.
const downTimeout = 90 * time.Second

// Down stops the cluster in dir, whatever state it is in, and returns when no
// process of it is left. Its data stays for the next Up.
func Down(ctx context.Context, dir string, out io.Writer) error {
	layout, err := NewLayout(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(layout.run("")); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(out, "there is no cluster in", layout.Dir)
		return nil
	}
	// Not under the lock of Up: stopping a cluster that is still starting is a
	// thing people want.
	stopped, err := stopSupervisor(ctx, layout)
	if err != nil {
		return err
	}
	lock, err := process.WaitLock(ctx, layout.upLock(), func() {})
	if err != nil {
		return err
	}
	defer lock.Release()
	// Held by nobody once the supervisor is gone; taken so that none starts now.
	supervisor, err := process.WaitLock(ctx, layout.supervisorLock(), func() {})
	if err != nil {
		return err
	}
	defer supervisor.Release()
	if err := sweep(ctx, layout); err != nil {
		return err
	}
	if stopped {
		fmt.Fprintln(out, "the cluster is down; its data is kept in", layout.Dir)
	} else {
		fmt.Fprintln(out, "the cluster is not up")
	}
	return nil
}

func stopSupervisor(ctx context.Context, layout Layout) (stopped bool, err error) {
	identity, err := process.ReadIdentity(layout.PID(supervisorName))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := identity.Signal(syscall.SIGTERM); errors.Is(err, process.ErrGone) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	patience, cancel := context.WithTimeout(ctx, downTimeout)
	defer cancel()
	if identity.Gone(patience) == nil {
		return true, nil
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	// Its children die with it.
	if err := identity.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, process.ErrGone) {
		return false, err
	}
	return true, identity.Gone(ctx)
}
