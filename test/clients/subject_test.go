package clients

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	runtimecache "sigs.k8s.io/controller-runtime/pkg/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/pkg/generated/informers/externalversions"
)

// A subject is this test binary started again to be one client in a process of
// its own: client-go reads its feature gates from the environment, once.
const (
	// subjectVariable names the client to be.
	subjectVariable = "CLIENTS_SUBJECT"
	// agentVariable is its User-Agent, by which audit logs tell it from others.
	agentVariable = "CLIENTS_USER_AGENT"
)

// informer is what all Go clients that watch have in common.
type informer interface {
	AddEventHandler(cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error)
}

// beginning starts a client's informer; list is what its cache holds.
type beginning func(ctx context.Context, config *rest.Config) (watched informer, list func() ([]identity, error), err error)

var beginnings = map[string]beginning{
	"typed":              beginTyped,
	"dynamic":            beginDynamic,
	"metadata":           beginMetadata,
	"controller-runtime": beginRuntime,
}

// subject is the client until standard input ends. For each line that it reads
// there it writes what it holds.
func subject(kind string) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if err := serve(ctx, kind); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, kind string) error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	config.QPS, config.UserAgent = -1, os.Getenv(agentVariable)
	watched, list, err := beginnings[kind](ctx, config)
	if err != nil {
		return fmt.Errorf("begin %s: %w", kind, err)
	}
	heard := &listener{held: map[string]identity{}}
	if _, err := watched.AddEventHandler(heard); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		state := heard.state()
		if state.Cache, err = list(); err != nil {
			return fmt.Errorf("list the cache: %w", err)
		}
		sorted(state.Cache)
		if err := out.Encode(state); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return nil
}

func beginTyped(ctx context.Context, config *rest.Config) (informer, func() ([]identity, error), error) {
	client, err := versioned.NewForConfig(config)
	if err != nil {
		return nil, nil, err
	}
	factory := externalversions.NewSharedInformerFactory(client, 0)
	watched := factory.Platform().V1alpha1().Stores().Informer()
	factory.Start(ctx.Done())
	return watched, held(watched), nil
}

func beginDynamic(ctx context.Context, config *rest.Config) (informer, func() ([]identity, error), error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, nil, err
	}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(client, 0)
	watched := factory.ForResource(storesResource).Informer()
	factory.Start(ctx.Done())
	return watched, held(watched), nil
}

func beginMetadata(ctx context.Context, config *rest.Config) (informer, func() ([]identity, error), error) {
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, nil, err
	}
	factory := metadatainformer.NewSharedInformerFactory(client, 0)
	watched := factory.ForResource(storesResource).Informer()
	factory.Start(ctx.Done())
	return watched, held(watched), nil
}

func beginRuntime(ctx context.Context, config *rest.Config) (informer, func() ([]identity, error), error) {
	all, err := runtimecache.New(config, runtimecache.Options{Scheme: scheme()})
	if err != nil {
		return nil, nil, err
	}
	go func() {
		if err := all.Start(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}()
	watched, err := all.GetInformer(ctx, &v1alpha1.Store{})
	// Before it has started, which a busy machine puts off, it refuses to be read.
	if err == nil && !all.WaitForCacheSync(ctx) {
		err = errors.New("the cache does not fill")
	}
	return watched, func() (found []identity, err error) {
		var list v1alpha1.StoreList
		err = all.List(ctx, &list)
		for _, store := range list.Items {
			found = append(found, identify(&store))
		}
		return found, err
	}, err
}

// scheme knows Stores, and what their clients need besides.
func scheme() *runtime.Scheme {
	known := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(known); err != nil {
		panic(err) // two types of one name
	}
	return known
}

// held lists what a shared informer holds.
func held(watched cache.SharedIndexInformer) func() ([]identity, error) {
	return func() (found []identity, err error) {
		for _, item := range watched.GetStore().List() {
			object, err := meta.Accessor(item)
			if err != nil {
				return nil, err
			}
			found = append(found, identify(object))
		}
		return found, nil
	}
}

// listener believes what events say.
type listener struct {
	mu    sync.Mutex
	held  map[string]identity
	heard holding
}

func (l *listener) state() holding {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.heard
	now.Faults = slices.Clone(l.heard.Faults)
	now.Handled = sorted(slices.Collect(maps.Values(l.held)))
	return now
}

func (l *listener) OnAdd(object any, _ bool) {
	l.hear(object, func(got identity, known bool) {
		l.heard.Added++
		if known {
			l.heard.Faults = append(l.heard.Faults, "added twice: "+got.Name)
		}
		l.held[got.Name] = got
	})
}

func (l *listener) OnUpdate(_, object any) {
	l.hear(object, func(got identity, known bool) {
		l.heard.Updated++
		if !known {
			l.heard.Faults = append(l.heard.Faults, "updated, and was not there: "+got.Name)
		}
		l.held[got.Name] = got
	})
}

func (l *listener) OnDelete(object any) {
	if last, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = last.Obj
	}
	l.hear(object, func(got identity, known bool) {
		l.heard.Deleted++
		if !known {
			l.heard.Faults = append(l.heard.Faults, "deleted, and was not there: "+got.Name)
		}
		delete(l.held, got.Name)
	})
}

func (l *listener) hear(object any, believe func(got identity, known bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	accessor, ok := object.(metav1.Object)
	if !ok {
		l.heard.Faults = append(l.heard.Faults, fmt.Sprintf("an event about a %T", object))
		return
	}
	got := identify(accessor)
	_, known := l.held[got.Name]
	believe(got, known)
}
