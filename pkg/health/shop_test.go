package health

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// healthy is a shop that lacks nothing; each case breaks one thing of it.
func healthy() *Observation {
	started := metav1.NewTime(noon.Add(-time.Minute))
	labels := func(component string) map[string]string { return map[string]string{labelComponent: component} }
	pod := func(name, component, claim string) *corev1.Pod {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels(component)}}
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", Image: "registry/image:1", Ready: true}}
		if claim != "" {
			p.Spec.Volumes = []corev1.Volume{{VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}}}}
		}
		return p
	}
	template := corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Resources: corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("256Mi")},
		Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("512Mi")},
	}}}}}
	o := &Observation{
		Now:       noon,
		Namespace: "store-acme",
		Timeout:   15 * time.Minute,
		Store: &v1alpha1.Store{
			ObjectMeta: metav1.ObjectMeta{Name: "acme", Generation: 1},
			Status:     v1alpha1.StoreStatus{ObservedGeneration: 1, ProvisioningStartTime: &started},
		},
		Applied: Holds("every object is applied"),
		Expected: []Expected{
			{Kind: "StatefulSet", Name: "database", Component: ComponentDatabase},
			{Kind: "Deployment", Name: "application", Component: ComponentApplication},
			{Kind: "Job", Name: "bootstrap-1234", Component: ComponentBootstrap},
			{Kind: "Ingress", Name: "store", Component: "route"},
		},
		StatefulSets: []*appsv1.StatefulSet{{
			ObjectMeta: metav1.ObjectMeta{Name: "database", UID: "sts", Generation: 1},
			Spec:       appsv1.StatefulSetSpec{Replicas: ptr.To[int32](1), Template: template},
			Status:     appsv1.StatefulSetStatus{ObservedGeneration: 1, Replicas: 1, ReadyReplicas: 1, UpdatedReplicas: 1},
		}},
		Deployments: []*appsv1.Deployment{{
			ObjectMeta: metav1.ObjectMeta{Name: "application", UID: "dep", Generation: 1},
			Spec:       appsv1.DeploymentSpec{Replicas: ptr.To[int32](1), Template: template},
			Status:     appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: 1, ReadyReplicas: 1, UpdatedReplicas: 1},
		}},
		Jobs: []*batchv1.Job{{
			ObjectMeta: metav1.ObjectMeta{Name: "bootstrap-1234", UID: "job"},
			Status:     batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}},
		}},
		Pods: []*corev1.Pod{pod("application-0", ComponentApplication, "content"), pod("database-0", ComponentDatabase, "database")},
		Claims: []*corev1.PersistentVolumeClaim{
			{ObjectMeta: metav1.ObjectMeta{Name: "content"}, Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound}},
			{ObjectMeta: metav1.ObjectMeta{Name: "database"}, Spec: corev1.PersistentVolumeClaimSpec{
				StorageClassName: ptr.To("fast"), VolumeName: "pv-7"}, Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound}},
		},
		Ingresses: []*networkingv1.Ingress{{ObjectMeta: metav1.ObjectMeta{Name: "store"}}},
	}
	return o
}

func databaseDown(o *Observation) {
	o.StatefulSets[0].Status.ReadyReplicas = 0
	o.Pods[1].Status.ContainerStatuses[0].Ready = false
}

func databasePodMissing(o *Observation) {
	o.StatefulSets[0].Status = appsv1.StatefulSetStatus{ObservedGeneration: 1}
	o.Pods = o.Pods[:1]
}

func databaseWaits(reason string) func(*Observation) {
	return func(o *Observation) {
		databaseDown(o)
		o.Pods[1].Status.ContainerStatuses[0].State.Waiting = &corev1.ContainerStateWaiting{Reason: reason, Message: "told by the node"}
	}
}

func bootstrapRuns(o *Observation) {
	o.Jobs[0].Status = batchv1.JobStatus{Active: 1}
	o.Pods = append(o.Pods, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: "bootstrap-1234-x", Labels: map[string]string{labelComponent: ComponentBootstrap, batchv1.JobNameLabel: "bootstrap-1234"}}})
}

// settled is a store that has been ready as its present spec says.
func settled(o *Observation) {
	ready := metav1.NewTime(noon.Add(-time.Second))
	o.Store.Status.ReadyTime = &ready
	o.Store.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionReconciling, Status: metav1.ConditionFalse, Reason: ReasonSettled, ObservedGeneration: 1}}
}

func suspended(o *Observation) {
	o.Store.Spec.Suspend = true
	o.StatefulSets[0].Spec.Replicas, o.Deployments[0].Spec.Replicas = ptr.To[int32](0), ptr.To[int32](0)
	o.StatefulSets[0].Status = appsv1.StatefulSetStatus{ObservedGeneration: 1}
	o.Deployments[0].Status = appsv1.DeploymentStatus{ObservedGeneration: 1}
	o.Pods = nil
}

func gateway(parents ...any) func(*Observation) {
	return func(o *Observation) {
		o.Expected[3] = Expected{Kind: "HTTPRoute", Name: "store", Component: "route"}
		o.Ingresses = nil
		o.HTTPRoutes = []*unstructured.Unstructured{{Object: map[string]any{
			"metadata": map[string]any{"name": "store"}, "status": map[string]any{"parents": parents}}}}
	}
}

func parent(kind, status string) any {
	return map[string]any{"conditions": []any{map[string]any{"type": kind, "status": status, "message": "told by the gateway"}}}
}

func unschedulable(pod *corev1.Pod) {
	pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable,
		Message: "0/3 nodes are available: 3 Insufficient memory."}}
}

// quotaOf is a quota that grants an amount of memory, of which 768Mi are used; its
// controller counts by another.
func quotaOf(granted, counted string) []*corev1.ResourceQuota {
	memory := func(amount string) corev1.ResourceList {
		return corev1.ResourceList{corev1.ResourceLimitsMemory: resource.MustParse(amount)}
	}
	return []*corev1.ResourceQuota{{
		ObjectMeta: metav1.ObjectMeta{Name: "store"},
		Spec:       corev1.ResourceQuotaSpec{Hard: memory(granted)},
		Status:     corev1.ResourceQuotaStatus{Hard: memory(counted), Used: memory("768Mi")},
	}}
}
