package validation

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// CouldNotGrow tells that a volume is not as large as the Store orders it, because
// its storage cannot grow. The order can then be taken back, which else would be to
// shrink a volume; one that did grow stays as it is.
func CouldNotGrow(stored *stores.Store) bool {
	applied := meta.FindStatusCondition(stored.Status.Conditions, v1alpha1.ConditionResourcesApplied)
	return applied != nil && applied.Reason == v1alpha1.ReasonStorageCannotGrow
}

// validateGrowth refuses what no storage can do: a volume that shrinks or moves
// to another class.
func validateGrowth(updated []stores.VolumeStorage, stored *stores.Store, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	byName := make(map[string]stores.VolumeStorage, len(stored.Spec.Storage))
	for _, volume := range stored.Spec.Storage {
		byName[volume.Name] = volume
	}
	for i, volume := range updated {
		before := byName[volume.Name]
		delete(byName, volume.Name)
		switch {
		case before.VolumeSize == nil:
		case volume.VolumeSize == nil:
			errs = append(errs, field.Forbidden(path.Index(i).Child("size"), fmt.Sprintf("may not be removed: the volume has %s and volumes only grow", before.VolumeSize)))
		case volume.VolumeSize.Cmp(*before.VolumeSize) < 0 && !CouldNotGrow(stored):
			errs = append(errs, field.Forbidden(path.Index(i).Child("size"), fmt.Sprintf("may not be less than the present %s: volumes only grow", before.VolumeSize)))
		}
		if !equality.Semantic.DeepEqual(volume.StorageClassName, before.StorageClassName) {
			errs = append(errs, field.Forbidden(path.Index(i).Child("storageClassName"), "may not be changed after creation"))
		}
	}
	for _, volume := range stored.Spec.Storage {
		if _, removed := byName[volume.Name]; removed {
			errs = append(errs, field.Forbidden(path.Key(volume.Name), "may not be removed: volumes keep their size and class"))
		}
	}
	return errs
}
