package real

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestShopIsUpgradedAndGrows has the node to itself: while the larger plan's pods
// take over from the smaller one's, a node of two cores has no room for other shops.
func TestShopIsUpgradedAndGrows(t *testing.T) {
	const older, newer = "2.20.1", "2.21.2"
	began := time.Now()
	took := func(what string) {
		t.Logf("%s took %s", what, time.Since(began).Round(time.Second))
		began = time.Now()
	}
	shared.order(t, `
apiVersion: platform.example.io/v1alpha1
kind: Store
metadata: {name: grows}
spec:
  engine: medusa
  version: `+older+`
  plan: starter
  parameters: {sampleCatalogue: true}
`)
	s := shared.shop("grows")
	s.runs(t, older)
	s.hasVolumes(t, "5Gi")
	orders := []string{s.buy(t)}
	took("the shop, with an order,")

	s.kubectl(t, "patch", "store", s.name, "--type=merge", "-p", `{"spec":{"version":"`+newer+`"}}`)
	s.runs(t, newer)
	s.has(t, orders[0], "after the upgrade")
	orders = append(orders, s.buy(t))
	took("the upgrade, with another,")

	s.kubectl(t, "patch", "store", s.name, "--type=merge", "-p", `{"spec":{"plan":"business"}}`)
	s.runs(t, newer)
	s.hasVolumes(t, "20Gi")
	for workload, want := range map[string]string{"application": "2", "cache": "1"} {
		if got := s.kubectl(t, "-n", s.namespace(), "get", "deployment", workload, "-o", "jsonpath={.status.readyReplicas}"); got != want {
			t.Errorf("of %s, %q pods are ready and not %s", workload, got, want)
		}
	}
	for _, id := range append(orders, s.buy(t)) {
		s.has(t, id, "in the larger plan")
	}
	took("the larger plan, with a third,")
}

func (s shop) namespace() string { return "store-" + s.name }

// runs waits until the shop is ready, and fails unless it is of that version then:
// by its Store, and by what is in its pod.
func (s shop) runs(t *testing.T, version string) {
	t.Helper()
	if got := s.awaitReady(t, s.name).Status.EngineVersion; got != version {
		t.Errorf("the store says it runs %s, and not %s", got, version)
	}
	const ask = `console.log(JSON.parse(require("fs").readFileSync("node_modules/@medusajs/medusa/package.json")).version)`
	if got := s.kubectl(t, "-n", s.namespace(), "exec", "deployment/application", "--", "node", "-e", ask); strings.TrimSpace(got) != version {
		t.Errorf("its pod has Medusa %s, and not %s", got, version)
	}
}

// hasVolumes waits until both volumes have that size, and their claims say so: the
// shop does not wait for it.
func (s shop) hasVolumes(t *testing.T, size string) {
	t.Helper()
	want := resource.MustParse(size)
	has := func(capacity corev1.ResourceList) bool { return capacity.Storage().Cmp(want) == 0 }
	await(t, "volumes of "+size, func(ctx context.Context) (bool, string) {
		claims, err := kube.CoreV1().PersistentVolumeClaims(s.namespace()).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err.Error()
		}
		missing := ""
		for _, claim := range claims.Items {
			volume, err := kube.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
			if err != nil {
				return false, err.Error()
			}
			if !has(claim.Status.Capacity) || !has(volume.Spec.Capacity) {
				missing += fmt.Sprintf("claim %s has %s, its volume %s; ", claim.Name, claim.Status.Capacity.Storage(), volume.Spec.Capacity.Storage())
			}
		}
		return len(claims.Items) == 2 && missing == "", fmt.Sprintf("of %d claims: %s", len(claims.Items), missing)
	})
}
