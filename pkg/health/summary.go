package health

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// summarise adds Ready, Reconciling and Stalled, as kstatus reads them, and the phase.
func (o *Observation) summarise(findings []finding) Report {
	verdicts := make([]Verdict, 0, len(findings))
	for _, f := range findings {
		verdicts = append(verdicts, f.Verdict)
	}
	cause, failing := worst(verdicts)
	recheck := time.Duration(0)
	if failing && cause.Outlook != Settled {
		if left, ok := o.timeLeft(); ok && left > 0 {
			recheck = left
		} else if ok && cause.Outlook != Stalled {
			cause = o.timedOut(cause)
		}
	}
	ready := Holds("the shop serves as its spec says")
	if failing {
		ready = cause
	}
	report := Report{Phase: o.phase(cause, failing), Recheck: recheck}
	report.Conditions = append(report.Conditions,
		o.condition(v1alpha1.ConditionReady, ready),
		o.condition(v1alpha1.ConditionReconciling, o.reconciling(cause, failing)),
		o.condition(v1alpha1.ConditionStalled, stalled(cause, failing)))
	for _, f := range findings {
		report.Conditions = append(report.Conditions, o.condition(f.condition, f.Verdict))
	}
	return report
}

func (o *Observation) reconciling(cause Verdict, failing bool) Verdict {
	switch {
	case !failing || cause.Outlook == Settled:
		return Fails(Settled, ReasonSettled, "there is nothing to do")
	case cause.Outlook == Stalled:
		return Fails(Stalled, ReasonBlocked, "no progress is made, see the Stalled condition")
	case o.wasSettled():
		return Verdict{Status: metav1.ConditionTrue, Reason: ReasonRecovering, Message: cause.Message}
	default:
		return Verdict{Status: metav1.ConditionTrue, Reason: ReasonProgressing, Message: cause.Message}
	}
}

func stalled(cause Verdict, failing bool) Verdict {
	if failing && cause.Outlook == Stalled {
		return Verdict{Status: metav1.ConditionTrue, Reason: cause.Reason, Message: cause.Message}
	}
	return Fails(Settled, ReasonProgressing, "nothing stands in the way")
}

func (o *Observation) phase(cause Verdict, failing bool) v1alpha1.StorePhase {
	switch {
	case !failing:
		return v1alpha1.StoreReady
	case cause.Outlook == Settled:
		return v1alpha1.StoreSuspended
	case cause.Outlook == Stalled && !o.everReady():
		return v1alpha1.StoreFailed
	case cause.Outlook == Stalled, cause.Outlook == Broken && o.everReady(), o.wasSettled():
		return v1alpha1.StoreDegraded
	default:
		return v1alpha1.StoreProvisioning
	}
}

// wasSettled tells whether the store has been as its present spec says. The
// Reconciling condition remembers it, so that a pod lost after a change counts
// as a loss and one that the change itself replaces does not. A move to another
// revision is a change too.
func (o *Observation) wasSettled() bool {
	if Moving(o.Store) {
		return false
	}
	last := meta.FindStatusCondition(o.Store.Status.Conditions, v1alpha1.ConditionReconciling)
	return last != nil && last.ObservedGeneration == o.Store.Generation &&
		(last.Reason == ReasonSettled || last.Reason == ReasonRecovering)
}

// Moving tells whether the store was moved to another revision of its engine and
// has not been ready since.
func Moving(store *v1alpha1.Store) bool {
	found := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionUpToDate)
	return found != nil && (found.Reason == ReasonRolloutRunning || found.Reason == ReasonRolloutFailed)
}

// timeLeft is for stores that have never been ready.
func (o *Observation) timeLeft() (left time.Duration, ok bool) {
	started := o.Store.Status.ProvisioningStartTime
	if o.everReady() || o.suspended() || started == nil || o.Timeout <= 0 {
		return 0, false
	}
	if Reordered(o.Store) {
		return o.Timeout, true
	}
	return o.Timeout - o.Now.Sub(started.Time), true
}

// Reordered tells of a store that has never been ready and whose spec has changed
// since it was observed: its time begins anew. What was ordered before, it may have
// been at rest by request or could never have come up, says nothing of what is
// ordered now.
func Reordered(store *v1alpha1.Store) bool {
	return store.Status.ReadyTime == nil && store.Status.ObservedGeneration != store.Generation
}

func (o *Observation) timedOut(cause Verdict) Verdict {
	return Fails(Stalled, ReasonTimedOut, "not ready within %s, held up by %s: %s", o.Timeout, cause.Reason, cause.Message)
}
