package clients

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
	"k8s.io/apimachinery/pkg/util/wait"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// patience bounds every wait. It is used up by what is broken only.
const patience = 4 * time.Minute

// testFinalizer is one that nothing but a test removes.
const testFinalizer = "clients.example.io/backup"

// storesResource is the resource, as untyped clients name it.
var storesResource = v1alpha1.SchemeGroupVersion.WithResource("stores")

// eventually polls until the check finds nothing to object to.
func eventually(t testing.TB, what string, check func(ctx context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("wait until %s: %v", what, errors.Join(err, last))
	}
}

// newStore is a suspended store that the test goes on to order, and that is gone
// when the test has ended, whatever it went through.
func newStore(t testing.TB, name string) *v1alpha1.Store {
	t.Helper()
	t.Cleanup(func() {
		// Deleting the namespace needs neither permission nor repair of the Store.
		err := kube.CoreV1().Namespaces().Delete(context.Background(), v1alpha1.NamespacePrefix+name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			t.Errorf("clean up: %v", err)
		}
	})
	return &v1alpha1.Store{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.StoreSpec{Engine: "woocommerce", Suspend: true},
	}
}

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

// running has the shop's pods, too, so that it becomes ready.
func running(store *v1alpha1.Store) { store.Spec.Suspend = false }

// labelled puts one label on a store.
func labelled(key, value string) func(*v1alpha1.Store) {
	return func(store *v1alpha1.Store) { store.Labels = map[string]string{key: value} }
}

func get(t testing.TB, name string) *v1alpha1.Store {
	t.Helper()
	store, err := stores.Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// untilReady waits until the store is ready at its present generation.
func untilReady(t testing.TB, name string) {
	t.Helper()
	eventually(t, "store "+name+" is ready", func(ctx context.Context) error {
		store, err := stores.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		ready := apimeta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Status != metav1.ConditionTrue || ready.ObservedGeneration != store.Generation {
			return fmt.Errorf("it has generation %d and conditions %+v", store.Generation, store.Status.Conditions)
		}
		return nil
	})
}

// untilSettled waits until the provisioner has nothing more to do for a suspended store.
func untilSettled(t testing.TB, name string) {
	t.Helper()
	eventually(t, "store "+name+" is suspended", func(ctx context.Context) error {
		store, err := stores.Get(ctx, name, metav1.GetOptions{})
		if err == nil && (store.Status.Phase != v1alpha1.StoreSuspended || store.Status.ObservedGeneration != store.Generation) {
			err = fmt.Errorf("it is %s at generation %d of %d", store.Status.Phase, store.Status.ObservedGeneration, store.Generation)
		}
		return err
	})
}

// untilGone waits until the store does not exist.
func untilGone(t testing.TB, name string) {
	t.Helper()
	eventually(t, "store "+name+" is gone", func(ctx context.Context) error {
		if _, err := stores.Get(ctx, name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("get it: %v", err)
		}
		return nil
	})
}

// manifest is a suspended store with more lines of spec.
func manifest(name string, spec ...string) string {
	return labelledManifest(name, "", spec...)
}

// labelledManifest is one with labels, as YAML writes a map in one line.
func labelledManifest(name, labels string, spec ...string) string {
	metadata := []string{"name: " + name}
	if labels != "" {
		metadata = append(metadata, "labels: {"+labels+"}")
	}
	spec = append([]string{"engine: woocommerce", "suspend: true"}, spec...)
	return "apiVersion: platform.example.io/v1alpha1\nkind: Store\nmetadata:\n  " + strings.Join(metadata, "\n  ") +
		"\nspec:\n  " + strings.Join(spec, "\n  ") + "\n"
}
