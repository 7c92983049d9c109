package server

import (
	"context"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	flowcontrolrequest "k8s.io/apiserver/pkg/util/flowcontrol/request"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	engineregistry "platform.example.io/stores/pkg/registry/engine"
	storeregistry "platform.example.io/stores/pkg/registry/store"
	"platform.example.io/stores/pkg/registry/store/nsstorage"
	"platform.example.io/stores/pkg/registry/store/serializer"
	"platform.example.io/stores/pkg/server/compress"
)

// resourcePrefix precedes the keys of a resource's objects in the watch cache.
func resourcePrefix(resource schema.GroupResource) string {
	return "/" + resource.Group + "/" + resource.Resource
}

// Server is the aggregated API server.
type Server struct {
	generic *genericapiserver.GenericAPIServer
}

// New builds a server from its configuration.
func New(config *Config) (*Server, error) {
	options, readiness, err := storage(config)
	if err != nil {
		return nil, err
	}
	config.Generic.RESTOptionsGetter = options
	config.Generic.BuildHandlerChainFunc = func(api http.Handler, c *genericapiserver.Config) http.Handler {
		return genericapiserver.DefaultBuildHandlerChain(compress.Lists(api), c)
	}

	generic, err := config.Generic.Complete().New("store-apiserver", genericapiserver.NewEmptyDelegate())
	if err != nil {
		return nil, fmt.Errorf("make the generic API server: %w", err)
	}
	group, err := apiGroup(config, options)
	if err != nil {
		return nil, err
	}
	if err := generic.InstallAPIGroup(group); err != nil {
		return nil, fmt.Errorf("install the API group: %w", err)
	}
	if err := addReadiness(generic, config, readiness); err != nil {
		return nil, err
	}
	if err := addProvisioner(generic, config.Provisioner); err != nil {
		return nil, err
	}
	return &Server{generic: generic}, nil
}

// Run serves until the context ends, and then until requests and watches have
// been drained and the provisioner has stopped.
func (s *Server) Run(ctx context.Context) error {
	return s.generic.PrepareRun().RunWithContext(ctx)
}

// apiGroup is everything served below /apis/platform.example.io.
func apiGroup(config *Config, options generic.RESTOptionsGetter) (*genericapiserver.APIGroupInfo, error) {
	storeREST, statusREST, err := storeregistry.NewREST(storeregistry.Options{
		Scheme:      Scheme,
		RESTOptions: options,
		Engines:     config.Engines,
		Platform:    config.Platform,
	})
	if err != nil {
		return nil, err
	}
	engineREST, err := engineregistry.NewREST(config.Engines, Scheme)
	if err != nil {
		return nil, err
	}
	group := genericapiserver.NewDefaultAPIGroupInfo(stores.GroupName, Scheme, metav1.ParameterCodec, Codecs)
	items, ok := storeREST.Storage.Storage.(serializer.Items)
	if !ok {
		return nil, fmt.Errorf("storage of stores (%T) does not remember encoded items", storeREST.Storage.Storage)
	}
	group.NegotiatedSerializer = serializer.New(group.NegotiatedSerializer, items)
	group.VersionedResourcesStorageMap[v1alpha1.SchemeGroupVersion.Version] = map[string]rest.Storage{
		"stores":        storeREST,
		"stores/status": statusREST,
		"engines":       engineREST,
	}
	return &group, nil
}

// storage returns how the registry of stores stores them, and the check that
// its watch cache is filled.
func storage(config *Config) (generic.RESTOptionsGetter, *cacheReadiness, error) {
	namespaces, err := nsstorage.NewNamespaces(config.Generic.ClientConfig)
	if err != nil {
		return nil, nil, err
	}
	codec, err := nsstorage.NewStoreCodec(resourcePrefix(stores.Resource("stores")), Scheme, config.Engines.PodSecurity)
	if err != nil {
		return nil, nil, err
	}
	readiness := &cacheReadiness{}
	decorator := nsstorage.Decorator{
		Namespaces:      namespaces,
		Codec:           codec,
		Resource:        stores.Resource("stores"),
		ConsistentReads: config.ConsistentReads,
		OnReady:         readiness.add,
	}
	return restOptions{
		decorator: decorator.Decorate,
		tracker:   config.Generic.StorageObjectCountTracker,
	}, readiness, nil
}

// restOptions are the storage options of every resource of the server.
type restOptions struct {
	decorator generic.StorageDecorator
	tracker   flowcontrolrequest.StorageObjectCountTracker
}

// GetRESTOptions returns the options of a resource.
func (o restOptions) GetRESTOptions(resource schema.GroupResource, _ runtime.Object) (generic.RESTOptions, error) {
	codec := Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)
	return generic.RESTOptions{
		StorageConfig: (&storagebackend.Config{
			Codec: codec,
		}).ForResource(resource),
		Decorator: o.decorator,
		// Finalizers live on the Store, so foreground deletion and orphaning mean
		// what they say.
		EnableGarbageCollection:   true,
		DeleteCollectionWorkers:   4,
		ResourcePrefix:            resourcePrefix(resource),
		CountMetricPollPeriod:     countPeriod,
		StorageObjectCountTracker: o.tracker,
	}, nil
}
