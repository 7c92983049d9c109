package metric

import (
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// phases are all that are reported, so that an empty one reads zero.
var phases = []v1alpha1.StorePhase{
	v1alpha1.StorePending, v1alpha1.StoreProvisioning, v1alpha1.StoreReady, v1alpha1.StoreDegraded,
	v1alpha1.StoreFailed, v1alpha1.StoreSuspended, v1alpha1.StoreTerminating, v1alpha1.StoreInvalid,
}

// rolloutReasons are all that are reported, of each engine that has stores.
var rolloutReasons = []string{
	health.ReasonCurrent, health.ReasonRolloutWaiting, health.ReasonRolloutRunning,
	health.ReasonRolloutFailed, health.ReasonRolloutPaused,
}

// engines that stores were counted of: one whose last store is gone reads zero.
var (
	enginesMu sync.Mutex
	engines   = map[string]bool{}
)

// CountStores sets how many stores there are in each phase, and how far the
// rollouts of each engine are. What is no store is not counted.
func CountStores(all []any) {
	byPhase := map[v1alpha1.StorePhase]int{}
	type turn struct{ engine, reason string }
	byTurn := map[turn]int{}
	enginesMu.Lock()
	defer enginesMu.Unlock()
	for _, item := range all {
		store, ok := item.(*v1alpha1.Store)
		if !ok {
			continue
		}
		phase := store.Status.Phase
		if phase == "" {
			phase = v1alpha1.StorePending
		}
		byPhase[phase]++
		if found := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionUpToDate); found != nil {
			engines[store.Spec.Engine] = true
			byTurn[turn{store.Spec.Engine, found.Reason}]++
		}
	}
	for _, phase := range phases {
		stores.WithLabelValues(string(phase)).Set(float64(byPhase[phase]))
	}
	for engine := range engines {
		for _, reason := range rolloutReasons {
			rolloutStores.WithLabelValues(engine, reason).Set(float64(byTurn[turn{engine, reason}]))
		}
	}
}
