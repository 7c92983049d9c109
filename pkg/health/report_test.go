package health

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestObserveIgnoresOrder holds because caches list in any order, and a message
// that follows it would be written again and again.
func TestObserveIgnoresOrder(t *testing.T) {
	failing := func() *Observation {
		o := healthy()
		databaseWaits("CrashLoopBackOff")(o)
		second := o.Pods[1].DeepCopy()
		second.Name = "database-1"
		o.Pods = append(o.Pods, second)
		o.Conflicts = []Conflict{{Host: "a.example.com", Store: "x"}, {Host: "b.example.com", Store: "y"}}
		return o
	}
	one, other := failing(), failing()
	slices.Reverse(other.Pods)
	slices.Reverse(other.Claims)
	slices.Reverse(other.Conflicts)
	if diff := cmp.Diff(Observe(one), Observe(other)); diff != "" {
		t.Errorf("the same objects in another order make another report:\n%s", diff)
	}
}

// checkConsistent holds for every report whatever it says.
func checkConsistent(t *testing.T, report Report) {
	t.Helper()
	ready := condition(t, report, v1alpha1.ConditionReady).Status == metav1.ConditionTrue
	if ready != (report.Phase == v1alpha1.StoreReady) {
		t.Errorf("Ready is %t in phase %s", ready, report.Phase)
	}
	reconciling := condition(t, report, v1alpha1.ConditionReconciling).Status == metav1.ConditionTrue
	if stalled := condition(t, report, v1alpha1.ConditionStalled).Status == metav1.ConditionTrue; stalled && reconciling || ready && (stalled || reconciling) {
		t.Errorf("kstatus allows at most one of Ready %t, Reconciling %t, Stalled %t", ready, reconciling, stalled)
	}
	for _, c := range report.Conditions {
		if c.Message == "" || len(c.Message) > messageLimit {
			t.Errorf("the message of %s has %d bytes", c.Type, len(c.Message))
		}
	}
}
