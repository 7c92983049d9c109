package provisioner

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// TestTermBeginsWithWhatOthersMoved has a provisioner take over whose cache does not
// show yet what its predecessor wrote last.
func TestTermBeginsWithWhatOthersMoved(t *testing.T) {
	b := newBench(t)
	const kind = "taken-over"
	p, err := New(Options{RESTConfig: b.account(), Platform: unasked(), Catalogue: must(embedded())})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.caches.stores.AddIndexers(rolloutIndexers); err != nil {
		t.Fatal(err)
	}
	move := func(name string) {
		t.Helper()
		stale := b.order(name, func(s *v1alpha1.Store) { s.Spec.Engine = kind })
		if err := p.caches.stores.GetIndexer().Add(stale); err != nil {
			t.Fatal(err)
		}
		b.setStatus(name, func(s *v1alpha1.StoreStatus) {
			s.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionUpToDate, Status: metav1.ConditionFalse,
				Reason: health.ReasonRolloutRunning, LastTransitionTime: metav1.Now()}}
		})
	}
	known := func() []string {
		t.Helper()
		release, err := p.takeTurn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		var names []string
		for _, store := range p.moving(kind) {
			names = append(names, store.Name)
		}
		return names
	}
	move("turn-a")
	p.turns.begin()
	if diff := cmp.Diff([]string{"turn-a"}, known()); diff != "" {
		t.Errorf("stores that are known to be moved in the first term (-want +got):\n%s", diff)
	}
	move("turn-b")
	p.turns.begin()
	if diff := cmp.Diff([]string{"turn-a", "turn-b"}, known()); diff != "" {
		t.Errorf("stores that are known to be moved in the second term (-want +got):\n%s", diff)
	}
}
