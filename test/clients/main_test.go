// Package clients tests the platform with the clients that other people wrote for
// Kubernetes: kubectl in three releases, client-go's informers in each of their
// ways to begin, controller-runtime, kstatus and @kubernetes/client-node, through
// the aggregation layer of a real control plane.
//
// It is a module of its own, so that what only its tests need never becomes a
// dependency of the platform. Its tests share one cluster and run side by side,
// so each keeps to stores of its own names; a test that kills processes starts a
// cluster of its own. Danger: a client that is missing fails the test, it never
// skips it.
package clients

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/generated/clientset/versioned"
	storesclient "platform.example.io/stores/pkg/generated/clientset/versioned/typed/stores/v1alpha1"
	"platform.example.io/stores/test/controlplane"
)

var (
	// cluster is shared: see the package comment for what that asks of a test.
	cluster *controlplane.Cluster
	// stores, kube and untyped are its administrator's clients.
	stores  storesclient.StoreInterface
	kube    kubernetes.Interface
	untyped dynamic.Interface
)

func TestMain(m *testing.M) {
	if kind := os.Getenv(subjectVariable); kind != "" {
		os.Exit(subject(kind))
	}
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
	return controlplane.Main(m, options, func(c *controlplane.Cluster) {
		cluster = c
		stores = versioned.NewForConfigOrDie(c.RESTConfig()).PlatformV1alpha1().Stores()
		kube = kubernetes.NewForConfigOrDie(c.RESTConfig())
		untyped = dynamic.NewForConfigOrDie(c.RESTConfig())
	})
}

// platformOptions is a whole cluster with the platform on it, as `make up` starts it.
func platformOptions() (controlplane.Options, error) {
	if os.Getenv(controlplane.BinaryVariable) == "" {
		if err := os.Setenv(controlplane.BinaryVariable, built("localcluster")); err != nil {
			return controlplane.Options{}, err
		}
	}
	platform := built("apiserver")
	if _, err := os.Stat(platform); err != nil {
		return controlplane.Options{}, fmt.Errorf("find the platform (build it with `make build`): %w", err)
	}
	manifests := filepath.Join(root(), "artifacts", "apiservice")
	return controlplane.Options{
		Manifests:      []string{filepath.Join(manifests, "namespace.yaml"), filepath.Join(manifests, "rbac.yaml")},
		Platform:       platform,
		PlatformConfig: filepath.Join(root(), "hack", "platform.yaml"),
	}, nil
}

// root is the directory of the platform's own module.
func root() string {
	module, err := controlplane.ModuleRoot()
	if err != nil {
		panic(err) // go test runs in the module
	}
	return filepath.Dir(filepath.Dir(module))
}

// built is the path of what make has built.
func built(name string) string { return filepath.Join(root(), ".local", "bin", name) }
