package provisioner

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kinds that the stages name.
var (
	kindPod         = schema.GroupKind{Kind: "Pod"}
	kindClaim       = schema.GroupKind{Kind: "PersistentVolumeClaim"}
	kindConfigMap   = schema.GroupKind{Kind: "ConfigMap"}
	kindQuota       = schema.GroupKind{Kind: "ResourceQuota"}
	kindStatefulSet = schema.GroupKind{Group: appsv1.GroupName, Kind: "StatefulSet"}
	kindDeployment  = schema.GroupKind{Group: appsv1.GroupName, Kind: "Deployment"}
	kindJob         = schema.GroupKind{Group: batchv1.GroupName, Kind: "Job"}
	kindCronJob     = schema.GroupKind{Group: batchv1.GroupName, Kind: "CronJob"}
	kindService     = schema.GroupKind{Kind: "Service"}
	kindIngress     = schema.GroupKind{Group: networkingv1.GroupName, Kind: "Ingress"}
	kindRoleBinding = schema.GroupKind{Group: rbacv1.GroupName, Kind: "RoleBinding"}
	kindHTTPRoute   = schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "HTTPRoute"}
)

// addBuiltIn adds the kinds that every cluster serves and every store has.
func (c *caches) addBuiltIn() {
	put := func(version schema.GroupVersion, kind, resource string, informer cache.SharedIndexInformer) {
		c.kinds[schema.GroupKind{Group: version.Group, Kind: kind}] = &kindCache{
			kind: version.WithKind(kind), resource: version.WithResource(resource), informer: informer,
		}
	}
	core, apps, batch := corev1.SchemeGroupVersion, appsv1.SchemeGroupVersion, batchv1.SchemeGroupVersion
	networking, policy := networkingv1.SchemeGroupVersion, policyv1.SchemeGroupVersion
	put(core, "Pod", "pods", c.typed.Core().V1().Pods().Informer())
	put(core, "PersistentVolumeClaim", "persistentvolumeclaims", c.typed.Core().V1().PersistentVolumeClaims().Informer())
	put(core, "ResourceQuota", "resourcequotas", c.typed.Core().V1().ResourceQuotas().Informer())
	put(core, "Service", "services", c.typed.Core().V1().Services().Informer())
	put(apps, "StatefulSet", "statefulsets", c.typed.Apps().V1().StatefulSets().Informer())
	put(apps, "Deployment", "deployments", c.typed.Apps().V1().Deployments().Informer())
	put(batch, "Job", "jobs", c.typed.Batch().V1().Jobs().Informer())
	put(networking, "Ingress", "ingresses", c.typed.Networking().V1().Ingresses().Informer())
	put(rbacv1.SchemeGroupVersion, "RoleBinding", "rolebindings", c.typed.Rbac().V1().RoleBindings().Informer())

	metadataOnly := func(version schema.GroupVersion, kind, resource string) {
		put(version, kind, resource, c.informerOf(schema.GroupKind{Group: version.Group, Kind: kind}, version.WithResource(resource)))
	}
	metadataOnly(core, "ConfigMap", "configmaps")
	metadataOnly(core, "LimitRange", "limitranges")
	metadataOnly(core, "ServiceAccount", "serviceaccounts")
	metadataOnly(batch, "CronJob", "cronjobs")
	metadataOnly(networking, "NetworkPolicy", "networkpolicies")
	metadataOnly(policy, "PodDisruptionBudget", "poddisruptionbudgets")
}

// undiscovered are the kinds that the installed engines declare, and the route of
// a Gateway, that no cache holds yet.
func (c *caches) undiscovered() []schema.GroupVersionKind {
	declared := []schema.GroupVersionKind{kindHTTPRoute.WithVersion("v1")}
	for _, name := range c.p.catalogue.Names() {
		engine, _ := c.p.catalogue.Lookup(name)
		for _, revisionName := range engine.Revisions() {
			revision, _ := engine.Revision(revisionName)
			for _, kind := range revision.Definition.Kinds {
				declared = append(declared, schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind))
			}
		}
	}
	seen := map[schema.GroupKind]bool{}
	return slices.DeleteFunc(declared, func(kind schema.GroupVersionKind) bool {
		_, known := c.kind(kind.GroupKind())
		known = known || seen[kind.GroupKind()]
		seen[kind.GroupKind()] = true
		return known
	})
}

// discover adds the kinds that the cluster serves by now.
func (c *caches) discover(ctx context.Context, background *sync.WaitGroup) {
	missing := c.undiscovered()
	if len(missing) == 0 {
		return
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(c.p.kube.Discovery()))
	for _, kind := range missing {
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err == nil {
			err = c.add(ctx, kind, mapping.Resource, background)
		}
		if err != nil {
			klog.FromContext(ctx).V(3).Info("Kind is not served", "kind", kind.String(), "err", err)
		}
	}
}

// fillTimeout bounds the first list of a kind, lest one that cannot be listed
// keeps the others waiting.
const fillTimeout = 30 * time.Second

// add starts a cache of a kind and, once it is filled, lets the stores know.
func (c *caches) add(ctx context.Context, kind schema.GroupVersionKind, resource schema.GroupVersionResource, background *sync.WaitGroup) error {
	added := &kindCache{kind: kind, resource: resource, informer: c.informerOf(kind.GroupKind(), resource)}
	registration, err := added.informer.AddEventHandler(objectHandler{c.p, kind.GroupKind()})
	if err != nil {
		return fmt.Errorf("handle %s: %w", kind.Kind, err)
	}
	running, stop := context.WithCancel(ctx)
	background.Go(func() { added.informer.RunWithContext(running) })
	filling, done := context.WithTimeout(ctx, fillTimeout)
	defer done()
	if !cache.WaitForCacheSync(filling.Done(), registration.HasSynced) {
		stop()
		return fmt.Errorf("fill cache of %s: %w", kind.Kind, filling.Err())
	}
	context.AfterFunc(ctx, stop)
	c.mu.Lock()
	c.kinds[kind.GroupKind()] = added
	c.mu.Unlock()
	for _, name := range c.storeNames() {
		c.p.enqueue(name)
	}
	return nil
}

// informerOf makes a cache that is not typed. Of routes the status is read, of
// all others only the metadata are fetched.
func (c *caches) informerOf(kind schema.GroupKind, resource schema.GroupVersionResource) cache.SharedIndexInformer {
	byNamespace := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	var informer cache.SharedIndexInformer
	if kind == kindHTTPRoute {
		informer = dynamicinformer.NewFilteredDynamicInformer(c.p.dynamic, resource, metav1.NamespaceAll, 0, byNamespace, labelled).Informer()
	} else {
		informer = metadatainformer.NewFilteredMetadataInformer(c.p.metadata, resource, metav1.NamespaceAll, 0, byNamespace, labelled).Informer()
	}
	if err := informer.SetTransform(trim); err != nil {
		panic(fmt.Sprintf("an informer that has not started takes no transform: %v", err))
	}
	return informer
}
