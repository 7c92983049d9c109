package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// creates prepares the sampling of creation: until it is acknowledged, or until
// an open watch has seen it.
func creates(event bool) func(context.Context, *bench) (sampler, func(context.Context) error, error) {
	return func(ctx context.Context, b *bench) (sampler, func(context.Context) error, error) {
		run := "made-" + strconv.FormatInt(time.Now().UnixMilli(), 36)
		name := func(i int) string { return fmt.Sprintf("%s-%05d", run, i) }
		// A namespace is created as a Store's namespace is when it is new.
		model, err := b.modelNamespace(ctx, name(99999))
		if err != nil {
			return nil, nil, err
		}
		body := func(k *kind, i int) ([]byte, error) {
			if k == namespaceKind {
				return encode(renamed(model, name(99999), name(i)))
			}
			return encode(b.content.object(k, name(i), i))
		}
		made := 0
		watches := map[*kind]*watch{}
		cleanUp := func(ctx context.Context) error {
			for _, w := range watches {
				w.stop()
			}
			return b.remove(ctx, func(yield func(string) bool) {
				for i := range made {
					if !yield(name(i)) {
						return
					}
				}
			})
		}
		for _, k := range kinds {
			if !event {
				break
			}
			if watches[k], err = b.watch(ctx, k); err != nil {
				return nil, nil, errors.Join(err, cleanUp(ctx))
			}
		}
		return func(ctx context.Context, v variant, i int) (sample, error) {
			text, err := body(v.kind, i)
			if err != nil {
				return sample{}, err
			}
			made = max(made, i+1)
			began := time.Now()
			measured, err := b.user.measure(ctx, request{method: http.MethodPost, path: v.kind.collection, contentType: typeJSON, body: text})
			if err != nil || !event {
				return measured, err
			}
			seen, err := watches[v.kind].await(ctx, v.kind.prefix+name(i))
			return sample{took: seen.Sub(began), wire: measured.wire}, err
		}, cleanUp, nil
	}
}

// modelNamespace makes a Store and returns its namespace, which it removes again.
func (b *bench) modelNamespace(ctx context.Context, name string) (*corev1.Namespace, error) {
	body, err := encode(b.content.object(storeKind, name, 0))
	if err != nil {
		return nil, err
	}
	r := request{method: http.MethodPost, path: storeKind.collection, contentType: typeJSON, body: body}
	if err := b.admin.json(ctx, r, nil); err != nil {
		return nil, fmt.Errorf("make a model: %w", err)
	}
	model, err := b.kube.Get(ctx, v1alpha1.NamespacePrefix+name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read the model: %w", err)
	}
	return model, b.destroyNamespace(ctx, model.Name)
}

// rawCopy is a bare namespace with the content of a Store's, which nobody takes for one.
func rawCopy(store *corev1.Namespace) *corev1.Namespace {
	raw := &corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        namespaceKind.prefix + strings.TrimPrefix(store.Name, v1alpha1.NamespacePrefix),
			Labels:      map[string]string{rawLabel: "true"},
			Annotations: map[string]string{},
		},
	}
	for key, value := range store.Labels {
		if key != v1alpha1.LabelStore && key != corev1.LabelMetadataName {
			raw.Labels[notOurs(key)] = value
		}
	}
	for key, value := range store.Annotations {
		raw.Annotations[notOurs(key)] = value
	}
	return raw
}

// notOurs is a key as long that is not the platform's: nobody but the platform may
// write those.
func notOurs(key string) string {
	if name, ours := strings.CutPrefix(key, v1alpha1.GroupName+"/"); ours {
		return "measured.example.io/" + name
	}
	return key
}

// renamed is a raw copy of a namespace of one store for another of the same length of name.
func renamed(store *corev1.Namespace, from, to string) *corev1.Namespace {
	raw := rawCopy(store)
	raw.Name = namespaceKind.prefix + to
	for key, value := range raw.Annotations {
		raw.Annotations[key] = strings.ReplaceAll(value, from, to)
	}
	return raw
}

// remove deletes the named objects of all kinds. There is no namespace
// controller, whose deletions are not what is measured here: a namespace without
// content is finalized as that controller would.
func (b *bench) remove(ctx context.Context, names func(yield func(string) bool)) error {
	return parallel(ctx, names, func(ctx context.Context, name string) error {
		err := b.admin.json(ctx, request{method: http.MethodDelete, path: crdKind.object(name)}, nil)
		if status := (*statusError)(nil); errors.As(err, &status) && status.code == http.StatusNotFound {
			err = nil
		}
		return errors.Join(err,
			b.destroyNamespace(ctx, v1alpha1.NamespacePrefix+name),
			b.destroyNamespace(ctx, namespaceKind.prefix+name))
	})
}

func (b *bench) destroyNamespace(ctx context.Context, name string) error {
	if err := b.kube.Delete(ctx, name, metav1.DeleteOptions{}); apierrors.IsNotFound(err) {
		return nil
	} else if err != nil {
		return fmt.Errorf("delete namespace: %w", err)
	}
	empty := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := b.kube.Finalize(ctx, empty, metav1.UpdateOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("finalize namespace: %w", err)
	}
	return nil
}

// statusPatches prepares the sampling of status writes.
func statusPatches(_ context.Context, b *bench) (sampler, func(context.Context) error, error) {
	return func(ctx context.Context, v variant, i int) (sample, error) {
		return b.user.measure(ctx, b.statusPatch(v.kind, b.shop(i)))
	}, nothing, nil
}

// statusPatch writes something new to a shop's status. On a bare namespace it is
// the annotation that a Store's status is in, as long as there.
func (b *bench) statusPatch(k *kind, name string) request {
	generation := strconv.FormatInt(b.generation.Add(1), 10)
	r := request{method: http.MethodPatch, path: k.object(name) + k.statusPath, contentType: typeMergePatch}
	if k != namespaceKind {
		r.body = []byte(`{"status":{"observedGeneration":` + generation + `}}`)
		return r
	}
	value := renamedGeneration(strings.ReplaceAll(b.status.value, b.status.shop, name), generation)
	// Marshalling strings does not fail.
	r.body, _ = encode(map[string]any{"metadata": map[string]any{"annotations": map[string]string{notOurs(b.status.key): value}}})
	return r
}
