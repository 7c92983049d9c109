package nsstorage

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/storage"
	utilflowcontrol "k8s.io/apiserver/pkg/util/flowcontrol"
)

// eventBuffer is how many events wait for a slow reader before the upstream
// watch does.
const eventBuffer = 100

// Watch streams the changes of the objects below the key, or of the one with the
// key. While kube-apiserver is away the stream pauses and then goes on where it
// stopped; it ends with an error only when its version has been forgotten.
func (s *Storage) Watch(ctx context.Context, key string, opts storage.ListOptions) (watch.Interface, error) {
	prefix, err := storage.PrepareKey(s.prefix, key, opts.Recursive)
	if err != nil {
		return nil, storage.NewInternalError(err)
	}
	version, err := s.versioner.ParseResourceVersion(opts.ResourceVersion)
	if err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("invalid resource version: %v", err))
	}
	initial := version == 0
	if opts.SendInitialEvents != nil {
		initial = *opts.SendInitialEvents
	}
	if version == 0 && !initial {
		// What happens after this call returns must not be missed.
		if version, err = s.readVersion(ctx); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{
		storage: s,
		initial: initial,
		query:   query{prefix: prefix, opts: opts},
		version: version,
		seen:    map[string]runtime.Object{},
		results: make(chan watch.Event, eventBuffer),
		ctx:     ctx,
		cancel:  cancel,
	}
	go w.run()
	// A namespace watch has no signal for "caught up", as etcd has none.
	utilflowcontrol.WatchInitialized(ctx)
	return w, nil
}

// watcher translates a watch of namespaces into one of objects.
type watcher struct {
	storage *Storage
	query   query
	version uint64
	initial bool // begin with what exists
	// seen holds the objects that the reader knows, when the watch has a
	// selector: an object that stops matching must go from the reader's view.
	seen map[string]runtime.Object
	// reached is the version of the last bookmark sent.
	reached uint64
	results chan watch.Event
	ctx     context.Context
	cancel  context.CancelFunc
}

// ResultChan returns the events.
func (w *watcher) ResultChan() <-chan watch.Event { return w.results }

// Stop ends the watch.
func (w *watcher) Stop() { w.cancel() }

func (w *watcher) run() {
	defer close(w.results)
	defer w.cancel()
	if err := w.begin(); err != nil {
		w.fail(err)
		return
	}
	if err := w.storage.stream(w.ctx, w.version, w.translate); err != nil {
		w.fail(err)
	}
}

// begin lists what the reader must be told first, or what a selector needs to
// know of the past.
func (w *watcher) begin() error {
	if !w.initial {
		return w.remember()
	}
	version, err := w.list(storage.ListOptions{ResourceVersion: w.query.opts.ResourceVersion}, true)
	if err != nil {
		return err
	}
	w.version = version
	return w.initialEventsEnd()
}

// remember notes the objects that match before the first event. A version that
// is too old for a list but not for a watch leaves it empty.
func (w *watcher) remember() error {
	if w.query.opts.Predicate.Empty() {
		return nil
	}
	_, err := w.list(storage.ListOptions{
		ResourceVersion:      strconv.FormatUint(w.version, 10),
		ResourceVersionMatch: metav1.ResourceVersionMatchExact,
	}, false)
	if apierrors.IsResourceExpired(err) || storage.IsTooLargeResourceVersion(err) {
		return nil
	}
	return err
}

func (w *watcher) list(opts storage.ListOptions, emit bool) (uint64, error) {
	opts.Recursive = w.query.opts.Recursive
	opts.Predicate = storage.Everything
	version, _, err := storage.ValidateListOptions(w.query.prefix, w.storage.versioner, opts)
	if err != nil {
		return 0, err
	}
	q := query{prefix: w.query.prefix, version: version, opts: opts}
	options, err := w.storage.upstream(q)
	if err != nil {
		return 0, err
	}
	page, err := w.storage.openPage(w.ctx, options)
	if err != nil {
		return 0, w.storage.interpretList(w.ctx, err, q)
	}
	defer page.Close()
	read, err := w.storage.versioner.ParseResourceVersion(page.ResourceVersion)
	if err != nil {
		return 0, storage.NewInternalError(err)
	}
	for {
		namespace, more, err := page.next()
		if err != nil {
			return 0, w.storage.interpretList(w.ctx, err, q)
		}
		if !more {
			return read, nil
		}
		key, object, ours, err := w.storage.listed(namespace, emit)
		if err != nil {
			return 0, storage.NewInternalError(err)
		}
		if !ours || !w.covers(key) {
			continue
		}
		if matched, err := w.query.opts.Predicate.Matches(object); err != nil || !matched {
			continue
		}
		w.note(key, object)
		if emit && !w.send(watch.Event{Type: watch.Added, Object: object}) {
			return 0, w.ctx.Err()
		}
	}
}

// initialEventsEnd tells a reader who asked for it that the initial events are
// complete.
func (w *watcher) initialEventsEnd() error {
	opts := w.query.opts
	if opts.SendInitialEvents == nil || !*opts.SendInitialEvents || !opts.Predicate.AllowWatchBookmarks {
		return nil
	}
	bookmark, err := newBookmark(w.storage.newFunc, w.storage.versioner, w.version)
	if err != nil {
		return err
	}
	w.send(watch.Event{Type: watch.Bookmark, Object: bookmark})
	return nil
}

