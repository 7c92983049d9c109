package nsstorage

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/utils/ptr"
)

// Delete deletes the namespace of the key at exactly the version that was
// validated, and returns the object as it is after: a namespace takes a while
// to go, and deleting one that is going already succeeds.
func (s *Storage) Delete(
	ctx context.Context, key string, out runtime.Object, preconditions *storage.Preconditions,
	validateDeletion storage.ValidateObjectFunc, suggestion runtime.Object, _ storage.DeleteOptions,
) error {
	refresh := func() (state, error) { return s.read(ctx, key) }
	stored, err := s.start(suggestion, refresh)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := s.mayDelete(ctx, key, stored, preconditions, validateDeletion); err != nil {
			next, stop := afterRefusal(stored, refresh, err)
			if stop != nil {
				return stop
			}
			stored = next
			continue
		}
		err := s.delete(ctx, key, stored.version)
		conflict := err
		switch {
		case err == nil:
			return s.afterDelete(ctx, key, stored, out)
		case apierrors.IsConflict(err):
			// Somebody wrote in between, or the namespace is terminating already:
			// kube-apiserver answers both alike.
			refused := stored
			if stored, err = refresh(); err != nil {
				return err
			}
			if stored.terminating {
				if err := s.mayDelete(ctx, key, stored, preconditions, validateDeletion); err != nil {
					return err
				}
				return copyInto(stored.object, out)
			}
			if stored.version == refused.version {
				return conflict
			}
		default:
			return err
		}
	}
	return storage.NewTimeoutError(key, "the deletion did not complete in time, because others kept updating the object")
}

func (s *Storage) mayDelete(ctx context.Context, key string, stored state, preconditions *storage.Preconditions, validateDeletion storage.ValidateObjectFunc) error {
	if preconditions != nil {
		if err := preconditions.Check(key, stored.object); err != nil {
			return err
		}
	}
	return validateDeletion(ctx, stored.object)
}

func (s *Storage) delete(ctx context.Context, key string, version uint64) error {
	name, err := s.locate(key)
	if err != nil {
		return err
	}
	err = s.namespaces.Delete(ctx, name, metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{ResourceVersion: ptr.To(fmt.Sprint(version))},
	})
	if err != nil {
		return s.interpret(ctx, err, key)
	}
	return nil
}

// afterDelete reads what a deletion left: a terminating namespace, or nothing,
// which is answered with the object at a version when it was gone.
func (s *Storage) afterDelete(ctx context.Context, key string, deleted state, out runtime.Object) error {
	left, err := s.read(ctx, key)
	if storage.IsNotFound(err) {
		s.forget(key)
		version, err := s.readVersion(ctx)
		if err != nil {
			return err
		}
		last := deleted.object.DeepCopyObject()
		if err := s.versioner.UpdateObject(last, version); err != nil {
			return storage.NewInternalError(err)
		}
		return copyInto(last, out)
	}
	if err != nil {
		return err
	}
	return copyInto(left.object, out)
}
