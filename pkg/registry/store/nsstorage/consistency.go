package nsstorage

import (
	"context"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/cacher"
)

// readThrough puts right what the stock cache delegator takes for granted from
// etcd: that the cache can be brought up to any version of the cluster.
//
// The version of a consistent list is the cluster's and moves with every object
// of any kind, while the cache moves with store namespaces only. So a read at a
// version which the cache has not seen goes to kube-apiserver instead of waiting
// for an event that may never come, and the initial events of a watch come from
// a list.
type readThrough struct {
	*cacher.CacheDelegator
	cacher      *cacher.Cacher
	raw         *Storage
	newListFunc func() runtime.Object
}

var _ storage.Interface = &readThrough{}

// Get serves versions the cache has seen from the cache, and others from
// kube-apiserver.
func (r *readThrough) Get(ctx context.Context, key string, opts storage.GetOptions, out runtime.Object) error {
	ahead, err := r.ahead(opts.ResourceVersion)
	if err != nil {
		return err
	}
	if ahead {
		return r.raw.Get(ctx, key, opts, out)
	}
	return r.CacheDelegator.Get(ctx, key, opts, out)
}

// GetList serves versions the cache has seen from the cache, and others from
// kube-apiserver.
func (r *readThrough) GetList(ctx context.Context, key string, opts storage.ListOptions, out runtime.Object) error {
	ahead, err := r.ahead(opts.ResourceVersion)
	if err != nil {
		return err
	}
	if ahead {
		return r.raw.GetList(ctx, key, opts, out)
	}
	return r.CacheDelegator.GetList(ctx, key, opts, out)
}

// ahead is true when the cache has not seen the version yet.
func (r *readThrough) ahead(resourceVersion string) (bool, error) {
	if resourceVersion == "" || resourceVersion == "0" {
		return false, nil
	}
	wanted, err := r.raw.versioner.ParseResourceVersion(resourceVersion)
	if err != nil {
		return false, apierrors.NewBadRequest("invalid resource version: " + err.Error())
	}
	if !r.cacher.Ready() {
		return true, nil
	}
	seen, err := r.cacher.LastSyncResourceVersion()
	if err != nil {
		return false, err
	}
	return wanted > seen, nil
}

// Watch streams from the cache. Where initial events are asked for it lists,
// sends what it listed, says so with a bookmark, and streams on from there.
func (r *readThrough) Watch(ctx context.Context, key string, opts storage.ListOptions) (watch.Interface, error) {
	if opts.SendInitialEvents == nil || !*opts.SendInitialEvents {
		return r.CacheDelegator.Watch(ctx, key, opts)
	}
	list := r.newListFunc()
	listOpts := opts
	listOpts.SendInitialEvents = nil
	listOpts.ProgressNotify = false
	listOpts.Predicate.Limit = 0
	if err := r.GetList(ctx, key, listOpts, list); err != nil {
		return nil, err
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
		bookmark, err := newBookmark(r.raw.newFunc, r.raw.versioner, version)
		if err != nil {
			return nil, err
		}
		initial = append(initial, watch.Event{Type: watch.Bookmark, Object: bookmark})
	}
	rest := opts
	rest.SendInitialEvents = nil
	rest.ResourceVersionMatch = ""
	rest.ResourceVersion = accessor.GetResourceVersion()
	following, err := r.CacheDelegator.Watch(ctx, key, rest)
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
func (r *readThrough) Stats(ctx context.Context) (storage.Stats, error) {
	if !r.cacher.Ready() {
		return r.raw.Stats(ctx)
	}
	list := r.newListFunc()
	opts := storage.ListOptions{ResourceVersion: "0", Recursive: true, Predicate: storage.Everything}
	if err := r.CacheDelegator.GetList(ctx, r.raw.prefix, opts, list); err != nil {
		return storage.Stats{}, err
	}
	return storage.Stats{ObjectCount: int64(meta.LenList(list))}, nil
}

// CheckFree is Storage.CheckFree.
func (r *readThrough) CheckFree(ctx context.Context, key string) error {
	return r.raw.CheckFree(ctx, key)
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
