package clients

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	runtimecache "sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	applystores "platform.example.io/stores/pkg/generated/applyconfiguration/stores/v1alpha1"
)

// observer is a reconciler that owns nothing and remembers the last that it read
// of each store.
type observer struct {
	reader client.Reader

	mu   sync.Mutex
	last map[string]*v1alpha1.Store // nil when it read that there is none
}

func (o *observer) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	store := &v1alpha1.Store{}
	err := o.reader.Get(ctx, request.NamespacedName, store)
	if apierrors.IsNotFound(err) {
		store, err = nil, nil
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last[request.Name] = store
	return ctrl.Result{}, nil
}

// until waits until the last that the observer read of a store is what is looked for.
func (o *observer) until(t testing.TB, name, what string, reached func(*v1alpha1.Store) bool) {
	t.Helper()
	eventually(t, "the reconciler sees that store "+name+" "+what, func(context.Context) error {
		o.mu.Lock()
		defer o.mu.Unlock()
		if store, seen := o.last[name]; !seen || !reached(store) {
			return fmt.Errorf("it saw %+v", store)
		}
		return nil
	})
}

// start runs something of controller-runtime until the test has ended.
func start(t testing.TB, run func(context.Context) error) {
	t.Helper()
	logf.SetLogger(klog.Background()) // or it complains of having none
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// TestReconciler runs a controller that somebody else might write, and makes each
// kind of write with its client: it sees them all.
func TestReconciler(t *testing.T) {
	t.Parallel()
	const name = "reconciled"
	manager, err := ctrl.NewManager(cluster.RESTConfig(), ctrl.Options{Scheme: scheme(), Metrics: metricsserver.Options{BindAddress: "0"}})
	if err != nil {
		t.Fatal(err)
	}
	seen := &observer{reader: manager.GetClient(), last: map[string]*v1alpha1.Store{}}
	if err := ctrl.NewControllerManagedBy(manager).For(&v1alpha1.Store{}).Complete(seen); err != nil {
		t.Fatal(err)
	}
	names := &namesSeen{of: name}
	watched, err := manager.GetCache().GetInformer(t.Context(), &v1alpha1.Store{}, runtimecache.BlockUntilSynced(false))
	if err == nil {
		_, err = watched.AddEventHandler(names)
	}
	if err != nil {
		t.Fatal(err)
	}
	start(t, manager.Start)

	c := manager.GetClient()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	store := newStore(t, name)
	store.Spec.DisplayName = "0"
	must(c.Create(t.Context(), store))
	seen.until(t, name, "exists", func(s *v1alpha1.Store) bool { return s != nil && s.UID == store.UID })

	var want []string
	for i := range 20 {
		want = append(want, strconv.Itoa(i))
		before := store.DeepCopy()
		store.Spec.DisplayName = strconv.Itoa(i)
		must(c.Patch(t.Context(), store, client.MergeFrom(before)))
	}
	seen.until(t, name, "has its last name", func(s *v1alpha1.Store) bool { return s.Spec.DisplayName == "19" })
	eventually(t, "the cache has told of each name, in order", func(context.Context) error {
		if diff := cmp.Diff(want, names.inOrder()); diff != "" {
			return errors.New("(-want +got):\n" + diff)
		}
		return nil
	})

	_, err = controllerutil.CreateOrUpdate(t.Context(), manager.GetClient(), store, func() error {
		controllerutil.AddFinalizer(store, testFinalizer)
		return nil
	})
	if apierrors.IsConflict(err) {
		// The provisioner wrote in between, or the cache is behind: as ever.
		must(manager.GetAPIReader().Get(t.Context(), client.ObjectKeyFromObject(store), store))
		controllerutil.AddFinalizer(store, testFinalizer)
		before := store.DeepCopy()
		before.Finalizers = nil
		err = c.Patch(t.Context(), store, client.MergeFrom(before))
	}
	must(err)
	seen.until(t, name, "has a finalizer", func(s *v1alpha1.Store) bool { return controllerutil.ContainsFinalizer(s, testFinalizer) })

	applied := applystores.Store(name).WithSpec(applystores.StoreSpec().WithEngine("woocommerce").WithHosts("reconciled.example.com"))
	must(c.Apply(t.Context(), applied, client.FieldOwner("reconciler")))
	seen.until(t, name, "has a host", func(s *v1alpha1.Store) bool { return slices.Contains(s.Spec.Hosts, "reconciled.example.com") })

	condition := metav1.Condition{Type: "Reviewed", Status: metav1.ConditionTrue, Reason: "ByReconciler"}
	must(retryOnConflict(func() error {
		if err := manager.GetAPIReader().Get(t.Context(), client.ObjectKeyFromObject(store), store); err != nil {
			return err
		}
		apimeta.SetStatusCondition(&store.Status.Conditions, condition)
		return c.Status().Update(t.Context(), store)
	}))
	seen.until(t, name, "has a condition", func(s *v1alpha1.Store) bool {
		return apimeta.IsStatusConditionTrue(s.Status.Conditions, "Reviewed")
	})

	must(c.Delete(t.Context(), store))
	seen.until(t, name, "is being deleted", func(s *v1alpha1.Store) bool { return s.DeletionTimestamp != nil })
	must(c.Patch(t.Context(), store, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))))
	seen.until(t, name, "is gone", func(s *v1alpha1.Store) bool { return s == nil })
}

