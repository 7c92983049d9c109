package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/pkg/generated/informers/externalversions"
	"platform.example.io/stores/test/controlplane"
)

// identity is what an informer must not be wrong about.
type identity struct{ name, uid, version string }

func identities(list []v1alpha1.Store) []identity {
	found := make([]identity, 0, len(list))
	for _, store := range list {
		found = append(found, identity{store.Name, string(store.UID), store.ResourceVersion})
	}
	slices.SortFunc(found, func(a, b identity) int { return strings.Compare(a.name, b.name) })
	return found
}

// bare starts a control plane of its own for a test that kills it: the platform
// with nobody to provision, on as little as it needs.
func bare(t testing.TB, components ...string) *controlplane.Cluster {
	t.Helper()
	options, err := platformOptions()
	if err != nil {
		t.Fatal(err)
	}
	options.Components, options.Nodes = components, controlplane.NoNodes
	options.PlatformArgs = []string{"--provisioner=off", "--provisioner-kubeconfig="}
	return controlplane.Start(t, options)
}

// listing is a client whose informers list and then watch; others stream the
// list through the watch.
type listing struct{ versioned.Interface }

// IsWatchListSemanticsUnSupported is what the reflector asks.
func (listing) IsWatchListSemanticsUnSupported() bool { return true }

// TestInformers runs informers, of both ways to begin, from before, during and
// after a flood of creates and deletes in which both API servers are killed. All
// end with exactly what is there.
func TestInformers(t *testing.T) {
	t.Parallel()
	own := bare(t, controlplane.Etcd, controlplane.KubeAPIServer, controlplane.ControllerManager)
	var streamed, listed atomic.Int32
	client := func(count *atomic.Int32) versioned.Interface {
		config := rest.CopyConfig(own.RESTConfig())
		config.Wrap(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(request *http.Request) (*http.Response, error) {
				if request.URL.Query().Get("sendInitialEvents") == "true" {
					count.Add(1)
				}
				return next.RoundTrip(request)
			})
		})
		return versioned.NewForConfigOrDie(config)
	}
	informers := map[string]cache.SharedIndexInformer{}
	begin := func(when string) {
		for how, client := range map[string]versioned.Interface{"streaming": client(&streamed), "listing": listing{client(&listed)}} {
			factory := externalversions.NewSharedInformerFactory(client, 0)
			informers[how+" from "+when] = factory.Platform().V1alpha1().Stores().Informer()
			factory.Start(t.Context().Done())
			t.Cleanup(factory.Shutdown)
		}
	}

	begin("before")
	flood := &flood{stores: versioned.NewForConfigOrDie(own.RESTConfig()).PlatformV1alpha1().Stores(), t: t}
	var workers sync.WaitGroup
	for worker := range 4 {
		workers.Go(func() { flood.work(worker, 4) })
	}
	flood.until(50)
	own.Kill(t, controlplane.Platform)
	flood.until(120)
	begin("during")
	own.Kill(t, controlplane.KubeAPIServer)
	flood.until(250)
	own.Kill(t, controlplane.Platform)
	workers.Wait()
	own.WaitReady(t)
	begin("after")

	var want []identity
	eventually(t, "what was deleted is gone", func(ctx context.Context) error {
		list, err := flood.stores.List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		want = identities(list.Items)
		var left []string
		for _, store := range want {
			left = append(left, store.name)
		}
		if diff := cmp.Diff(flood.survivors(), left); diff != "" {
			return errors.New("(-want +got):\n" + diff)
		}
		return nil
	})
	for name, informer := range informers {
		eventually(t, "the informer "+name+" has exactly what is there", func(context.Context) error {
			var held []v1alpha1.Store
			for _, object := range informer.GetStore().List() {
				held = append(held, *object.(*v1alpha1.Store))
			}
			if diff := cmp.Diff(want, identities(held), cmp.AllowUnexported(identity{})); diff != "" {
				return errors.New("(-want +got):\n" + diff)
			}
			return nil
		})
	}
	if streamed.Load() == 0 || listed.Load() != 0 {
		t.Errorf("streaming informers streamed %d times and listing ones %d: this test does not see both", streamed.Load(), listed.Load())
	}
}

// flood is 200 creates and, of all but each fourth store, deletes.
type flood struct {
	stores interface {
		Create(context.Context, *v1alpha1.Store, metav1.CreateOptions) (*v1alpha1.Store, error)
		Delete(context.Context, string, metav1.DeleteOptions) error
		List(context.Context, metav1.ListOptions) (*v1alpha1.StoreList, error)
	}
	t    testing.TB
	done atomic.Int32
}

const floodSize = 200

func (f *flood) name(i int) string { return fmt.Sprintf("flood-%03d", i) }

func (f *flood) stays(i int) bool { return i%4 == 0 }

func (f *flood) survivors() (names []string) {
	for i := range floodSize {
		if f.stays(i) {
			names = append(names, f.name(i))
		}
	}
	return names
}

// work does one worker's part, and each thing until it is done: servers die meanwhile.
func (f *flood) work(worker, workers int) {
	for i := worker; i < floodSize; i += workers {
		f.insist("create "+f.name(i), func(ctx context.Context) error {
			store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: f.name(i)}, Spec: v1alpha1.StoreSpec{Engine: "medusa"}}
			_, err := f.stores.Create(ctx, store, metav1.CreateOptions{})
			if apierrors.IsAlreadyExists(err) {
				return nil // the answer to an earlier attempt was lost
			}
			return err
		})
		// Not the one just made, so that some live for a while.
		if before := i - 3*workers; before >= 0 && !f.stays(before) {
			f.remove(before)
		}
	}
	for i := floodSize - 4*workers + worker; i < floodSize; i += workers {
		if !f.stays(i) {
			f.remove(i)
		}
	}
}

func (f *flood) remove(i int) {
	f.insist("delete "+f.name(i), func(ctx context.Context) error {
		if err := f.stores.Delete(ctx, f.name(i), metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
			return err
		}
		return nil
	})
}

func (f *flood) insist(what string, try func(context.Context) error) {
	var last error
	err := wait.PollUntilContextTimeout(f.t.Context(), 20*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last = try(ctx)
		return last == nil, nil
	})
	if err != nil {
		f.t.Errorf("%s: %v", what, errors.Join(err, last))
	}
	f.done.Add(1)
}

// until waits until so much is done.
func (f *flood) until(count int32) {
	f.t.Helper()
	eventually(f.t, fmt.Sprintf("%d creates and deletes are done", count), func(context.Context) error {
		if done := f.done.Load(); done < count {
			return fmt.Errorf("%d are", done)
		}
		return nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }
