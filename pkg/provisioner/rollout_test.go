package provisioner

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

var rolloutNow = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// onRevision makes a store that runs a revision, ready and as ever before.
func onRevision(name, revision string, changes ...func(*v1alpha1.Store)) *v1alpha1.Store {
	store := &v1alpha1.Store{
		ObjectMeta: metav1.ObjectMeta{Name: name, Generation: 3},
		Spec:       v1alpha1.StoreSpec{Engine: "probe"},
		Status: v1alpha1.StoreStatus{EngineRevision: revision, Phase: v1alpha1.StoreReady, Conditions: []metav1.Condition{
			{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 3},
			{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionFalse, ObservedGeneration: 3},
		}},
	}
	for _, change := range changes {
		change(store)
	}
	return store
}

func beingMoved(store *v1alpha1.Store) {
	store.Status.Conditions = append(store.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionUpToDate, Status: metav1.ConditionFalse, Reason: health.ReasonRolloutRunning, Message: "moves"})
}

func hasFailed(store *v1alpha1.Store) {
	beingMoved(store)
	store.Status.Conditions[len(store.Status.Conditions)-1].Reason = health.ReasonRolloutFailed
}

// unready makes a store that has not been ready for so long.
func unready(since time.Duration) func(*v1alpha1.Store) {
	return func(store *v1alpha1.Store) {
		store.Status.Phase = v1alpha1.StoreProvisioning
		store.Status.Conditions[0].Status = metav1.ConditionFalse
		store.Status.Conditions[0].LastTransitionTime = metav1.NewTime(rolloutNow.Add(-since))
	}
}

func inPhase(phase v1alpha1.StorePhase) func(*v1alpha1.Store) {
	return func(store *v1alpha1.Store) {
		unready(time.Second)(store)
		store.Status.Phase = phase
	}
}

func stuck(store *v1alpha1.Store) {
	unready(time.Second)(store)
	store.Status.Conditions[1].Status = metav1.ConditionTrue
}