func retryOnConflict(write func() error) error {
	for {
		if err := write(); !apierrors.IsConflict(err) {
			return err
		}
	}
}

// namesSeen is the display names of one store, each as often as it changed.
type namesSeen struct {
	of string

	mu    sync.Mutex
	names []string
}

func (n *namesSeen) OnAdd(object any, _ bool) { n.see(object) }
func (n *namesSeen) OnUpdate(_, object any)   { n.see(object) }
func (n *namesSeen) OnDelete(any)             {}
func (n *namesSeen) inOrder() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.names)
}

func (n *namesSeen) see(object any) {
	store, ok := object.(*v1alpha1.Store)
	if !ok || store.Name != n.of {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.names = slices.Compact(append(n.names, store.Spec.DisplayName))
}

// TestSelectingCache has a cache hold the stores of one label and one engine, and
// let go of those that are no longer among them.
func TestSelectingCache(t *testing.T) {
	t.Parallel()
	medusa := func(s *v1alpha1.Store) { s.Spec.Engine = "medusa" }
	order(t, "selected-1", medusa, labelled("clients", "selected"))
	order(t, "selected-2", medusa, labelled("clients", "selected"))
	order(t, "selected-woo", labelled("clients", "selected"))
	order(t, "selected-none", medusa)

	selecting, err := runtimecache.New(cluster.RESTConfig(), runtimecache.Options{
		Scheme: scheme(),
		ByObject: map[client.Object]runtimecache.ByObject{&v1alpha1.Store{}: {
			Label: labels.SelectorFromSet(labels.Set{"clients": "selected"}),
			Field: fields.OneTermEqualSelector("spec.engine", "medusa"),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	start(t, selecting.Start)
	heard := &listener{held: map[string]identity{}}
	watched, err := selecting.GetInformer(t.Context(), &v1alpha1.Store{})
	if err == nil {
		_, err = watched.AddEventHandler(cache.ResourceEventHandler(heard))
	}
	if err != nil {
		t.Fatal(err)
	}
	holds := func(want ...string) {
		t.Helper()
		eventually(t, fmt.Sprintf("the cache holds %q", want), func(ctx context.Context) error {
			var list v1alpha1.StoreList
			if err := selecting.List(ctx, &list); err != nil {
				return err
			}
			var held []string
			for _, store := range list.Items {
				held = append(held, store.Name)
			}
			slices.Sort(held)
			var handled []string
			for _, one := range heard.state().Handled {
				handled = append(handled, one.Name)
			}
			if diff := cmp.Diff([][]string{want, want}, [][]string{held, handled}); diff != "" {
				return errors.New("(-want +got):\n" + diff)
			}
			return nil
		})
	}
	holds("selected-1", "selected-2")
	for name, value := range map[string]string{"selected-none": "selected", "selected-1": "other", "selected-woo": "still-not"} {
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"clients":"`+value+`"}}}`))
		if err := writer(t).Patch(t.Context(), &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}}, patch); err != nil {
			t.Fatal(err)
		}
	}
	holds("selected-2", "selected-none")
	if err := writer(t).DeleteAllOf(t.Context(), &v1alpha1.Store{}, client.MatchingLabels{"clients": "selected"}, client.MatchingFields{"spec.engine": "medusa"}); err != nil {
		t.Fatal(err)
	}
	holds()
	if faults := heard.state().Faults; len(faults) > 0 {
		t.Errorf("events contradict each other: %q", faults)
	}
}

// writer is a client without a cache, which watches, too.
func writer(t testing.TB) client.WithWatch {
	t.Helper()
	c, err := client.NewWithWatch(cluster.RESTConfig(), client.Options{Scheme: scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRuntimeClient reads and watches without a cache, typed and as metadata only.
func TestRuntimeClient(t *testing.T) {
	t.Parallel()
	const name = "direct"
	c := writer(t)
	watched, err := c.Watch(t.Context(), &v1alpha1.StoreList{}, client.MatchingLabels{"clients": name})
	if err != nil {
		t.Fatal(err)
	}
	defer watched.Stop()
	store := newStore(t, name)
	store.Labels = map[string]string{"clients": name}
	if err := c.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	event := <-watched.ResultChan()
	if first, ok := event.Object.(*v1alpha1.Store); !ok || event.Type != "ADDED" || first.UID != store.UID {
		t.Errorf("the first event is %+v", event)
	}
	only := &metav1.PartialObjectMetadataList{}
	only.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind("StoreList"))
	if err := c.List(t.Context(), only, client.MatchingLabels{"clients": name}); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, item := range only.Items {
		found[item.Name] = string(item.UID)
	}
	if diff := cmp.Diff(map[string]string{name: string(store.UID)}, found); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	// A version of one's own is a precondition.
	stale := store.DeepCopy()
	untilSettled(t, name)
	stale.Spec.DisplayName = "Late"
	if err := c.Update(t.Context(), stale); !apierrors.IsConflict(err) {
		t.Errorf("an update of an old version gives %v, want a conflict", err)
	}
}
