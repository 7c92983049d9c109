package controlplane

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Kubectl runs kubectl as the cluster's administrator.
func (c *Cluster) Kubectl(t testing.TB, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	return c.KubectlAs(t, c.Kubeconfig(), nil, args...)
}

// KubectlAs runs kubectl with a kubeconfig and something to read from standard
// input, or nil.
func (c *Cluster) KubectlAs(t testing.TB, kubeconfig string, stdin io.Reader, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	// Cleanups, whose test's context has ended, use it too.
	command := c.KubectlCommand(context.WithoutCancel(t.Context()), kubeconfig, args...)
	var out, errOut strings.Builder
	command.Stdin, command.Stdout, command.Stderr = stdin, &out, &errOut
	err = command.Run()
	return out.String(), errOut.String(), err
}

// KubectlCommand returns a kubectl that has not been started, for what goes on
// until ctx ends, such as get --watch.
func (c *Cluster) KubectlCommand(ctx context.Context, kubeconfig string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, c.binary, append([]string{"kubectl"}, args...)...)
	// A home of its own: the user's kuberc and discovery cache must neither
	// change what a test sees nor be changed by it.
	home := filepath.Join(c.dir, "home")
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "HOME="+home,
		"KUBECACHEDIR="+filepath.Join(home, "cache"), "KUBERC=off")
	return command
}
