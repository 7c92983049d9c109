package main

import (
	"context"
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/pkg/generated/informers/externalversions"
	"platform.example.io/stores/pkg/health"
)

// readiness tells, from one watch for all shops, which parts of which are ready.
type readiness struct {
	mu    sync.Mutex
	parts map[string]map[string]bool // of a shop: a store, or workloads
	wait  map[string]chan struct{}   // closed, and replaced, when a part turns ready
}

func newReadiness() *readiness {
	return &readiness{parts: map[string]map[string]bool{}, wait: map[string]chan struct{}{}}
}

// note takes up what was seen of a part.
func (r *readiness) note(shop, part string, ready bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.parts[shop] == nil {
		r.parts[shop] = map[string]bool{}
	}
	if r.parts[shop][part] = ready; ready {
		close(r.signal(shop))
		delete(r.wait, shop)
	}
}

func (r *readiness) signal(shop string) chan struct{} {
	if r.wait[shop] == nil {
		r.wait[shop] = make(chan struct{})
	}
	return r.wait[shop]
}

// await returns when all parts of a shop are ready.
func (r *readiness) await(ctx context.Context, shop string, parts []string) error {
	for {
		r.mu.Lock()
		missing := ""
		for _, part := range parts {
			if !r.parts[shop][part] {
				missing = part
			}
		}
		if missing == "" {
			delete(r.parts, shop)
			r.mu.Unlock()
			return nil
		}
		changed := r.signal(shop)
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s of %s: %w", missing, shop, ctx.Err())
		}
	}
}

// observe has an informer's objects noted, from now on.
func (r *readiness) observe(ctx context.Context, informer cache.SharedIndexInformer, seen func(any)) error {
	registration, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: seen, UpdateFunc: func(_, after any) { seen(after) },
	})
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	go informer.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		return fmt.Errorf("watch: %w", context.Cause(ctx))
	}
	return nil
}

// partStore and partSuspended are what is waited for of ours.
const (
	partStore     = "Store"
	partSuspended = "suspended Store"
)

// watchStores notes stores.
func (r *readiness) watchStores(ctx context.Context, client versioned.Interface) error {
	informer := externalversions.NewSharedInformerFactory(client, 0).Platform().V1alpha1().Stores().Informer()
	return r.observe(ctx, informer, func(object any) {
		store, ok := object.(*v1alpha1.Store)
		if !ok {
			return
		}
		ready := apimeta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.ObservedGeneration != store.Generation {
			return
		}
		r.note(store.Name, partStore, ready.Status == metav1.ConditionTrue)
		r.note(store.Name, partSuspended, ready.Reason == health.ReasonSuspended)
	})
}

// watchWorkloads notes the workloads that carry the label of a shop.
func (r *readiness) watchWorkloads(ctx context.Context, client kubernetes.Interface) error {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = benchLabel }))
	for _, informer := range []cache.SharedIndexInformer{
		factory.Apps().V1().Deployments().Informer(), factory.Apps().V1().StatefulSets().Informer(), factory.Batch().V1().Jobs().Informer(),
	} {
		if err := r.observe(ctx, informer, r.workload); err != nil {
			return err
		}
	}
	return nil
}

func (r *readiness) workload(object any) {
	switch o := object.(type) {
	case *appsv1.Deployment:
		want := *o.Spec.Replicas
		r.note(o.Namespace, "Deployment/"+o.Name, o.Status.ObservedGeneration >= o.Generation && o.Status.UpdatedReplicas >= want && o.Status.AvailableReplicas >= want)
	case *appsv1.StatefulSet:
		r.note(o.Namespace, "StatefulSet/"+o.Name, o.Status.ObservedGeneration >= o.Generation && o.Status.ReadyReplicas >= *o.Spec.Replicas)
	case *batchv1.Job:
		for _, condition := range o.Status.Conditions {
			if condition.Type == batchv1.JobComplete {
				r.note(o.Namespace, "Job/"+o.Name, condition.Status == corev1.ConditionTrue)
			}
		}
	}
}
