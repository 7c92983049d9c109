package store_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/registry/store/nsstorage"
)

// The version of any list of the cluster may be that of a fence's own write,
// before which our watch cache stops.
func TestAListAtTheVersionOfAFence(t *testing.T) {
	r := newRegistryWith(t, cluster, nsstorage.Fence)
	created := r.mustCreate(t, newStore(uniqueName()))
	for range 3 {
		r.list(t, &internalversion.ListOptions{})
		fence, err := r.kube.CoreV1().Namespaces().Get(t.Context(), fenceNamespace, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range []metav1.ResourceVersionMatch{"", metav1.ResourceVersionMatchNotOlderThan, metav1.ResourceVersionMatchExact} {
			list := r.list(t, &internalversion.ListOptions{ResourceVersion: fence.ResourceVersion, ResourceVersionMatch: match})
			if !lists(list, created) {
				t.Errorf("the list with match %q at the version of a fence lacks a store", match)
			}
		}
	}
}
