package nsstorage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/storage"
)

// GuaranteedUpdate applies tryUpdate to the stored object until it is written
// on top of exactly the version it was given, or the context ends.
func (s *Storage) GuaranteedUpdate(
	ctx context.Context, key string, out runtime.Object, ignoreNotFound bool,
	preconditions *storage.Preconditions, tryUpdate storage.UpdateFunc, suggestion runtime.Object,
) error {
	refresh := func() (state, error) {
		if ignoreNotFound {
			return s.readOrEmpty(ctx, key)
		}
		return s.read(ctx, key)
	}
	stored, err := s.start(suggestion, refresh)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		updated, err := s.attempt(key, stored, preconditions, tryUpdate)
		if err != nil {
			next, stop := afterRefusal(stored, refresh, err)
			if stop != nil {
				return stop
			}
			stored = next
			continue
		}
		written, err := s.write(ctx, key, stored, updated)
		switch {
		case err == nil:
			return copyInto(written.object, out)
		case errors.Is(err, errStale), storage.IsNotFound(err):
			stored, err = refresh()
		case apierrors.IsConflict(err):
			stored, err = afterConflict(stored, refresh, err)
		}
		if err != nil {
			return err
		}
	}
	return storage.NewTimeoutError(key, "the update did not complete in time, because others kept updating the object")
}

// attempt checks the preconditions and returns the update of a stored object.
func (s *Storage) attempt(key string, stored state, preconditions *storage.Preconditions, tryUpdate storage.UpdateFunc) (runtime.Object, error) {
	if err := preconditions.Check(key, stored.object); err != nil {
		return nil, err
	}
	updated, _, err := tryUpdate(stored.object.DeepCopyObject(), storage.ResponseMeta{ResourceVersion: stored.version})
	if err != nil {
		return nil, err
	}
	if _, err := s.versioner.ObjectResourceVersion(updated); err != nil {
		return nil, fmt.Errorf("read resource version of the updated object: %w", err)
	}
	if err := s.versioner.PrepareObjectForStorage(updated); err != nil {
		return nil, fmt.Errorf("prepare object for storage: %w", err)
	}
	return updated, nil
}

// write stores the update on top of exactly the stored version.
func (s *Storage) write(ctx context.Context, key string, stored state, updated runtime.Object) (state, error) {
	if !stored.exists() {
		created, err := s.create(ctx, key, updated)
		if !apierrors.IsAlreadyExists(err) {
			return created, err
		}
		if _, err := s.read(ctx, key); storage.IsNotFound(err) {
			return state{}, s.taken(key)
		} else if err != nil {
			return state{}, err
		}
		return state{}, errStale
	}
	image, changed, err := s.codec.Diff(stored.object, updated)
	if err != nil {
		return state{}, err
	}
	if !changed {
		return s.confirm(ctx, key, stored)
	}
	return s.patch(ctx, key, stored.version, image)
}

// confirm answers an update that changes nothing: only what is stored now may
// be called unchanged.
func (s *Storage) confirm(ctx context.Context, key string, stored state) (state, error) {
	if stored.current {
		return stored, nil
	}
	current, err := s.read(ctx, key)
	if err != nil {
		return state{}, err
	}
	if current.version != stored.version {
		return state{}, errStale
	}
	return current, nil
}

// patch writes the image with one merge patch that fails if the namespace is
// not at the version any more. Keys that are not ours are not touched.
func (s *Storage) patch(ctx context.Context, key string, version uint64, image Image) (state, error) {
	name, err := s.locate(key)
	if err != nil {
		return state{}, err
	}
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"resourceVersion": fmt.Sprint(version),
		"labels":          image.Labels,
		"annotations":     image.Annotations,
	}})
	if err != nil {
		return state{}, fmt.Errorf("encode patch: %w", err)
	}
	namespace, err := s.namespaces.Patch(ctx, name, types.MergePatchType, body, metav1.PatchOptions{})
	if err != nil {
		return state{}, s.interpret(ctx, err, key)
	}
	return s.stateOf(namespace, key)
}
