package provisioner

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// cannotGrowError is a claim that is to have more storage, of a class whose volumes
// cannot grow.
type cannotGrowError struct {
	volume     string
	have, want string
	why, cure  string
	err        error
}

func (e *cannotGrowError) Error() string {
	return fmt.Sprintf("volume %s cannot grow from %s to %s: %s; set its size in spec.storage to %s, or %s", e.volume, e.have, e.want, e.why, e.have, e.cure)
}

func (e *cannotGrowError) Unwrap() error { return e.err }

// orCannotGrow returns why a claim could not be applied: that its volume cannot grow,
// if that is so, and else the refusal. kube-apiserver tells it from other refusals in
// words alone, so the class is asked: whoever else forbids it, of such a class no
// volume grows.
func (p *Provisioner) orCannotGrow(ctx context.Context, d *desired, live metav1.Object, refusal error) error {
	claim, ok := live.(*corev1.PersistentVolumeClaim)
	if !ok || !apierrors.IsForbidden(refusal) {
		return refusal
	}
	var wanted corev1.PersistentVolumeClaim
	if err := json.Unmarshal(d.body, &wanted); err != nil {
		return fmt.Errorf("decode claim %s: %w", d.name, err)
	}
	have, want := claim.Spec.Resources.Requests.Storage(), wanted.Spec.Resources.Requests.Storage()
	if want.Cmp(*have) <= 0 {
		return refusal
	}
	failed := &cannotGrowError{volume: d.name, have: have.String(), want: want.String(), err: refusal}
	name := ptr.Deref(claim.Spec.StorageClassName, "")
	if name == "" {
		failed.why, failed.cure = "it has no storage class", "restore a backup into a new store, in a class that allows it"
		return failed
	}
	switch class, err := p.kube.StorageV1().StorageClasses().Get(ctx, name, metav1.GetOptions{}); {
	case apierrors.IsNotFound(err):
		failed.why, failed.cure = "its storage class "+name+" does not exist", "make that class, with allowVolumeExpansion, if its driver can grow volumes"
	case err != nil || ptr.Deref(class.AllowVolumeExpansion, false):
		return refusal
	default:
		failed.why, failed.cure = "its storage class "+name+" does not allow it", "set allowVolumeExpansion on that class, if its driver can grow volumes"
	}
	return failed
}
