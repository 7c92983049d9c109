package provisioner

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/ktesting"
	"sigs.k8s.io/yaml"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
)

// patience bounds every wait; a test that works waits far less.
const patience = 90 * time.Second

// bench is one test's access to the cluster that all tests share. Each test uses
// stores of its own names; a provisioner works on all of them.
type bench struct {
	t      *testing.T
	admin  *rest.Config
	kube   kubernetes.Interface
	dyn    dynamic.Interface
	stores versioned.Interface
}

func newBench(t *testing.T) *bench {
	t.Helper()
	admin := inJSON(cluster.RESTConfig())
	return &bench{
		t: t, admin: admin,
		kube:   must(kubernetes.NewForConfig(admin)),
		dyn:    must(dynamic.NewForConfig(admin)),
		stores: must(versioned.NewForConfig(admin)),
	}
}

// inJSON makes clients speak JSON, which is all that a custom resource knows: the
// generated client would send protobuf. Against the real API it does, in test/e2e.
func inJSON(config *rest.Config) *rest.Config {
	config.ContentType = runtime.ContentTypeJSON
	return config
}

// embedded loads the engines once.
var embedded = sync.OnceValues(engine.Embedded)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// installStores serves stores as a custom resource.
func installStores(ctx context.Context, admin *rest.Config) error {
	if err := define(ctx, admin, "testdata/stores.yaml"); err != nil {
		return err
	}
	client, err := versioned.NewForConfig(admin)
	if err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	return wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		_, err := client.PlatformV1alpha1().Stores().List(ctx, metav1.ListOptions{})
		return err == nil, nil
	})
}

// define installs a custom resource.
func define(ctx context.Context, admin *rest.Config, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read definition: %w", err)
	}
	definition := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(text, &definition.Object); err != nil {
		return fmt.Errorf("decode %s: %w", path, err)
	}
	client, err := dynamic.NewForConfig(admin)
	if err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	definitions := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	if _, err := definitions.Create(ctx, definition, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	return nil
}

// order creates a store and its namespace, which here are two objects.
func (b *bench) order(name string, change func(*v1alpha1.Store)) *v1alpha1.Store {
	b.t.Helper()
	ctx := b.t.Context()
	store := &v1alpha1.Store{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.StoreSpec{Engine: "woocommerce", Version: "10.9.4", Plan: "starter"},
	}
	if change != nil {
		change(store)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: v1alpha1.NamespacePrefix + name,
		Labels: map[string]string{
			"pod-security.kubernetes.io/enforce": "restricted",
			v1alpha1.LabelStore:                  name, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy,
		},
	}}
	if _, err := b.kube.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		b.t.Fatalf("create namespace: %v", err)
	}
	created, err := b.stores.PlatformV1alpha1().Stores().Create(ctx, store, metav1.CreateOptions{})
	if err != nil {
		b.t.Fatalf("create store: %v", err)
	}
	b.t.Cleanup(func() { b.remove(name) })
	return created
}

// remove deletes a store and what it has, without waiting.
func (b *bench) remove(name string) {
	ctx := context.WithoutCancel(b.t.Context())
	if err := b.stores.PlatformV1alpha1().Stores().Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		b.t.Errorf("delete store: %v", err)
	}
	if err := b.kube.CoreV1().Namespaces().Delete(ctx, v1alpha1.NamespacePrefix+name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		b.t.Errorf("delete namespace: %v", err)
	}
}

// edit changes a store's spec as a user does.
func (b *bench) edit(name string, change func(*v1alpha1.StoreSpec)) {
	b.t.Helper()
	b.eventually("edit store "+name, func(ctx context.Context) (bool, string) {
		store, err := b.stores.PlatformV1alpha1().Stores().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err.Error()
		}
		change(&store.Spec)
		_, err = b.stores.PlatformV1alpha1().Stores().Update(ctx, store, metav1.UpdateOptions{})
		if err != nil && !apierrors.IsConflict(err) {
			b.t.Fatalf("update store: %v", err)
		}
		return err == nil, fmt.Sprint(err)
	})
}

