package nsstorage

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"
)

// Create stores a new object in one request. Namespaces do not expire: the time
// to live is ignored.
func (s *Storage) Create(ctx context.Context, key string, object, out runtime.Object, _ uint64) error {
	if version, err := s.versioner.ObjectResourceVersion(object); err == nil && version != 0 {
		return storage.ErrResourceVersionSetOnCreate
	}
	created, err := s.create(ctx, key, object)
	if apierrors.IsAlreadyExists(err) {
		// Ours: the generic registry tells a live object from a terminating one.
		if _, readErr := s.read(ctx, key); readErr == nil {
			return storage.NewKeyExistsError(key, 0)
		} else if !storage.IsNotFound(readErr) {
			return readErr
		}
		return s.taken(key)
	}
	if err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	return copyInto(created.object, out)
}

// create writes the namespace of a new object. A namespace that exists is
// reported by kube-apiserver's AlreadyExists error, for the caller to judge.
func (s *Storage) create(ctx context.Context, key string, object runtime.Object) (state, error) {
	name, err := s.locate(key)
	if err != nil {
		return state{}, err
	}
	prepared := object.DeepCopyObject()
	if err := s.versioner.PrepareObjectForStorage(prepared); err != nil {
		return state{}, fmt.Errorf("prepare object for storage: %w", err)
	}
	image, err := s.codec.Encode(key, prepared)
	if err != nil {
		return state{}, err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	image.apply(namespace)
	created, err := s.namespaces.Create(ctx, namespace, metav1.CreateOptions{})
	switch {
	case apierrors.IsAlreadyExists(err):
		return state{}, err
	case err != nil:
		return state{}, s.interpret(ctx, err, key)
	}
	return s.stateOf(created, key)
}
