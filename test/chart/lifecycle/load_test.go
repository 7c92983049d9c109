package lifecycle

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	storesinformers "platform.example.io/stores/pkg/generated/informers/externalversions"
)

// load are clients at work: writers that never retry, and an informer.
type load struct {
	cancel   context.CancelFunc
	working  sync.WaitGroup
	writes   atomic.Int64
	lists    atomic.Int64 // how often the informer began anew
	informer cache.SharedIndexInformer

	mu     sync.Mutex
	failed []string
	cut    []string // see cutOff
	gone   int      // API servers that served no longer when it began; others were about to end
}

// cutOff tells a write that never arrived: kube-apiserver sent it on in the instant in
// which the server closed their connection, and cannot send a body twice. It is
// answered 503, and clients that try that again notice nothing.
func cutOff(err error) bool {
	return apierrors.IsServiceUnavailable(err) && strings.Contains(err.Error(), "currently unable to handle the request")
}

const writers = 3

// startLoad returns when every writer has written once.
func startLoad(t testing.TB, prefix string) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{cancel: cancel, gone: node.count("apiserver", func(p *process) bool { return p.gone.Load() })}
	t.Cleanup(l.stop)
	config := rest.CopyConfig(cluster.RESTConfig())
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			query := request.URL.Query()
			if query.Get("watch") == "" || query.Get("sendInitialEvents") == "true" {
				l.lists.Add(1)
			}
			return next.RoundTrip(request)
		})
	})
	factory := storesinformers.NewSharedInformerFactory(versioned.NewForConfigOrDie(config), 0)
	l.informer = factory.Platform().V1alpha1().Stores().Informer()
	factory.Start(ctx.Done())
	begun(t, factory.WaitForCacheSync)
	first := make(chan struct{}, writers)
	for n := range writers {
		l.working.Go(func() { l.write(ctx, fmt.Sprintf("%s-%d", prefix, n), first) })
	}
	for range writers {
		select {
		case <-first:
		case <-time.After(patience):
			t.Fatalf("no writer writes: %v", l.failed)
		}
	}
	return l
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// write orders a store, changes it again and again, and deletes it. Whatever is
// answered with an error counts as failed; nothing is tried twice.
func (l *load) write(ctx context.Context, name string, first chan<- struct{}) {
	client, pace := stores.PlatformV1alpha1().Stores(), rate.NewLimiter(20, 1)
	did := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			to := &l.failed
			if cutOff(err) {
				to = &l.cut
			}
			*to = append(*to, fmt.Sprintf("%s %s at %s: %v", what, name, time.Now().Format(time.TimeOnly), err))
			return
		}
		l.writes.Add(1)
	}
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: "woocommerce", Suspend: true}}
	_, err := client.Create(ctx, store, metav1.CreateOptions{})
	did("create", err)
	first <- struct{}{}
	for n := 0; pace.Wait(ctx) == nil; n++ {
		patch := fmt.Sprintf(`{"spec":{"displayName":"Change %d"}}`, n)
		_, err := client.Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		did("patch", err)
		if n%10 == 0 {
			short := store.DeepCopy()
			short.Name = fmt.Sprintf("%s-%d", name, n)
			_, err := client.Create(ctx, short, metav1.CreateOptions{})
			did("create", err)
			if err == nil {
				did("delete", client.Delete(ctx, short.Name, metav1.DeleteOptions{}))
			}
		}
	}
}

func (l *load) stop() {
	l.cancel()
	l.working.Wait()
}

// check ends the writers and wants every write to have succeeded but those in flight
// as a server ended, one of each writer, which may have been cut off, and the informer
// to hold, without having begun anew, what the API says.
func (l *load) check(t testing.TB) {
	t.Helper()
	before := l.writes.Load()
	eventually(t, "the writers write on", func(context.Context) error {
		if written := l.writes.Load() - before; written < 2*writers {
			return fmt.Errorf("%d writes", written)
		}
		return nil
	})
	eventually(t, "the informer has caught up", func(ctx context.Context) error {
		list, err := stores.PlatformV1alpha1().Stores().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		served, cached := map[string]string{}, map[string]string{}
		for _, store := range list.Items {
			served[store.Name] = string(store.UID)
		}
		for _, object := range l.informer.GetStore().List() {
			store := object.(*v1alpha1.Store)
			cached[store.Name] = string(store.UID)
		}
		if diff := cmp.Diff(served, cached); diff != "" {
			return fmt.Errorf("the informer holds something else (-served +cached):\n%s", diff)
		}
		return nil
	})
	lists := l.lists.Load()
	l.stop()
	if len(l.failed) > 0 {
		t.Errorf("%d of %d writes failed:\n%v", len(l.failed), l.writes.Load(), l.failed)
	}
	if ended := node.count("apiserver", (*process).ending) - l.gone; len(l.cut) > ended*writers {
		t.Errorf("%d writes were cut off, and %d servers ended:\n%v", len(l.cut), ended, l.cut)
	}
	if lists != 1 {
		t.Errorf("the informer listed %d times, want once: its watches did not resume", lists)
	}
	t.Logf("%d writes succeeded, %d failed, %d were cut off; the informer listed %d times", l.writes.Load(), len(l.failed), len(l.cut), lists)
}
