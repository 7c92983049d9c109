package nsstorage

import (
	"context"
	"errors"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/cacher"
	"k8s.io/klog/v2"
)

// ConsistentReads says how reads that must see everything acknowledged before
// them are answered.
type ConsistentReads string

const (
	// ReadThrough reads what the watch cache may not have yet from kube-apiserver.
	// It writes nothing. It is the default.
	ReadThrough ConsistentReads = "read-through"
	// Fence writes to a namespace of its own, waits until the watch cache has seen
	// that, and reads from the cache: a small write to etcd for all reads that
	// arrive while another is under way.
	Fence ConsistentReads = "fence"
)

// consistent puts right what the stock cache delegator takes for granted from
// etcd: that the cache can be brought up to any version of the cluster.
//
// The version of a consistent list is the cluster's and moves with every object
// of any kind, while the cache moves with store namespaces only. So a read at a
// version which the cache has not seen must not wait for an event that may never
// come: it goes to kube-apiserver, or makes that event come.
type consistent struct {
	*cacher.CacheDelegator
	cacher      *cacher.Cacher
	raw         *Storage
	newListFunc func() runtime.Object
}

var _ storage.Interface = &consistent{}

// Get serves versions the cache has seen from the cache, and others from
// kube-apiserver, which for one object is cheaper than a fence.
func (c *consistent) Get(ctx context.Context, key string, opts storage.GetOptions, out runtime.Object) error {
	ahead, err := c.ahead(opts.ResourceVersion)
	if err != nil {
		return err
	}
	if ahead {
		return c.raw.Get(ctx, key, opts, out)
	}
	return c.CacheDelegator.Get(ctx, key, opts, out)
}

// GetList serves versions the cache has seen from the cache, and others from
// kube-apiserver or, with a fence, from the cache as soon as it has seen them.
func (c *consistent) GetList(ctx context.Context, key string, opts storage.ListOptions, out runtime.Object) error {
	if c.raw.fence != nil && c.cacher.Ready() {
		err := c.listBehindFence(ctx, key, opts, out)
		if err == nil || ctx.Err() != nil || !errors.Is(err, errNoFence) && !storage.IsTooLargeResourceVersion(err) {
			return err
		}
		// A fence saves work, and whatever breaks it must not take the API out of service.
		klog.FromContext(ctx).V(2).Info("Reading through, because the watch cache did not come to the version", "resource", c.raw.resource, "err", err)
		return c.raw.GetList(ctx, key, opts, out)
	}
	ahead, err := c.ahead(opts.ResourceVersion)
	if err != nil {
		return err
	}
	if ahead {
		return c.raw.GetList(ctx, key, opts, out)
	}
	return c.CacheDelegator.GetList(ctx, key, opts, out)
}

// listBehindFence lists from the cache when that has seen everything which was
// acknowledged before, or the version that is asked for.
func (c *consistent) listBehindFence(ctx context.Context, key string, opts storage.ListOptions, out runtime.Object) error {
	newest, version := c.wanted(key, opts)
	if newest {
		// The cacher asks its storage for the current version, and waits for that.
		return c.cacher.GetList(ctx, key, opts, out)
	}
	ahead, err := c.ahead(version)
	if err != nil {
		return err
	}
	if ahead {
		current, err := c.raw.fence.pass(ctx)
		if err != nil {
			return err
		}
		// Too large are those of the future, and that of a fence's own write, which a
		// client may have from a list of another kind.
		if err := atLeast(storage.ListOptions{ResourceVersion: version}, current, c.raw.versioner); err != nil {
			return err
		}
	}
	return c.CacheDelegator.GetList(ctx, key, opts, out)
}

// wanted tells whether a list is one of what there is now, and if not, the
// version that it needs. What is wrong with the options others will say.
func (c *consistent) wanted(key string, opts storage.ListOptions) (newest bool, version string) {
	if opts.Predicate.Continue != "" {
		_, token, err := storage.DecodeContinue(opts.Predicate.Continue, key)
		if err != nil || token == 0 {
			return false, ""
		}
		return token < 0, strconv.FormatInt(token, 10)
	}
	return opts.ResourceVersion == "" && opts.ResourceVersionMatch == "", opts.ResourceVersion
}

// ahead is true when the cache has not seen the version yet.
func (c *consistent) ahead(resourceVersion string) (bool, error) {
	if resourceVersion == "" || resourceVersion == "0" {
		return false, nil
	}
	wanted, err := c.raw.versioner.ParseResourceVersion(resourceVersion)
	if err != nil {
		return false, apierrors.NewBadRequest("invalid resource version: " + err.Error())
	}
	if !c.cacher.Ready() {
		return true, nil
	}
	seen, err := c.cacher.LastSyncResourceVersion()
	if err != nil {
		return false, err
	}
	return wanted > seen, nil
}

