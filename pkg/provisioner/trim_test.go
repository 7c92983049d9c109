package provisioner

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

func TestTrim(t *testing.T) {
	owned := &metav1.FieldsV1{}
	owned.SetRawBytes([]byte(`{"f:spec":{}}`))
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "database-0", Namespace: "store-acme", ResourceVersion: "7", Labels: map[string]string{"a": "b"},
			Annotations: map[string]string{annotationApplied: "digest", "kubectl.kubernetes.io/last-applied-configuration": "long"},
			ManagedFields: []metav1.ManagedFieldsEntry{
				{Manager: "kubelet", Operation: metav1.ManagedFieldsOperationUpdate, FieldsV1: owned},
				{Manager: FieldManager, Operation: metav1.ManagedFieldsOperationUpdate, FieldsV1: owned},
				{Manager: FieldManager, Operation: metav1.ManagedFieldsOperationApply, APIVersion: "v1", FieldsV1: owned},
			},
		},
		Spec: corev1.PodSpec{
			Containers: []corev1.Container{{Name: "database", Env: []corev1.EnvVar{{Name: "A", Value: "planted"}}}},
			Volumes: []corev1.Volume{
				{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
				{Name: "data", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "database"}}},
			},
		},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.1", ContainerStatuses: []corev1.ContainerStatus{{Name: "database", Ready: true, ImageID: "long"}}},
	}
	want := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "database-0", Namespace: "store-acme", ResourceVersion: "7", Labels: map[string]string{"a": "b"},
			Annotations:   map[string]string{annotationApplied: "digest"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: FieldManager, Operation: metav1.ManagedFieldsOperationApply, FieldsV1: owned}},
		},
		Spec: corev1.PodSpec{Volumes: []corev1.Volume{
			{Name: "data", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "database"}}}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{Name: "database", Ready: true}}},
	}
	got, err := trim(pod)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a pod in the cache (-want +got):\n%s", diff)
	}
	tombstone := cache.DeletedFinalStateUnknown{Key: "store-acme/x"}
	if got, err := trim(tombstone); err != nil || got != any(tombstone) {
		t.Errorf("a tombstone became %v (%v)", got, err)
	}
}

// TestTrimSharesSets: the sets of one revision are the same in every store, and most of
// what an object would take.
func TestTrimSharesSets(t *testing.T) {
	var sets []*metav1.FieldsV1
	for range 2 {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{ManagedFields: []metav1.ManagedFieldsEntry{{
			Manager: FieldManager, Operation: metav1.ManagedFieldsOperationApply, FieldsV1: metav1.NewFieldsV1(`{"f:spec":{}}`),
		}}}}
		if _, err := trim(pod); err != nil {
			t.Fatal(err)
		}
		sets = append(sets, pod.ManagedFields[0].FieldsV1)
	}
	if sets[0] != sets[1] {
		t.Error("equal sets are kept twice")
	}
}

func TestInternerIsBounded(t *testing.T) {
	var shapes interner
	for n := range 3 * shapesKept {
		shapes.intern(metav1.NewFieldsV1(strconv.Itoa(n)))
	}
	if len(shapes.shared) > shapesKept {
		t.Errorf("%d shapes are kept, at most %d may be", len(shapes.shared), shapesKept)
	}
}
