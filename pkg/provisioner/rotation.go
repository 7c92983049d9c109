package provisioner

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/engine"
)

// annotationRotation on the Secret of a shop's admin names the rotation that its
// password was made for. It is written with the password, in one request: a pass
// that ends before, between or after its steps makes no second password for one
// rotation.
const annotationRotation = "platform.example.io/admin-credentials-rotation"

// rotationDue tells whether a Secret is to get a new password. That one which was
// carried out is not again, also where the Secret comes from a backup.
func rotationDue(w *work, live *corev1.Secret) bool {
	token := w.store.Spec.AdminCredentialsRotation
	return token != "" && live.Name == w.release.AdminSecret &&
		token != w.store.Status.AdminCredentialsRotation && token != live.Annotations[annotationRotation]
}

// rotate makes the random values of exactly the Secret that was read anew, and what
// is made of them. The bootstrap Job, which is rendered with the rotation and applied
// after this, then gives them to the shop.
func (p *Provisioner) rotate(ctx context.Context, w *work, live *corev1.Secret, secret engine.Secret, known secretValues) error {
	before := known[secret.Name]
	kept := maps.Clone(before)
	for _, key := range secret.Data {
		if key.Value == "" {
			delete(kept, key.Key)
		}
	}
	known[secret.Name] = kept
	values, _, err := known.complete(secret)
	if err != nil {
		return err
	}
	known[secret.Name] = values
	changed := map[string]any{}
	for key, value := range values {
		if old, found := before[key]; !found || !bytes.Equal(old, value) {
			changed[key] = value
		}
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{
			"uid": live.UID, "resourceVersion": live.ResourceVersion,
			"annotations": map[string]string{
				annotationStoreUID: string(w.store.UID), annotationRotation: w.store.Spec.AdminCredentialsRotation,
			},
		},
		"data": changed,
	})
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	if _, err := p.kube.CoreV1().Secrets(w.namespace).Patch(ctx, live.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager}); err != nil {
		return err
	}
	klog.FromContext(ctx).Info("Made a new password of the shop's admin", "secret", live.Name, "rotation", w.store.Spec.AdminCredentialsRotation)
	return nil
}
