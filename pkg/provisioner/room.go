package provisioner

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"platform.example.io/stores/pkg/health"
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
	return raised(d, wanted.Spec.Hard, quota.Spec.Hard)
}

// withVolumes has a quota count what the volumes have where that is more than was
// rendered: after a change to a smaller plan they keep their size, and in a quota of
// less than all have together none of them could grow.
func (p *Provisioner) withVolumes(w *work, d *desired) (*desired, error) {
	if d.kind.GroupKind() != kindQuota {
		return d, nil
	}
	of := p.caches.mustKind(kindClaim)
	var total resource.Quantity
	for _, claim := range w.release.objects {
		if claim.kind.GroupKind() != kindClaim {
			continue
		}
		var wanted corev1.PersistentVolumeClaim
		if err := json.Unmarshal(claim.body, &wanted); err != nil {
			return nil, fmt.Errorf("decode claim %s: %w", claim.name, err)
		}
		size := wanted.Spec.Resources.Requests.Storage()
		if live, found := p.cached(of, w.namespace, claim.name).(*corev1.PersistentVolumeClaim); found {
			if has := live.Spec.Resources.Requests.Storage(); has.Cmp(*size) > 0 {
				size = has
			}
		}
		total.Add(*size)
	}
	var quota corev1.ResourceQuota
	if err := json.Unmarshal(d.body, &quota); err != nil {
		return nil, fmt.Errorf("decode quota %s: %w", d.name, err)
	}
	return raised(d, quota.Spec.Hard, corev1.ResourceList{corev1.ResourceRequestsStorage: total})
}

// uncounted tells that a quota grants other than what is counted by: the API server
// measures claims by a quota's status, and would refuse one for which there is room
// since just now. A quota without a status restricts nothing yet.
func (p *Provisioner) uncounted(w *work) bool {
	of := p.caches.mustKind(kindQuota)
	return slices.ContainsFunc(w.release.objects, func(d *desired) bool {
		if d.kind.GroupKind() != kindQuota {
			return false
		}
		quota, found := p.cached(of, w.namespace, d.name).(*corev1.ResourceQuota)
		return found && len(quota.Status.Hard) > 0 && (p.behind(w, d) || !health.Counted(quota))
	})
}

// measuredLate tells of a claim that one of the shop's quotas refused although there
// is room by what is counted: each API server follows what is counted in its own time.
// The message is the only thing that tells which quota refuses.
func (p *Provisioner) measuredLate(w *work, d *desired, live metav1.Object, refusal error) bool {
	if d.kind.GroupKind() != kindClaim || !apierrors.IsForbidden(refusal) {
		return false
	}
	var wanted corev1.PersistentVolumeClaim
	if err := json.Unmarshal(d.body, &wanted); err != nil {
		return false
	}
	more, claims := *wanted.Spec.Resources.Requests.Storage(), int64(1)
	if claim, exists := live.(*corev1.PersistentVolumeClaim); exists {
		more.Sub(*claim.Spec.Resources.Requests.Storage())
		claims = 0
	}
	demand := corev1.ResourceList{
		corev1.ResourceRequestsStorage:        more,
		corev1.ResourcePersistentVolumeClaims: *resource.NewQuantity(claims, resource.DecimalSI),
	}
	of := p.caches.mustKind(kindQuota)
	return slices.ContainsFunc(w.release.objects, func(d *desired) bool {
		if d.kind.GroupKind() != kindQuota || !strings.Contains(said(refusal), "exceeded quota: "+d.name+",") {
			return false
		}
		quota, found := p.cached(of, w.namespace, d.name).(*corev1.ResourceQuota)
		return found && hasRoom(quota, demand)
	})
}

// hasRoom tells that a quota has so much left, by what is counted.
func hasRoom(quota *corev1.ResourceQuota, demand corev1.ResourceList) bool {
	for name, more := range demand {
		hard, limited := quota.Status.Hard[name]
		sum := quota.Status.Used[name].DeepCopy()
		sum.Add(more)
		if limited && sum.Cmp(hard) > 0 {
			return false
		}
	}
	return true
}

// raised is a quota that grants, of what it grants of, these quantities at least.
func raised(d *desired, hard, least corev1.ResourceList) (*desired, error) {
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(d.body); err != nil {
		return nil, fmt.Errorf("decode quota %s: %w", d.name, err)
	}
	changed := false
	for name, want := range hard {
		have, granted := least[name]
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
