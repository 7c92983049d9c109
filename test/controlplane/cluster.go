package controlplane

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// stopTimeout is how long the components may take to end, each some ten seconds, one
// after the other: only something broken uses it up.
const stopTimeout = 5 * time.Minute

// Cluster is a running control plane.
type Cluster struct {
	binary    string
	dir       string
	temporary bool // dir goes with the cluster
	state     state

	supervisor *exec.Cmd
	// stdin is held open for as long as the cluster shall live; the kernel
	// closes it if this process dies.
	stdin io.Closer
	stop  sync.Once
}

// Run starts a cluster and returns when it is ready to use. The caller stops it.
// For a single test Start is shorter.
func Run(ctx context.Context, options Options) (*Cluster, error) {
	binary, err := binary()
	if err != nil {
		return nil, err
	}
	c := &Cluster{binary: binary, dir: options.Dir, temporary: options.Dir == ""}
	if c.temporary {
		if c.dir, err = os.MkdirTemp("", "controlplane-"); err != nil {
			return nil, fmt.Errorf("make cluster directory: %w", err)
		}
	}
	if err := c.start(ctx, options); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, options Options) error {
	if err := os.MkdirAll(filepath.Dir(c.LogPath("supervisor")), 0o700); err != nil {
		return fmt.Errorf("make log directory: %w", err)
	}
	log, err := os.Create(c.LogPath("supervisor"))
	if err != nil {
		return fmt.Errorf("make supervisor log: %w", err)
	}
	defer log.Close() // the supervisor has its own
	progress, reporter, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make progress pipe: %w", err)
	}
	defer progress.Close()

	c.supervisor = exec.Command(c.binary, options.args(c.dir)...)
	c.supervisor.Stdout, c.supervisor.Stderr = log, log
	c.supervisor.ExtraFiles = []*os.File{reporter} // becomes descriptor 3
	c.stdin, err = c.supervisor.StdinPipe()
	if err == nil {
		err = c.supervisor.Start()
	}
	reporter.Close() // so that the supervisor's end is seen
	if err != nil {
		c.supervisor = nil
		return fmt.Errorf("start control plane: %w", err)
	}
	// Closing the pipe makes the reader below give up when ctx ends.
	defer context.AfterFunc(ctx, func() { progress.Close() })()
	if report, ready := follow(progress); !ready {
		return fmt.Errorf("start control plane: %w", errors.Join(ctx.Err(), errors.New(report)))
	}
	c.state, err = readState(c.dir)
	return err
}

// follow reads progress until the cluster is ready; if it never is, what was
// reported says why.
func follow(progress io.Reader) (report string, ready bool) {
	var lines []string
	for scanner := bufio.NewScanner(progress); scanner.Scan(); {
		if scanner.Text() == "ready" {
			return "", true
		}
		lines = append(lines, scanner.Text())
	}
	return strings.Join(lines, "\n"), false
}

// Stop ends every process of the cluster and, unless Options.Dir was given,
// removes its files. It may be called more than once.
func (c *Cluster) Stop() (err error) {
	c.stop.Do(func() {
		if c.supervisor != nil {
			err = c.end()
		}
		if c.temporary {
			err = errors.Join(err, os.RemoveAll(c.dir))
		}
	})
	return err
}

func (c *Cluster) end() error {
	if err := c.stdin.Close(); err != nil {
		return fmt.Errorf("stop control plane: %w", err)
	}
	tooLong := time.AfterFunc(stopTimeout, func() {
		// Its children die with it; Wait below returns.
		_ = c.supervisor.Process.Kill()
	})
	defer tooLong.Stop()
	// How it ends is of no interest: a start that failed has been reported, and
	// a test may have killed it.
	_ = c.supervisor.Wait()
	return nil
}

// Dir is the directory of the cluster.
func (c *Cluster) Dir() string { return c.dir }

// LogPath is the log file of a component, of the "supervisor", or "audit".
func (c *Cluster) LogPath(component string) string {
	return filepath.Join(c.dir, "logs", component+".log")
}
