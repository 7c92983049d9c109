package provisioner

import (
	"sync"
	"sync/atomic"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
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

	broadcaster events.EventBroadcaster
	recorder    events.EventRecorder

	caches *caches
	queue  atomic.Pointer[queue] // nil while another provisioner leads

	releases *lru.Cache // of releaseKey to *release
	recent   *recent
	vouched  *vouched

	turns sync.Mutex // held while a move to another revision is decided and written
}
