package provisioner

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// observe gathers from the caches what health judges by.
func (p *Provisioner) observe(w *work, applied health.Verdict) *health.Observation {
	c, name := p.caches, w.store.Name
	// Before what it tells of: what the caches had then, they have afterwards.
	expected := p.expected(w)
	return &health.Observation{
		Now:          p.clock.Now(),
		Store:        w.store,
		Namespace:    w.namespace,
		Timeout:      p.platform.Provisioning.Timeout.Duration,
		Applied:      applied,
		Expected:     expected,
		Conflicts:    w.conflicts,
		StatefulSets: list[*appsv1.StatefulSet](c, kindStatefulSet, name),
		Deployments:  list[*appsv1.Deployment](c, kindDeployment, name),
		Jobs:         list[*batchv1.Job](c, kindJob, name),
		Pods:         list[*corev1.Pod](c, kindPod, name),
		Claims:       list[*corev1.PersistentVolumeClaim](c, kindClaim, name),
		Quotas:       list[*corev1.ResourceQuota](c, kindQuota, name),
		Ingresses:    list[*networkingv1.Ingress](c, kindIngress, name),
		HTTPRoutes:   list[*unstructured.Unstructured](c, kindHTTPRoute, name),
		Refusals:     c.refusals(w.namespace),
		Storefront:   p.seen(w),
	}
}

// judged are the kinds that conditions are about.
var judged = []schema.GroupKind{kindStatefulSet, kindDeployment, kindJob, kindIngress, kindHTTPRoute}

// expected are the objects that the store consists of: as rendered, or, where it
// cannot be rendered, those that were applied before, which go on serving.
func (p *Provisioner) expected(w *work) []health.Expected {
	var expected []health.Expected
	if w.release != nil {
		for _, d := range w.release.objects {
			expected = append(expected, health.Expected{Kind: d.kind.Kind, Name: d.name, Component: d.component, Behind: p.behind(w, d)})
		}
		return expected
	}
	for _, kind := range judged {
		for _, object := range list[metav1.Object](p.caches, kind, w.store.Name) {
			if ours(object) {
				expected = append(expected, health.Expected{Kind: kind.Kind, Name: object.GetName(), Component: object.GetLabels()[labelComponent]})
			}
		}
	}
	return expected
}

// behind tells that an object was written and its cache does not show that yet:
// then the object says nothing of what was written.
func (p *Provisioner) behind(w *work, d *desired) bool {
	of, served := p.caches.kind(d.kind.GroupKind())
	if !served {
		return false
	}
	cached := p.cached(of, w.namespace, d.name)
	return p.recent.newest(p.clock.Now(), objectKey{d.kind.GroupKind(), w.namespace, d.name}, cached) != cached
}

// storeOf returns the name of the store that a namespace of this name would be.
func storeOf(namespace string) (string, bool) {
	return strings.CutPrefix(namespace, v1alpha1.NamespacePrefix)
}
