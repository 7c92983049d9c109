package e2e

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestRestore exports a store's namespace, loses it, and imports it again, as a
// backup of a cluster does: once a person says that it is meant, the Store is back.
func TestRestore(t *testing.T) {
	t.Parallel()
	const name, namespace = "restored", v1alpha1.NamespacePrefix + "restored"
	order(t, name, suspended, func(s *v1alpha1.Store) {
		s.Labels = map[string]string{"team": "shops"}
		s.Spec.DisplayName = "Kept"
	})
	was := untilSettled(t, name)
	backup, err := kube.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := stores.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	untilGone(t, name)

	imported := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: backup.Labels, Annotations: backup.Annotations}}
	imported, err = kube.CoreV1().Namespaces().Create(t.Context(), imported, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	until(t, name, "waits for a person", func(store *v1alpha1.Store) bool { return store.Status.Phase == v1alpha1.StoreInvalid })

	// What docs/operations.md does with jq.
	for key, text := range imported.Annotations {
		if !strings.HasPrefix(key, "platform.example.io/") {
			continue
		}
		var part map[string]any
		if err := json.Unmarshal([]byte(text), &part); err != nil {
			t.Fatalf("annotation %s: %v", key, err)
		}
		delete(part["metadata"].(map[string]any), "uid")
		encoded, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		imported.Annotations[key] = string(encoded)
	}
	if _, err := kube.CoreV1().Namespaces().Update(t.Context(), imported, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	is := untilSettled(t, name)
	if diff := cmp.Diff(was.Spec, is.Spec); diff != "" {
		t.Errorf("the restored spec is another (-was +is):\n%s", diff)
	}
	if diff := cmp.Diff(was.Labels, is.Labels); diff != "" {
		t.Errorf("the restored labels are others (-was +is):\n%s", diff)
	}
	if was.Status.Creator != is.Status.Creator || is.UID == was.UID {
		t.Errorf("the restored Store is %s's with uid %s, was %s's with %s", is.Status.Creator, is.UID, was.Status.Creator, was.UID)
	}
	// Its Secrets were in the namespace too, and no backup of them is here: they are made anew.
	eventually(t, "the shop has a login", func(ctx context.Context) error {
		_, err := kube.CoreV1().Secrets(namespace).Get(ctx, is.Status.AdminSecretRef.Name, metav1.GetOptions{})
		return err
	})
}
