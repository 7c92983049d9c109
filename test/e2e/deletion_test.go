package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestDeletionLeavesNothing asks for everything that the cluster can list, and
// finds nothing of a store that kubectl has deleted.
func TestDeletionLeavesNothing(t *testing.T) {
	t.Parallel()
	order(t, "traceless", func(s *v1alpha1.Store) { s.Spec.Hosts = []string{"traceless.example.com"} })
	untilReady(t, "traceless")
	if before := traces(t, "traceless"); len(before) < 20 {
		t.Fatalf("a store that is ready leaves only the traces %v: this test does not see them", before)
	}
	kubectl(t, "delete", "store", "traceless", "--wait", "--timeout="+patience.String())
	left := slices.DeleteFunc(traces(t, "traceless"), func(trace string) bool {
		// What is not the store's to take along: a volume goes, or is retained,
		// when its class says; Events on the Store live in default.
		return strings.HasPrefix(trace, "persistentvolumes ") || strings.HasPrefix(trace, "events default/") || strings.HasPrefix(trace, "events.events.k8s.io default/")
	})
	if len(left) > 0 {
		t.Errorf("left are\n%s", strings.Join(left, "\n"))
	}
}

// traces are all objects in the cluster that are in a store's namespace, or
// bear its name, or its label, or refer to it.
func traces(t testing.TB, store string) []string {
	t.Helper()
	lists, err := kube.Discovery().ServerPreferredResources()
	if err != nil {
		t.Fatal(err)
	}
	client := dynamic.NewForConfigOrDie(cluster.RESTConfig())
	namespace := v1alpha1.NamespacePrefix + store
	var found []string
	for _, list := range discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list"}}, lists) {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range list.APIResources {
			resource := version.WithResource(kind.Name)
			objects, err := client.Resource(resource).List(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatalf("list %s: %v", resource, err)
			}
			for _, object := range objects.Items {
				if object.GetNamespace() == namespace || object.GetName() == store || object.GetName() == namespace ||
					object.GetLabels()[v1alpha1.LabelStore] == store || refersTo(object, namespace) {
					found = append(found, fmt.Sprintf("%s %s/%s", resource.GroupResource(), object.GetNamespace(), object.GetName()))
				}
			}
		}
	}
	return found
}

// refersTo tells whether a volume is claimed from, or an Event is about, what
// is in the namespace.
func refersTo(object unstructured.Unstructured, namespace string) bool {
	for _, path := range [][]string{{"spec", "claimRef", "namespace"}, {"regarding", "namespace"}, {"involvedObject", "namespace"}} {
		if value, _, _ := unstructured.NestedString(object.Object, path...); value == namespace {
			return true
		}
	}
	return false
}

// TestStoreFinalizer deletes a store that somebody still needs: the shop stays,
// whole, until they let it go.
func TestStoreFinalizer(t *testing.T) {
	t.Parallel()
	order(t, "finalized", func(s *v1alpha1.Store) { s.Finalizers = []string{testFinalizer} })
	untilReady(t, "finalized")
	kubectl(t, "delete", "store", "finalized", "--wait=false")
	store := until(t, "finalized", "is terminating", func(s *v1alpha1.Store) bool { return s.Status.Phase == v1alpha1.StoreTerminating })
	if store.DeletionTimestamp == nil || len(store.Finalizers) != 1 {
		t.Errorf("it has deletionTimestamp %v and finalizers %v", store.DeletionTimestamp, store.Finalizers)
	}
	kubectl(t, "delete", "store", "finalized", "--wait=false") // again

	// Nothing says when nothing happens; the deletion of a store that came after does.
	order(t, "finalized-not", suspended)
	kubectl(t, "delete", "store", "finalized-not", "--timeout="+patience.String())
	namespace, err := kube.CoreV1().Namespaces().Get(t.Context(), "store-finalized", metav1.GetOptions{})
	if err != nil || namespace.DeletionTimestamp != nil {
		t.Fatalf("the namespace of a store with a finalizer is %+v, %v", namespace.Status, err)
	}
	deployment, err := kube.AppsV1().Deployments("store-finalized").Get(t.Context(), "application", metav1.GetOptions{})
	if err != nil || deployment.Status.ReadyReplicas == 0 {
		t.Errorf("the shop of a store with a finalizer is %+v, %v", deployment.Status, err)
	}
	if password := adminPassword(t, "finalized"); password == "" {
		t.Error("its password is gone")
	}
	_, err = stores.Create(t.Context(), newStore(t, "finalized"), metav1.CreateOptions{})
	expect(t, err, refusal{http.StatusConflict, metav1.StatusReasonAlreadyExists, nil})

	merge(t, "finalized", `{"metadata":{"finalizers":null}}`)
	untilGone(t, "finalized")
}

