package provisioner

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/health"
)

// TestGateway routes by a Gateway API that is installed only after the first
// store was ordered, and that refuses the route before it accepts it.
func TestGateway(t *testing.T) {
	b := newBench(t)
	platform := unasked()
	platform.Routing = config.Routing{Kind: config.RoutingGateway, Gateway: config.GatewayRouting{Name: "public", Namespace: "gateways"}}
	platform.Provisioning.ResyncInterval.Duration = 4 * time.Second
	p := b.provision(func(o *Options) { o.Platform = platform })
	b.order("gateway", nil)
	b.condition("gateway", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonKindNotServed)

	if err := define(t.Context(), b.admin, "testdata/httproutes.yaml"); err != nil {
		t.Fatal(err)
	}
	store := b.applied("gateway")
	b.condition("gateway", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, health.ReasonRoutePending)
	checkAsRendered(t, p, store)

	routes := b.dyn.Resource(schema.GroupVersionResource{Group: kindHTTPRoute.Group, Version: "v1", Resource: "httproutes"}).Namespace("store-gateway")
	accept := func(status string) {
		t.Helper()
		patch := fmt.Sprintf(`{"status":{"parents":[{"conditions":[{"type":"Accepted","status":%q,"message":"as the test says"}]}]}}`, status)
		if _, err := routes.Patch(t.Context(), "store", types.MergePatchType, []byte(patch), metav1.PatchOptions{}, "status"); err != nil {
			t.Fatal(err)
		}
	}
	accept("False")
	b.condition("gateway", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, health.ReasonRouteRejected)
	accept("True")
	b.ready("gateway")

	// The platform goes back to an ingress controller: no route is left behind.
	p.stop()
	b.provision(nil)
	b.eventually("the route is pruned", func(ctx context.Context) (bool, string) {
		left, err := routes.List(ctx, metav1.ListOptions{})
		return err == nil && len(left.Items) == 0, fmt.Sprint(err)
	})
	b.ready("gateway")
}
