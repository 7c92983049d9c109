package engine_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"platform.example.io/stores/pkg/engine"
)

// workload is what an object makes pods of.
type workload struct {
	kind, component string
	replicas        int64
	pod             corev1.PodTemplateSpec
}

func workloadsOf(t *testing.T, release *engine.Release) []workload {
	t.Helper()
	var found []workload
	for _, object := range release.Objects {
		path := []string{"spec", "template"}
		if object.GetKind() == "CronJob" {
			path = []string{"spec", "jobTemplate", "spec", "template"}
		}
		raw, has, _ := unstructured.NestedMap(object.Object, path...)
		if !has {
			continue
		}
		w := workload{kind: object.GetKind(), component: object.GetLabels()["app.kubernetes.io/component"]}
		w.replicas, _, _ = unstructured.NestedInt64(object.Object, "spec", "replicas")
		convert(t, raw, &w.pod)
		found = append(found, w)
	}
	return found
}

// claims are the volumes that a pod shares with whoever mounts them too.
func (w workload) claims() []string {
	var names []string
	for _, volume := range w.pod.Spec.Volumes {
		if volume.PersistentVolumeClaim != nil {
			names = append(names, volume.PersistentVolumeClaim.ClaimName)
		}
	}
	return names
}

// requires tells that pods of w go only where pods of another workload are.
func (w workload) requires(t *testing.T, other workload) bool {
	t.Helper()
	if w.pod.Spec.Affinity == nil || w.pod.Spec.Affinity.PodAffinity == nil {
		return false
	}
	for _, term := range w.pod.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
		selector, err := metav1.LabelSelectorAsSelector(term.LabelSelector)
		if err != nil {
			t.Fatalf("read selector: %v", err)
		}
		if term.TopologyKey == corev1.LabelHostname && selector.Matches(labels.Set(other.pod.Labels)) {
			return true
		}
	}
	return false
}

// TestLostNodeHoldsNoPod: of the pods that share a volume of one node, one is free to
// go elsewhere when that node is lost, and the others go where it is. A pod that has to
// be with its likes goes nowhere while the one on the lost node is not gone.
func TestLostNodeHoldsNoPod(t *testing.T) {
	looked := map[string]bool{}
	for _, in := range everyPlan(t) {
		release, err := render(embedded(t), in)
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		workloads := workloadsOf(t, release)
		for _, served := range workloads {
			if served.kind != "Deployment" || len(served.claims()) == 0 {
				continue
			}
			about := in.Store.Spec.Engine + ", plan " + in.Store.Spec.Plan + ", " + served.component
			if lone := served.replicas == 1; served.requires(t, served) == lone {
				t.Errorf("%s: %d pods, required to be together: %t", about, served.replicas, lone)
			}
			for _, task := range workloads {
				if task.kind != "Job" && task.kind != "CronJob" || len(task.claims()) == 0 {
					continue
				}
				looked[in.Store.Spec.Engine+" "+task.kind] = true
				if !task.requires(t, served) {
					t.Errorf("%s: the %s mounts its volume and may go to another node", about, task.kind)
				}
			}
			looked[in.Store.Spec.Engine] = true
		}
	}
	for _, want := range []string{"medusa", "woocommerce", "woocommerce Job", "woocommerce CronJob"} {
		if !looked[want] {
			t.Errorf("%s mounts no volume of one node: nothing was looked at", want)
		}
	}
}
