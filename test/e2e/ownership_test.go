package e2e

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// own makes a ConfigMap of which the store is the owner.
func own(t testing.TB, name string, owner *v1alpha1.Store, uid types.UID) {
	t.Helper()
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{{
		APIVersion: "platform.example.io/v1alpha1", Kind: "Store", Name: owner.Name, UID: uid, BlockOwnerDeletion: ptr.To(true),
	}}}}
	if _, err := kube.CoreV1().ConfigMaps("default").Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := kube.CoreV1().ConfigMaps("default").Delete(context.Background(), name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
}

func owned(t testing.TB, name string) *corev1.ConfigMap {
	t.Helper()
	object, err := kube.CoreV1().ConfigMaps("default").Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func untilCollected(t testing.TB, name string) {
	t.Helper()
	eventually(t, "ConfigMap "+name+" is collected", func(ctx context.Context) error {
		_, err := kube.CoreV1().ConfigMaps("default").Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("get it: %v", err)
	})
}

// untilKnown waits until the garbage collector knows what the store owns. It learns of
// ConfigMaps in their order, and has collected one that was made after the others, whose
// owner never was. Of a Store that goes before that it knows no dependents.
func untilKnown(t testing.TB, store *v1alpha1.Store) {
	t.Helper()
	name := "owned-by-nobody-beside-" + store.Name
	own(t, name, store, "00000000-0000-0000-0000-000000000000")
	untilCollected(t, name)
}

// TestOwnedObject has the garbage collector take what a Store owns when the
// Store goes, and not before.
func TestOwnedObject(t *testing.T) {
	t.Parallel()
	store := order(t, "owner", suspended, func(s *v1alpha1.Store) { s.Finalizers = []string{testFinalizer} })
	own(t, "owned-by-owner", store, store.UID)
	// The collector judges this one, whose owner never was, by the same pass: once
	// it is gone, the other has been looked at, too.
	own(t, "owned-by-nobody", store, "00000000-0000-0000-0000-000000000000")
	untilCollected(t, "owned-by-nobody")
	owned(t, "owned-by-owner")

	// Not while the Store is only about to go.
	kubectl(t, "delete", "store", "owner", "--wait=false")
	own(t, "owned-by-nobody-again", store, "00000000-0000-0000-0000-000000000000")
	untilCollected(t, "owned-by-nobody-again")
	owned(t, "owned-by-owner")

	merge(t, "owner", `{"metadata":{"finalizers":null}}`)
	untilGone(t, "owner")
	untilCollected(t, "owned-by-owner")
}

// TestForegroundDeletion keeps the Store, and its shop, until what it owns has gone.
func TestForegroundDeletion(t *testing.T) {
	t.Parallel()
	store := order(t, "foreground", suspended)
	own(t, "owned-foreground", store, store.UID)
	hold := func(finalizers string) {
		t.Helper()
		_, err := kube.CoreV1().ConfigMaps("default").Patch(t.Context(), "owned-foreground", types.MergePatchType, []byte(`{"metadata":{"finalizers":`+finalizers+`}}`), metav1.PatchOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	hold(`["` + testFinalizer + `"]`)
	untilKnown(t, store)
	kubectl(t, "delete", "store", "foreground", "--cascade=foreground", "--wait=false")
	eventually(t, "the dependent is being deleted", func(context.Context) error {
		if owned(t, "owned-foreground").DeletionTimestamp == nil {
			return fmt.Errorf("it is not")
		}
		return nil
	})
	namespace, err := kube.CoreV1().Namespaces().Get(t.Context(), "store-foreground", metav1.GetOptions{})
	if err != nil || namespace.DeletionTimestamp != nil {
		t.Errorf("the shop went before the dependent: %v, %v", namespace.DeletionTimestamp, err)
	}
	hold("null")
	untilGone(t, "foreground")
	untilCollected(t, "owned-foreground")
}

// TestOrphaningDeletion lets go of what the Store owns.
func TestOrphaningDeletion(t *testing.T) {
	t.Parallel()
	store := order(t, "orphaning", suspended)
	own(t, "owned-orphan", store, store.UID)
	untilKnown(t, store)
	kubectl(t, "delete", "store", "orphaning", "--cascade=orphan", "--wait=false")
	untilGone(t, "orphaning")
	if references := owned(t, "owned-orphan").OwnerReferences; len(references) > 0 {
		t.Errorf("it still refers to its owner: %+v", references)
	}
}
