package provisioner

import (
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// trim drops, before an object enters a cache, all that nobody here reads. Of
// the metadata it keeps what the ownership check needs, see ownership.go.
func trim(obj any) (any, error) {
	accessor, err := meta.Accessor(obj)
	if err != nil {
		return obj, nil // a tombstone
	}
	trimMetadata(accessor)
	switch o := obj.(type) {
	case *corev1.Pod:
		trimPod(o)
	case *appsv1.StatefulSet:
		o.Spec = appsv1.StatefulSetSpec{Replicas: o.Spec.Replicas, Template: demandOf(o.Spec.Template)}
	case *appsv1.Deployment:
		o.Spec = appsv1.DeploymentSpec{Replicas: o.Spec.Replicas, Template: demandOf(o.Spec.Template)}
	case *batchv1.Job:
		o.Spec = batchv1.JobSpec{}
	case *networkingv1.Ingress:
		o.Spec, o.Status = networkingv1.IngressSpec{}, networkingv1.IngressStatus{}
	case *corev1.Service:
		o.Spec, o.Status = corev1.ServiceSpec{ClusterIP: o.Spec.ClusterIP}, corev1.ServiceStatus{}
	case *corev1.ResourceQuota:
		o.Spec = corev1.ResourceQuotaSpec{Hard: o.Spec.Hard}
	case *unstructured.Unstructured:
		delete(o.Object, "spec")
	}
	return obj, nil
}

func trimMetadata(obj metav1.Object) {
	applied, isApplied := obj.GetAnnotations()[annotationApplied]
	obj.SetAnnotations(nil)
	if isApplied {
		obj.SetAnnotations(map[string]string{annotationApplied: applied})
	}
	obj.SetOwnerReferences(nil)
	owned := fieldsOf(obj)
	obj.SetManagedFields(nil)
	if owned != nil {
		obj.SetManagedFields([]metav1.ManagedFieldsEntry{{
			Manager: FieldManager, Operation: metav1.ManagedFieldsOperationApply, FieldsV1: shapes.intern(owned),
		}})
	}
}

func trimPod(pod *corev1.Pod) {
	var volumes []corev1.Volume
	for _, volume := range pod.Spec.Volumes {
		if volume.PersistentVolumeClaim != nil {
			volumes = append(volumes, volume)
		}
	}
	pod.Spec = corev1.PodSpec{Volumes: volumes}
	pod.Status = corev1.PodStatus{
		Phase: pod.Status.Phase, Reason: pod.Status.Reason, Message: pod.Status.Message,
		Conditions:            pod.Status.Conditions,
		InitContainerStatuses: trimContainers(pod.Status.InitContainerStatuses),
		ContainerStatuses:     trimContainers(pod.Status.ContainerStatuses),
	}
}

func trimContainers(statuses []corev1.ContainerStatus) []corev1.ContainerStatus {
	var trimmed []corev1.ContainerStatus
	for _, s := range statuses {
		trimmed = append(trimmed, corev1.ContainerStatus{
			Name: s.Name, Image: s.Image, Ready: s.Ready, State: s.State, LastTerminationState: s.LastTerminationState,
		})
	}
	return trimmed
}

// demandOf keeps of a pod template what a quota counts.
func demandOf(template corev1.PodTemplateSpec) corev1.PodTemplateSpec {
	demand := func(containers []corev1.Container) []corev1.Container {
		var kept []corev1.Container
		for _, c := range containers {
			kept = append(kept, corev1.Container{Name: c.Name, Resources: c.Resources})
		}
		return kept
	}
	return corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		Containers: demand(template.Spec.Containers), InitContainers: demand(template.Spec.InitContainers),
	}}
}

// shapes shares the field sets of objects: those of one revision and plan are
// the same in every store.
var shapes interner

// interner returns one of equal field sets. It shares the sets themselves: what is
// written into one is copied.
type interner struct {
	mu     sync.Mutex
	shared map[string]*metav1.FieldsV1
}

// shapesKept bounds what can be forged into memory by writing field sets in our name.
const shapesKept = 4096

func (i *interner) intern(set *metav1.FieldsV1) *metav1.FieldsV1 {
	raw := set.GetRawString()
	i.mu.Lock()
	defer i.mu.Unlock()
	if known, found := i.shared[raw]; found {
		return known
	}
	if i.shared == nil || len(i.shared) >= shapesKept {
		i.shared = map[string]*metav1.FieldsV1{}
	}
	i.shared[raw] = set
	return set
}
