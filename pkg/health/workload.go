package health

import (
	"cmp"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// workload is what a StatefulSet and a Deployment have in common.
type workload struct {
	kind, name string
	uid        types.UID
	exists     bool
	// seen tells that its controller has seen its latest spec, behind that this spec
	// is not the latest.
	seen, behind            bool
	desired, updated, ready int32
	existing                int32
	refusal                 string
	template                corev1.PodTemplateSpec
}

// part is one component of a shop with all that belongs to it.
type part struct {
	*Observation
	component string
	workloads []workload
	pods      []*corev1.Pod
	claims    []*corev1.PersistentVolumeClaim
}

func (o *Observation) part(component string) part {
	p := part{Observation: o, component: component}
	add := func(w workload, e Expected) {
		w.behind = e.Behind
		p.workloads = append(p.workloads, w)
	}
	for _, e := range o.expected("StatefulSet", component) {
		add(o.statefulSet(e.Name), e)
	}
	for _, e := range o.expected("Deployment", component) {
		add(o.deployment(e.Name), e)
	}
	p.pods = o.podsOf(component)
	if p.replaced() {
		p.pods = slices.DeleteFunc(p.pods, func(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodFailed })
	}
	p.claims = o.claimsOf(p.pods)
	return p
}

// replaced tells that no pod which ended is missed: those of a Deployment stay
// beside their successors until somebody deletes them.
func (p part) replaced() bool {
	return !slices.ContainsFunc(p.workloads, func(w workload) bool { return !w.exists || !w.settled() })
}

func (o *Observation) statefulSet(name string) workload {
	w := workload{kind: "StatefulSet", name: name}
	at := slices.IndexFunc(o.StatefulSets, func(s *appsv1.StatefulSet) bool { return s.Name == name })
	if at < 0 {
		return w
	}
	return ofStatefulSet(o.StatefulSets[at])
}

func ofStatefulSet(s *appsv1.StatefulSet) workload {
	w := workload{kind: "StatefulSet", name: s.Name}
	w.exists, w.uid, w.template = true, s.UID, s.Spec.Template
	w.seen = s.Status.ObservedGeneration >= s.Generation
	w.desired, w.existing = replicas(s.Spec.Replicas), s.Status.Replicas
	w.ready, w.updated = s.Status.ReadyReplicas, s.Status.UpdatedReplicas
	// UpdatedReplicas starts again from zero only while a rollout is under way.
	if s.Status.CurrentRevision == s.Status.UpdateRevision {
		w.updated = w.existing
	}
	return w
}

func (o *Observation) deployment(name string) workload {
	w := workload{kind: "Deployment", name: name}
	at := slices.IndexFunc(o.Deployments, func(d *appsv1.Deployment) bool { return d.Name == name })
	if at < 0 {
		return w
	}
	return ofDeployment(o.Deployments[at])
}

func ofDeployment(d *appsv1.Deployment) workload {
	w := workload{kind: "Deployment", name: d.Name}
	w.exists, w.uid, w.template = true, d.UID, d.Spec.Template
	w.seen = d.Status.ObservedGeneration >= d.Generation
	w.desired, w.existing = replicas(d.Spec.Replicas), d.Status.Replicas
	w.ready, w.updated = d.Status.ReadyReplicas, d.Status.UpdatedReplicas
	for _, condition := range d.Status.Conditions {
		if condition.Type == appsv1.DeploymentReplicaFailure && condition.Status == corev1.ConditionTrue {
			w.refusal = condition.Message
		}
	}
	return w
}

// StatefulSetSettled tells that a StatefulSet runs what its spec says and nothing
// else, and that all of it is ready.
func StatefulSetSettled(s *appsv1.StatefulSet) bool { return ofStatefulSet(s).settled() }

// DeploymentSettled is the same of a Deployment.
func DeploymentSettled(d *appsv1.Deployment) bool { return ofDeployment(d).settled() }

func (w workload) settled() bool {
	return w.seen && w.updated >= w.desired && w.ready >= w.desired && w.existing <= w.desired
}

func replicas(wanted *int32) int32 {
	if wanted == nil {
		return 1
	}
	return *wanted
}

// podsOf returns the pods of a component that are meant to stay, by name.
func (o *Observation) podsOf(component string) []*corev1.Pod {
	var pods []*corev1.Pod
	for _, pod := range o.Pods {
		if pod.Labels[labelComponent] == component && pod.DeletionTimestamp == nil {
			pods = append(pods, pod)
		}
	}
	slices.SortFunc(pods, func(a, b *corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return pods
}

// draining tells whether pods of the component are still being deleted.
func (o *Observation) draining(component string) bool {
	return slices.ContainsFunc(o.Pods, func(pod *corev1.Pod) bool {
		return pod.Labels[labelComponent] == component && pod.DeletionTimestamp != nil
	})
}

func (o *Observation) claimsOf(pods []*corev1.Pod) []*corev1.PersistentVolumeClaim {
	used := map[string]bool{}
	for _, pod := range pods {
		for _, volume := range pod.Spec.Volumes {
			if volume.PersistentVolumeClaim != nil {
				used[volume.PersistentVolumeClaim.ClaimName] = true
			}
		}
	}
	var claims []*corev1.PersistentVolumeClaim
	for _, claim := range o.Claims {
		if used[claim.Name] {
			claims = append(claims, claim)
		}
	}
	slices.SortFunc(claims, func(a, b *corev1.PersistentVolumeClaim) int { return cmp.Compare(a.Name, b.Name) })
	return claims
}
