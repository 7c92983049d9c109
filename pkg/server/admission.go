package server

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/registry/store/nsstorage"
)

// admissionResync is how often upstream's informers repeat what they hold.
const admissionResync = 10 * time.Minute

// ApplyAdmission makes the server enforce the cluster's webhooks and policies.
//
// They get informers of their own, not the server's. A policy may name parameters
// of any kind, whatever it is about, and upstream adds an informer of that kind
// to the factory it was given. Where our account may not read the kind, that
// informer never fills: among the server's own it would make the whole server
// unready, and an unavailable APIService stops every deletion of a namespace in
// the cluster. So readiness waits for what admission needs from the start, and
// for no parameters; a policy about stores whose parameters cannot be read is
// answered by its failure policy.
func ApplyAdmission(options *genericoptions.AdmissionOptions, config *genericapiserver.RecommendedConfig) error {
	client, err := kubernetes.NewForConfig(config.ClientConfig)
	if err != nil {
		return fmt.Errorf("make the client of admission: %w", err)
	}
	dynamicClient, err := dynamic.NewForConfig(config.ClientConfig)
	if err != nil {
		return fmt.Errorf("make the client of admission: %w", err)
	}
	if err := disableUnserved(options, client.Discovery()); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, admissionResync, informers.WithTransform(forAdmission))
	if err := options.ApplyTo(&config.Config, factory, client, dynamicClient, config.FeatureGate, config.EffectiveVersion); err != nil {
		return fmt.Errorf("apply admission options: %w", err)
	}
	readiness := &admissionReadiness{factory: factory}
	if err := config.AddPostStartHook("admission-informers", readiness.start); err != nil {
		return fmt.Errorf("start the informers of admission: %w", err)
	}
	config.AddReadyzChecks(healthz.NamedCheck("admission-informers", readiness.check))
	return nil
}

// forAdmission drops what admission asks of no namespace and that is long: its
// informer holds every namespace of the cluster, and all that a Store is would be
// in memory once more.
func forAdmission(object any) (any, error) {
	if namespace, ok := object.(*corev1.Namespace); ok {
		namespace.ManagedFields = nil
		nsstorage.Strip(namespace)
	}
	return object, nil
}

// admissionReadiness knows which informers admission cannot do without.
type admissionReadiness struct {
	factory informers.SharedInformerFactory

	mu     sync.Mutex
	needed map[reflect.Type]bool
}

// start starts the informers, and notes which they are before any policy has
// been read that could add others.
func (r *admissionReadiness) start(hook genericapiserver.PostStartHookContext) error {
	r.factory.Start(hook.Done())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.needed = r.synced()
	return nil
}

// synced tells of every informer that was started whether it is filled.
func (r *admissionReadiness) synced() map[reflect.Type]bool {
	now := make(chan struct{})
	close(now)
	return r.factory.WaitForCacheSync(now)
}

func (r *admissionReadiness) check(*http.Request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.needed == nil {
		return errors.New("the informers of admission have not been started")
	}
	var missing []string
	for kind, filled := range r.synced() {
		if _, needed := r.needed[kind]; needed && !filled {
			missing = append(missing, kind.String())
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fmt.Errorf("admission does not know yet all of %v", missing)
	}
	return nil
}
