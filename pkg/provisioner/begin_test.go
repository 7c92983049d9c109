package provisioner

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// TestWhenTheTimeBegins says from when on a store has its time to become ready.
func TestWhenTheTimeBegins(t *testing.T) {
	yesterday := metav1.NewTime(rolloutNow.Add(-24 * time.Hour))
	now := metav1.NewTime(rolloutNow)
	tests := []struct {
		name, reason string
		status       v1alpha1.StoreStatus
		want         metav1.Time
	}{
		{"new", "it is taken up", v1alpha1.StoreStatus{}, now},
		{"on its way", "looking at it again does not give it more", v1alpha1.StoreStatus{ProvisioningStartTime: &yesterday, ObservedGeneration: 2}, yesterday},
		{"resumed", "what it was ordered before was to rest", v1alpha1.StoreStatus{ProvisioningStartTime: &yesterday, ObservedGeneration: 1}, now},
		{"changed after ready", "that was its time", v1alpha1.StoreStatus{ProvisioningStartTime: &yesterday, ReadyTime: &yesterday, ObservedGeneration: 1}, yesterday},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := unconnected(t)
			store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "acme", Generation: 2}, Status: tt.status}
			status := p.nextStatus(&work{store: store}, health.Report{Phase: v1alpha1.StoreProvisioning})
			if !status.ProvisioningStartTime.Equal(&tt.want) {
				t.Errorf("it begins at %v, want %v: %s", status.ProvisioningStartTime, tt.want, tt.reason)
			}
		})
	}
}
