package metric

import (
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/component-base/metrics/testutil"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// TestMetrics counts one of everything and reads it as Prometheus would.
func TestMetrics(t *testing.T) {
	Register()
	for _, vector := range []interface{ Reset() }{reconcileDuration, applies, prunes, stores, rolloutStores} {
		vector.Reset()
	}
	Reconciled(t.Context(), 3*time.Millisecond, nil)
	Reconciled(t.Context(), time.Hour, errors.New("planted"))
	Apply("Deployment", Applied)
	Apply("Deployment", Applied)
	Apply("Service", Unchanged)
	Apply("StatefulSet", Replaced)
	Apply("Ingress", Failed)
	Prune("ConfigMap")
	Leading(true)
	upToDate := func(engine, reason string) *v1alpha1.Store {
		return &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: engine}, Status: v1alpha1.StoreStatus{Phase: v1alpha1.StoreDegraded,
			Conditions: []metav1.Condition{{Type: v1alpha1.ConditionUpToDate, Reason: reason}}}}
	}
	CountStores([]any{upToDate("gone", health.ReasonCurrent)})
	CountStores([]any{
		upToDate("woocommerce", health.ReasonRolloutFailed), upToDate("woocommerce", health.ReasonRolloutPaused),
		&v1alpha1.Store{}, &v1alpha1.Store{Status: v1alpha1.StoreStatus{Phase: v1alpha1.StoreReady}},
		&v1alpha1.Store{Status: v1alpha1.StoreStatus{Phase: v1alpha1.StoreReady}}, "no store",
	})
	want := `
# HELP store_platform_provisioner_applies_total [ALPHA] Objects to apply, by kind and result (applied, unchanged, replaced or failed); unchanged ones cost no request.
# TYPE store_platform_provisioner_applies_total counter
store_platform_provisioner_applies_total{kind="Deployment",result="applied"} 2
store_platform_provisioner_applies_total{kind="Ingress",result="failed"} 1
store_platform_provisioner_applies_total{kind="Service",result="unchanged"} 1
store_platform_provisioner_applies_total{kind="StatefulSet",result="replaced"} 1
# HELP store_platform_provisioner_leader [ALPHA] 1 while this provisioner is the leader, 0 while it stands by.
# TYPE store_platform_provisioner_leader gauge
store_platform_provisioner_leader 1
# HELP store_platform_provisioner_prunes_total [ALPHA] Objects deleted because they are no longer part of their shop, by kind.
# TYPE store_platform_provisioner_prunes_total counter
store_platform_provisioner_prunes_total{kind="ConfigMap"} 1
# HELP store_platform_provisioner_rollout_stores [ALPHA] Stores by engine and by the reason of their UpToDate condition (docs/conditions.md), counted every 15 seconds, by every provisioner of a cluster. RolloutFailed is what pauses a rollout.
# TYPE store_platform_provisioner_rollout_stores gauge
store_platform_provisioner_rollout_stores{engine="gone",reason="Current"} 0
store_platform_provisioner_rollout_stores{engine="gone",reason="RolloutFailed"} 0
store_platform_provisioner_rollout_stores{engine="gone",reason="RolloutPaused"} 0
store_platform_provisioner_rollout_stores{engine="gone",reason="RolloutRunning"} 0
store_platform_provisioner_rollout_stores{engine="gone",reason="RolloutWaiting"} 0
store_platform_provisioner_rollout_stores{engine="woocommerce",reason="Current"} 0
store_platform_provisioner_rollout_stores{engine="woocommerce",reason="RolloutFailed"} 1
store_platform_provisioner_rollout_stores{engine="woocommerce",reason="RolloutPaused"} 1
store_platform_provisioner_rollout_stores{engine="woocommerce",reason="RolloutRunning"} 0
store_platform_provisioner_rollout_stores{engine="woocommerce",reason="RolloutWaiting"} 0
# HELP store_platform_provisioner_stores [ALPHA] Stores by phase, counted every 15 seconds. Every provisioner of a cluster reports all of them, leading or not.
# TYPE store_platform_provisioner_stores gauge
store_platform_provisioner_stores{phase="Degraded"} 2
store_platform_provisioner_stores{phase="Failed"} 0
store_platform_provisioner_stores{phase="Invalid"} 0
store_platform_provisioner_stores{phase="Pending"} 1
store_platform_provisioner_stores{phase="Provisioning"} 0
store_platform_provisioner_stores{phase="Ready"} 2
store_platform_provisioner_stores{phase="Suspended"} 0
store_platform_provisioner_stores{phase="Terminating"} 0
`
	names := []string{"applies_total", "leader", "prunes_total", "rollout_stores", "stores"}
	for i := range names {
		names[i] = namespace + "_" + subsystem + "_" + names[i]
	}
	if err := testutil.GatherAndCompare(legacyregistry.DefaultGatherer, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
	for outcome, seconds := range map[string]float64{"succeeded": 0.003, "failed": 3600} {
		sum, err := testutil.GetHistogramMetricValue(reconcileDuration.WithLabelValues(outcome))
		if err != nil || sum != seconds {
			t.Errorf("%s reconciles took %v, %v; want %v", outcome, sum, err, seconds)
		}
	}
	Leading(false)
	if value, err := testutil.GetGaugeMetricValue(leader); err != nil || value != 0 {
		t.Errorf("who stands by leads: %v, %v", value, err)
	}
	before, err := testutil.GetCounterMetricValue(fencedWrites)
	if err != nil {
		t.Fatal(err)
	}
	FencedWrite()
	if after, err := testutil.GetCounterMetricValue(fencedWrites); err != nil || after != before+1 {
		t.Errorf("fenced writes: %v after %v, %v", after, before, err)
	}
}
