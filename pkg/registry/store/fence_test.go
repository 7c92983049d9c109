package store_test

import (
	"slices"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/registry/store/nsstorage"
)

// fenceNamespace is written here once more, as an operator would see it.
const fenceNamespace = "platform-example-io-fence"

// A list without a resourceVersion sees what was acknowledged before it, even to
// another server: here the writer and the reader have a watch cache each.
func TestConsistentListSeesWhatWasAcknowledged(t *testing.T) {
	whicheverWay(t, func(t *testing.T, reader *registry) {
		writer := newRegistry(t, cluster)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 5 {
					created, err := writer.create(t, newStore(uniqueName()))
					if err != nil {
						t.Error(err)
						return
					}
					if !lists(reader.list(t, &internalversion.ListOptions{}), created) {
						t.Errorf("the list lacks %s, which was created before", created.Name)
					}
					updated, err := writer.update(t, created.Name, func(s *stores.Store) { s.Spec.DisplayName = "Changed" })
					if err != nil {
						t.Error(err)
						return
					}
					if !lists(reader.list(t, &internalversion.ListOptions{}), updated) {
						t.Errorf("the list lacks the change of %s, which was made before", created.Name)
					}
				}
			})
		}
		group.Wait()
	})
}

// lists tells whether the list has the store at its version.
func lists(list *stores.StoreList, store *stores.Store) bool {
	return slices.ContainsFunc(list.Items, func(item stores.Store) bool {
		return item.Name == store.Name && item.ResourceVersion == store.ResourceVersion
	})
}

func TestTheFenceIsNoStore(t *testing.T) {
	fenced := newRegistryWith(t, cluster, nsstorage.Fence)
	fenced.list(t, &internalversion.ListOptions{})
	namespace, err := fenced.kube.CoreV1().Namespaces().Get(t.Context(), fenceNamespace, metav1.GetOptions{})
	if err != nil {
		t.Fatalf("a consistent list went by without a fence: %v", err)
	}
	for _, label := range []string{"platform.example.io/store", "app.kubernetes.io/managed-by"} {
		if namespace.Labels[label] == "" {
			t.Errorf("the fence lacks the label %s, by which operators know it", label)
		}
	}
	whicheverWay(t, func(t *testing.T, r *registry) {
		for _, options := range []*internalversion.ListOptions{{}, {ResourceVersion: "0"}, {Limit: 1000}} {
			for _, store := range r.list(t, options).Items {
				if store.Status.Namespace == fenceNamespace || store.Name == "FENCE" {
					t.Errorf("list with %+v shows the fence as store %q", options, store.Name)
				}
			}
		}
		for _, name := range []string{"FENCE", "fence", fenceNamespace} {
			if _, err := r.get(t, name); !apierrors.IsNotFound(err) {
				t.Errorf("get of %q gave error %v, want NotFound", name, err)
			}
			if _, _, err := r.delete(t, name, &metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
				t.Errorf("delete of %q gave error %v, want NotFound", name, err)
			}
		}
	})
	// A store may have its name all the same.
	fenced.mustCreate(t, newStore(fenceNamespace))
	if _, _, err := fenced.delete(t, fenceNamespace, &metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	fenced.finalize(t, fenceNamespace)
}

// Who deletes the fence, or takes its labels, must not stop reads.
func TestTheFenceComesBack(t *testing.T) {
	r := newRegistryWith(t, cluster, nsstorage.Fence)
	created := r.mustCreate(t, newStore(uniqueName()))
	namespaces := r.kube.CoreV1().Namespaces()
	r.list(t, &internalversion.ListOptions{})
	if err := namespaces.Delete(t.Context(), fenceNamespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if !lists(r.list(t, &internalversion.ListOptions{}), created) {
		t.Error("a list while the fence terminates lacks a store")
	}
	terminating, err := namespaces.Get(t.Context(), fenceNamespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	terminating.Spec.Finalizers = nil
	if _, err := namespaces.Finalize(t.Context(), terminating, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if !lists(r.list(t, &internalversion.ListOptions{}), created) {
		t.Error("a list after the fence was deleted lacks a store")
	}
}
