package metric

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/component-base/metrics/testutil"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

var created = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// seen is a store at some second of its life.
type seen struct {
	at         int
	uid        types.UID
	generation int64
	status     v1alpha1.StoreStatus
}

func (s seen) store() *v1alpha1.Store {
	uid := s.uid
	if uid == "" {
		uid = "first"
	}
	return &v1alpha1.Store{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: uid, Generation: s.generation, CreationTimestamp: metav1.NewTime(created)},
		Spec:       v1alpha1.StoreSpec{Engine: "woocommerce"},
		Status:     s.status,
	}
}

func status(phase v1alpha1.StorePhase, generation int64, reason string) v1alpha1.StoreStatus {
	told := v1alpha1.StoreStatus{Phase: phase, ObservedGeneration: generation}
	condition := func(kind string, holds bool) {
		state := metav1.ConditionFalse
		if holds {
			state = metav1.ConditionTrue
		}
		told.Conditions = append(told.Conditions, metav1.Condition{Type: kind, Status: state, Reason: reason})
	}
	condition(v1alpha1.ConditionReady, phase == v1alpha1.StoreReady)
	condition(v1alpha1.ConditionStalled, phase == v1alpha1.StoreFailed)
	if phase == v1alpha1.StoreReady || phase == v1alpha1.StoreDegraded {
		at := metav1.NewTime(created)
		told.ReadyTime = &at
	}
	return told
}

func TestProgress(t *testing.T) {
	working := func(generation int64) v1alpha1.StoreStatus {
		return status(v1alpha1.StoreProvisioning, generation, "Progressing")
	}
	ready := func(generation int64) v1alpha1.StoreStatus { return status(v1alpha1.StoreReady, generation, "Ready") }
	failed := status(v1alpha1.StoreFailed, 1, "ImagePullFailed")
	tests := []struct {
		name     string
		reason   string
		steps    []seen // each but the first is a status written over the one before
		takeOver int    // before this step, if not the first, another provisioner led
		want     map[string]float64
		failures map[string]float64
	}{
		{
			name: "created", reason: "counted from its creation, however late it is seen",
			steps: []seen{{at: 5, generation: 1}, {at: 6, generation: 1, status: working(1)}, {at: 30, generation: 1, status: ready(1)}},
			want:  map[string]float64{"ready": 30},
		},
		{
			name: "written again", reason: "an order is done once: recovering from trouble is none",
			steps: []seen{
				{generation: 1}, {at: 30, generation: 1, status: ready(1)},
				{at: 40, generation: 1, status: status(v1alpha1.StoreDegraded, 1, "CrashLoop")}, {at: 90, generation: 1, status: ready(1)},
			},
			want: map[string]float64{"ready": 30}, failures: map[string]float64{"CrashLoop": 1},
		},
		{
			name: "failed and recovered", reason: "its user waited for both",
			steps: []seen{{generation: 1}, {at: 60, generation: 1, status: failed}, {at: 61, generation: 1, status: working(1)},
				{at: 70, generation: 1, status: failed}, {at: 100, generation: 1, status: ready(1)}},
			want: map[string]float64{"failed": 60, "ready": 100}, failures: map[string]float64{"ImagePullFailed": 2},
		},
		{
			name: "changed", reason: "counted from when the change was seen, also if the shop never stopped being ready",
			steps: []seen{{generation: 1}, {at: 30, generation: 1, status: ready(1)}, {at: 1000, generation: 2, status: ready(1)},
				{at: 1007, generation: 2, status: ready(2)}},
			want: map[string]float64{"ready": 30 + 7},
		},
		{
			name: "suspended", reason: "that was the order",
			steps: []seen{{generation: 1}, {at: 9, generation: 1, status: status(v1alpha1.StoreSuspended, 1, "Suspended")}},
			want:  map[string]float64{"suspended": 9},
		},
		{
			name: "found degraded", reason: "its order was done before this process looked",
			steps: []seen{{at: 500, generation: 3, status: status(v1alpha1.StoreDegraded, 3, "CrashLoop")}, {at: 600, generation: 3, status: ready(3)}},
		},
		{
			name: "of the same name", reason: "another store's time is not its own",
			steps: []seen{{generation: 1}, {at: 30, generation: 1, status: ready(1)}, {at: 40, uid: "second", generation: 1},
				{at: 50, uid: "second", generation: 1, status: ready(1)}},
			want: map[string]float64{"ready": 30 + 50},
		},
		{
			name: "counted by another", reason: "after a takeover nothing counts twice", takeOver: 2,
			steps: []seen{{generation: 1}, {at: 30, generation: 1, status: ready(1)}, {at: 31, generation: 1, status: ready(1)}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			Register()
			provisioningDuration.Reset()
			failures.Reset()
			p := NewProgress()
			at := func(step seen) time.Time { return created.Add(time.Duration(step.at) * time.Second) }
			for i, step := range tt.steps {
				switch {
				case i == 0:
				case tt.takeOver > i:
				case tt.takeOver == i && i > 0:
					p.TakeOver(at(step), []any{tt.steps[i-1].store()})
					p.Wrote(at(step), tt.steps[i-1].store(), step.store())
				case tt.steps[i-1].generation == step.generation && tt.steps[i-1].uid == step.uid:
					p.Wrote(at(step), tt.steps[i-1].store(), step.store())
				}
				p.See(at(step), step.store())
			}
			got := map[string]float64{}
			for _, outcome := range []string{outcomeReady, outcomeSuspended, outcomeFailed} {
				sum, err := testutil.GetHistogramMetricValue(provisioningDuration.WithLabelValues("woocommerce", outcome))
				if err != nil {
					t.Fatal(err)
				}
				if sum > 0 {
					got[outcome] = sum
				}
			}
			if tt.want == nil {
				tt.want = map[string]float64{}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: seconds by outcome (-want +got):\n%s", tt.reason, diff)
			}
			for reason, want := range tt.failures {
				if got, err := testutil.GetCounterMetricValue(failures.WithLabelValues(reason)); err != nil || got != want {
					t.Errorf("failures for %s: %v, %v; want %v", reason, got, err, want)
				}
			}
		})
	}
}

func TestForget(t *testing.T) {
	p := NewProgress()
	first, second := seen{generation: 1}.store(), seen{generation: 1, uid: "second"}.store()
	p.See(created, first)
	p.See(created, second)
	p.Forget(first)
	if len(p.orders) != 1 {
		t.Error("a late word of a store that is gone took its successor's order away")
	}
	p.Forget(second)
	if len(p.orders) != 0 {
		t.Error("a store that is gone takes memory")
	}
	second.Status = status(v1alpha1.StoreReady, 1, "Ready")
	p.Wrote(created, first, second)
	if len(p.orders) != 0 {
		t.Error("a store takes memory whose last status was answered after it was gone")
	}
}
