package store_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/install"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
	storeregistry "platform.example.io/stores/pkg/registry/store"
	"platform.example.io/stores/pkg/registry/store/nsstorage"
	"platform.example.io/stores/test/controlplane"
)

// cluster is a real kube-apiserver without controllers: a namespace that is
// deleted stays terminating until a test finalizes it.
var cluster *controlplane.Cluster

func TestMain(m *testing.M) {
	options := controlplane.Options{
		Components: []string{controlplane.Etcd, controlplane.KubeAPIServer},
		Bare:       true,
	}
	os.Exit(controlplane.Main(m, options, func(c *controlplane.Cluster) { cluster = c }))
}

const prefix = "/" + stores.GroupName + "/stores"

// registry is the registry of Stores on a cluster, as the server assembles it.
type registry struct {
	*storeregistry.REST
	status *storeregistry.StatusREST
	kube   kubernetes.Interface
}

func newRegistry(t *testing.T, c *controlplane.Cluster) *registry {
	t.Helper()
	return newRegistryWith(t, c, nsstorage.ReadThrough)
}

func newRegistryWith(t *testing.T, c *controlplane.Cluster, reads nsstorage.ConsistentReads) *registry {
	t.Helper()
	return newRegistryOver(t, c, newNamespaces(t, c), reads)
}

