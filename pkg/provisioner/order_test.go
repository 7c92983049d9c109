package provisioner

import (
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// TestWhichJobIsRepeated decides it; that it then runs again, TestBootstrapIsRepeated shows.
func TestWhichJobIsRepeated(t *testing.T) {
	job := func(kind batchv1.JobConditionType, since time.Duration) *batchv1.Job {
		return &batchv1.Job{
			ObjectMeta: metav1.ObjectMeta{Namespace: "store-acme", Name: "bootstrap", ManagedFields: []metav1.ManagedFieldsEntry{{
				Manager: FieldManager, Operation: metav1.ManagedFieldsOperationApply, FieldsV1: metav1.NewFieldsV1("{}"),
			}}},
			Status: batchv1.JobStatus{Conditions: []batchv1.JobCondition{{
				Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(rolloutNow.Add(-since)),
			}}},
		}
	}
	foreign := job(batchv1.JobFailed, health.BootstrapPatience)
	foreign.ManagedFields = nil
	tests := []struct {
		name, reason string
		live         metav1.Object
		suspend      bool
		want         bool
	}{
		{name: "gave up a while ago", reason: "its cause may be gone", live: job(batchv1.JobFailed, health.BootstrapPatience), want: true},
		{name: "gave up just now", reason: "somebody reads its log", live: job(batchv1.JobFailed, health.BootstrapPatience-time.Second)},
		{name: "about to give up", reason: "its pods still run", live: job(batchv1.JobFailureTarget, time.Hour)},
		{name: "complete", reason: "the shop is set up", live: job(batchv1.JobComplete, time.Hour)},
		{name: "suspended", reason: "the shop rests", live: job(batchv1.JobFailed, time.Hour), suspend: true},
		{name: "somebody's", reason: "it is not ours to delete", live: foreign},
		{name: "written just now", reason: "what is known of it is older", live: &metav1.PartialObjectMetadata{}},
		{name: "none", reason: "it is made anyway"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := unconnected(t)
			w := &work{store: &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Suspend: tt.suspend}}}
			// Who decides to delete it reaches nobody.
			_, err := p.repeat(t.Context(), w, p.caches.mustKind(kindJob), tt.live)
			if got := err != nil; got != tt.want {
				t.Errorf("it is to run again: %t (%v), want %t: %s", got, err, tt.want, tt.reason)
			}
		})
	}
}
