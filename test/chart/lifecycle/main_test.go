// Package lifecycle installs, upgrades, rolls back and removes the platform with
// the real Helm on a real control plane.
//
// What the chart installs is what runs: the cluster's controllers make pods of the
// Deployments, and for each pod kubelet (kubelet_test.go) starts the platform's
// binary with the pod's arguments, files and account, on a loopback address of its
// own. A pod is ready when its process says so, and service (service_test.go)
// passes connections on to ready pods, as kube-proxy does. kube-apiserver finds
// the API by the release's own Service and APIService.
//
// Danger: the pods are on simulated nodes. What a container runtime adds, limits
// and refuses is not seen here. Linux only: every address in 127.0.0.0/8 is local there.
package lifecycle

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/test/controlplane"
)

const (
	// namespace is the platform's.
	namespace = "store-platform"
	release   = "store-platform"
)

var (
	cluster *controlplane.Cluster
	kube    kubernetes.Interface
	stores  versioned.Interface
	root    string
	node    *kubelet
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	serviceRange, held, err := claimAddresses()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer held.Close()
	if root, err = controlplane.ModuleRoot(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, binary := range []string{"apiserver", "helm", "certmanager"} {
		if _, err := os.Stat(filepath.Join(root, ".local", "bin", binary)); err != nil {
			fmt.Fprintf(os.Stderr, "find %s (build it with `make build .local/bin/helm .local/bin/certmanager`): %v\n", binary, err)
			return 1
		}
	}
	options := controlplane.Options{KubeAPIServerArgs: []string{
		"--service-cluster-ip-range=" + serviceRange,
		"--audit-policy-file=" + filepath.Join(root, "test", "chart", "lifecycle", "testdata", "audit-policy.yaml"),
	}}
	return controlplane.Main(m, options, func(c *controlplane.Cluster) {
		cluster = c
		kube = kubernetes.NewForConfigOrDie(c.RESTConfig())
		stores = versioned.NewForConfigOrDie(c.RESTConfig())
	})
}