// newBookmark returns the object that ends the initial events of a watch.
func newBookmark(newFunc func() runtime.Object, versioner storage.Versioner, version uint64) (runtime.Object, error) {
	bookmark := newFunc()
	if err := versioner.UpdateObject(bookmark, version); err != nil {
		return nil, storage.NewInternalError(err)
	}
	if err := storage.AnnotateInitialEventsEndBookmark(bookmark); err != nil {
		return nil, storage.NewInternalError(err)
	}
	return bookmark, nil
}

// translate sends the event of an object for that of its namespace. It returns
// false when the reader is gone.
func (w *watcher) translate(kind watch.EventType, namespace *corev1.Namespace) bool {
	if kind == watch.Bookmark {
		// kube-apiserver sends one a minute, which is clock enough for this.
		w.storage.decoded.idle()
		if version, err := w.storage.versioner.ParseResourceVersion(namespace.ResourceVersion); err == nil {
			return w.progress(version)
		}
		return true
	}
	key, ours := w.storage.codec.Key(namespace)
	if !ours {
		// It may have been ours until this change. What it holds cannot be asked
		// any more, but its name still says which object is gone.
		return w.disowned(namespace)
	}
	if !w.covers(key) {
		return true
	}
	if kind == watch.Deleted {
		return w.removed(key, namespace)
	}
	object := w.storage.decode(key, namespace)
	matched, err := w.query.opts.Predicate.Matches(object)
	if err != nil {
		w.fail(storage.NewInternalError(err))
		return false
	}
	before, known := w.seen[key]
	switch {
	case matched:
		if w.selective() && kind == watch.Modified && !known {
			kind = watch.Added
		}
		w.note(key, object)
		return w.send(watch.Event{Type: kind, Object: object})
	case known:
		delete(w.seen, key)
		return w.sendDeleted(before, namespace)
	default:
		return true
	}
}

// passed handles the event of a namespace in which nobody knows an object. It
// says at least how far the stream has come, as that of a fence does on purpose.
func (w *watcher) passed(namespace *corev1.Namespace) bool {
	version, err := w.storage.versioner.ParseResourceVersion(namespace.ResourceVersion)
	if err != nil || !w.query.opts.ProgressNotify {
		return true
	}
	if w.storage.fence != nil {
		version = w.storage.fence.reached(namespace.Name, version)
	}
	return w.progress(version)
}

// progress passes on how far the stream has come, to a reader that asked for it.
func (w *watcher) progress(reached uint64) bool {
	if !w.query.opts.ProgressNotify || reached <= w.reached {
		return true
	}
	w.reached = reached
	bookmark := w.storage.newFunc()
	if err := w.storage.versioner.UpdateObject(bookmark, reached); err != nil {
		return true
	}
	return w.send(watch.Event{Type: watch.Bookmark, Object: bookmark})
}

// removed reports the last state of an object whose namespace is gone.
func (w *watcher) removed(key string, namespace *corev1.Namespace) bool {
	w.storage.decoded.forget(namespace.Name)
	last := w.storage.newFunc()
	w.storage.codec.Decode(namespace, last)
	before, known := w.seen[key]
	delete(w.seen, key)
	if w.selective() {
		if !known {
			return true
		}
		return w.sendDeleted(before, namespace)
	}
	return w.send(watch.Event{Type: watch.Deleted, Object: last})
}

// disowned reports the end of an object whose namespace lost our label, or got
// a label that does not agree with its name.
func (w *watcher) disowned(namespace *corev1.Namespace) bool {
	key, ok := w.storage.codec.FormerKey(namespace)
	if !ok || !w.covers(key) || !w.storage.remembers(namespace.Name, key) {
		return w.passed(namespace)
	}
	return w.removed(key, namespace)
}

// sendDeleted reports an object at the version of the event that removed it.
func (w *watcher) sendDeleted(object runtime.Object, namespace *corev1.Namespace) bool {
	last := object.DeepCopyObject()
	accessor, err := meta.Accessor(last)
	if err != nil {
		w.fail(storage.NewInternalError(err))
		return false
	}
	accessor.SetResourceVersion(namespace.ResourceVersion)
	return w.send(watch.Event{Type: watch.Deleted, Object: last})
}

func (w *watcher) selective() bool { return !w.query.opts.Predicate.Empty() }

func (w *watcher) note(key string, object runtime.Object) {
	if w.selective() {
		w.seen[key] = object
	}
}

func (w *watcher) covers(key string) bool {
	if !w.query.opts.Recursive {
		return key == w.query.prefix
	}
	return strings.HasPrefix(key, w.query.prefix)
}

func (w *watcher) send(event watch.Event) bool {
	select {
	case w.results <- event:
		return true
	case <-w.ctx.Done():
		return false
	}
}

// fail ends the watch with an error event, as readers of watches expect.
func (w *watcher) fail(err error) {
	if w.ctx.Err() != nil {
		return
	}
	w.send(watch.Event{Type: watch.Error, Object: errorObject(err)})
}

func errorObject(err error) runtime.Object {
	if status, ok := err.(apierrors.APIStatus); ok {
		value := status.Status()
		return &value
	}
	value := apierrors.NewInternalError(err).Status()
	return &value
}
