package provisioner

import (
	"context"
	"fmt"
	"os"
	"testing"

	"platform.example.io/stores/test/controlplane"
)

// cluster is shared by the tests of this package: a real control plane with
// simulated nodes, the platform's namespace and roles as they are installed, and
// stores as a custom resource, so that what is tested here is the provisioner
// alone.
var cluster *controlplane.Cluster

func TestMain(m *testing.M) {
	options := controlplane.Options{Manifests: []string{
		"../../artifacts/apiservice/namespace.yaml",
		"../../artifacts/apiservice/rbac.yaml",
	}}
	os.Exit(controlplane.Main(m, options, func(c *controlplane.Cluster) {
		cluster = c
		if err := installStores(context.Background(), c.RESTConfig()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}))
}
