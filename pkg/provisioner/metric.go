package provisioner

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
	_ "k8s.io/component-base/metrics/prometheus/clientgo/leaderelection" // leader election as a metric
	_ "k8s.io/component-base/metrics/prometheus/workqueue"               // depth and latency of the queue

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// Outcomes of an apply.
const (
	applyApplied   = "applied"
	applyUnchanged = "unchanged"
	applyReplaced  = "replaced"
	applyFailed    = "failed"
)

const (
	namespaceOfMetrics = "store_platform"
	subsystem          = "provisioner"
)

var (
	reconcileDuration = metrics.NewHistogramVec(&metrics.HistogramOpts{
		Namespace: namespaceOfMetrics, Subsystem: subsystem, Name: "reconcile_duration_seconds",
		Help:           "Time to reconcile a store once, by outcome.",
		Buckets:        metrics.ExponentialBuckets(0.001, 2, 14),
		StabilityLevel: metrics.ALPHA,
	}, []string{"outcome"})
	applies = metrics.NewCounterVec(&metrics.CounterOpts{
		Namespace: namespaceOfMetrics, Subsystem: subsystem, Name: "applies_total",
		Help:           "Objects looked at, by what came of it; only unchanged ones cost no request.",
		StabilityLevel: metrics.ALPHA,
	}, []string{"outcome"})
	pruned = metrics.NewCounter(&metrics.CounterOpts{
		Namespace: namespaceOfMetrics, Subsystem: subsystem, Name: "pruned_total",
		Help:           "Objects deleted because they are no longer part of their shop.",
		StabilityLevel: metrics.ALPHA,
	})
	provisioningDuration = metrics.NewHistogramVec(&metrics.HistogramOpts{
		Namespace: namespaceOfMetrics, Subsystem: subsystem, Name: "provisioning_duration_seconds",
		Help:           "Time from taking a store up to its being ready for the first time, by engine.",
		Buckets:        metrics.ExponentialBuckets(1, 2, 12),
		StabilityLevel: metrics.ALPHA,
	}, []string{"engine"})
	storesByPhase = metrics.NewGaugeVec(&metrics.GaugeOpts{
		Namespace: namespaceOfMetrics, Subsystem: subsystem, Name: "stores",
		Help:           "Stores by phase.",
		StabilityLevel: metrics.ALPHA,
	}, []string{"phase"})
)

var registerMetrics = sync.OnceFunc(func() {
	legacyregistry.MustRegister(reconcileDuration, applies, pruned, provisioningDuration, storesByPhase)
})

func outcome(err error) string {
	if err != nil {
		return "failed"
	}
	return "succeeded"
}

// countReady notes how long a store took, the first time that it is ready.
func (p *Provisioner) countReady(before, after *v1alpha1.Store) {
	started, ready := after.Status.ProvisioningStartTime, after.Status.ReadyTime
	if before.Status.ReadyTime != nil || started == nil || ready == nil {
		return
	}
	provisioningDuration.WithLabelValues(after.Spec.Engine).Observe(ready.Sub(started.Time).Seconds())
}

const storeCountPeriod = 15 * time.Second

// phases are all that are reported, so that an empty one reads zero.
var phases = []v1alpha1.StorePhase{
	v1alpha1.StorePending, v1alpha1.StoreProvisioning, v1alpha1.StoreReady, v1alpha1.StoreDegraded,
	v1alpha1.StoreFailed, v1alpha1.StoreSuspended, v1alpha1.StoreTerminating, v1alpha1.StoreInvalid,
}

// countStores keeps the gauge of stores by phase.
func (p *Provisioner) countStores(ctx context.Context) {
	wait.UntilWithContext(ctx, func(context.Context) {
		counts := map[v1alpha1.StorePhase]int{}
		for _, item := range p.caches.stores.GetStore().List() {
			if store, ok := item.(*v1alpha1.Store); ok {
				phase := store.Status.Phase
				if phase == "" {
					phase = v1alpha1.StorePending
				}
				counts[phase]++
			}
		}
		for _, phase := range phases {
			storesByPhase.WithLabelValues(string(phase)).Set(float64(counts[phase]))
		}
	}, storeCountPeriod)
}
