package lifecycle

import (
	"context"
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

// helm runs the real Helm as the cluster's administrator.
func helm(t testing.TB, args ...string) string {
	t.Helper()
	out, err := helmCommand(t, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func helmCommand(t testing.TB, args ...string) *exec.Cmd {
	home := t.TempDir()
	command := exec.Command(filepath.Join(root, ".local", "bin", "helm"), append(args, "--namespace", namespace)...)
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

// waiting are the flags that have Helm wait until what it installed is ready.
var waiting = []string{"--wait", "--timeout", "3m"}

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
