package store

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/apis/stores/validation"
)

// statusStrategy is the strategy of the status subresource: it protects what
// the main one lets through, and the other way round.
type statusStrategy struct {
	strategy
}

// GetResetFields are the fields that a write to the status leaves alone.
func (statusStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return map[fieldpath.APIVersion]*fieldpath.Set{
		fieldpath.APIVersion(v1alpha1.SchemeGroupVersion.String()): fieldpath.NewSet(
			fieldpath.MakePathOrDie("spec"),
			fieldpath.MakePathOrDie("status", "creator"),
			fieldpath.MakePathOrDie("metadata", "labels"),
			fieldpath.MakePathOrDie("metadata", "annotations"),
			fieldpath.MakePathOrDie("metadata", "finalizers"),
			fieldpath.MakePathOrDie("metadata", "ownerReferences"),
		),
	}
}

// PrepareForUpdate keeps everything but the status, and in it the creator.
func (statusStrategy) PrepareForUpdate(_ context.Context, object, old runtime.Object) {
	updated, stored := object.(*stores.Store), old.(*stores.Store)
	updated.Spec = stored.Spec
	updated.Damage = stored.Damage
	updated.Status.Creator = stored.Status.Creator
	metav1.ResetObjectMetaForStatus(updated, stored)
}

// ValidateUpdate checks the status alone: it can be written whatever has become
// of the engine, the plan or the hosts that the spec names.
func (statusStrategy) ValidateUpdate(_ context.Context, object, old runtime.Object) field.ErrorList {
	return validation.ValidateStoreStatusUpdate(object.(*stores.Store), old.(*stores.Store))
}
