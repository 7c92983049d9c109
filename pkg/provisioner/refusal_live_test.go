package provisioner

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestWhatIsNotInstalledIsLeftAlone takes stores that this platform cannot
// render: their shops go on as they are.
func TestWhatIsNotInstalledIsLeftAlone(t *testing.T) {
	tests := []struct {
		name   string
		reason string
		change func(*v1alpha1.Store)
		status func(*v1alpha1.StoreStatus)
	}{
		{name: "engine", reason: "an engine that was removed", change: func(s *v1alpha1.Store) { s.Spec.Engine = "retired" }},
		{name: "version", reason: "a version that was removed", change: func(s *v1alpha1.Store) { s.Spec.Version = "0.0.1" }},
		{name: "plan", reason: "a plan that was removed", change: func(s *v1alpha1.Store) { s.Spec.Plan = "retired" }},
		{name: "revision", reason: "a rollback of the platform", status: func(s *v1alpha1.StoreStatus) { s.EngineRevision = "r999" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			name := "left-" + tt.name
			b.order(name, tt.change)
			if tt.status != nil {
				b.setStatus(name, tt.status)
			}
			p := b.provision(nil)
			store := b.condition(name, v1alpha1.ConditionStalled, metav1.ConditionTrue, ReasonEngineNotInstalled)
			if store.Status.Phase != v1alpha1.StoreFailed {
				t.Errorf("phase is %s", store.Status.Phase)
			}
			for _, request := range p.requests.about(name, 0) {
				if request != "PUT /apis/platform.example.io/v1alpha1/stores/"+name+"/status" {
					t.Errorf("%s was answered by %s", tt.reason, request)
				}
			}
		})
	}
}

// TestForbiddenIsExplained has an administrator forbid what a shop needs.
func TestForbiddenIsExplained(t *testing.T) {
	b := newBench(t)
	b.order("forbidden", nil)
	// A quota of nothing, made by an administrator.
	b.forbidServices("store-forbidden")
	b.provision(nil)
	b.condition("forbidden", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonApplyForbidden)
	b.condition("forbidden", v1alpha1.ConditionStalled, metav1.ConditionTrue, ReasonApplyForbidden)
	if err := b.kube.CoreV1().ResourceQuotas("store-forbidden").Delete(t.Context(), "none", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.ready("forbidden")
}

// TestInvalidIsExplained has a Service of the shop's name there already, whose address
// is for life: to change it is invalid.
func TestInvalidIsExplained(t *testing.T) {
	b := newBench(t)
	b.order("taken-name", nil)
	services := b.kube.CoreV1().Services("store-taken-name")
	taken := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "database"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 3306}}}}
	if _, err := services.Create(t.Context(), taken, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	b.provision(nil)
	store := b.condition("taken-name", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonApplyRefused)
	if applied := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionResourcesApplied); !strings.Contains(applied.Message, "Service database: spec.clusterIP") {
		t.Errorf("message %q names no field", applied.Message)
	}
	if err := services.Delete(t.Context(), "database", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.ready("taken-name")
}
