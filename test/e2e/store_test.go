package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// patience bounds every wait. It is used up by what is broken only.
const patience = 4 * time.Minute

// testFinalizer is one that nothing but a test removes.
const testFinalizer = "e2e.example.io/backup"

// eventually polls until the check finds nothing to object to.
func eventually(t testing.TB, what string, check func(ctx context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("wait until %s: %v", what, errors.Join(err, last))
	}
}

// newStore is a WooCommerce store that the test goes on to order, and that is
// gone when the test has ended, whatever it went through.
func newStore(t testing.TB, name string) *v1alpha1.Store {
	t.Helper()
	t.Cleanup(func() {
		// Deleting the namespace needs neither permission nor repair of the Store. One
		// that is protected is given up first, as docs/operations.md says.
		namespaces, ctx := kube.CoreV1().Namespaces(), context.Background()
		err := namespaces.Delete(ctx, v1alpha1.NamespacePrefix+name, metav1.DeleteOptions{})
		if apierrors.IsForbidden(err) {
			const unprotected = `{"metadata":{"annotations":{"platform.example.io/spec":null}}}`
			_, err = namespaces.Patch(ctx, v1alpha1.NamespacePrefix+name, types.MergePatchType, []byte(unprotected), metav1.PatchOptions{})
			err = errors.Join(err, namespaces.Delete(ctx, v1alpha1.NamespacePrefix+name, metav1.DeleteOptions{}))
		}
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			t.Errorf("clean up: %v", err)
		}
	})
	return &v1alpha1.Store{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.StoreSpec{Engine: "woocommerce"},
	}
}

// suspended spares the cluster the pods of a store that a test needs for its API only.
func suspended(store *v1alpha1.Store) { store.Spec.Suspend = true }

// order creates a store.
func order(t testing.TB, name string, changes ...func(*v1alpha1.Store)) *v1alpha1.Store {
	t.Helper()
	store := newStore(t, name)
	for _, change := range changes {
		change(store)
	}
	created, err := stores.Create(t.Context(), store, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// untilReady waits until the store is ready at its present generation.
func untilReady(t testing.TB, name string) *v1alpha1.Store {
	t.Helper()
	return untilCondition(t, name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

// untilSettled waits until the provisioner has nothing more to do for a suspended store.
func untilSettled(t testing.TB, name string) *v1alpha1.Store {
	t.Helper()
	return until(t, name, "is suspended", func(store *v1alpha1.Store) bool {
		return store.Status.Phase == v1alpha1.StoreSuspended && store.Status.ObservedGeneration == store.Generation
	})
}

// untilCondition waits for a condition at the present generation; an empty
// reason is any.
func untilCondition(t testing.TB, name, kind string, status metav1.ConditionStatus, reason string) *v1alpha1.Store {
	t.Helper()
	return until(t, name, fmt.Sprintf("has %s=%s %s", kind, status, reason), func(store *v1alpha1.Store) bool {
		found := apimeta.FindStatusCondition(store.Status.Conditions, kind)
		return found != nil && found.Status == status && found.ObservedGeneration == store.Generation && (reason == "" || found.Reason == reason)
	})
}

func until(t testing.TB, name, what string, reached func(*v1alpha1.Store) bool) *v1alpha1.Store {
	t.Helper()
	var store *v1alpha1.Store
	eventually(t, "store "+name+" "+what, func(ctx context.Context) (err error) {
		if store, err = stores.Get(ctx, name, metav1.GetOptions{}); err != nil {
			return err
		}
		if !reached(store) {
			return fmt.Errorf("it has phase %s, generation %d, conditions %+v", store.Status.Phase, store.Generation, store.Status.Conditions)
		}
		return nil
	})
	return store
}

// untilGone waits until neither the store nor its namespace exists.
func untilGone(t testing.TB, name string) {
	t.Helper()
	eventually(t, "store "+name+" is gone", func(ctx context.Context) error {
		if _, err := stores.Get(ctx, name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("get store: %v", err)
		}
		if _, err := kube.CoreV1().Namespaces().Get(ctx, v1alpha1.NamespacePrefix+name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("get namespace: %v", err)
		}
		return nil
	})
}

func get(t testing.TB, name string) *v1alpha1.Store {
	t.Helper()
	store, err := stores.Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// merge patches a store; the patch may name a subresource.
func merge(t testing.TB, name, patch string, subresources ...string) *v1alpha1.Store {
	t.Helper()
	store, err := tryMerge(t, name, patch, subresources...)
	if err != nil {
		t.Fatalf("patch store %s with %s: %v", name, patch, err)
	}
	return store
}

func tryMerge(t testing.TB, name, patch string, subresources ...string) (*v1alpha1.Store, error) {
	return stores.Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}, subresources...)
}

// manifest is a suspended store with more lines of spec.
func manifest(name string, spec ...string) string {
	lines := append([]string{"engine: woocommerce", "suspend: true"}, spec...)
	return "apiVersion: platform.example.io/v1alpha1\nkind: Store\nmetadata: {name: " + name + "}\nspec:\n  " +
		strings.Join(lines, "\n  ") + "\n"
}