// Watch streams from the cache. Where initial events are asked for it lists,
// sends what it listed, says so with a bookmark, and streams on from there.
func (c *consistent) Watch(ctx context.Context, key string, opts storage.ListOptions) (watch.Interface, error) {
	if opts.SendInitialEvents == nil || !*opts.SendInitialEvents {
		return c.CacheDelegator.Watch(ctx, key, opts)
	}
	list := c.newListFunc()
	listOpts := opts
	listOpts.SendInitialEvents = nil
	if opts.ResourceVersion == "" {
		listOpts.ResourceVersionMatch = "" // the newest, not any
	}
	listOpts.ProgressNotify = false
	listOpts.Predicate.Limit = 0
	if err := c.GetList(ctx, key, listOpts, list); err != nil {
		// A watch that cannot begin says so with an event, as the stock cache's does.
		failure := watch.Event{Type: watch.Error, Object: errorObject(err)}
		return newPrefixedWatch(ctx, []watch.Event{failure}, watch.NewEmptyWatch()), nil
	}
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return nil, storage.NewInternalError(err)
	}
	initial, err := initialEvents(list)
	if err != nil {
		return nil, storage.NewInternalError(err)
	}
	version, err := strconv.ParseUint(accessor.GetResourceVersion(), 10, 64)
	if err != nil {
		return nil, storage.NewInternalError(err)
	}
	if opts.Predicate.AllowWatchBookmarks {
		bookmark, err := newBookmark(c.raw.newFunc, c.raw.versioner, version)
		if err != nil {
			return nil, err
		}
		initial = append(initial, watch.Event{Type: watch.Bookmark, Object: bookmark})
	}
	rest := opts
	rest.SendInitialEvents = nil
	rest.ResourceVersionMatch = ""
	rest.ResourceVersion = accessor.GetResourceVersion()
	following, err := c.CacheDelegator.Watch(ctx, key, rest)
	if err != nil {
		return nil, err
	}
	return newPrefixedWatch(ctx, initial, following), nil
}

// initialEvents are the events of a list's items, as watches order them.
func initialEvents(list runtime.Object) ([]watch.Event, error) {
	items, err := meta.ExtractList(list)
	if err != nil {
		return nil, err
	}
	events := make([]watch.Event, 0, len(items)+1)
	for _, item := range items {
		events = append(events, watch.Event{Type: watch.Added, Object: item})
	}
	return events, nil
}

// Stats counts the objects in the cache; kube-apiserver is asked while there is
// no cache.
func (c *consistent) Stats(ctx context.Context) (storage.Stats, error) {
	if !c.cacher.Ready() {
		return c.raw.Stats(ctx)
	}
	list := c.newListFunc()
	opts := storage.ListOptions{ResourceVersion: "0", Recursive: true, Predicate: storage.Everything}
	if err := c.CacheDelegator.GetList(ctx, c.raw.prefix, opts, list); err != nil {
		return storage.Stats{}, err
	}
	return storage.Stats{ObjectCount: int64(meta.LenList(list))}, nil
}

// CheckFree is Storage.CheckFree.
func (c *consistent) CheckFree(ctx context.Context, key string) error {
	return c.raw.CheckFree(ctx, key)
}

// Encoded is Storage.Encoded.
func (c *consistent) Encoded(object metav1.Object, by runtime.Identifier, encode func() ([]byte, error)) ([]byte, error) {
	return c.raw.Encoded(object, by, encode)
}

// prefixedWatch sends some events before those of another watch.
type prefixedWatch struct {
	following watch.Interface
	results   chan watch.Event
	cancel    context.CancelFunc
}

func newPrefixedWatch(ctx context.Context, initial []watch.Event, following watch.Interface) *prefixedWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := &prefixedWatch{following: following, results: make(chan watch.Event), cancel: cancel}
	go w.run(ctx, initial)
	return w
}

func (w *prefixedWatch) run(ctx context.Context, initial []watch.Event) {
	defer close(w.results)
	defer w.following.Stop()
	for _, event := range initial {
		select {
		case w.results <- event:
		case <-ctx.Done():
			return
		}
	}
	for event := range w.following.ResultChan() {
		select {
		case w.results <- event:
		case <-ctx.Done():
			return
		}
	}
}

// ResultChan returns the events.
func (w *prefixedWatch) ResultChan() <-chan watch.Event { return w.results }

// Stop ends both watches.
func (w *prefixedWatch) Stop() {
	w.cancel()
	w.following.Stop()
}
