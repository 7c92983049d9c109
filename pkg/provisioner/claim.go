package provisioner

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// settle fits a rendered claim to the one that exists: a claim keeps its class,
// its modes and its volume for life, and never shrinks, so a smaller plan leaves
// the data where it is. It grows once it has a volume: before, its size is as
// immutable as the rest. All other objects are wanted as rendered.
func settle(d *desired, live metav1.Object) (*desired, error) {
	claim, ok := live.(*corev1.PersistentVolumeClaim)
	if !ok || d.kind.GroupKind() != kindClaim {
		return d, nil
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(d.body); err != nil {
		return nil, fmt.Errorf("decode claim %s: %w", d.name, err)
	}
	var wanted corev1.PersistentVolumeClaim
	if err := json.Unmarshal(d.body, &wanted); err != nil {
		return nil, fmt.Errorf("decode claim %s: %w", d.name, err)
	}
	changed := false
	set := func(value any, path ...string) error {
		changed = true
		return unstructured.SetNestedField(object.Object, value, path...)
	}
	have, want := claim.Spec.Resources.Requests.Storage(), wanted.Spec.Resources.Requests.Storage()
	if pending := claim.Status.Phase != corev1.ClaimBound; have.Cmp(*want) > 0 || pending && have.Cmp(*want) != 0 {
		if err := set(have.String(), "spec", "resources", "requests", string(corev1.ResourceStorage)); err != nil {
			return nil, fmt.Errorf("keep the size of claim %s: %w", d.name, err)
		}
	}
	if class := claim.Spec.StorageClassName; class != nil && wanted.Spec.StorageClassName != nil && *class != *wanted.Spec.StorageClassName {
		if err := set(*class, "spec", "storageClassName"); err != nil {
			return nil, fmt.Errorf("keep the class of claim %s: %w", d.name, err)
		}
	}
	if modes := modesOf(claim); len(modes) > 0 && !sameModes(claim, &wanted) {
		if err := set(modes, "spec", "accessModes"); err != nil {
			return nil, fmt.Errorf("keep the access modes of claim %s: %w", d.name, err)
		}
	}
	if !changed {
		return d, nil
	}
	unstructured.RemoveNestedField(object.Object, "metadata", "annotations", annotationApplied)
	return stamped(object)
}

func modesOf(claim *corev1.PersistentVolumeClaim) []any {
	var modes []any
	for _, mode := range claim.Spec.AccessModes {
		modes = append(modes, string(mode))
	}
	return modes
}

func sameModes(a, b *corev1.PersistentVolumeClaim) bool {
	if len(a.Spec.AccessModes) != len(b.Spec.AccessModes) {
		return false
	}
	for at, mode := range a.Spec.AccessModes {
		if b.Spec.AccessModes[at] != mode {
			return false
		}
	}
	return true
}
