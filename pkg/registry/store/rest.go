package store

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/util/dryrun"
	"k8s.io/utils/clock"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

// Options are what the registry of Stores needs.
type Options struct {
	// Scheme knows every version of the API.
	Scheme *runtime.Scheme
	// RESTOptions decorates the storage.
	RESTOptions generic.RESTOptionsGetter
	// Engines are the installed engines.
	Engines *engine.Catalogue
	// Platform is the defaulted configuration.
	Platform *config.PlatformConfiguration
}

// REST serves stores. All verbs are the generic registry's.
type REST struct {
	*genericregistry.Store
}

var (
	_ rest.StandardStorage      = &REST{}
	_ rest.ShortNamesProvider   = &REST{}
	_ rest.CategoriesProvider   = &REST{}
	_ rest.SingularNameProvider = &REST{}
)

// StatusREST serves stores/status.
type StatusREST struct {
	store *genericregistry.Store
}

var (
	_ rest.Patcher             = &StatusREST{}
	_ rest.ResetFieldsStrategy = &StatusREST{}
)

// NewREST returns the storage of stores and of stores/status.
func NewREST(options Options) (*REST, *StatusREST, error) {
	r := &REST{Store: &genericregistry.Store{}}
	main := strategy{
		DeclarativeValidation: rest.DeclarativeValidation{Scheme: options.Scheme},
		NameGenerator:         nameGenerator{},
		catalogue:             catalogue{engines: options.Engines, platform: options.Platform},
		hosts:                 hostIndex{platform: options.Platform, list: r.listFromCache},
	}
	*r.Store = genericregistry.Store{
		NewFunc:                   func() runtime.Object { return &stores.Store{} },
		NewListFunc:               func() runtime.Object { return &stores.StoreList{} },
		PredicateFunc:             predicate,
		DefaultQualifiedResource:  stores.Resource("stores"),
		SingularQualifiedResource: stores.Resource("store"),
		CreateStrategy:            main,
		UpdateStrategy:            main,
		DeleteStrategy:            main,
		ResetFieldsStrategy:       main,
		TableConvertor:            tableConvertor{clock: clock.RealClock{}},
		BeginCreate:               r.refuseTakenOnDryRun,
		ShouldDeleteDuringUpdate:  lastFinalizerGone,
	}
	err := r.CompleteWithOptions(&generic.StoreOptions{
		RESTOptions: options.RESTOptions,
		AttrFunc:    Attributes,
		Indexers:    hostIndexers(),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("complete the registry of stores: %w", err)
	}
	status := *r.Store
	status.UpdateStrategy = statusStrategy{main}
	status.ResetFieldsStrategy = statusStrategy{main}
	return r, &StatusREST{store: &status}, nil
}

// ShortNames are what kubectl accepts for stores.
func (*REST) ShortNames() []string { return []string{"sto"} }

// Categories are the groups of resources that `kubectl get` shows stores with.
func (*REST) Categories() []string { return []string{"platform"} }

// Delete is the generic registry's, which asks one question more: is the Store
// protected?
func (r *REST) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	return r.Store.Delete(ctx, name, unlessProtected(validate), options)
}

// DeleteCollection is the generic registry's, which asks of each Store whether
// it is protected.
func (r *REST) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions, list *metainternalversion.ListOptions) (runtime.Object, error) {
	return r.Store.DeleteCollection(ctx, unlessProtected(validate), options, list)
}

// unlessProtected refuses to delete a Store that is protected, or of which
// nobody can tell.
func unlessProtected(validate rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, object runtime.Object) error {
		store := object.(*stores.Store)
		switch {
		case store.DeletionTimestamp != nil:
			// It is going already.
		case store.Spec.DeletionProtection:
			return apierrors.NewForbidden(stores.Resource("stores"), store.Name,
				fmt.Errorf("spec.deletionProtection is true; set it to false first"))
		case damaged(store, "spec"), damaged(store, "metadata"):
			return apierrors.NewForbidden(stores.Resource("stores"), store.Name,
				fmt.Errorf("its stored form is damaged, so it is unknown whether it is protected or has finalizers; repair it first, or delete its namespace"))
		}
		if validate == nil {
			return nil
		}
		return validate(ctx, object)
	}
}

// lastFinalizerGone tells the update that removes the last finalizer of a Store
// that is being deleted, and so deletes it, from any other write to a Store
// without finalizers: once its namespace is terminating finalizers read as
// empty, and the status that explains a hanging deletion must be stored.
func lastFinalizerGone(_ context.Context, _ string, _, existing runtime.Object) bool {
	return len(existing.(*stores.Store).Finalizers) > 0
}

// freeChecker is storage that can tell whether a key could be created.
type freeChecker interface {
	CheckFree(ctx context.Context, key string) error
}

// refuseTakenOnDryRun makes a dry run say what a create would: upstream's dry
// run only looks for an object with the key.
func (r *REST) refuseTakenOnDryRun(ctx context.Context, object runtime.Object, options *metav1.CreateOptions) (genericregistry.FinishFunc, error) {
	checker, ok := r.Store.Storage.Storage.(freeChecker)
	store := object.(*stores.Store)
	if !ok || store.Name == "" || !dryrun.IsDryRun(options.DryRun) {
		return func(context.Context, bool) {}, nil
	}
	key, err := r.KeyFunc(ctx, store.Name)
	if err != nil {
		return func(context.Context, bool) {}, nil // validation says what is wrong with the name
	}
	if err := checker.CheckFree(ctx, key); err != nil {
		return nil, err
	}
	return func(context.Context, bool) {}, nil
}

// listFromCache lists what the watch cache has.
func (r *REST) listFromCache(ctx context.Context, predicate storage.SelectionPredicate) (*stores.StoreList, error) {
	list := &stores.StoreList{}
	err := r.Store.Storage.GetList(ctx, r.KeyRootFunc(ctx), storage.ListOptions{
		ResourceVersion: "0",
		Recursive:       true,
		Predicate:       predicate,
	}, list)
	if err != nil {
		return nil, fmt.Errorf("look up hosts: %w", err)
	}
	return list, nil
}

// New returns an empty Store.
func (*StatusREST) New() runtime.Object { return &stores.Store{} }

// Destroy does nothing: the storage belongs to REST.
func (*StatusREST) Destroy() {}

// Get reads the Store.
func (r *StatusREST) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	return r.store.Get(ctx, name, options)
}

// Update writes the status. A status of something that does not exist is never
// created.
func (r *StatusREST) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc, update rest.ValidateObjectUpdateFunc, _ bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	return r.store.Update(ctx, name, info, create, update, false, options)
}

// GetResetFields are the fields that a write to the status leaves alone.
func (r *StatusREST) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return r.store.GetResetFields()
}

// ConvertToTable shows the Store as a table.
func (r *StatusREST) ConvertToTable(ctx context.Context, object, options runtime.Object) (*metav1.Table, error) {
	return r.store.ConvertToTable(ctx, object, options)
}