// setStatus writes a store's status in the provisioner's place.
func (b *bench) setStatus(name string, change func(*v1alpha1.StoreStatus)) {
	b.t.Helper()
	b.eventually("write status of "+name, func(ctx context.Context) (bool, string) {
		store, err := b.stores.PlatformV1alpha1().Stores().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err.Error()
		}
		change(&store.Status)
		_, err = b.stores.PlatformV1alpha1().Stores().UpdateStatus(ctx, store, metav1.UpdateOptions{})
		return err == nil, fmt.Sprint(err)
	})
}

// eventually polls a condition; what it says last is told when it never holds.
func (b *bench) eventually(what string, holds func(context.Context) (bool, string)) {
	b.t.Helper()
	var last string
	err := wait.PollUntilContextTimeout(b.t.Context(), 20*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		ok, seen := holds(ctx)
		if ctx.Err() == nil {
			last = seen
		}
		return ok, nil
	})
	if err != nil {
		b.t.Fatalf("%s: %v; last seen: %s", what, err, last)
	}
}

// until waits until a store is as it should be, and returns it.
func (b *bench) until(name, what string, is func(*v1alpha1.Store) bool) (store *v1alpha1.Store) {
	b.t.Helper()
	b.eventually(what+" of store "+name, func(ctx context.Context) (bool, string) {
		found, err := b.stores.PlatformV1alpha1().Stores().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err.Error()
		}
		store = found
		return is(found), fmt.Sprintf("%+v", found.Status)
	})
	return store
}

// condition waits until a condition of a store has a status and a reason.
func (b *bench) condition(name, kind string, status metav1.ConditionStatus, reason string) *v1alpha1.Store {
	b.t.Helper()
	return b.until(name, fmt.Sprintf("condition %s=%s (%s)", kind, status, reason), func(store *v1alpha1.Store) bool {
		condition := meta.FindStatusCondition(store.Status.Conditions, kind)
		return condition != nil && condition.Status == status && condition.Reason == reason && condition.ObservedGeneration == store.Generation
	})
}

// applied waits until all objects of the store's present spec are applied.
func (b *bench) applied(name string) *v1alpha1.Store {
	b.t.Helper()
	return b.condition(name, v1alpha1.ConditionResourcesApplied, metav1.ConditionTrue, "Ready")
}

// running is a provisioner at work.
type running struct {
	*Provisioner
	requests *requests
	stop     func()
}

// account is the provisioner's own, with the role that the platform installs: what
// that does not allow fails in every test.
func (b *bench) account() *rest.Config {
	const namespace = "store-platform"
	return inJSON(cluster.UserConfig(b.t, "system:serviceaccount:"+namespace+":store-provisioner",
		"system:serviceaccounts", "system:serviceaccounts:"+namespace, "system:authenticated"))
}

// unasked is a configuration for simulated nodes: nothing in their pods answers.
func unasked() *config.PlatformConfiguration {
	platform := config.Default()
	platform.StorefrontProbe = config.ProbeDisabled
	return platform
}

// provision runs a provisioner until the test ends or stop is called.
func (b *bench) provision(change func(*Options)) *running {
	b.t.Helper()
	counted := &requests{}
	options := Options{RESTConfig: b.account(), Platform: unasked(), Catalogue: must(embedded())}
	if change != nil {
		change(&options)
	}
	options.RESTConfig.Wrap(counted.wrap)
	p, err := New(options)
	if err != nil {
		b.t.Fatalf("make provisioner: %v", err)
	}
	logger := ktesting.NewLogger(b.t, ktesting.NewConfig(ktesting.Verbosity(2)))
	ctx, cancel := context.WithCancel(klog.NewContext(context.Background(), logger))
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("run provisioner: %v", err)
		}
	})
	b.t.Cleanup(stop)
	return &running{Provisioner: p, requests: counted, stop: stop}
}

// requests counts what a provisioner asks of the API server.
type requests struct {
	mu   sync.Mutex
	seen []string
}

func (r *requests) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		r.mu.Lock()
		r.seen = append(r.seen, request.Method+" "+request.URL.Path)
		r.mu.Unlock()
		return next.RoundTrip(request)
	})
}

// about returns the requests about one store that came after the first n.
func (r *requests) about(store string, n int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var about []string
	for _, request := range r.seen[n:] {
		if strings.Contains(request, "/"+v1alpha1.NamespacePrefix+store+"/") || strings.HasSuffix(request, "/stores/"+store+"/status") {
			about = append(about, request)
		}
	}
	return about
}

func (r *requests) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }
