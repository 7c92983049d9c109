package store

import (
	"bytes"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores"
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
	found, ok := c.engines.Lookup(updated.Spec.Engine)
	if !ok {
		// The engine was taken away. Only what does not depend on it may change.
		found = nil
	}
	revision := revisionOf(found, stored)
	if revision == nil {
		return refuseOrder(&updated.Spec, &stored.Spec)
	}
	return validateOrder(revision, &updated.Spec, &stored.Spec)
}

// revisionOf is the revision that a Store runs or, before it ran any, will run.
func revisionOf(found *engine.Engine, store *stores.Store) *engine.Revision {
	if found == nil {
		return nil
	}
	if store.Status.EngineRevision == "" {
		return found.Latest()
	}
	revision, ok := found.Revision(store.Status.EngineRevision)
	if !ok {
		return nil
	}
	return revision
}

// validateOrder checks what changed against what the revision offers.
func validateOrder(revision *engine.Revision, spec, stored *stores.StoreSpec) field.ErrorList {
	path := field.NewPath("spec")
	var errs field.ErrorList
	if spec.Version != stored.Version && !revision.HasVersion(spec.Version) {
		errs = append(errs, field.NotSupported(path.Child("version"), spec.Version, versionNames(revision)))
	}
	if spec.Plan != stored.Plan && !revision.HasPlan(spec.Plan) {
		errs = append(errs, field.NotSupported(path.Child("plan"), spec.Plan, planNames(revision)))
	}
	for i, volume := range spec.Storage {
		known := slices.ContainsFunc(stored.Storage, func(s stores.VolumeStorage) bool { return s.Name == volume.Name })
		if _, declared := revision.Volume(volume.Name); !known && !declared && volume.Name != "" {
			errs = append(errs, field.NotSupported(path.Child("storage").Index(i).Child("name"), volume.Name, volumeNames(revision)))
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

func versionNames(revision *engine.Revision) []string {
	names := make([]string, 0, len(revision.Definition.Versions))
	for _, version := range revision.Definition.Versions {
		names = append(names, version.Name)
	}
	return names
}

func planNames(revision *engine.Revision) []string {
	names := make([]string, 0, len(revision.Definition.Plans))
	for _, plan := range revision.Definition.Plans {
		names = append(names, plan.Name)
	}
	return names
}

func volumeNames(revision *engine.Revision) []string {
	names := make([]string, 0, len(revision.Definition.Volumes))
	for _, volume := range revision.Definition.Volumes {
		names = append(names, volume.Name)
	}
	return names
}
