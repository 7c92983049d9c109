// Package metric counts what the provisioner does, for Prometheus.
//
// Duties: every metric of the provisioner with its name, help and labels, and the
// little arithmetic behind them; docs/metrics.md is written from here. The
// registry is the process's one, as everywhere in Kubernetes: a provisioner
// inside an API server is found at that server's /metrics.
//
// Dangers: a label's values must be few and of our choosing. A store's name, a
// host or a message never is one; they are in logs and traces.
package metric

import (
	"context"
	"sync"
	"time"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
	_ "k8s.io/component-base/metrics/prometheus/clientgo/leaderelection" // who holds the lease
	_ "k8s.io/component-base/metrics/prometheus/workqueue"               // depth and latency of the queue
)

// QueueName is the label `name` of the queue's metrics.
const QueueName = "store_provisioner"

// Result is what came of an object that was to be applied.
type Result string

// Results of an apply.
const (
	// Applied is an object that was written.
	Applied Result = "applied"
	// Unchanged is an object that was as rendered; it cost no request.
	Unchanged Result = "unchanged"
	// Replaced is an object that was deleted to be made anew.
	Replaced Result = "replaced"
	// Failed is an object that could not be written.
	Failed Result = "failed"
)

const (
	namespace = "store_platform"
	subsystem = "provisioner"
)

var (
	reconcileDuration = metrics.NewHistogramVec(&metrics.HistogramOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "reconcile_duration_seconds",
		Help:           "Duration of one reconcile of a store, by outcome (succeeded or failed).",
		Buckets:        metrics.ExponentialBuckets(0.001, 2, 14),
		StabilityLevel: metrics.ALPHA,
	}, []string{"outcome"})
	provisioningDuration = metrics.NewHistogramVec(&metrics.HistogramOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "provisioning_duration_seconds",
		Help: "Time from the creation of a store, or a change of its spec, until it is as ordered, by engine and outcome (ready, suspended or failed). " +
			"What failed and becomes ready later counts in both.",
		Buckets:        metrics.ExponentialBuckets(0.25, 2, 14),
		StabilityLevel: metrics.ALPHA,
	}, []string{"engine", "outcome"})
	applies = metrics.NewCounterVec(&metrics.CounterOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "applies_total",
		Help:           "Objects to apply, by kind and result (applied, unchanged, replaced or failed); unchanged ones cost no request.",
		StabilityLevel: metrics.ALPHA,
	}, []string{"kind", "result"})
	prunes = metrics.NewCounterVec(&metrics.CounterOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "prunes_total",
		Help:           "Objects deleted because they are no longer part of their shop, by kind.",
		StabilityLevel: metrics.ALPHA,
	}, []string{"kind"})
	failures = metrics.NewCounterVec(&metrics.CounterOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "store_failures_total",
		Help:           "Times that a store became Failed or Degraded, or became so for another reason, by the reason of its Ready condition (docs/conditions.md).",
		StabilityLevel: metrics.ALPHA,
	}, []string{"reason"})
	stores = metrics.NewGaugeVec(&metrics.GaugeOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "stores",
		Help:           "Stores by phase, counted every 15 seconds. Every provisioner of a cluster reports all of them, leading or not.",
		StabilityLevel: metrics.ALPHA,
	}, []string{"phase"})
	rolloutStores = metrics.NewGaugeVec(&metrics.GaugeOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "rollout_stores",
		Help: "Stores by engine and by the reason of their UpToDate condition (docs/conditions.md), counted every 15 seconds, by every provisioner of a cluster. " +
			"RolloutFailed is what pauses a rollout.",
		StabilityLevel: metrics.ALPHA,
	}, []string{"engine", "reason"})
	probeDuration = metrics.NewHistogramVec(&metrics.HistogramOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "storefront_probe_duration_seconds",
		Help: "Duration of one probe of a shop, by outcome " +
			"(answered, unexpected, refused, redirected, unconnected, silent or garbled).",
		Buckets:        metrics.ExponentialBuckets(0.005, 2, 12),
		StabilityLevel: metrics.ALPHA,
	}, []string{"outcome"})
	leader = metrics.NewGauge(&metrics.GaugeOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "leader",
		Help:           "1 while this provisioner is the leader, 0 while it stands by.",
		StabilityLevel: metrics.ALPHA,
	})
	fencedWrites = metrics.NewCounter(&metrics.CounterOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "fenced_writes_total",
		Help:           "Writes that were not sent because the lease could have passed to another provisioner.",
		StabilityLevel: metrics.ALPHA,
	})
)

// own are all metrics that are defined here.
var own = []metrics.Registerable{
	reconcileDuration, provisioningDuration, applies, prunes, failures, stores, rolloutStores, probeDuration, leader, fencedWrites,
}

// Register adds the metrics to the process's registry, once.
var Register = sync.OnceFunc(func() { legacyregistry.MustRegister(own...) })

// Reconciled counts one look at one store.
func Reconciled(ctx context.Context, took time.Duration, err error) {
	outcome := "succeeded"
	if err != nil {
		outcome = "failed"
	}
	reconcileDuration.WithContext(ctx).WithLabelValues(outcome).Observe(took.Seconds())
}

// Apply counts an object that was to be applied.
func Apply(kind string, result Result) { applies.WithLabelValues(kind, string(result)).Inc() }

// Prune counts an object that was deleted.
func Prune(kind string) { prunes.WithLabelValues(kind).Inc() }

// Probed counts one asking of one shop.
func Probed(ctx context.Context, outcome string, took time.Duration) {
	probeDuration.WithContext(ctx).WithLabelValues(outcome).Observe(took.Seconds())
}

// Leading notes whether this provisioner works.
func Leading(working bool) {
	if working {
		leader.Set(1)
		return
	}
	leader.Set(0)
}

// FencedWrite counts a write that was withheld.
func FencedWrite() { fencedWrites.Inc() }