// TestNamespaceDeleted deletes a namespace behind a store's back, and has it
// hang: the store says that it is going, and its name is not free until it is.
func TestNamespaceDeleted(t *testing.T) {
	t.Parallel()
	order(t, "hanging", suspended, func(s *v1alpha1.Store) { s.Finalizers = []string{testFinalizer} })
	untilSettled(t, "hanging")
	hook := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "hook", Finalizers: []string{testFinalizer}}}
	if _, err := kube.CoreV1().ConfigMaps("store-hanging").Create(t.Context(), hook, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	release := func(ctx context.Context) error {
		_, err := kube.CoreV1().ConfigMaps("store-hanging").Patch(ctx, "hook", "application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
		return err
	}
	released := false
	t.Cleanup(func() {
		if !released {
			_ = release(context.Background()) // the test has failed already
		}
	})
	kubectl(t, "delete", "namespace", "store-hanging", "--wait=false")
	store := until(t, "hanging", "is terminating", func(s *v1alpha1.Store) bool { return s.Status.Phase == v1alpha1.StoreTerminating })
	if store.DeletionTimestamp == nil || len(store.Finalizers) != 0 {
		t.Errorf("its content is being destroyed, and it has deletionTimestamp %v and finalizers %v", store.DeletionTimestamp, store.Finalizers)
	}
	// A status write does not mistake it for one whose last finalizer has gone.
	merge(t, "hanging", `{"status":{"conditions":[{"type":"Reviewed","status":"True","reason":"ByHand","message":"","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`, "status")
	until(t, "hanging", "keeps a status that was written while it hangs", func(s *v1alpha1.Store) bool {
		return slices.ContainsFunc(s.Status.Conditions, func(c metav1.Condition) bool { return c.Type == "Reviewed" })
	})
	_, err := stores.Create(t.Context(), newStore(t, "hanging"), metav1.CreateOptions{})
	expect(t, err, refusal{http.StatusConflict, metav1.StatusReasonAlreadyExists, nil})
	if status := statusOf(t, err); !strings.Contains(status.Message, "object is being deleted") {
		t.Errorf("a create meanwhile says %q", status.Message)
	}
	if err := stores.Delete(t.Context(), "hanging", metav1.DeleteOptions{}); err != nil {
		t.Errorf("a second delete: %v", err)
	}
	if err := release(t.Context()); err != nil {
		t.Fatal(err)
	}
	released = true
	untilGone(t, "hanging")
}

// TestSameNameAgain orders a store of the name of one that has gone: it is
// another one, with other secrets.
func TestSameNameAgain(t *testing.T) {
	t.Parallel()
	first := order(t, "again")
	untilReady(t, "again")
	password := adminPassword(t, "again")
	kubectl(t, "delete", "store", "again", "--timeout="+patience.String())
	second := order(t, "again")
	untilReady(t, "again")
	if first.UID == second.UID || first.UID == "" {
		t.Errorf("both have the uid %s", first.UID)
	}
	if adminPassword(t, "again") == password {
		t.Error("both have one password")
	}
}
