package store_test

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/registry/store/nsstorage"
)

// whicheverWay runs a test with each way of reading consistently.
func whicheverWay(t *testing.T, test func(t *testing.T, r *registry)) {
	for _, reads := range []nsstorage.ConsistentReads{nsstorage.ReadThrough, nsstorage.Fence} {
		t.Run(string(reads), func(t *testing.T) { test(t, newRegistryWith(t, cluster, reads)) })
	}
}

func TestReadsAtTheVersionOfAnUnrelatedWrite(t *testing.T) {
	whicheverWay(t, readsAtTheVersionOfAnUnrelatedWrite)
}

func readsAtTheVersionOfAnUnrelatedWrite(t *testing.T, r *registry) {
	name := r.mustCreate(t, newStore(uniqueName())).Name
	version := r.unrelatedWrite(t)

	object, err := r.Get(requestContext(t, "get", name, ""), name, &metav1.GetOptions{ResourceVersion: version})
	if err != nil || object.(*stores.Store).Name != name {
		t.Fatalf("get at a version that no store has: %v", err)
	}
	for _, match := range []metav1.ResourceVersionMatch{"", metav1.ResourceVersionMatchNotOlderThan, metav1.ResourceVersionMatchExact} {
		list := r.list(t, &internalversion.ListOptions{ResourceVersion: version, ResourceVersionMatch: match})
		if len(list.Items) == 0 {
			t.Errorf("list with match %q at a version that no store has is empty", match)
		}
	}
	if _, err := r.Get(requestContext(t, "get", name, ""), name, &metav1.GetOptions{ResourceVersion: "999999999"}); !apierrors.IsTimeout(err) {
		t.Errorf("get at a version of the future gave %v, want a timeout that says so", err)
	}
}

func TestInitialEventsOfAWatch(t *testing.T) { whicheverWay(t, initialEventsOfAWatch) }

func initialEventsOfAWatch(t *testing.T, r *registry) {
	name := r.mustCreate(t, newStore(uniqueName())).Name
	r.unrelatedWrite(t)
	for _, version := range []string{"", "0"} {
		w, err := r.Watch(requestContext(t, "watch", "", ""), &internalversion.ListOptions{
			ResourceVersion:      version,
			ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
			SendInitialEvents:    ptr.To(true),
			AllowWatchBookmarks:  true,
			Watch:                true,
		})
		if err != nil {
			t.Fatal(err)
		}
		seen := false
		for event := range w.ResultChan() {
			store := storeOf(t, event)
			if event.Type == watch.Added && store.Name == name {
				seen = true
			}
			if event.Type == watch.Bookmark && store.Annotations[metav1.InitialEventsAnnotationKey] == "true" {
				break
			}
		}
		if !seen {
			t.Errorf("the initial events at version %q lack store %s", version, name)
		}
		updated, err := r.update(t, name, func(s *stores.Store) { s.Spec.DisplayName = "After the list" + version })
		if err != nil {
			t.Fatal(err)
		}
		for event := range w.ResultChan() {
			if event.Type == watch.Modified && storeOf(t, event).ResourceVersion == updated.ResourceVersion {
				break
			}
		}
		w.Stop()
	}
}
