package provisioner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/informers/externalversions"
)

// indexHost finds the stores that want a host.
const indexHost = "host"

// caches hold what the provisioner sees: the stores, and of every kind of object
// that it makes those that carry the label of a store. Kinds of which health
// reads more than metadata are held whole, less what trim drops; of all others
// only the metadata are fetched. Secrets are in no cache.
type caches struct {
	p      *Provisioner
	stores cache.SharedIndexInformer
	events cache.SharedIndexInformer

	typed    informers.SharedInformerFactory
	mu       sync.RWMutex
	kinds    map[schema.GroupKind]*kindCache
	handlers []cache.InformerSynced
}

// labelled restricts lists and watches to what belongs to a store.
func labelled(options *metav1.ListOptions) { options.LabelSelector = v1alpha1.LabelStore }

// kindCache is the cache of one kind.
type kindCache struct {
	kind     schema.GroupVersionKind
	resource schema.GroupVersionResource
	informer cache.SharedIndexInformer
}

func newCaches(p *Provisioner) *caches {
	c := &caches{
		p:      p,
		kinds:  map[schema.GroupKind]*kindCache{},
		stores: externalversions.NewSharedInformerFactory(p.stores, 0).Platform().V1alpha1().Stores().Informer(),
		typed: informers.NewSharedInformerFactoryWithOptions(p.kube, 0,
			informers.WithTweakListOptions(labelled), informers.WithTransform(trim)),
	}
	// Events carry no labels of what they are about. These few, of pods that were
	// refused, are told by nothing else for StatefulSets and Jobs.
	refusals := fields.OneTermEqualSelector("reason", "FailedCreate").String()
	c.events = informers.NewSharedInformerFactoryWithOptions(p.kube, 0,
		informers.WithTransform(trim),
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.FieldSelector = refusals }),
	).Core().V1().Events().Informer()
	c.addBuiltIn()
	return c
}

// start fills the caches; what runs on belongs to background.
func (c *caches) start(ctx context.Context, background *sync.WaitGroup) error {
	if err := c.stores.AddIndexers(cache.Indexers{indexHost: hostsOf}); err != nil {
		return fmt.Errorf("index stores by host: %w", err)
	}
	if err := c.stores.AddIndexers(rolloutIndexers); err != nil {
		return fmt.Errorf("index stores by rollout: %w", err)
	}
	if err := c.watch(c.stores, storeHandler{c.p}); err != nil {
		return fmt.Errorf("handle stores: %w", err)
	}
	if err := c.watch(c.events, cache.ResourceEventHandlerFuncs{AddFunc: c.p.refused}); err != nil {
		return fmt.Errorf("handle events: %w", err)
	}
	for _, kind := range c.kinds {
		if err := c.watch(kind.informer, objectHandler{c.p, kind.kind.GroupKind()}); err != nil {
			return fmt.Errorf("handle %s: %w", kind.kind.Kind, err)
		}
	}
	background.Go(func() { c.stores.RunWithContext(ctx) })
	background.Go(func() { c.events.RunWithContext(ctx) })
	for _, kind := range c.kinds {
		background.Go(func() { kind.informer.RunWithContext(ctx) })
	}
	if err := c.sync(ctx); err != nil {
		return err
	}
	// Once before any store is worked on, so that a restart calls no kind missing
	// that is there; then again and again, because definitions are installed at any time.
	c.discover(ctx, background)
	background.Go(func() {
		wait.UntilWithContext(ctx, func(ctx context.Context) { c.discover(ctx, background) }, c.p.platform.Provisioning.ResyncInterval.Duration/20)
	})
	return nil
}

func (c *caches) watch(informer cache.SharedIndexInformer, handler cache.ResourceEventHandler) error {
	registration, err := informer.AddEventHandler(handler)
	if err != nil {
		return err
	}
	c.handlers = append(c.handlers, registration.HasSynced)
	return nil
}