func newNamespaces(t *testing.T, c *controlplane.Cluster) nsstorage.Namespaces {
	t.Helper()
	namespaces, err := nsstorage.NewNamespaces(c.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return namespaces
}

func newRegistryOver(t *testing.T, c *controlplane.Cluster, namespaces nsstorage.Namespaces, reads nsstorage.ConsistentReads) *registry {
	t.Helper()
	scheme := runtime.NewScheme()
	install.Install(scheme)
	kube, err := kubernetes.NewForConfig(c.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	codec, err := nsstorage.NewStoreCodec(prefix, scheme, func(string, string) (string, bool) { return "restricted", true })
	if err != nil {
		t.Fatal(err)
	}
	var ready func() error
	engines, err := engine.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	decorator := nsstorage.Decorator{
		Namespaces:      namespaces,
		Codec:           codec,
		Resource:        stores.Resource("stores"),
		ConsistentReads: reads,
		OnReady:         func(check func() error) { ready = check },
	}
	r := &registry{kube: kube}
	r.REST, r.status, err = storeregistry.NewREST(storeregistry.Options{
		Scheme: scheme,
		RESTOptions: generic.RESTOptions{
			StorageConfig: (&storagebackend.Config{
				Codec: serializer.NewCodecFactory(scheme).LegacyCodec(v1alpha1.SchemeGroupVersion),
			}).ForResource(stores.Resource("stores")),
			Decorator:               decorator.Decorate,
			EnableGarbageCollection: true,
			DeleteCollectionWorkers: 1,
			ResourcePrefix:          prefix,
		},
		Engines:  engines,
		Platform: config.Default(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Destroy)
	eventually(t, "the watch cache is filled", func(context.Context) (bool, error) { return ready() == nil, nil })
	return r
}

var counter atomic.Int64

// uniqueName returns a name that no other test uses.
func uniqueName() string { return fmt.Sprintf("t%d-%d", os.Getpid(), counter.Add(1)) }

func newStore(name string) *stores.Store {
	return &stores.Store{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       stores.StoreSpec{Engine: "woocommerce"},
	}
}

// requestContext is the context of a request by alice, as the server's handlers make it.
func requestContext(t *testing.T, verb, name, subresource string) context.Context {
	ctx := request.WithNamespace(request.WithUser(t.Context(), &user.DefaultInfo{Name: "alice"}), metav1.NamespaceNone)
	return request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true,
		Verb:              verb,
		APIGroup:          stores.GroupName,
		APIVersion:        v1alpha1.SchemeGroupVersion.Version,
		Resource:          "stores",
		Subresource:       subresource,
		Name:              name,
	})
}

func (r *registry) create(t *testing.T, store *stores.Store) (*stores.Store, error) {
	t.Helper()
	object, err := r.Create(requestContext(t, "create", "", ""), store, rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	return object.(*stores.Store), nil
}

func (r *registry) mustCreate(t *testing.T, store *stores.Store) *stores.Store {
	t.Helper()
	created, err := r.create(t, store)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

func (r *registry) get(t *testing.T, name string) (*stores.Store, error) {
	t.Helper()
	object, err := r.Get(requestContext(t, "get", name, ""), name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return object.(*stores.Store), nil
}

func (r *registry) mustGet(t *testing.T, name string) *stores.Store {
	t.Helper()
	store, err := r.get(t, name)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func (r *registry) update(t *testing.T, name string, change func(*stores.Store)) (*stores.Store, error) {
	t.Helper()
	object, _, err := r.Update(requestContext(t, "update", name, ""), name, changed(change),
		rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, false, &metav1.UpdateOptions{})
	if err != nil {
		return nil, err
	}
	return object.(*stores.Store), nil
}

func (r *registry) updateStatus(t *testing.T, name string, change func(*stores.Store)) (*stores.Store, error) {
	t.Helper()
	object, _, err := r.status.Update(requestContext(t, "update", name, "status"), name, changed(change),
		rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, false, &metav1.UpdateOptions{})
	if err != nil {
		return nil, err
	}
	return object.(*stores.Store), nil
}

// changed is the update that a PATCH makes of what is stored.
func changed(change func(*stores.Store)) rest.UpdatedObjectInfo {
	return rest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		store := old.DeepCopyObject().(*stores.Store)
		change(store)
		return store, nil
	})
}

func (r *registry) list(t *testing.T, options *internalversion.ListOptions) *stores.StoreList {
	t.Helper()
	object, err := r.List(requestContext(t, "list", "", ""), options)
	if err != nil {
		t.Fatal(err)
	}
	return object.(*stores.StoreList)
}

func (r *registry) delete(t *testing.T, name string, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	t.Helper()
	return r.Delete(requestContext(t, "delete", name, ""), name, rest.ValidateAllObjectFunc, options)
}

func (r *registry) namespace(t *testing.T, name string) *corev1.Namespace {
	t.Helper()
	namespace, err := r.kube.CoreV1().Namespaces().Get(t.Context(), "store-"+name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return namespace
}

// finalize is the namespace controller saying that all content is gone.
func (r *registry) finalize(t *testing.T, name string) {
	t.Helper()
	namespace := r.namespace(t, name)
	namespace.Spec.Finalizers = nil
	if _, err := r.kube.CoreV1().Namespaces().Finalize(t.Context(), namespace, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// unrelatedWrite moves the cluster's version without touching a store.
func (r *registry) unrelatedWrite(t *testing.T) string {
	t.Helper()
	created, err := r.kube.CoreV1().ConfigMaps("default").Create(t.Context(),
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "unrelated-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return created.ResourceVersion
}

// eventually polls until the condition holds. The limit is only there to end a
// test that fails.
func eventually(t *testing.T, what string, condition func(context.Context) (bool, error)) {
	t.Helper()
	if err := wait.PollUntilContextTimeout(context.WithoutCancel(t.Context()), 20*time.Millisecond, 60*time.Second, true, condition); err != nil {
		t.Fatalf("waiting until %s: %v", what, err)
	}
}

// storeOf is the Store of an event. The watch cache wraps what it sends to
// several watchers, so that it is encoded once.
func storeOf(t *testing.T, event watch.Event) *stores.Store {
	t.Helper()
	object := event.Object
	if cached, ok := object.(runtime.CacheableObject); ok {
		object = cached.GetObject()
	}
	store, ok := object.(*stores.Store)
	if !ok {
		t.Fatalf("event %s carries %T: %v", event.Type, object, object)
	}
	return store
}
