package provisioner

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// progressPace is the time between two statuses of a store on its way that tell
// of progress alone. A write costs as much as several applies, and a shop that
// becomes ready within the pace has nobody who reads of its parts one by one.
const progressPace = 2 * time.Second

// turns are the conditions that clients decide by: their turns are told at once.
var turns = []string{
	v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled, v1alpha1.ConditionResourcesApplied,
}

// untilPace is how long a status has to wait that tells of progress alone; 0 for
// all others. When the last was written is in its conditions, give or take a second.
func untilPace(before, after *v1alpha1.StoreStatus, now time.Time) time.Duration {
	rest, written := *after.DeepCopy(), *before.DeepCopy()
	rest.Conditions, written.Conditions = nil, nil
	if !meta.IsStatusConditionTrue(after.Conditions, v1alpha1.ConditionReconciling) || !equality.Semantic.DeepEqual(rest, written) {
		return 0
	}
	for _, turn := range turns {
		was, is := meta.FindStatusCondition(before.Conditions, turn), meta.FindStatusCondition(after.Conditions, turn)
		if was == nil || is == nil || was.Status != is.Status {
			return 0
		}
	}
	var last time.Time
	for _, condition := range before.Conditions {
		if at := condition.LastTransitionTime.Time; slices.Contains(ownConditions, condition.Type) && at.After(last) {
			last = at
		}
	}
	return max(0, min(progressPace, progressPace-now.Sub(last)))
}
