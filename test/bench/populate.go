package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// writers is how many objects are written at once.
const writers = 16

// The field managers of a shop: who applies it, and who reports on it.
const (
	specManager   = "argocd-controller"
	statusManager = "store-provisioner"
)

// populate makes what is missing of so many objects of each kind.
func (b *bench) populate(ctx context.Context, count int) error {
	present := map[*kind]map[string]bool{}
	for _, k := range kinds {
		names, err := b.names(ctx, k)
		if err != nil {
			return err
		}
		if len(names) > count {
			return fmt.Errorf("populate: %s has %d objects of an earlier run already, and -n wants %d", k.name, len(names), count)
		}
		present[k] = names
	}
	b.count = count
	var done atomic.Int64
	err := parallel(ctx, b.missing(present[storeKind], present[crdKind]), func(ctx context.Context, shop shop) error {
		if made := done.Add(1); made%1000 == 0 {
			b.say("%d stores and custom resources created", made)
		}
		return b.makeShop(ctx, shop)
	})
	if err != nil {
		return err
	}
	made, err := b.makeRaw(ctx, present[namespaceKind])
	if err != nil {
		return err
	}
	b.say("there are %d of each kind: %d stores and custom resources, %d namespaces are new", count, done.Load(), made)
	return nil
}

// shop is one to be made.
type shop struct {
	index int
	name  string
}

// missing are the shops that are not in all of the sets.
func (b *bench) missing(present ...map[string]bool) func(yield func(shop) bool) {
	return func(yield func(shop) bool) {
		for i := range b.count {
			name, all := shopName(i), true
			for _, names := range present {
				all = all && names[name]
			}
			if !all && !yield(shop{i, name}) {
				return
			}
		}
	}
}

// names are the shops of a kind that were made to the end.
func (b *bench) names(ctx context.Context, k *kind) (map[string]bool, error) {
	var list struct {
		Items []metav1.PartialObjectMetadata `json:"items"`
	}
	query := url.Values{}
	if k.statusPath != "" {
		query.Set("fieldSelector", "status.phase="+string(v1alpha1.StoreReady))
	}
	// The cache of a custom resource fills after it is served.
	if err := b.eventually(ctx, func(ctx context.Context) error {
		return b.admin.json(ctx, request{path: k.list(query)}, &list)
	}); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, item := range list.Items {
		names[strings.TrimPrefix(item.Name, k.prefix)] = true
	}
	return names, nil
}

// makeShop applies a Store, reports it ready, and copies it.
func (b *bench) makeShop(ctx context.Context, s shop) error {
	for _, k := range []*kind{storeKind, crdKind} {
		if err := b.makeObject(ctx, k, s); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) makeObject(ctx context.Context, k *kind, s shop) error {
	object := b.content.object(k, s.name, s.index)
	body, err := encode(object)
	if err != nil {
		return err
	}
	err = b.admin.json(ctx, request{
		method: http.MethodPatch, path: k.object(s.name) + "?force=true&fieldManager=" + specManager,
		contentType: typeApply, body: body,
	}, nil)
	if err != nil {
		return err
	}
	version, _ := object["spec"].(map[string]any)["version"].(string)
	status := b.content.readyStatus(s.name, version, s.index)
	if k == crdKind {
		// Our server sets it.
		status.Creator = adminName
	}
	if body, err = encode(map[string]any{"status": status}); err != nil {
		return err
	}
	return b.admin.json(ctx, request{
		method: http.MethodPatch, path: k.object(s.name) + k.statusPath + "?fieldManager=" + statusManager,
		contentType: typeMergePatch, body: body,
	}, nil)
}

// adminName is the user that fills the control plane.
const adminName = "localcluster-admin"

// makeRaw makes a bare namespace for each Store's namespace that has none.
func (b *bench) makeRaw(ctx context.Context, present map[string]bool) (int64, error) {
	stores, err := b.kube.List(ctx, metav1.ListOptions{LabelSelector: v1alpha1.LabelStore})
	if err != nil {
		return 0, fmt.Errorf("list the namespaces of stores: %w", err)
	}
	// The namespace of the server's fence carries the label, and holds no Store.
	stores.Items = slices.DeleteFunc(stores.Items, func(n corev1.Namespace) bool {
		return !strings.HasPrefix(n.Name, v1alpha1.NamespacePrefix)
	})
	if len(stores.Items) == 0 {
		return 0, errors.New("list the namespaces of stores: there are none")
	}
	first := &stores.Items[0]
	if b.status, err = findStatus(first.Annotations, strings.TrimPrefix(first.Name, v1alpha1.NamespacePrefix)); err != nil {
		return 0, err
	}
	var made atomic.Int64
	err = parallel(ctx, func(yield func(*corev1.Namespace) bool) {
		for i := range stores.Items {
			name := strings.TrimPrefix(stores.Items[i].Name, v1alpha1.NamespacePrefix)
			if !present[name] && !yield(&stores.Items[i]) {
				return
			}
		}
	}, func(ctx context.Context, store *corev1.Namespace) error {
		made.Add(1)
		if _, err := b.kube.Create(ctx, rawCopy(store), metav1.CreateOptions{FieldManager: specManager}); err != nil {
			return fmt.Errorf("create namespace: %w", err)
		}
		return nil
	})
	return made.Load(), err
}

// parallel does something for each item, with several at once, until the first error.
func parallel[T any](ctx context.Context, items func(yield func(T) bool), do func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan T)
	var workers sync.WaitGroup
	for range writers {
		workers.Go(func() {
			for item := range queue {
				if err := do(ctx, item); err != nil {
					cancel(err)
				}
			}
		})
	}
	for item := range items {
		select {
		case queue <- item:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(queue)
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return ctx.Err()
}
