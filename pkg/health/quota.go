package health

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
)

// quotaIsFull computes what one more pod would use, because that it was a quota
// that refused one is otherwise only told in the text of an event.
func (o *Observation) quotaIsFull(w workload) *Verdict {
	for _, quota := range o.Quotas {
		if short := shortage(quota, w.template.Spec); len(short) > 0 {
			return fails(Stalled, ReasonQuotaExceeded,
				"quota %s has no room for a pod of %s %s: %s; choose a larger plan (spec.plan) or remove what was added to namespace %s",
				quota.Name, w.kind, w.name, strings.Join(short, ", "), o.Namespace)
		}
	}
	return nil
}

// quotasAreCounted tells that the controller has taken up what the quotas grant
// now. Until it has, pods are refused by what they granted before a change.
func (o *Observation) quotasAreCounted() bool {
	return !slices.ContainsFunc(o.Quotas, func(quota *corev1.ResourceQuota) bool { return !Counted(quota) })
}

// Counted tells of a quota that what it grants is what is counted by.
func Counted(quota *corev1.ResourceQuota) bool {
	return equality.Semantic.DeepEqual(quota.Spec.Hard, quota.Status.Hard)
}

// shortage names the resources of which a quota has not enough left, sorted.
func shortage(quota *corev1.ResourceQuota, pod corev1.PodSpec) []string {
	var short []string
	for name, hard := range quota.Status.Hard {
		demand := podDemand(pod, name)
		if demand.IsZero() {
			continue
		}
		sum := quota.Status.Used[name].DeepCopy()
		sum.Add(demand)
		if sum.Cmp(hard) > 0 {
			short = append(short, string(name)+" needs "+demand.String()+" of "+hard.String())
		}
	}
	slices.Sort(short)
	return short
}

// podDemand is what a pod counts for in a quota: its containers together, or its
// largest init container where that is more.
func podDemand(pod corev1.PodSpec, name corev1.ResourceName) resource.Quantity {
	if name == corev1.ResourcePods {
		return resource.MustParse("1")
	}
	var total resource.Quantity
	for _, c := range pod.Containers {
		total.Add(containerDemand(c.Resources, name))
	}
	for _, c := range pod.InitContainers {
		if demand := containerDemand(c.Resources, name); demand.Cmp(total) > 0 {
			total = demand
		}
	}
	return total
}

func containerDemand(resources corev1.ResourceRequirements, name corev1.ResourceName) resource.Quantity {
	if limit, ok := strings.CutPrefix(string(name), "limits."); ok {
		return resources.Limits[corev1.ResourceName(limit)].DeepCopy()
	}
	request := corev1.ResourceName(strings.TrimPrefix(string(name), "requests."))
	return resources.Requests[request].DeepCopy()
}
