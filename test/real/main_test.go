// Package real tests the platform on nodes that run containers: what a shop's
// customer meets, and not only what the API says.
//
// Its tests share one cluster and run side by side, so each keeps to namespaces
// and stores of its own names. They wait for conditions and never for time. When
// all of them are through, the cluster is stopped and the host must be as it was
// before. Danger: it needs root on Linux, and what `localcluster preflight`
// names; where that is missing it fails and says so.
package real

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/test/controlplane"
)

var (
	// cluster is shared: see the package comment for what that asks of a test.
	cluster *controlplane.Cluster
	// shared is the platform on it.
	shared platform
	// kube is its administrator's client.
	kube kubernetes.Interface
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	options, err := platformOptions()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	before, err := observeHost()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	began := time.Now()
	code := controlplane.Main(m, options, func(c *controlplane.Cluster) {
		cluster = c
		shared = platformOn(c)
		kube = shared.kube
		fmt.Printf("the cluster is up after %s\n", time.Since(began).Round(100*time.Millisecond))
	})
	after, err := observeHost()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	overlook(&before, &after)
	if diff := cmp.Diff(before, after); diff != "" {
		fmt.Fprintf(os.Stderr, "FAIL: the cluster left something on the host (-before +after):\n%s", diff)
		return 1
	}
	fmt.Println("the host is as it was before")
	return code
}

// platformOptions is a cluster of one real node with the platform on it, as
// `make up NODES=real` starts it.
func platformOptions() (controlplane.Options, error) {
	root, err := controlplane.ModuleRoot()
	if err != nil {
		return controlplane.Options{}, err
	}
	binary := filepath.Join(root, ".local", "bin", "apiserver")
	if _, err := os.Stat(binary); err != nil {
		return controlplane.Options{}, fmt.Errorf("find the platform (build it with `make build`): %w", err)
	}
	images, err := filepath.Glob(filepath.Join(root, ".local", "images", "*.tar"))
	if err != nil {
		return controlplane.Options{}, err
	}
	if len(images) == 0 {
		return controlplane.Options{}, errors.New("find the shops' images: there is none in .local/images; build them with `make images`")
	}
	config, err := platformConfig(root)
	if err != nil {
		return controlplane.Options{}, err
	}
	manifests := filepath.Join(root, "artifacts", "apiservice")
	return controlplane.Options{
		RealNodes:      1,
		Images:         images,
		Manifests:      []string{filepath.Join(manifests, "namespace.yaml"), filepath.Join(manifests, "rbac.yaml")},
		Platform:       binary,
		PlatformConfig: config,
	}, nil
}

// platformConfig is that of `make up NODES=real`, with the engines of this package.
func platformConfig(root string) (string, error) {
	made, err := exec.Command(filepath.Join(root, "hack", "real-config.sh")).Output()
	if err != nil {
		return "", fmt.Errorf("write the platform's configuration: %w", err)
	}
	config, err := os.ReadFile(filepath.Join(root, strings.TrimSpace(string(made))))
	if err != nil {
		return "", err
	}
	config = fmt.Appendf(config, "engineDirectory: %q\n", filepath.Join(root, "test", "real", "testdata", "engines"))
	path := filepath.Join(root, ".local", "platform-test-real.yaml")
	return path, os.WriteFile(path, config, 0o600)
}

// patience is used up only by something broken.
const patience = 10 * time.Minute

// withPatience is kubectl's.
var withPatience = "--timeout=" + patience.String()

// await waits until done says yes; while it does not, it says what is missing.
func await(t *testing.T, what string, done func(context.Context) (ok bool, missing string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, missing := done(ctx)
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s: %s", what, missing)
		case <-tick.C:
		}
	}
}
