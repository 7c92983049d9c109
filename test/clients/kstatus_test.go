package clients

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/cli-utils/pkg/kstatus/polling/event"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	kstatuswatcher "sigs.k8s.io/cli-utils/pkg/kstatus/watcher"
	"sigs.k8s.io/cli-utils/pkg/object"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// verdicts are what kstatus says of one store.
type verdicts struct {
	events <-chan event.Event
	last   status.Status
}

// judge follows a store from before it exists, as a GitOps tool does.
func judge(t testing.TB, name string) *verdicts {
	t.Helper()
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(
		discovery.NewDiscoveryClientForConfigOrDie(cluster.RESTConfig())))
	ids := object.ObjMetadataSet{{Name: name, GroupKind: v1alpha1.SchemeGroupVersion.WithKind("Store").GroupKind()}}
	v := &verdicts{events: kstatuswatcher.NewDefaultStatusWatcher(untyped, mapper).Watch(t.Context(), ids, kstatuswatcher.Options{})}
	for e := range v.events {
		switch e.Type {
		case event.ErrorEvent:
			t.Fatal(e.Error)
		case event.ResourceUpdateEvent:
			v.last = e.Resource.Status
		case event.SyncEvent:
			return v
		}
	}
	t.Fatal("kstatus stopped watching")
	return nil
}

// until returns what kstatus says, each time that it says something new, until it
// says the last.
func (v *verdicts) until(t testing.TB, last status.Status) (said []status.Status) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	for {
		select {
		case e := <-v.events:
			if e.Resource == nil {
				t.Fatalf("kstatus stopped watching: %v", e.Error)
			}
			if v.last == e.Resource.Status {
				continue
			}
			v.last = e.Resource.Status
			t.Logf("kstatus says %s: %s", v.last, e.Resource.Message)
			if said = append(said, v.last); v.last == last {
				return said
			}
		case <-ctx.Done():
			t.Fatalf("kstatus says %v and never %s", said, last)
		}
	}
}

// TestKstatus follows a shop through its life: kstatus never takes it for ready
// before it is.
func TestKstatus(t *testing.T) {
	t.Parallel()
	const name = "kstatus"
	events := judge(t, name)
	order(t, name, running, func(s *v1alpha1.Store) { s.Finalizers = []string{testFinalizer} })
	expect := func(what string, want ...status.Status) {
		t.Helper()
		if said := events.until(t, want[len(want)-1]); !slices.Equal(said, want) {
			t.Errorf("while %s kstatus says %v, want %v", what, said, want)
		}
	}
	expect("it is made", status.InProgressStatus, status.CurrentStatus)

	// The provisioner has not seen this yet: Ready is still True.
	patched, err := untyped.Resource(storesResource).Patch(t.Context(), name, types.MergePatchType, []byte(`{"spec":{"plan":"business"}}`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	behind(t, patched)
	// On a busy machine the old quota may refuse the new pods for a moment, so what
	// lies between is not told here.
	if said := events.until(t, status.CurrentStatus); said[0] != status.InProgressStatus {
		t.Errorf("while it grows kstatus says %v, and first not InProgress", said)
	}

	if err := stores.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	expect("it is deleted", status.TerminatingStatus)
	if _, err := stores.Patch(t.Context(), name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	expect("its last finalizer goes", status.NotFoundStatus)
}

// behind demands that a store whose status speaks of an earlier generation is in
// progress for kstatus, and for that reason.
func behind(t testing.TB, store *unstructured.Unstructured) {
	t.Helper()
	observed, _, err := unstructured.NestedInt64(store.Object, "status", "observedGeneration")
	if err != nil || observed != store.GetGeneration()-1 {
		t.Fatalf("generation %d was observed, of %d (%v): this tests nothing", observed, store.GetGeneration(), err)
	}
	result, err := status.Compute(store)
	if err != nil {
		t.Fatal(err)
	}
	if result.Status != status.InProgressStatus || len(result.Conditions) == 0 || result.Conditions[0].Reason != "LatestGenerationNotObserved" {
		t.Errorf("of a generation that nobody has seen kstatus says %+v", result)
	}
}

// TestKstatusStalled has kstatus say Failed, with the platform's words, when
// nothing goes on without somebody's help, and Current when it was given.
func TestKstatusStalled(t *testing.T) {
	t.Parallel()
	const name, annotation = "kstatus-stalled", "platform.example.io/spec"
	order(t, name, running)
	untilReady(t, name)
	events := judge(t, name)
	// A platform that no longer has what the store runs, as after a rollback.
	namespaces := kube.CoreV1().Namespaces()
	rewrite := func(was, is string) {
		t.Helper()
		namespace, err := namespaces.Get(t.Context(), v1alpha1.NamespacePrefix+name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(namespace.Annotations[annotation], was, is, 1)
		if changed == namespace.Annotations[annotation] {
			t.Fatalf("%s is not stored in %s", was, changed)
		}
		patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, annotation, changed)
		if _, err := namespaces.Patch(t.Context(), namespace.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(`"engine":"woocommerce"`, `"engine":"magento"`)
	events.until(t, status.FailedStatus)
	store, err := untyped.Resource(storesResource).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := status.Compute(store)
	if err != nil {
		t.Fatal(err)
	}
	if result.Status != status.FailedStatus || len(result.Conditions) != 1 || result.Conditions[0].Reason != "EngineNotInstalled" ||
		!strings.Contains(result.Message, "magento") {
		t.Errorf("kstatus says %+v", result)
	}
	rewrite(`"engine":"magento"`, `"engine":"woocommerce"`)
	events.until(t, status.CurrentStatus)
}
