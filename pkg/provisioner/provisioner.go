package provisioner

import (
	"sync/atomic"

	oteltrace "go.opentelemetry.io/otel/trace"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/pkg/provisioner/metric"
	"platform.example.io/stores/pkg/provisioner/storefront"
)

// Provisioner brings stores to what their specs say and keeps them so.
type Provisioner struct {
	platform  *config.PlatformConfiguration
	catalogue *engine.Catalogue
	election  *LeaderElection
	clock     clock.WithTicker

	stores versioned.Interface
	kube   kubernetes.Interface
	// metadata applies and deletes: what the API server answers is never content.
	metadata metadata.Interface
	dynamic  dynamic.Interface

	// leases is the client of the Lease, and fence keeps the others from writing
	// while it is not held. Both are nil without leader election.
	leases kubernetes.Interface
	fence  *fence
	tracer oteltrace.Tracer

	broadcaster events.EventBroadcaster
	recorder    events.EventRecorder

	caches *caches
	queue  atomic.Pointer[queue] // nil while another provisioner leads
	asking storefront.Options
	prober atomic.Pointer[storefront.Prober] // nil likewise, and where no shop is asked

	releases *lru.Cache // of releaseKey to *release
	recent   *recent
	vouched  *vouched
	pace     *pace
	subject  atomic.Pointer[rbacv1.Subject] // own account; nil until asked for
	progress *metric.Progress
	ready    atomic.Bool // the caches are filled
	turns    turns
}
