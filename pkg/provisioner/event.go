package provisioner

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// longestNote is what of a text an Event holds: the API server refuses a longer one.
const longestNote = 1000

// record records one Event on a store.
func (p *Provisioner) record(store *v1alpha1.Store, kind, reason, action, text string) {
	if len(text) > longestNote {
		text = strings.ToValidUTF8(text[:longestNote], "") + "…"
	}
	// The recorder makes one Event of those that are alike. A reference that names
	// the version of the Store would make all of them differ.
	about := &corev1.ObjectReference{
		APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Store", Name: store.Name, UID: store.UID,
	}
	p.recorder.Eventf(about, nil, kind, reason, action, "%s", text)
}

// announce records an Event for each turn that a store has taken between two
// statuses, in the past tense, and nothing while nothing happens.
func (p *Provisioner) announce(before, after *v1alpha1.Store) {
	was := func(condition string) bool { return meta.IsStatusConditionTrue(before.Status.Conditions, condition) }
	is := func(condition string) bool { return meta.IsStatusConditionTrue(after.Status.Conditions, condition) }
	note := func(condition string) string {
		if found := meta.FindStatusCondition(after.Status.Conditions, condition); found != nil {
			return found.Reason + ": " + found.Message
		}
		return condition
	}
	record := func(kind, reason, action, text string) { p.record(after, kind, reason, action, text) }
	if before.Status.ProvisioningStartTime == nil && after.Status.ProvisioningStartTime != nil {
		record(corev1.EventTypeNormal, "ProvisioningStarted", "Provision", "Started to provision the store in namespace "+after.Status.Namespace)
	}
	if from, to := before.Status.EngineRevision, after.Status.EngineRevision; from != "" && from != to {
		record(corev1.EventTypeNormal, "RevisionChanged", "Move", "Moved from revision "+from+" to "+to+" of engine "+after.Spec.Engine)
	}
	if stageOf(after) == health.ReasonRolloutFailed && stageOf(before) != health.ReasonRolloutFailed {
		record(corev1.EventTypeWarning, "RolloutFailed", "Move", "Not ready since the move to revision "+after.Status.EngineRevision+", "+note(v1alpha1.ConditionReady))
	}
	if token := after.Status.AdminCredentialsRotation; token != before.Status.AdminCredentialsRotation && before.Status.ReadyTime != nil {
		record(corev1.EventTypeNormal, "AdminCredentialsRotated", "Rotate", "Gave the shop's admin a new password, for rotation "+token)
	}
	if is(v1alpha1.ConditionResourcesApplied) && !was(v1alpha1.ConditionResourcesApplied) {
		record(corev1.EventTypeNormal, "Provisioned", "Apply", "Applied every object of the shop")
	}
	switch {
	case is(v1alpha1.ConditionReady) && !was(v1alpha1.ConditionReady):
		record(corev1.EventTypeNormal, "BecameReady", "Observe", "The shop serves at "+after.Status.URL)
	case after.Status.Phase == v1alpha1.StoreSuspended && before.Status.Phase != v1alpha1.StoreSuspended:
		record(corev1.EventTypeNormal, "Suspended", "Observe", "The shop was scaled to zero; its data is kept")
	case !is(v1alpha1.ConditionReady) && was(v1alpha1.ConditionReady) && after.Status.Phase == v1alpha1.StoreDegraded:
		record(corev1.EventTypeWarning, "Degraded", "Observe", note(v1alpha1.ConditionReady))
	}
	if is(v1alpha1.ConditionStalled) && !was(v1alpha1.ConditionStalled) {
		record(corev1.EventTypeWarning, "ProvisioningFailed", "Observe", note(v1alpha1.ConditionStalled))
	}
	if after.DeletionTimestamp != nil && before.Status.Phase != v1alpha1.StoreTerminating {
		record(corev1.EventTypeNormal, "DeletionStarted", "Delete", "Started to delete the shop and all it contains")
	}
}