// sync waits until every cache has been filled and its handler has seen all of it.
func (c *caches) sync(ctx context.Context) error {
	waiting := klog.FromContext(ctx)
	report := c.p.clock.NewTicker(syncReport)
	defer report.Stop()
	poll := c.p.clock.NewTicker(syncPoll)
	defer poll.Stop()
	for {
		missing := slices.ContainsFunc(c.handlers, func(synced cache.InformerSynced) bool { return !synced() })
		if !missing {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("fill caches: %w", context.Cause(ctx))
		case <-report.C():
			waiting.Info("Waiting for caches; the account may lack list or watch permission", "missing", c.unsynced())
		case <-poll.C():
		}
	}
}

const (
	syncPoll   = 25 * time.Millisecond
	syncReport = 10 * time.Second
)

func (c *caches) unsynced() []string {
	var missing []string
	if !c.stores.HasSynced() {
		missing = append(missing, "Store")
	}
	if !c.events.HasSynced() {
		missing = append(missing, "Event")
	}
	for _, kind := range c.kinds {
		if !kind.informer.HasSynced() {
			missing = append(missing, kind.kind.Kind)
		}
	}
	slices.Sort(missing)
	return missing
}

// storeNames lists all stores.
func (c *caches) storeNames() []string { return c.stores.GetStore().ListKeys() }

// store returns a store as it was seen last; its own writes count as seen.
func (c *caches) store(name string) (*v1alpha1.Store, bool) {
	item, found, err := c.stores.GetStore().GetByKey(name)
	if err != nil || !found {
		c.p.recent.forget(storeKey(name))
		return nil, false
	}
	cached, ok := item.(*v1alpha1.Store)
	if !ok {
		return nil, false
	}
	store, ok := c.p.recent.newest(c.p.clock.Now(), storeKey(name), cached).(*v1alpha1.Store)
	return store, ok
}

// kind returns the cache of a kind; false while the cluster does not serve it.
func (c *caches) kind(kind schema.GroupKind) (*kindCache, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	found, ok := c.kinds[kind]
	return found, ok
}

// mustKind returns the cache of a kind that is built in.
func (c *caches) mustKind(kind schema.GroupKind) *kindCache {
	found, ok := c.kind(kind)
	if !ok {
		panic("no cache of the built-in kind " + kind.String())
	}
	return found
}

// each returns all kinds in a fixed order.
func (c *caches) each() []*kindCache {
	c.mu.RLock()
	defer c.mu.RUnlock()
	kinds := make([]*kindCache, 0, len(c.kinds))
	for _, kind := range c.kinds {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b *kindCache) int { return strings.Compare(a.kind.String(), b.kind.String()) })
	return kinds
}

// list returns the objects of a kind in a store's namespace that are labelled as the store's.
func list[T metav1.Object](c *caches, kind schema.GroupKind, store string) []T {
	of, ok := c.kind(kind)
	if !ok {
		return nil
	}
	items, err := of.informer.GetIndexer().ByIndex(cache.NamespaceIndex, v1alpha1.NamespacePrefix+store)
	if err != nil {
		return nil
	}
	var objects []T
	for _, item := range items {
		if object, ok := item.(T); ok && object.GetLabels()[v1alpha1.LabelStore] == store {
			objects = append(objects, object)
		}
	}
	slices.SortFunc(objects, func(a, b T) int { return strings.Compare(a.GetName(), b.GetName()) })
	return objects
}

// refusals are the Events about pods that could not be created in a namespace.
func (c *caches) refusals(namespace string) []*corev1.Event {
	items, err := c.events.GetIndexer().ByIndex(cache.NamespaceIndex, namespace)
	if err != nil {
		return nil
	}
	var events []*corev1.Event
	for _, item := range items {
		if event, ok := item.(*corev1.Event); ok {
			events = append(events, event)
		}
	}
	return events
}
