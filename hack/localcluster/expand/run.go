package expand

import (
	"context"
	"errors"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"

	"platform.example.io/stores/hack/localcluster/agent"
	"platform.example.io/stores/hack/localcluster/component"
)

// Main grows the claims of a cluster until it is told to end.
//
// It has no health check of its own. What it may read it is told later, when the cluster
// is furnished: so the health of the cluster cannot wait for its watch.
func Main() int { return agent.Agent{Name: component.VolumeExpander, Run: work}.Main() }

type expander struct {
	client kubernetes.Interface
	claims listers.PersistentVolumeClaimLister
	queue  workqueue.TypedRateLimitingInterface[cache.ObjectName]
}

// work grows claims until the context ends.
func work(ctx context.Context, client kubernetes.Interface) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	claims := factory.Core().V1().PersistentVolumeClaims()
	e := &expander{client: client, claims: claims.Lister(), queue: workqueue.NewTypedRateLimitingQueue(
		workqueue.DefaultTypedControllerRateLimiter[cache.ObjectName]())}
	enqueue := func(object any) {
		claim := object.(*corev1.PersistentVolumeClaim)
		e.queue.Add(cache.ObjectName{Namespace: claim.Namespace, Name: claim.Name})
	}
	_, err := claims.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) },
	})
	if err != nil {
		return fmt.Errorf("watch claims: %w", err)
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), claims.Informer().HasSynced) {
		return errors.New("watch claims: they were not listed")
	}
	context.AfterFunc(ctx, e.queue.ShutDown)
	for e.next(ctx) {
	}
	return ctx.Err()
}

func (e *expander) next(ctx context.Context) bool {
	name, ended := e.queue.Get()
	if ended {
		return false
	}
	defer e.queue.Done(name)
	claim, err := e.claims.PersistentVolumeClaims(name.Namespace).Get(name.Name)
	if err == nil {
		err = grow(ctx, e.client, claim)
	}
	if err == nil || apierrors.IsNotFound(err) {
		e.queue.Forget(name)
		return true
	}
	fmt.Fprintln(os.Stderr, err)
	e.queue.AddRateLimited(name)
	return true
}
