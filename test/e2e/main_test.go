// Package e2e tests the platform as its users meet it: real kubectl and the
// generated client-go clients, through the aggregation layer of a real control
// plane whose nodes alone are simulated.
//
// Its tests share one cluster and run side by side, so each keeps to stores of
// its own names; a test that kills processes starts a cluster of its own. They
// wait for conditions and never for time. Danger: what holds on these nodes says
// nothing about containers, of which none ever runs here.
package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/generated/clientset/versioned"
	storesclient "platform.example.io/stores/pkg/generated/clientset/versioned/typed/stores/v1alpha1"
	"platform.example.io/stores/test/controlplane"
)

var (
	// cluster is shared: see the package comment for what that asks of a test.
	cluster *controlplane.Cluster
	// stores and kube are its administrator's clients.
	stores storesclient.StoreInterface
	kube   kubernetes.Interface
	// auditLog is what the platform's server writes of its own; the cluster's is
	// cluster.LogPath("audit").
	auditLog string
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	// Tests wait for the cluster far more than they compute.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	options, err := platformOptions()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	logs, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(logs)
	auditLog = filepath.Join(logs, "audit.log")
	policy, err := filepath.Abs(filepath.Join("testdata", "audit-policy.yaml"))
	if err != nil {
		panic(err)
	}
	options.PlatformArgs = []string{"--audit-policy-file=" + policy, "--audit-log-path=" + auditLog}
	return controlplane.Main(m, options, func(c *controlplane.Cluster) {
		cluster = c
		stores = versioned.NewForConfigOrDie(c.RESTConfig()).PlatformV1alpha1().Stores()
		kube = kubernetes.NewForConfigOrDie(c.RESTConfig())
	})
}

// platformOptions is a whole cluster with the platform on it, as `make up` starts it.
func platformOptions() (controlplane.Options, error) {
	root, err := controlplane.ModuleRoot()
	if err != nil {
		return controlplane.Options{}, err
	}
	binary := filepath.Join(root, ".local", "bin", "apiserver")
	if _, err := os.Stat(binary); err != nil {
		return controlplane.Options{}, fmt.Errorf("find the platform (build it with `make build`): %w", err)
	}
	manifests := filepath.Join(root, "artifacts", "apiservice")
	return controlplane.Options{
		Manifests:      []string{filepath.Join(manifests, "namespace.yaml"), filepath.Join(manifests, "rbac.yaml")},
		Platform:       binary,
		PlatformConfig: filepath.Join(root, "hack", "platform.yaml"),
	}, nil
}
