// Package expand has the volumes of real nodes grow. Their provisioner makes and
// removes them, and a claim that asks for more would wait for ever.
//
// Such a volume is a directory. It has no size of its own, nothing keeps a pod from
// writing more than was asked for, before or after: so all there is to do is to say
// of the volume, and then of the claim, that it has what is wanted. Where a disk
// had to grow, this would be a lie.
package expand

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

const (
	// provisionedBy is where a volume says who made it.
	provisionedBy = "pv.kubernetes.io/provisioned-by"
	// provisioner of the volumes that are directories, as their storage class has it.
	provisioner = "rancher.io/local-path"
)

// grow gives a claim what it asks for, if it asks for more than it has and its
// volume is a directory.
func grow(ctx context.Context, client kubernetes.Interface, claim *corev1.PersistentVolumeClaim) error {
	wanted := claim.Spec.Resources.Requests.Storage()
	if claim.Status.Phase != corev1.ClaimBound || wanted.Cmp(*claim.Status.Capacity.Storage()) <= 0 {
		return nil
	}
	core := client.CoreV1()
	bound, err := core.PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("read the volume of claim %s/%s: %w", claim.Namespace, claim.Name, err)
	}
	if bound.Annotations[provisionedBy] != provisioner {
		return nil
	}
	// The volume first: a claim must not have more than its volume.
	if wanted.Cmp(*bound.Spec.Capacity.Storage()) > 0 {
		if _, err := core.PersistentVolumes().Patch(ctx, bound.Name, types.MergePatchType, capacity("spec", wanted), metav1.PatchOptions{}); err != nil {
			return fmt.Errorf("grow volume %s: %w", bound.Name, err)
		}
	}
	_, err = core.PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.MergePatchType, capacity("status", wanted), metav1.PatchOptions{}, "status")
	if err != nil {
		return fmt.Errorf("grow claim %s/%s: %w", claim.Namespace, claim.Name, err)
	}
	return nil
}

// capacity is a patch.
func capacity(part string, size *resource.Quantity) []byte {
	patch, err := json.Marshal(map[string]any{part: map[string]any{"capacity": map[string]any{"storage": size}}})
	if err != nil {
		panic(err) // of a quantity, and a quantity can be encoded
	}
	return patch
}
