package store

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/config"
)

// hostField is the watch cache's index of the hosts that Stores name.
const hostField = "spec.hosts"

// hostIndexers index the watch cache by host.
func hostIndexers() *cache.Indexers {
	return &cache.Indexers{
		storage.FieldIndex(hostField): func(object any) ([]string, error) {
			store, ok := object.(*stores.Store)
			if !ok {
				return nil, nil
			}
			return store.Spec.Hosts, nil
		},
	}
}

// hostIndex answers which Stores name a host.
//
// It reads the watch cache, so two writes at the same moment may both pass. The
// provisioner settles that: the oldest Store keeps the host.
type hostIndex struct {
	platform *config.PlatformConfiguration
	// list reads the watch cache; it is set once the storage exists.
	list func(ctx context.Context, predicate storage.SelectionPredicate) (*stores.StoreList, error)
}

// validate checks the hosts that an update adds.
func (h hostIndex) validate(ctx context.Context, store, stored *stores.Store) field.ErrorList {
	var errs field.ErrorList
	for i, host := range store.Spec.Hosts {
		if stored != nil && slices.Contains(stored.Spec.Hosts, host) {
			continue
		}
		path := field.NewPath("spec", "hosts").Index(i)
		if h.platform.UnderBaseDomain(host) {
			errs = append(errs, field.Invalid(path, host, "must be outside "+h.platform.BaseDomain+", whose names belong to the platform"))
			continue
		}
		taken, err := h.taken(ctx, host, store.Name)
		if err != nil {
			// The cache is being filled again: as in a race, the provisioner settles it.
			klog.FromContext(ctx).Error(err, "Could not look up a host", "store", store.Name, "host", host)
			continue
		}
		if taken {
			errs = append(errs, field.Invalid(path, host, "is already used by another store"))
		}
	}
	return errs
}

// taken does not say by whom: a tenant must not learn of others.
func (h hostIndex) taken(ctx context.Context, host, except string) (bool, error) {
	list, err := h.list(ctx, storage.SelectionPredicate{
		Label:       labels.Everything(),
		Field:       byHost(host),
		GetAttrs:    Attributes,
		IndexFields: []string{hostField},
	})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(list.Items, func(s stores.Store) bool {
		return s.Name != except && s.DeletionTimestamp == nil && slices.Contains(s.Spec.Hosts, host)
	}), nil
}

// byHost is a selector that leads a list to the index and lets all it finds
// through. A Store has many hosts, which no ordinary field selector can express.
type byHost string

var _ fields.Selector = byHost("")

// Matches lets everything through.
func (byHost) Matches(fields.Fields) bool { return true }

// Empty is false, so that the index is asked.
func (byHost) Empty() bool { return false }

// RequiresExactMatch names the host for the index.
func (h byHost) RequiresExactMatch(name string) (string, bool) {
	return string(h), name == hostField
}

// Transform changes nothing.
func (h byHost) Transform(fields.TransformFunc) (fields.Selector, error) { return h, nil }

// Requirements are none that a caller could check.
func (byHost) Requirements() fields.Requirements { return nil }

// String describes the selector in logs.
func (h byHost) String() string { return hostField + "=" + string(h) }

// DeepCopySelector returns the selector: it is immutable.
func (h byHost) DeepCopySelector() fields.Selector { return h }
