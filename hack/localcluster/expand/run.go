package expand

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"

	"platform.example.io/stores/hack/localcluster/component"
)

// Main runs until it is told to end.
func Main() int {
	flags := pflag.NewFlagSet(component.VolumeExpander, pflag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API")
	health := flags.String("health-address", "", "where /healthz answers")
	if err := flags.Parse(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, *kubeconfig, *health); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type expander struct {
	client kubernetes.Interface
	claims listers.PersistentVolumeClaimLister
	queue  workqueue.TypedRateLimitingInterface[cache.ObjectName]
}

func run(ctx context.Context, kubeconfig, health string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("build client: %w", err)
	}
	if err := serve(health); err != nil {
		return err
	}
	return work(ctx, client)
}

// serve says that the process lives. What it may read it is told later, when the
// cluster is furnished: so the health of the cluster cannot hang on its watch.
func serve(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen for health checks: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	go func() { _ = http.Serve(listener, mux) }() // ends with the process
	return nil
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
