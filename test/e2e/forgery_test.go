package e2e

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestForgedLabel puts the store label on namespaces that no store made.
func TestForgedLabel(t *testing.T) {
	t.Parallel()
	label := func(namespace, store string) {
		t.Helper()
		object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: map[string]string{v1alpha1.LabelStore: store}}}
		if _, err := kube.CoreV1().Namespaces().Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := kube.CoreV1().Namespaces().Delete(context.Background(), namespace, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	label("forged-elsewhere", "forged")       // of another name than a store's
	label("store-forged-other", "forged-one") // of another store's name
	label("store-forged-empty", "forged-empty")
	if _, err := stores.Get(t.Context(), "forged-empty", metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
	list, err := stores.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, store := range list.Items {
		if strings.HasPrefix(store.Name, "forged") && store.Name != "forged-empty" {
			t.Errorf("a label alone makes a store of %s", store.Name)
		}
	}
	for _, name := range []string{"forged", "forged-one", "forged-other"} {
		if err := stores.Delete(t.Context(), name, metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("deleting %s gives %v, want not found", name, err)
		}
	}
	// This one cannot be told from a store that lost all its annotations.
	store := get(t, "forged-empty")
	if !isDamaged(store) {
		t.Errorf("a store without anything stored is %+v", store.Status)
	}
	if err := stores.Delete(t.Context(), "forged-empty", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("deleting it gives %v, want forbidden", err)
	}
	driftlessNeighbour(t)
	services, err := kube.CoreV1().Services("store-forged-empty").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(services.Items) > 0 {
		t.Errorf("it is provisioned: %v, %v", services.Items, err)
	}
}

// driftlessNeighbour has a store provisioned, so that whatever the provisioner
// was going to do about an older one it has begun.
func driftlessNeighbour(t testing.TB) {
	t.Helper()
	order(t, "forged-neighbour", suspended)
	untilSettled(t, "forged-neighbour")
}
