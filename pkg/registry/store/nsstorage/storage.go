package nsstorage

import (
	"context"
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/storage"
)

// Config says what a Storage stores and where.
type Config struct {
	// Namespaces is the client of the cluster's namespaces; see NewNamespaces.
	Namespaces Namespaces
	// Codec maps objects to namespaces.
	Codec Codec
	// Resource is the resource that clients know, for errors.
	Resource schema.GroupResource
	// ResourcePrefix is the prefix of all keys; it begins with "/".
	ResourcePrefix string
	// NewFunc returns a new empty object.
	NewFunc func() runtime.Object
	// ConsistentReads says how they are answered; empty means ReadThrough.
	ConsistentReads ConsistentReads
	// CompactRevision, where set, tells what the cluster has forgotten, which its
	// API does not say. The watch cache then forgets it too; without it, the cache
	// answers for the past as long as it remembers.
	CompactRevision func() int64
}

// Storage is a storage.Interface over namespaces.
type Storage struct {
	namespaces Namespaces
	codec      Codec
	resource   schema.GroupResource
	prefix     string
	newFunc    func() runtime.Object
	versioner  storage.APIObjectVersioner
	decoded    *decodeCache
	compacted  func() int64
	fence      *fence // nil: read through
	everything coalescer[snapshot]
}

var _ storage.Interface = &Storage{}

// New returns a Storage without a watch cache; see Decorator for the one that
// serves requests.
func New(config Config) *Storage {
	s := &Storage{
		namespaces: config.Namespaces,
		codec:      config.Codec,
		resource:   config.Resource,
		prefix:     config.ResourcePrefix,
		newFunc:    config.NewFunc,
		decoded:    newDecodeCache(),
		compacted:  config.CompactRevision,
	}
	s.everything.run = s.readEverything
	if config.ConsistentReads == Fence {
		s.fence = newFence(s)
	}
	return s
}

// Versioner reads and writes resource versions, which are the namespaces' own.
func (s *Storage) Versioner() storage.Versioner { return s.versioner }

// Get reads the namespace of the key. Every read is a quorum read, so it is
// never older than any version that exists.
func (s *Storage) Get(ctx context.Context, key string, opts storage.GetOptions, out runtime.Object) error {
	state, err := s.read(ctx, key)
	if err != nil {
		if storage.IsNotFound(err) && opts.IgnoreNotFound {
			return runtime.SetZeroValue(out)
		}
		return err
	}
	if err := s.checkMinimumVersion(ctx, opts.ResourceVersion, state.version); err != nil {
		return err
	}
	return copyInto(state.object, out)
}

// decode returns the object in the namespace. It is shared with the decode
// cache and must not be modified.
func (s *Storage) decode(key string, namespace *corev1.Namespace) runtime.Object {
	if object, ok := s.decoded.get(namespace); ok {
		return object
	}
	object := s.newFunc()
	s.codec.Decode(namespace, object)
	s.decoded.put(key, namespace, object)
	return object
}

// decodePast is decode for a namespace as it once was. Only the present is
// worth remembering: the past would push it out, or outlive the namespace.
func (s *Storage) decodePast(namespace *corev1.Namespace) runtime.Object {
	if object, ok := s.decoded.get(namespace); ok {
		return object
	}
	object := s.newFunc()
	s.codec.Decode(namespace, object)
	return object
}

func (s *Storage) locate(key string) (string, error) {
	prepared, err := storage.PrepareKey(s.prefix, key, false)
	if err != nil {
		return "", storage.NewInternalError(err)
	}
	name, err := s.codec.NamespaceName(prepared)
	if err != nil {
		return "", storage.NewInternalError(err)
	}
	return name, nil
}

