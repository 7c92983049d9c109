package store

import (
	"bytes"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/apis/stores/validation"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

// catalogue checks Stores against what is installed and configured. It looks at
// new Stores and at the fields that an update changes, never at stored values:
// those stay writable when an engine has been taken away.
type catalogue struct {
	engines  *engine.Catalogue
	platform *config.PlatformConfiguration
}

// choose fills in the engine's default version and plan.
func (c catalogue) choose(spec *stores.StoreSpec) {
	found, ok := c.engines.Lookup(spec.Engine)
	if !ok {
		return // validation says so
	}
	definition := found.Latest().Definition
	if spec.Version == "" {
		spec.Version = definition.DefaultVersion
	}
	if spec.Plan == "" {
		spec.Plan = definition.DefaultPlan
	}
}

func (c catalogue) validateCreate(store *stores.Store) field.ErrorList {
	var errs field.ErrorList
	if store.Name != "" && c.platform.Reserved(store.Name) {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), store.Name, "is reserved by the platform; choose another name"))
	}
	if store.Spec.Engine == "" {
		return errs // required by the type
	}
	found, ok := c.engines.Lookup(store.Spec.Engine)
	if !ok {
		return append(errs, field.NotSupported(field.NewPath("spec", "engine"), store.Spec.Engine, c.engines.Names()))
	}
	return append(errs, validateOrder(found.Latest(), &store.Spec, &stores.StoreSpec{})...)
}

func (c catalogue) validateUpdate(updated, stored *stores.Store) field.ErrorList {
	if updated.Spec.Engine != stored.Spec.Engine {
		return nil // immutable by the type
	}
	revision, ok := c.revisionOf(stored)
	if !ok {
		// It was taken away. Only what does not depend on it may change.
		return refuseOrder(&updated.Spec, &stored.Spec)
	}
	errs := validateOrder(revision, &updated.Spec, &stored.Spec)
	return append(errs, validateFirstSizes(revision, &updated.Spec, stored)...)
}

// revisionOf is the revision that a Store runs or, before it ran any, will run.
func (c catalogue) revisionOf(store *stores.Store) (*engine.Revision, bool) {
	found, ok := c.engines.Lookup(store.Spec.Engine)
	if !ok {
		return nil, false
	}
	if store.Status.EngineRevision == "" {
		return found.Latest(), true
	}
	return found.Revision(store.Status.EngineRevision)
}

// validateFirstSizes refuses to shrink a volume by sizing it for the first time:
// until then it has the size of the plan, unless it could not grow to it.
func validateFirstSizes(revision *engine.Revision, spec *stores.StoreSpec, stored *stores.Store) field.ErrorList {
	if validation.CouldNotGrow(stored) {
		return nil
	}
	var errs field.ErrorList
	for i, volume := range spec.Storage {
		sized := slices.ContainsFunc(stored.Spec.Storage, func(s stores.VolumeStorage) bool { return s.Name == volume.Name && s.VolumeSize != nil })
		if volume.VolumeSize == nil || sized {
			continue
		}
		present, ok := revision.VolumeSize(&v1alpha1.StoreSpec{Plan: stored.Spec.Plan}, volume.Name)
		if ok && volume.VolumeSize.Cmp(present) < 0 {
			errs = append(errs, field.Forbidden(field.NewPath("spec", "storage").Index(i).Child("size"),
				fmt.Sprintf("may not be less than the plan's %s, which the volume has: volumes only grow", present.String())))
		}
	}
	return errs
}

// validateOrder checks what changed against what the revision offers.
func validateOrder(revision *engine.Revision, spec, stored *stores.StoreSpec) field.ErrorList {
	path := field.NewPath("spec")
	var errs field.ErrorList
	if spec.Version != stored.Version && !revision.HasVersion(spec.Version) {
		errs = append(errs, field.NotSupported(path.Child("version"), spec.Version, revision.Versions()))
	}
	if spec.Plan != stored.Plan && !revision.HasPlan(spec.Plan) {
		errs = append(errs, field.NotSupported(path.Child("plan"), spec.Plan, revision.Plans()))
	}
	for i, volume := range spec.Storage {
		known := slices.ContainsFunc(stored.Storage, func(s stores.VolumeStorage) bool { return s.Name == volume.Name })
		if _, declared := revision.Volume(volume.Name); !known && !declared && volume.Name != "" {
			errs = append(errs, field.NotSupported(path.Child("storage").Index(i).Child("name"), volume.Name, revision.Volumes()))
		}
	}
	if parameters := raw(spec.Parameters); !bytes.Equal(parameters, raw(stored.Parameters)) {
		errs = append(errs, revision.ValidateParameters(parameters, path.Child("parameters"))...)
	}
	return errs
}

// refuseOrder refuses changes that only an installed engine could judge.
func refuseOrder(spec, stored *stores.StoreSpec) field.ErrorList {
	const problem = "cannot be changed while the engine, in the revision this store runs, is not installed"
	path := field.NewPath("spec")
	var errs field.ErrorList
	if spec.Version != stored.Version {
		errs = append(errs, field.Forbidden(path.Child("version"), problem))
	}
	if spec.Plan != stored.Plan {
		errs = append(errs, field.Forbidden(path.Child("plan"), problem))
	}
	if !bytes.Equal(raw(spec.Parameters), raw(stored.Parameters)) {
		errs = append(errs, field.Forbidden(path.Child("parameters"), problem))
	}
	return errs
}

func raw(object *stores.JSONObject) []byte {
	if object == nil {
		return nil
	}
	return object.Raw
}
