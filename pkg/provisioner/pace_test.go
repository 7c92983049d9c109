package provisioner

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestOnlyProgress says which statuses may wait.
func TestOnlyProgress(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	onItsWay := func() *v1alpha1.StoreStatus {
		status := &v1alpha1.StoreStatus{Phase: v1alpha1.StoreProvisioning, ObservedGeneration: 1}
		set := func(kind string, value metav1.ConditionStatus, reason string) {
			status.Conditions = append(status.Conditions, metav1.Condition{
				Type: kind, Status: value, Reason: reason, LastTransitionTime: metav1.NewTime(noon),
			})
		}
		set(v1alpha1.ConditionReady, metav1.ConditionFalse, "Starting")
		set(v1alpha1.ConditionReconciling, metav1.ConditionTrue, "Progressing")
		set(v1alpha1.ConditionStalled, metav1.ConditionFalse, "Progressing")
		set(v1alpha1.ConditionResourcesApplied, metav1.ConditionTrue, "Ready")
		set(v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, "Starting")
		return status
	}
	turn := func(s *v1alpha1.StoreStatus, kind string, value metav1.ConditionStatus) {
		for at := range s.Conditions {
			if s.Conditions[at].Type == kind {
				s.Conditions[at].Status = value
			}
		}
	}
	for _, tt := range []struct {
		name, reason  string
		before, after func(*v1alpha1.StoreStatus)
		want          bool
	}{
		{
			name: "a part came up", reason: "who waits for the shop does not wait for its parts",
			after: func(s *v1alpha1.StoreStatus) { turn(s, v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue) },
			want:  true,
		},
		{
			name: "ready", reason: "it is what everybody waits for",
			after: func(s *v1alpha1.StoreStatus) {
				s.Phase = v1alpha1.StoreReady
				turn(s, v1alpha1.ConditionReady, metav1.ConditionTrue)
				turn(s, v1alpha1.ConditionReconciling, metav1.ConditionFalse)
			},
		},
		{
			name: "stalled", reason: "somebody has to do something",
			after: func(s *v1alpha1.StoreStatus) { turn(s, v1alpha1.ConditionStalled, metav1.ConditionTrue) },
		},
		{
			name: "applied no more", reason: "the condition turns, and clients wait for it",
			after: func(s *v1alpha1.StoreStatus) {
				turn(s, v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse)
			},
		},
		{
			name: "another generation", reason: "kubectl wait and kstatus ask which spec was seen",
			after: func(s *v1alpha1.StoreStatus) { s.ObservedGeneration = 2 },
		},
		{
			name: "failed to move", reason: "it has other stores stay at the old revision",
			before: func(s *v1alpha1.StoreStatus) {
				s.Conditions = append(s.Conditions, metav1.Condition{Type: v1alpha1.ConditionUpToDate, Status: metav1.ConditionFalse, Reason: "RollingOut"})
			},
			after: func(s *v1alpha1.StoreStatus) {
				s.Conditions = append(s.Conditions, metav1.Condition{Type: v1alpha1.ConditionUpToDate, Status: metav1.ConditionFalse, Reason: "RolloutFailed"})
			},
		},
		{
			name: "first status", reason: "there is nothing yet to read",
			before: func(s *v1alpha1.StoreStatus) { *s = v1alpha1.StoreStatus{} },
		},
		{
			name: "part lost", reason: "a shop that has been ready is not on its way",
			before: func(s *v1alpha1.StoreStatus) { turn(s, v1alpha1.ConditionReconciling, metav1.ConditionFalse) },
			after:  func(s *v1alpha1.StoreStatus) { turn(s, v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue) },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, after := onItsWay(), onItsWay()
			if tt.before != nil {
				tt.before(before)
			}
			if tt.after != nil {
				tt.after(after)
			}
			if got := onlyProgress(before, after); got != tt.want {
				t.Errorf("got %t, want %t: %s", got, tt.want, tt.reason)
			}
			p := newPace()
			if wait := p.wait(noon, "acme", before, after); wait != 0 {
				t.Errorf("the first status of a process waits %s", wait)
			}
			p.wrote(noon, "acme", before)
			want := map[bool]time.Duration{true: progressPace - time.Second}[tt.want]
			if wait := p.wait(noon.Add(time.Second), "acme", before, after); wait != want {
				t.Errorf("a second after the last it waits %s, want %s: %s", wait, want, tt.reason)
			}
			if wait := p.wait(noon.Add(progressPace), "acme", before, after); wait != 0 {
				t.Errorf("a pace after the last it waits %s", wait)
			}
			if wait := p.wait(noon.Add(-time.Hour), "acme", before, after); wait > progressPace {
				t.Errorf("where the clock was set back it waits %s", wait)
			}
		})
	}
}

// TestPaceIsShared: with many stores on their way, each tells of its progress less often.
func TestPaceIsShared(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	status := func(reconciling metav1.ConditionStatus) *v1alpha1.StoreStatus {
		made := &v1alpha1.StoreStatus{}
		for _, kind := range decisive {
			made.Conditions = append(made.Conditions, metav1.Condition{Type: kind, Status: metav1.ConditionFalse})
		}
		for at := range made.Conditions {
			if made.Conditions[at].Type == v1alpha1.ConditionReconciling {
				made.Conditions[at].Status = reconciling
			}
		}
		return made
	}
	busy, settled := status(metav1.ConditionTrue), status(metav1.ConditionFalse)
	p := newPace()
	has := func(when string, want time.Duration) {
		t.Helper()
		p.wrote(noon, "acme", busy)
		if wait := p.wait(noon, "acme", busy, busy); wait != want {
			t.Errorf("%s it waits %s, want %s", when, wait, want)
		}
	}
	has("alone", progressPace)
	fill := func(n int, status *v1alpha1.StoreStatus) {
		for i := range n {
			p.wrote(noon, fmt.Sprint("other-", i), status)
		}
	}
	fill(39, busy)
	has("among forty", 40*progressShare)
	fill(1000, busy)
	has("among a thousand", progressPatience)
	fill(1000, settled)
	has("when the others have come up", progressPace)
	fill(1000, busy)
	for i := range 1000 {
		p.forget(fmt.Sprint("other-", i))
	}
	has("when the others have gone", progressPace)
}
