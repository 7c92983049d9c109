package lifecycle

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
)

// patience bounds every wait; a test that works waits far less.
const patience = 2 * time.Minute

// helm runs the real Helm as the cluster's administrator. Where it fails, what it
// waited for is said too.
func helm(t testing.TB, args ...string) {
	t.Helper()
	// Beyond the timeout that Helm is given, which bounds its waits and not its requests.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), helmTimeout+patience) // cleanups use it too
	defer cancel()
	out, err := helmCommand(ctx, t, args...).CombinedOutput()
	if err != nil {
		state, _, _ := cluster.Kubectl(t, "--namespace", namespace, "get", "deployments,pods,events", "--output", "wide")
		t.Fatalf("helm %s: %v\n%s\n%s", strings.Join(args, " "), errors.Join(err, ctx.Err()), out, state)
	}
}

func helmCommand(ctx context.Context, t testing.TB, args ...string) *exec.Cmd {
	home := t.TempDir()
	command := exec.CommandContext(ctx, filepath.Join(root, ".local", "bin", "helm"), append(args, "--namespace", namespace)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	return command
}

// current is the chart of this working tree with its values; previous that of the
// last release.
func current() []string {
	return []string{filepath.Join(root, "charts", "store-platform"), "--values", "testdata/values.yaml", "--values", "testdata/values-current.yaml"}
}

func previous() []string {
	return []string{"testdata/store-platform-previous.tgz", "--values", "testdata/values.yaml"}
}

const helmTimeout = 3 * time.Minute

// waiting are the flags that have Helm wait until what it installed is ready.
var waiting = []string{"--wait", "--timeout", helmTimeout.String()}

func install(t testing.TB, chart []string) {
	t.Helper()
	args := append([]string{"install", release}, chart...)
	helm(t, append(append(args, "--create-namespace"), waiting...)...)
}

func upgrade(t testing.TB, chart []string) {
	t.Helper()
	args := append([]string{"upgrade", release}, chart...)
	helm(t, append(args, waiting...)...)
}

func rollback(t testing.TB, revision string) {
	t.Helper()
	helm(t, append([]string{"rollback", release, revision}, waiting...)...)
}

func uninstall(t testing.TB, flags ...string) {
	t.Helper()
	helm(t, append(append([]string{"uninstall", release}, waiting...), flags...)...)
}

// begin starts the life of an installation, of which nothing is left for the next but
// its stores: certificates that others made are no part of the release.
func begin(t testing.TB) {
	t.Helper()
	node = startKubelet(t)
	t.Cleanup(func() {
		uninstall(t, "--ignore-not-found")
		kubectl(t, "delete", "namespace", namespace, "--ignore-not-found", "--timeout="+patience.String())
	})
}

// eventually waits until check finds nothing wrong.
func eventually(t testing.TB, what string, check func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("wait until %s: %v: %v", what, err, last)
	}
}

// begun wants informers to have their first lists in time.
func begun[K comparable](t testing.TB, synced func(<-chan struct{}) map[K]bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for what, has := range synced(ctx.Done()) {
		if !has {
			t.Fatalf("the informer of %v has no list after %s", what, patience)
		}
	}
}

// gone wants an error to say that the object is not there.
func gone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err == nil {
		return os.ErrExist
	}
	return err
}
