package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

func TestObserveDeletion(t *testing.T) {
	hanging := func(conditions ...corev1.NamespaceConditionType) *corev1.Namespace {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "store-acme"}}
		for _, condition := range conditions {
			namespace.Status.Conditions = append(namespace.Status.Conditions, corev1.NamespaceCondition{
				Type: condition, Status: corev1.ConditionTrue, Message: "told by the namespace controller"})
		}
		return namespace
	}
	tests := []struct {
		name       string
		reason     string
		since      time.Duration
		finalizers []string
		namespace  *corev1.Namespace
		want       summary
	}{
		{
			name: "begun", reason: "a deletion is given time before it is explained",
			since: 10 * time.Second,
			want:  summary{Ready: ReasonTerminating, Reconciling: ReasonTerminating, Recheck: 20 * time.Second},
		},
		{
			name: "finalizers of the Store", reason: "the controllers that hold the Store are named",
			since: time.Minute, finalizers: []string{"b.example.io/x", "a.example.io/x"}, namespace: hanging(),
			want: summary{Ready: ReasonFinalizersRemain, Reconciling: ReasonTerminating},
		},
		{
			name: "content remains", reason: "content that goes by itself is waited for",
			since: time.Minute, namespace: hanging(corev1.NamespaceContentRemaining),
			want: summary{Ready: ReasonContentRemains, Reconciling: ReasonTerminating},
		},
		{
			name: "discovery fails", reason: "the gravest cause is told: an API service that is down blocks every deletion of the cluster",
			since: time.Minute, namespace: hanging(corev1.NamespaceContentRemaining, corev1.NamespaceDeletionDiscoveryFailure),
			want: summary{Ready: ReasonDeletionBlocked, Reconciling: ReasonTerminating, Stalled: true},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			deleted := metav1.NewTime(noon.Add(-tt.since))
			report := ObserveDeletion(Deletion{Now: noon, Namespace: tt.namespace, Store: &v1alpha1.Store{
				ObjectMeta: metav1.ObjectMeta{Name: "acme", DeletionTimestamp: &deleted, Finalizers: tt.finalizers}}})
			tt.want.Phase = v1alpha1.StoreTerminating
			got := summary{
				Phase:       report.Phase,
				Ready:       condition(t, report, v1alpha1.ConditionReady).Reason,
				Reconciling: condition(t, report, v1alpha1.ConditionReconciling).Reason,
				Stalled:     condition(t, report, v1alpha1.ConditionStalled).Status == metav1.ConditionTrue,
				Recheck:     report.Recheck,
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}
