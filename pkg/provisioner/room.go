package provisioner

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// withRoom keeps of a quota what it grants already for as long as the shop is on
// its way to another plan: while the larger pods of the plan before still run, a
// smaller quota would refuse those that are to follow them, for ever. It shrinks
// when the last of them is gone.
func withRoom(d *desired, live metav1.Object) (*desired, error) {
	quota, ok := live.(*corev1.ResourceQuota)
	if !ok || d.kind.GroupKind() != kindQuota {
		return d, nil
	}
	var wanted corev1.ResourceQuota
	if err := json.Unmarshal(d.body, &wanted); err != nil {
		return nil, fmt.Errorf("decode quota %s: %w", d.name, err)
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(d.body); err != nil {
		return nil, fmt.Errorf("decode quota %s: %w", d.name, err)
	}
	changed := false
	for name, want := range wanted.Spec.Hard {
		have, granted := quota.Spec.Hard[name]
		if !granted || have.Cmp(want) <= 0 {
			continue
		}
		changed = true
		if err := unstructured.SetNestedField(object.Object, have.String(), "spec", "hard", string(name)); err != nil {
			return nil, fmt.Errorf("keep room in quota %s: %w", d.name, err)
		}
	}
	if !changed {
		return d, nil
	}
	unstructured.RemoveNestedField(object.Object, "metadata", "annotations", annotationApplied)
	return stamped(object)
}
