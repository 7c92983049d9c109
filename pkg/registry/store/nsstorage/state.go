package nsstorage

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"
)

// state is an object as it was stored at a version: what updates and deletions
// begin with.
type state struct {
	object  runtime.Object
	version uint64
	// current is false for a caller's suggestion, which may be stale.
	current bool
	// terminating is true when the namespace itself is being deleted, which a
	// suggestion cannot tell from an object that waits for its finalizers.
	terminating bool
}

// exists is false for the state of a key that nothing is stored at.
func (s state) exists() bool { return s.version != 0 }

// start returns the suggestion, or what is stored now where there is none.
func (s *Storage) start(suggestion runtime.Object, refresh func() (state, error)) (state, error) {
	if suggestion == nil {
		return refresh()
	}
	version, err := s.versioner.ObjectResourceVersion(suggestion)
	if err != nil {
		return state{}, fmt.Errorf("read resource version of the suggested object: %w", err)
	}
	return state{object: suggestion, version: version}, nil
}

// read returns the object with the key as it is stored now.
func (s *Storage) read(ctx context.Context, key string) (state, error) {
	name, err := s.locate(key)
	if err != nil {
		return state{}, err
	}
	namespace, err := s.namespaces.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return state{}, s.interpretRead(ctx, err, key)
	}
	return s.stateOf(namespace, key)
}

// readOrEmpty is read, with an empty object for a key that nothing is stored at.
func (s *Storage) readOrEmpty(ctx context.Context, key string) (state, error) {
	current, err := s.read(ctx, key)
	if storage.IsNotFound(err) {
		return state{object: s.newFunc(), current: true}, nil
	}
	return current, err
}

func (s *Storage) stateOf(namespace *corev1.Namespace, key string) (state, error) {
	if owned, ok := s.codec.Key(namespace); !ok || owned != key {
		return state{}, storage.NewKeyNotFoundError(key, 0)
	}
	object := s.decode(key, namespace)
	version, err := s.versioner.ObjectResourceVersion(object)
	if err != nil {
		return state{}, fmt.Errorf("read resource version of %s: %w", key, err)
	}
	return state{
		object:      object,
		version:     version,
		current:     true,
		terminating: namespace.DeletionTimestamp != nil,
	}, nil
}

// afterRefusal decides what follows when an operation was refused on the basis
// of a state: if that was a stale suggestion, the operation is tried on what is
// stored now; if not, the refusal stands. The error is the original one, for
// the refreshed object it was computed from is the same.
func afterRefusal(refused state, refresh func() (state, error), refusal error) (state, error) {
	if refused.current {
		return state{}, refusal
	}
	return afterConflict(refused, refresh, refusal)
}

// afterConflict decides what follows when a write was refused because the
// object is at another version. If it is not, the refusal had another reason,
// such as somebody's admission webhook, and stands: trying again would go on
// for ever.
func afterConflict(refused state, refresh func() (state, error), refusal error) (state, error) {
	current, err := refresh()
	if err != nil {
		return state{}, err
	}
	if current.version == refused.version {
		return state{}, refusal
	}
	return current, nil
}