// CheckFree returns an AlreadyExists error when the namespace that the key
// needs is taken by one that is not ours, and nil when it is free or ours.
//
// The generic registry looks for an existing object on a dry-run create, which
// cannot see such a namespace.
func (s *Storage) CheckFree(ctx context.Context, key string) error {
	name, err := s.locate(key)
	if err != nil {
		return err
	}
	namespace, err := s.namespaces.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return s.interpretRead(ctx, err, key)
	}
	if _, ours := s.codec.Key(namespace); ours {
		return nil
	}
	return s.taken(key)
}

// checkMinimumVersion answers whether data read just now satisfies "not older
// than": only a version that does not exist yet cannot be satisfied.
func (s *Storage) checkMinimumVersion(ctx context.Context, minimum string, read uint64) error {
	if minimum == "" {
		return nil
	}
	wanted, err := s.versioner.ParseResourceVersion(minimum)
	if err != nil {
		return apierrors.NewBadRequest(fmt.Sprintf("invalid resource version: %v", err))
	}
	if wanted <= read {
		return nil
	}
	current, err := s.readVersion(ctx)
	if err != nil {
		return err
	}
	if wanted > current {
		return storage.NewTooLargeResourceVersionError(wanted, current, tooLargeRetrySeconds)
	}
	return nil
}

// GetCurrentResourceVersion returns a version that is not lower than that of
// anything acknowledged before. With a fence the watch comes to it by itself.
func (s *Storage) GetCurrentResourceVersion(ctx context.Context) (uint64, error) {
	if s.fence != nil {
		return s.fence.pass(ctx)
	}
	return s.readVersion(ctx)
}

// readVersion returns the cluster's version, which moves with every object of
// any kind.
func (s *Storage) readVersion(ctx context.Context) (uint64, error) {
	list, err := s.namespaces.List(ctx, metav1.ListOptions{LabelSelector: s.codec.Selector().String(), Limit: 1})
	if err != nil {
		return 0, s.interpretRead(ctx, err, s.prefix)
	}
	version, err := s.versioner.ParseResourceVersion(list.ResourceVersion)
	if err != nil || version == 0 {
		return 0, storage.NewInternalError(fmt.Errorf("read current resource version %q: %w", list.ResourceVersion, err))
	}
	return version, nil
}

// Stats counts the stored objects, as kube-apiserver's cache has them.
func (s *Storage) Stats(ctx context.Context) (storage.Stats, error) {
	list, err := s.namespaces.List(ctx, metav1.ListOptions{LabelSelector: s.codec.Selector().String(), ResourceVersion: "0"})
	if err != nil {
		return storage.Stats{}, s.interpretRead(ctx, err, s.prefix)
	}
	stats := storage.Stats{}
	for i := range list.Items {
		if _, ours := s.codec.Key(&list.Items[i]); ours {
			stats.ObjectCount++
		}
	}
	return stats, nil
}

// ReadinessCheck reports nothing: what can be unready is the watch cache.
func (s *Storage) ReadinessCheck() error { return nil }

// RequestWatchProgress does nothing: kube-apiserver cannot be asked for a
// bookmark. The cacher knows, because the etcd feature it checks for is absent.
func (s *Storage) RequestWatchProgress(context.Context) error { return nil }

// EnableResourceSizeEstimation does nothing: sizes are estimated from etcd keys.
func (s *Storage) EnableResourceSizeEstimation(storage.KeysFunc) error { return nil }

// CompactRevision returns what the configuration tells, or 0: compaction is
// kube-apiserver's and cannot be seen.
func (s *Storage) CompactRevision() int64 {
	if s.compacted == nil {
		return 0
	}
	return s.compacted()
}

// IsWatchListSemanticsUnSupported tells the reflector inside the watch cache to
// list and then watch.
func (s *Storage) IsWatchListSemanticsUnSupported() bool { return true }

// copyInto makes out a shallow copy of the object, as the stock watch cache does.
func copyInto(object, out runtime.Object) error {
	target, err := conversion.EnforcePtr(out)
	if err != nil {
		return fmt.Errorf("copy object: %w", err)
	}
	target.Set(reflect.ValueOf(object).Elem())
	return nil
}
