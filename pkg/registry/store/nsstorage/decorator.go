package nsstorage

import (
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/cacher"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// eventsHistory is how long the watch cache remembers events at least, so that
// a watch can be resumed without a list.
const eventsHistory = 5 * time.Minute

// Decorator makes the storage that the generic registry serves a resource from:
// namespaces behind the stock watch cache.
type Decorator struct {
	// Namespaces is the client of the cluster's namespaces; see Config.
	Namespaces Namespaces
	// Codec maps objects to namespaces.
	Codec Codec
	// Resource is the resource that clients know.
	Resource schema.GroupResource
	// ConsistentReads is that of Config.
	ConsistentReads ConsistentReads
	// CompactRevision is that of Config.
	CompactRevision func() int64
	// OnReady, where set, is given the check of the watch cache, which the
	// server's readiness includes.
	OnReady func(check func() error)
}

// Decorate is a generic.StorageDecorator.
func (d Decorator) Decorate(
	config *storagebackend.ConfigForResource,
	resourcePrefix string,
	keyFunc func(object runtime.Object) (string, error),
	newFunc func() runtime.Object,
	newListFunc func() runtime.Object,
	attributes storage.AttrFunc,
	triggers storage.IndexerFuncs,
	indexers *cache.Indexers,
) (storage.Interface, factory.DestroyFunc, error) {
	raw := New(Config{
		Namespaces:      d.Namespaces,
		Codec:           d.Codec,
		Resource:        d.Resource,
		ResourcePrefix:  resourcePrefix,
		NewFunc:         newFunc,
		ConsistentReads: d.ConsistentReads,
		CompactRevision: d.CompactRevision,
	})
	watchCache, err := cacher.NewCacherFromConfig(cacher.Config{
		Storage:             raw,
		Versioner:           raw.Versioner(),
		GroupResource:       d.Resource,
		EventsHistoryWindow: eventsHistory,
		ResourcePrefix:      resourcePrefix,
		KeyFunc:             keyFunc,
		NewFunc:             newFunc,
		NewListFunc:         newListFunc,
		GetAttrsFunc:        attributes,
		IndexerFuncs:        triggers,
		Indexers:            indexers,
		Codec:               config.Codec,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("make the watch cache of %s: %w", d.Resource, err)
	}
	klog.V(2).InfoS("Serving from namespaces behind a watch cache", "resource", d.Resource)
	delegator := cacher.NewCacheDelegator(watchCache, raw)
	if d.OnReady != nil {
		d.OnReady(delegator.ReadinessCheck)
	}
	var once sync.Once
	destroy := func() {
		once.Do(func() {
			delegator.Stop()
			watchCache.Stop()
		})
	}
	return &consistent{CacheDelegator: delegator, cacher: watchCache, raw: raw, newListFunc: newListFunc}, destroy, nil
}

var _ generic.StorageDecorator = Decorator{}.Decorate
