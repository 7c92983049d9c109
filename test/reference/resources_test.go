package reference

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/engine"
	engineregistry "platform.example.io/stores/pkg/registry/engine"
	storeregistry "platform.example.io/stores/pkg/registry/store"
	"platform.example.io/stores/pkg/server"
)

// resource is what is served at a path.
type resource struct {
	name    string
	storage rest.Storage
}

// resources are those that pkg/server installs, with nothing behind them: what
// they can do is in their types.
func resources(t *testing.T) []resource {
	t.Helper()
	engines, err := engine.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	store, status, err := storeregistry.NewREST(storeregistry.Options{
		Scheme:  server.Scheme,
		Engines: engines,
		RESTOptions: generic.RESTOptions{
			ResourcePrefix: "stores",
			StorageConfig:  &storagebackend.ConfigForResource{},
			Decorator:      nowhere,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	engineREST, err := engineregistry.NewREST(engines, server.Scheme)
	if err != nil {
		t.Fatal(err)
	}
	return []resource{{"stores", store}, {"stores/status", status}, {"engines", engineREST}}
}

// nowhere stores nothing: no request is made.
func nowhere(*storagebackend.ConfigForResource, string, func(runtime.Object) (string, error), func() runtime.Object, func() runtime.Object,
	storage.AttrFunc, storage.IndexerFuncs, *cache.Indexers,
) (storage.Interface, factory.DestroyFunc, error) {
	return nil, func() {}, nil
}

// verbs are those that the generic API server installs for a storage.
func (r resource) verbs() []string {
	var verbs []string
	add := func(verb string, served bool) {
		if served {
			verbs = append(verbs, verb)
		}
	}
	_, get := r.storage.(rest.Getter)
	_, list := r.storage.(rest.Lister)
	_, watch := r.storage.(rest.Watcher)
	_, create := r.storage.(rest.Creater)
	_, update := r.storage.(rest.Updater)
	_, patch := r.storage.(rest.Patcher)
	_, remove := r.storage.(rest.GracefulDeleter)
	_, collection := r.storage.(rest.CollectionDeleter)
	add("get", get)
	add("list", list)
	add("watch", watch)
	add("create", create)
	add("update", update)
	add("patch", patch)
	add("delete", remove)
	add("deletecollection", collection)
	return verbs
}

// kind is that of the objects, which a subresource shares with its resource.
func (r resource) kind(t *testing.T) string {
	t.Helper()
	kinds, _, err := server.Scheme.ObjectKinds(r.storage.New())
	if err != nil {
		t.Fatal(err)
	}
	return kinds[0].Kind
}

// otherNames are what kubectl accepts in the resource's place.
func (r resource) otherNames() []string {
	var names []string
	if singular, ok := r.storage.(rest.SingularNameProvider); ok {
		names = append(names, singular.GetSingularName())
	}
	if short, ok := r.storage.(rest.ShortNamesProvider); ok {
		names = append(names, short.ShortNames()...)
	}
	if categories, ok := r.storage.(rest.CategoriesProvider); ok {
		names = append(names, categories.Categories()...)
	}
	return names
}

// path is where the resource is served.
func (r resource) path() string {
	name, subresource, isSubresource := strings.Cut(r.name, "/")
	path := "/apis/platform.example.io/v1alpha1/" + name
	if isSubresource {
		path += "/<name>/" + subresource
	}
	return path
}

// columns are those of `kubectl get`, of a resource that is listed.
func (r resource) columns(t *testing.T) []metav1.TableColumnDefinition {
	t.Helper()
	lister, ok := r.storage.(rest.Lister)
	if !ok {
		return nil
	}
	table, err := lister.ConvertToTable(t.Context(), lister.NewList(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return table.ColumnDefinitions
}
