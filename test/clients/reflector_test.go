package clients

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// forgotten lists as a client does that comes back with a version of long ago,
// and with a store that has been deleted since: so it does the first time.
type forgotten struct {
	selector string

	mu       sync.Mutex
	listed   []string // the versions that lists were asked at
	watched  []string // those that watches were asked from
	outcomes []int    // what the server said of each watch that it refused
}

// IsWatchListSemanticsUnSupported has the reflector list, and then watch.
func (f *forgotten) IsWatchListSemanticsUnSupported() bool { return true }

func (f *forgotten) List(options metav1.ListOptions) (runtime.Object, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listed = append(f.listed, options.ResourceVersion)
	options.LabelSelector = f.selector
	list, err := stores.List(context.Background(), options)
	if err == nil && len(f.listed) == 1 {
		list.ResourceVersion = "1"
		list.Items = append(list.Items, v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "forgotten-ghost", ResourceVersion: "1"}})
	}
	return list, err
}

func (f *forgotten) Watch(options metav1.ListOptions) (watch.Interface, error) {
	f.mu.Lock()
	f.watched = append(f.watched, options.ResourceVersion)
	f.mu.Unlock()
	options.LabelSelector = f.selector
	watched, err := stores.Watch(context.Background(), options)
	if err != nil {
		f.refused(err)
		return nil, err
	}
	return watch.Filter(watched, func(event watch.Event) (watch.Event, bool) {
		if event.Type == watch.Error {
			f.refused(apierrors.FromObject(event.Object))
		}
		return event, true
	}), nil
}

func (f *forgotten) refused(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	code := 0
	if status, ok := err.(apierrors.APIStatus); ok {
		code = int(status.Status().Code)
	}
	f.outcomes = append(f.outcomes, code)
}

// TestExpiredVersion has a reflector watch from a version that nobody remembers:
// it is told so, lists again and forgets what has gone.
func TestExpiredVersion(t *testing.T) {
	t.Parallel()
	order(t, "forgotten", labelled("clients", "forgotten"))
	held := cache.NewStore(cache.MetaNamespaceKeyFunc)
	source := &forgotten{selector: "clients=forgotten"}
	reflector := cache.NewReflectorWithOptions(source, &v1alpha1.Store{}, held, cache.ReflectorOptions{})
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	running.Go(func() { reflector.RunWithContext(ctx) })
	defer running.Wait()
	defer stop()

	eventually(t, "it has listed again", func(context.Context) error {
		source.mu.Lock()
		defer source.mu.Unlock()
		if len(source.listed) < 2 {
			return fmt.Errorf("it listed at %q", source.listed)
		}
		return nil
	})
	eventually(t, "it holds the store, and not the ghost", func(context.Context) error {
		if keys := held.ListKeys(); len(keys) != 1 || keys[0] != "forgotten" {
			return fmt.Errorf("it holds %q", keys)
		}
		return nil
	})
	source.mu.Lock()
	if source.watched[0] != "1" || len(source.outcomes) == 0 || source.outcomes[0] != http.StatusGone {
		t.Errorf("watches from %q end with %d, want the first, from 1, to end with 410", source.watched, source.outcomes)
	}
	source.mu.Unlock()

	// It watches on from there.
	if err := stores.Delete(t.Context(), "forgotten", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it knows of the deletion", func(context.Context) error {
		if keys := held.ListKeys(); len(keys) > 0 {
			return errors.New("it does not")
		}
		return nil
	})
}
