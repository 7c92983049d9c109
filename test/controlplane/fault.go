package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// readyTimeout bounds WaitReady. It is generous, because it is only ever used
// up by something that is broken.
const readyTimeout = 2 * time.Minute

// PID returns the process id of a component as it runs now.
func (c *Cluster) PID(component string) (int, error) {
	found, err := c.state.component(component)
	if err != nil {
		return 0, err
	}
	data, err := os.ReadFile(found.PIDFile)
	if err != nil {
		return 0, fmt.Errorf("read pid file of %s: %w", component, err)
	}
	first, _, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return 0, fmt.Errorf("parse pid file of %s: %w", component, err)
	}
	return pid, nil
}

// LoseNode ends a real node other than the first, which the control plane is on, as
// a power cut does. It does not come back.
func (c *Cluster) LoseNode(t testing.TB, name string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(c.dir, "run", "machine-"+name+".pid"))
	if err != nil {
		t.Fatalf("find the machine of node %s: %v", name, err)
	}
	first, _, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(first)
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		t.Fatalf("end the machine of node %s: %v", name, err)
	}
}

// Kill ends a component as kill -9 does and returns when it is dead. The
// supervisor starts it again at once; WaitReady waits for that.
func (c *Cluster) Kill(t testing.TB, component string) {
	t.Helper()
	if err := c.kill(t.Context(), component); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) kill(ctx context.Context, component string) error {
	var pid int
	// One that ended by itself, when another was killed perhaps, is waited for.
	err := wait.PollUntilContextTimeout(ctx, 5*time.Millisecond, readyTimeout, true, func(context.Context) (_ bool, err error) {
		if pid, err = c.PID(component); err == nil {
			err = syscall.Kill(pid, syscall.SIGKILL)
		}
		if errors.Is(err, syscall.ESRCH) || errors.Is(err, os.ErrNotExist) || errors.Is(err, strconv.ErrSyntax) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("kill %s: %w", component, err)
	}
	err = wait.PollUntilContextTimeout(ctx, 5*time.Millisecond, readyTimeout, true, func(context.Context) (bool, error) {
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH), nil
	})
	if err != nil {
		return fmt.Errorf("wait for %s to die: %w", component, err)
	}
	return nil
}

// Restart kills a component and returns when all of the cluster is ready again.
func (c *Cluster) Restart(ctx context.Context, component string) error {
	if err := c.kill(ctx, component); err != nil {
		return err
	}
	return c.awaitReady(ctx)
}

// WaitReady waits until every component runs and is healthy, and the platform,
// if there is one, is served through kube-apiserver.
func (c *Cluster) WaitReady(t testing.TB) {
	t.Helper()
	if err := c.awaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) awaitReady(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, readyTimeout, true, func(ctx context.Context) (bool, error) {
		last = c.ready(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the control plane: %w (last: %v)", err, last)
	}
	return nil
}

func (c *Cluster) ready(ctx context.Context) error {
	if out, err := exec.CommandContext(ctx, c.binary, "status", "--dir="+c.dir).CombinedOutput(); err != nil {
		return fmt.Errorf("ask for status: %w: %s", err, out)
	}
	if _, err := c.state.component(Platform); err != nil {
		return nil // there is none
	}
	return c.aggregated(ctx)
}

// aggregated asks kube-apiserver for the platform's API.
func (c *Cluster) aggregated(ctx context.Context) error {
	server, err := c.state.component(KubeAPIServer)
	if err != nil {
		return err
	}
	config, err := server.Health.tls()
	if err != nil {
		return err
	}
	// A fresh connection each time, so that none from before a kill is used.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	base, _, _ := strings.Cut(server.Health.URL, "/readyz")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/apis/platform.example.io/v1alpha1", nil)
	if err != nil {
		return fmt.Errorf("ask for the platform's API: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("ask for the platform's API: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask for the platform's API: %s", response.Status)
	}
	return nil
}
