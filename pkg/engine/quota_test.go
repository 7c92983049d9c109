package engine_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestQuotaFits adds up what a shop needs at its busiest: all pods, one more of
// each Deployment that rolls, and every task. A quota below it fails upgrades only.
func TestQuotaFits(t *testing.T) {
	for _, in := range everyPlan(t) {
		release, err := render(embedded(t), in)
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		need := corev1.ResourceList{}
		var quota corev1.ResourceQuota
		for _, object := range release.Objects {
			if object.GetKind() == "ResourceQuota" {
				convert(t, object.Object, &quota)
			}
			addNeed(t, object, need)
		}
		for name, needed := range need {
			hard, bounded := quota.Spec.Hard[name]
			if !bounded || needed.Cmp(hard) > 0 {
				t.Errorf("%s, plan %s: the quota of %s is %s, the shop needs %s",
					in.Store.Spec.Engine, in.Store.Spec.Plan, name, hard.String(), needed.String())
			}
		}
	}
}

func addNeed(t *testing.T, object *unstructured.Unstructured, need corev1.ResourceList) {
	t.Helper()
	path, pods := []string{"spec", "template"}, int64(1)
	switch object.GetKind() {
	case "Deployment", "StatefulSet":
		replicas, _, err := unstructured.NestedInt64(object.Object, "spec", "replicas")
		if err != nil {
			t.Fatalf("read replicas: %v", err)
		}
		pods = replicas
		if strategy, _, _ := unstructured.NestedString(object.Object, "spec", "strategy", "type"); strategy == "RollingUpdate" {
			pods++
		}
	case "Job":
	case "CronJob":
		path = []string{"spec", "jobTemplate", "spec", "template"}
	default:
		return
	}
	raw, _, _ := unstructured.NestedMap(object.Object, path...)
	var template corev1.PodTemplateSpec
	convert(t, raw, &template)
	add := func(name corev1.ResourceName, quantity resource.Quantity) {
		quantity.Mul(pods)
		sum := need[name]
		sum.Add(quantity)
		need[name] = sum
	}
	add(corev1.ResourcePods, resource.MustParse("1"))
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		request, limit := largest(template.Spec, name)
		add("requests."+name, request)
		add("limits."+name, limit)
	}
}

// largest is what a pod counts as: its containers together, or its largest init
// container.
func largest(pod corev1.PodSpec, name corev1.ResourceName) (request, limit resource.Quantity) {
	for _, container := range pod.Containers {
		request.Add(container.Resources.Requests[name])
		limit.Add(container.Resources.Limits[name])
	}
	for _, container := range pod.InitContainers {
		if other := container.Resources.Requests[name]; other.Cmp(request) > 0 {
			request = other
		}
		if other := container.Resources.Limits[name]; other.Cmp(limit) > 0 {
			limit = other
		}
	}
	return request, limit
}
