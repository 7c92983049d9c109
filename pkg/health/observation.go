package health

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// Components by which the parts of a shop are recognised: the values of the
// label app.kubernetes.io/component.
const (
	ComponentDatabase    = "database"
	ComponentApplication = "application"
	ComponentCache       = "cache"
	ComponentBootstrap   = "bootstrap"
)

const labelComponent = "app.kubernetes.io/component"

// Observation is everything that was seen of one store. Nothing in it is
// changed.
type Observation struct {
	// Now is the time of the observation.
	Now time.Time
	// Store as it was read, with the status that was written last.
	Store *v1alpha1.Store
	// Namespace of the store.
	Namespace string
	// Timeout is how long the store may take to be ready for the first time.
	Timeout time.Duration

	// Applied is what came of applying the store's objects.
	Applied Verdict
	// Expected are the objects that the store consists of; nil when that cannot be said.
	Expected []Expected
	// Conflicts are the hosts that older Stores have.
	Conflicts []Conflict

	StatefulSets []*appsv1.StatefulSet
	Deployments  []*appsv1.Deployment
	Jobs         []*batchv1.Job
	Pods         []*corev1.Pod
	Claims       []*corev1.PersistentVolumeClaim
	Quotas       []*corev1.ResourceQuota
	Ingresses    []*networkingv1.Ingress
	// HTTPRoutes are Gateway API routes.
	HTTPRoutes []*unstructured.Unstructured
	// Storefront is what the shop answers; nil where that cannot be said.
	Storefront *Storefront
	// Refusals are Events that tell of a pod that could not be created.
	Refusals []*corev1.Event
}

// Expected is one object that the store consists of.
type Expected struct {
	Kind      string
	Name      string
	Component string
	// Behind tells that what was written last of it is not among what was seen.
	Behind bool
}

// Conflict is a host that another Store has.
type Conflict struct {
	Host string
	// Store that has the host.
	Store string
}

// Report is what the status is to say.
type Report struct {
	// Conditions without times, in a fixed order.
	Conditions []metav1.Condition
	// Phase sums them up.
	Phase v1alpha1.StorePhase
	// Recheck is how long until the report changes by the passing of time alone;
	// zero for never.
	Recheck time.Duration
}

// Ready tells whether the store serves as its spec says.
func (r Report) Ready() bool {
	return r.Phase == v1alpha1.StoreReady
}

func (o *Observation) expected(kind, component string) []Expected {
	var found []Expected
	for _, e := range o.Expected {
		if e.Kind == kind && e.Component == component {
			found = append(found, e)
		}
	}
	return found
}

// suspended is asked of what was wanted, not of what is.
func (o *Observation) suspended() bool { return o.Store.Spec.Suspend }

func (o *Observation) everReady() bool { return o.Store.Status.ReadyTime != nil }