func TestRolloutDecision(t *testing.T) {
	type stores = []*v1alpha1.Store
	tests := []struct {
		name, reason string
		store        *v1alpha1.Store
		target       string // r2 unless given
		limit        int    // 2 unless given
		none         bool   // a limit of 0
		moving       stores
		want         string
		move         bool
	}{
		{name: "newest", reason: "there is nowhere to go", store: onRevision("a", "r2"), want: health.ReasonCurrent},
		{name: "coming up", reason: "a new store need not be ready to be up to date",
			store: onRevision("a", "r2", unready(time.Second)), want: health.ReasonCurrent},
		{name: "version not offered", reason: "the newest revision that has the store's version is its own",
			store: onRevision("a", "r1"), target: "r1", want: health.ReasonCurrent},
		{name: "first", reason: "nobody else moves", store: onRevision("a", "r1"), want: health.ReasonRolloutRunning, move: true},
		{name: "second", reason: "one turn is free", store: onRevision("b", "r1"),
			moving: stores{onRevision("a", "r2", beingMoved)}, want: health.ReasonRolloutRunning, move: true},
		{name: "third", reason: "both turns are taken", store: onRevision("c", "r1"),
			moving: stores{onRevision("a", "r2", beingMoved), onRevision("b", "r2", beingMoved)}, want: health.ReasonRolloutWaiting},
		{name: "limit of one", reason: "the platform's limit counts", store: onRevision("b", "r1"), limit: 1,
			moving: stores{onRevision("a", "r2", beingMoved)}, want: health.ReasonRolloutWaiting},
		{name: "switched off", reason: "a limit of 0 keeps stores where they are", store: onRevision("a", "r1"), none: true, want: health.ReasonRolloutWaiting},
		{name: "not ready", reason: "what is wrong already would be taken for the move's fault",
			store: onRevision("a", "r1", unready(time.Second)), want: health.ReasonRolloutWaiting},
		{name: "older spec", reason: "the store was ready with another spec",
			store: onRevision("a", "r1", func(s *v1alpha1.Store) { s.Generation = 4 }), want: health.ReasonRolloutWaiting},
		{name: "suspended", reason: "whether the new revision runs could not be seen",
			store: onRevision("a", "r1", inPhase(v1alpha1.StoreSuspended), func(s *v1alpha1.Store) { s.Spec.Suspend = true }), want: health.ReasonRolloutWaiting},
		{name: "being suspended", reason: "it is still ready and will not be",
			store: onRevision("a", "r1", func(s *v1alpha1.Store) { s.Spec.Suspend = true }), want: health.ReasonRolloutWaiting},
		{name: "on its way", reason: "a restart changes nothing: it is in the Store",
			store: onRevision("a", "r2", beingMoved, unready(time.Minute)), want: health.ReasonRolloutRunning},
		{name: "arrived", reason: "ready with the new revision", store: onRevision("a", "r2", beingMoved), want: health.ReasonCurrent},
		{name: "suspended on the way", reason: "its owner wants it at rest, and it is",
			store: onRevision("a", "r2", beingMoved, inPhase(v1alpha1.StoreSuspended)), want: health.ReasonCurrent},
		{name: "other stalled", reason: "no further store is moved", store: onRevision("b", "r1"),
			moving: stores{onRevision("a", "r2", beingMoved, stuck)}, want: health.ReasonRolloutPaused},
		{name: "other degraded", reason: "a shop that crashes is never called stalled", store: onRevision("b", "r1"),
			moving: stores{onRevision("a", "r2", beingMoved, inPhase(v1alpha1.StoreDegraded))}, want: health.ReasonRolloutPaused},
		{name: "other late", reason: "not ready within the timeout", store: onRevision("b", "r1"),
			moving: stores{onRevision("a", "r2", beingMoved, unready(16*time.Minute))}, want: health.ReasonRolloutPaused},
		{name: "other in time", reason: "it may still become ready", store: onRevision("b", "r1"),
			moving: stores{onRevision("a", "r2", beingMoved, unready(14*time.Minute))}, want: health.ReasonRolloutRunning, move: true},
		{name: "not ready and paused", reason: "the pause is what the platform's operator has to know", store: onRevision("b", "r1", unready(time.Second)),
			moving: stores{onRevision("a", "r2", beingMoved, stuck)}, want: health.ReasonRolloutPaused},
		{name: "failed before", reason: "r3 may be the repair of r2, for which others wait", store: onRevision("c", "r1"), target: "r3",
			moving: stores{onRevision("a", "r2", beingMoved, stuck), onRevision("b", "r2", beingMoved, stuck)}, want: health.ReasonRolloutRunning, move: true},
		{name: "failed", reason: "it says itself that it holds the others up", store: onRevision("a", "r2", beingMoved, stuck), want: health.ReasonRolloutFailed},
		{name: "late", reason: "not ready within the timeout", store: onRevision("a", "r2", beingMoved, unready(15*time.Minute)), want: health.ReasonRolloutFailed},
		{name: "repaired", reason: "what failed and is ready has arrived", store: onRevision("a", "r2", hasFailed), want: health.ReasonCurrent},
		{name: "recovering", reason: "it may still become ready", store: onRevision("a", "r2", hasFailed, unready(time.Second)), want: health.ReasonRolloutRunning},
		{name: "failed and the turns taken", reason: "it is still known for one that failed, and can be repaired later",
			store: onRevision("a", "r2", hasFailed, stuck), target: "r3", limit: 1,
			moving: stores{onRevision("b", "r3", beingMoved)}, want: health.ReasonRolloutFailed},
		{name: "failed and switched off", reason: "a limit of 0 moves nothing", store: onRevision("a", "r2", hasFailed, stuck), target: "r3", none: true,
			want: health.ReasonRolloutFailed},
		{name: "put to rest", reason: "failed, suspended by its owner, and not to be judged when it is moved",
			store: onRevision("a", "r2", hasFailed, inPhase(v1alpha1.StoreSuspended), func(s *v1alpha1.Store) { s.Spec.Suspend = true }), target: "r3",
			want: health.ReasonRolloutWaiting},
		{name: "repaired by the next", reason: "it failed on r2 and cannot become ready there",
			store: onRevision("a", "r2", beingMoved, stuck), target: "r3",
			moving: stores{onRevision("a", "r2", beingMoved, stuck)}, want: health.ReasonRolloutRunning, move: true},
		{name: "overtaken", reason: "one move ends before the next begins",
			store: onRevision("a", "r2", beingMoved, unready(time.Second)), target: "r3", want: health.ReasonRolloutRunning},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := rollout{target: "r2", revisions: []string{"r1", "r2", "r3"}, limit: 2, timeout: 15 * time.Minute, now: rolloutNow, moving: tt.moving}
			if tt.target != "" {
				r.target = tt.target
			}
			if tt.limit != 0 || tt.none {
				r.limit = tt.limit
			}
			before := tt.store.DeepCopy()
			verdict, move := r.decide(tt.store)
			if verdict.Reason != tt.want || move != tt.move {
				t.Errorf("%s: %s (%s), moves %t; want %s, %t", tt.reason, verdict.Reason, verdict.Message, move, tt.want, tt.move)
			}
			if again, _ := r.decide(tt.store); again != verdict {
				t.Errorf("decided twice, it says %v and %v", verdict, again)
			}
			if diff := cmp.Diff(before, tt.store); diff != "" {
				t.Errorf("deciding changed the store:\n%s", diff)
			}
		})
	}
}
