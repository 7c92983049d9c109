// Package manifest reads objects from files and applies them.
//
// Duties: server-side apply of any kind, in the order given, under one field
// manager, so that applying again what is there already changes nothing.
// Danger: it forces conflicts, because the cluster it serves is its own.
package manifest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// FieldManager owns the fields of everything that is applied.
const FieldManager = "localcluster"

// Applier applies objects to one cluster.
type Applier struct {
	client dynamic.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
}

// NewApplier returns an applier for the cluster that config reaches.
func NewApplier(config *rest.Config) (*Applier, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("build dynamic client: %w", err)
	}
	discoverer, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("build discovery client: %w", err)
	}
	return &Applier{
		client: client,
		mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(discoverer)),
	}, nil
}

// Apply applies the objects one after the other.
func (a *Applier) Apply(ctx context.Context, objects []*unstructured.Unstructured) error {
	for _, object := range objects {
		resource, err := a.Resource(ctx, object.GroupVersionKind(), object.GetNamespace())
		if err != nil {
			return err
		}
		options := metav1.ApplyOptions{FieldManager: FieldManager, Force: true}
		if _, err := resource.Apply(ctx, object.GetName(), object, options); err != nil {
			return fmt.Errorf("apply %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// Resource returns a client for objects of kind. It waits a while for a kind that is
// unknown, because a definition just applied takes a moment to be served.
func (a *Applier) Resource(ctx context.Context, kind schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		mapping, err := a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
		switch {
		case err == nil && mapping.Scope.Name() == meta.RESTScopeNameNamespace && namespace == "":
			return a.client.Resource(mapping.Resource).Namespace(metav1.NamespaceDefault), nil
		case err == nil && mapping.Scope.Name() == meta.RESTScopeNameNamespace:
			return a.client.Resource(mapping.Resource).Namespace(namespace), nil
		case err == nil:
			return a.client.Resource(mapping.Resource), nil
		case !meta.IsNoMatchError(err):
			return nil, fmt.Errorf("find resource of %s: %w", kind, err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("find resource of %s: %w", kind, errors.Join(err, ctx.Err()))
		case <-tick.C:
			a.mapper.Reset()
		}
	}
}
