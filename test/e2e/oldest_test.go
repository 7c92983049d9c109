package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/test/controlplane"
)

var chartKubeVersion = regexp.MustCompile(`(?m)^kubeVersion: ">=(\d+\.\d+)\.0-0"$`)

// TestOldestKubernetes wants the platform to work with the oldest Kubernetes that its
// chart can be installed on, whose APIs kube-apiserver emulates: all that is installed is
// accepted, the server becomes ready, and the provisioner applies a whole shop. (The other
// components are of today and could not work with it: nothing runs.)
func TestOldestKubernetes(t *testing.T) {
	t.Parallel()
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	chart, err := os.ReadFile(filepath.Join(root, "charts", "store-platform", "Chart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	oldest := chartKubeVersion.FindSubmatch(chart)
	if oldest == nil {
		t.Fatalf("Chart.yaml does not say which Kubernetes it needs:\n%s", chart)
	}
	options, err := platformOptions()
	if err != nil {
		t.Fatal(err)
	}
	options.Components, options.Nodes = []string{controlplane.Etcd, controlplane.KubeAPIServer}, controlplane.NoNodes
	options.KubeAPIServerArgs = []string{"--emulated-version=kube=" + string(oldest[1])}
	old := controlplane.Start(t, options)
	accepted(t, old)

	client := versioned.NewForConfigOrDie(old.RESTConfig()).PlatformV1alpha1().Stores()
	order := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "oldest"}, Spec: v1alpha1.StoreSpec{Engine: "woocommerce"}}
	if _, err := client.Create(t.Context(), order, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the shop's objects are applied", func(ctx context.Context) error {
		store, err := client.Get(ctx, order.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if !apimeta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionResourcesApplied) {
			return fmt.Errorf("its conditions are %+v", store.Status.Conditions)
		}
		return nil
	})
}

// TestManifestsAreAccepted wants this Kubernetes to take all that is installed, too.
func TestManifestsAreAccepted(t *testing.T) {
	t.Parallel()
	accepted(t, cluster)
}

// accepted has kube-apiserver judge what `kubectl apply` of the plain manifests would
// write: fields, names, and whether the policies' expressions compile.
func accepted(t *testing.T, by *controlplane.Cluster) {
	t.Helper()
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	manifests := filepath.Join(root, "artifacts", "apiservice")
	stdout, stderr, err := by.Kubectl(t, "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict",
		"-f", filepath.Join(manifests, "namespace.yaml"), "-f", manifests)
	if err != nil {
		t.Errorf("%v\n%s\n%s", err, stdout, stderr)
	}
}
