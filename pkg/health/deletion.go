package health

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// DeletionPatience is how long a deletion may take before it is explained.
// Shorter than that there is always something left, and it changes by the second.
const DeletionPatience = 30 * time.Second

// Deletion is what was seen of a store that is being deleted.
type Deletion struct {
	// Now is the time of the observation.
	Now time.Time
	// Store that is being deleted.
	Store *v1alpha1.Store
	// Namespace is the store's; nil while it needs no explanation.
	Namespace *corev1.Namespace
}

// Due tells whether the deletion needs an explanation, or else when it will.
func (d Deletion) Due() (due bool, in time.Duration) {
	left := DeletionPatience - d.Now.Sub(d.Store.DeletionTimestamp.Time)
	return left <= 0, max(left, 0)
}

// ObserveDeletion says how far a deletion is and what holds it up.
func ObserveDeletion(d Deletion) Report {
	o := &Observation{Store: d.Store}
	ready := Fails(Working, ReasonTerminating, "the store is being deleted with all it contains")
	stalled := Fails(Settled, ReasonTerminating, "nothing stands in the way")
	if cause := d.cause(); cause != nil {
		ready.Reason, ready.Message = cause.Reason, cause.Message
		if cause.Outlook == Stalled {
			stalled = Verdict{Status: metav1.ConditionTrue, Reason: cause.Reason, Message: cause.Message}
		}
	}
	report := Report{Phase: v1alpha1.StoreTerminating, Conditions: []metav1.Condition{
		o.condition(v1alpha1.ConditionReady, ready),
		o.condition(v1alpha1.ConditionReconciling, Verdict{Status: metav1.ConditionTrue, Reason: ReasonTerminating, Message: ready.Message}),
		o.condition(v1alpha1.ConditionStalled, stalled),
	}}
	if due, in := d.Due(); !due {
		report.Recheck = in
	}
	return report
}

// namespaceCauses are conditions of a namespace that hangs, gravest first.
var namespaceCauses = []struct {
	condition corev1.NamespaceConditionType
	outlook   Outlook
	reason    string
	advice    string
}{
	{corev1.NamespaceDeletionDiscoveryFailure, Stalled, ReasonDeletionBlocked,
		"An API service of the cluster does not answer: `kubectl get apiservices` shows which; repair or remove it"},
	{corev1.NamespaceDeletionGVParsingFailure, Stalled, ReasonDeletionBlocked,
		"Remove the API service with the malformed group or version"},
	{corev1.NamespaceDeletionContentFailure, Stalled, ReasonDeletionBlocked,
		"Remove what refuses the deletion, a webhook or a policy for example"},
	{corev1.NamespaceFinalizersRemaining, Working, ReasonContentRemains,
		"The controller that set each finalizer has to remove it"},
	{corev1.NamespaceContentRemaining, Working, ReasonContentRemains,
		"They go when their own deletion is finished"},
}

func (d Deletion) cause() *Verdict {
	if d.Namespace == nil {
		return nil
	}
	for _, known := range namespaceCauses {
		for _, condition := range d.Namespace.Status.Conditions {
			if condition.Type == known.condition && condition.Status == corev1.ConditionTrue {
				return fails(known.outlook, known.reason, "deletion of namespace %s: %s %s",
					d.Namespace.Name, sentence(condition.Message), known.advice)
			}
		}
	}
	if len(d.Store.Finalizers) > 0 {
		finalizers := slices.Sorted(slices.Values(d.Store.Finalizers))
		return fails(Working, ReasonFinalizersRemain, "the deletion waits for finalizers on the Store: %s; the controller that set each has to remove it",
			strings.Join(finalizers, ", "))
	}
	return nil
}
