package store

import (
	"bytes"
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/names"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/apis/stores/validation"
)

// strategy says what creates and updates of a Store mean.
type strategy struct {
	rest.DeclarativeValidation
	names.NameGenerator
	catalogue catalogue
	hosts     hostIndex
}

var (
	_ rest.RESTCreateStrategy              = strategy{}
	_ rest.RESTUpdateStrategy              = strategy{}
	_ rest.RESTDeleteStrategy              = strategy{}
	_ rest.ResetFieldsStrategy             = strategy{}
	_ rest.GarbageCollectionDeleteStrategy = strategy{}
)

// NamespaceScoped is false: a Store is a namespace.
func (strategy) NamespaceScoped() bool { return false }

// DefaultGarbageCollectionPolicy deletes what a Store owns in the background.
func (strategy) DefaultGarbageCollectionPolicy(context.Context) rest.GarbageCollectionPolicy {
	return rest.DeleteDependents
}

// GetResetFields are the fields that a write to the main resource leaves alone.
func (strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return map[fieldpath.APIVersion]*fieldpath.Set{
		fieldpath.APIVersion(v1alpha1.SchemeGroupVersion.String()): fieldpath.NewSet(fieldpath.MakePathOrDie("status")),
	}
}

// PrepareForCreate drops what users may not set, records the creator, and
// chooses the engine's defaults, once and for all.
func (s strategy) PrepareForCreate(ctx context.Context, object runtime.Object) {
	store := object.(*stores.Store)
	store.Generation = 1
	store.Damage = nil
	// Nobody has looked at it: a tool that reads kstatus takes a Store without a
	// condition for finished, unless it sees that its generation is not observed.
	store.Status = stores.StoreStatus{Phase: stores.StorePending, ObservedGeneration: -1}
	if user, ok := request.UserFrom(ctx); ok {
		store.Status.Creator = user.GetName()
	}
	s.catalogue.choose(&store.Spec)
	canonicalize(&store.Spec)
}

// PrepareForUpdate keeps the status, and the version and plan where a client
// that never heard of them leaves them out.
func (s strategy) PrepareForUpdate(_ context.Context, object, old runtime.Object) {
	updated, stored := object.(*stores.Store), old.(*stores.Store)
	updated.Status = stored.Status
	updated.Damage = stored.Damage
	if updated.Spec.Version == "" {
		updated.Spec.Version = stored.Spec.Version
	}
	if updated.Spec.Plan == "" {
		updated.Spec.Plan = stored.Spec.Plan
	}
	canonicalize(&updated.Spec)
	if !equality.Semantic.DeepEqual(updated.Spec, stored.Spec) {
		updated.Generation = stored.Generation + 1
	}
}

// canonicalize gives the free-form parameters one form, so that a client which
// orders keys or spaces differently changes nothing.
func canonicalize(spec *stores.StoreSpec) {
	if spec.Parameters == nil {
		return
	}
	if len(spec.Parameters.Raw) == 0 {
		spec.Parameters = nil
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(spec.Parameters.Raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return // validation says so
	}
	if value == nil {
		spec.Parameters = nil
		return
	}
	if canonical, err := json.Marshal(value); err == nil {
		spec.Parameters.Raw = canonical
	}
}

// Validate checks a new Store.
func (s strategy) Validate(ctx context.Context, object runtime.Object) field.ErrorList {
	store := object.(*stores.Store)
	errs := validation.ValidateStore(store)
	errs = append(errs, s.catalogue.validateCreate(store)...)
	return append(errs, s.hosts.validate(ctx, store, nil)...)
}

// ValidateUpdate checks what an update changes.
func (s strategy) ValidateUpdate(ctx context.Context, object, old runtime.Object) field.ErrorList {
	updated, stored := object.(*stores.Store), old.(*stores.Store)
	if damaged(stored, "spec") {
		// Storage refuses to overwrite it, and there is nothing to compare with.
		return nil
	}
	errs := validation.ValidateStoreUpdate(updated, stored)
	errs = append(errs, s.catalogue.validateUpdate(updated, stored)...)
	return append(errs, s.hosts.validate(ctx, updated, stored)...)
}

func damaged(store *stores.Store, part string) bool {
	for _, damage := range store.Damage {
		if damage.Part == part {
			return true
		}
	}
	return false
}

// Canonicalize leaves the object as PrepareFor… made it.
func (strategy) Canonicalize(runtime.Object) {}

// AllowCreateOnUpdate is false: a PUT to a name that does not exist is NotFound.
func (strategy) AllowCreateOnUpdate(context.Context) bool { return false }

// AllowUnconditionalUpdate is true, as for built-in resources: an update without
// a resourceVersion means "whatever is there".
func (strategy) AllowUnconditionalUpdate(context.Context) bool { return true }
