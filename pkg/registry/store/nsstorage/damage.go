package nsstorage

import (
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// overlay derives what a reader must see but nothing stores: the phase of a
// Store that is being deleted or is damaged, and the conditions that say why.
func overlay(store *stores.Store, since metav1.Time) {
	if store.Status.Phase == "" {
		store.Status.Phase = stores.StorePending
	}
	if store.DeletionTimestamp != nil {
		store.Status.Phase = stores.StoreTerminating
	}
	if len(store.Damage) == 0 {
		return
	}
	parts := make([]string, 0, len(store.Damage))
	for _, damage := range store.Damage {
		parts = append(parts, fmt.Sprintf("stored %s cannot be read: %s", damage.Part, damage.Problem))
	}
	slices.Sort(parts)
	message := strings.Join(parts, "; ") + ". Nothing is changed until it is repaired: see docs/operations.md, \"Repairing an Invalid store\""
	if store.DeletionTimestamp == nil {
		store.Status.Phase = stores.StoreInvalid
	}
	for conditionType, status := range map[string]metav1.ConditionStatus{
		v1alpha1.ConditionValid:       metav1.ConditionFalse,
		v1alpha1.ConditionReady:       metav1.ConditionFalse,
		v1alpha1.ConditionStalled:     metav1.ConditionTrue,
		v1alpha1.ConditionReconciling: metav1.ConditionFalse,
	} {
		apimeta.SetStatusCondition(&store.Status.Conditions, metav1.Condition{
			Type:               conditionType,
			Status:             status,
			Reason:             v1alpha1.ReasonStorageInvalid,
			Message:            message,
			LastTransitionTime: since,
		})
	}
	slices.SortFunc(store.Status.Conditions, func(a, b metav1.Condition) int { return strings.Compare(a.Type, b.Type) })
}

// storedStatus is a Store's status without what overlay derives, and without
// the creator, which is kept with the metadata, out of reach of status writers.
func storedStatus(store *stores.Store) stores.StoreStatus {
	status := store.Status
	status.Creator = ""
	if status.Phase == stores.StoreInvalid {
		status.Phase = ""
	}
	if slices.ContainsFunc(status.Conditions, derived) {
		status.Conditions = slices.DeleteFunc(slices.Clone(status.Conditions), derived)
	}
	return status
}

func derived(condition metav1.Condition) bool {
	return condition.Type == v1alpha1.ConditionValid || condition.Reason == v1alpha1.ReasonStorageInvalid
}

// keepDamage takes damaged parts out of an update, so that they stay byte for
// byte, and refuses an update that meant to change one.
func keepDamage(before, after *stores.Store, changed map[string]bool) error {
	var errs field.ErrorList
	for _, damage := range before.Damage {
		switch damage.Part {
		case "spec":
			if changed[annotationSpec] {
				errs = append(errs, field.Forbidden(field.NewPath("spec"), "cannot be changed while its stored form is damaged; repair it first"))
			}
			changed[annotationSpec] = false
		case "status":
			// Status is observed again after the repair: nothing is lost.
			changed[annotationStatus] = false
		case "metadata":
			// Bookkeeping of a write is not worth refusing the write for.
			quiet := after.DeepCopy()
			quiet.ManagedFields, quiet.Generation = before.ManagedFields, before.Generation
			if metadataChanged(before, quiet) {
				errs = append(errs, field.Forbidden(field.NewPath("metadata"), "cannot be changed while its stored form is damaged; repair it first"))
			}
			changed[annotationMetadata] = false
		}
	}
	if len(errs) > 0 {
		return apierrors.NewInvalid(stores.Kind(storeKind), before.Name, errs)
	}
	return nil
}
