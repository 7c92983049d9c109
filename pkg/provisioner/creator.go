package provisioner

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

const (
	// creatorBinding is the RoleBinding in a store's namespace by which its creator
	// looks into the shop.
	creatorBinding = "store-creator"
	// creatorRole is what the creator may do there.
	creatorRole = "store-creator"
)

// bindCreator lets whoever ordered the store read in its namespace: the login, pods
// and their logs, events. The binding is made where there is none and never
// corrected: an administrator adds people to it, or takes all of them off. The shop
// does not wait for it.
func (p *Provisioner) bindCreator(ctx context.Context, w *work) error {
	// A store that was restored from before creators were recorded has none.
	if w.store.Status.Creator == "" {
		return nil
	}
	if p.live(p.caches.mustKind(kindRoleBinding), w.namespace, creatorBinding) != nil {
		return nil
	}
	made, err := p.kube.RbacV1().RoleBindings(w.namespace).Create(ctx, newCreatorBinding(w), metav1.CreateOptions{FieldManager: FieldManager})
	switch {
	case apierrors.IsAlreadyExists(err):
		// Somebody took our label off it: it is theirs now.
		return nil
	case namespaceGone(err):
		return nil
	case err != nil:
		return fmt.Errorf("let the creator look into namespace %s: %w", w.namespace, err)
	}
	klog.FromContext(ctx).V(2).Info("Let the creator look into the namespace", "namespace", w.namespace)
	p.recent.remember(p.clock.Now(), objectKey{kindRoleBinding, w.namespace, creatorBinding}, made)
	return nil
}

// announceUnbound says on the Store why its creator sees nothing of the shop. Its
// conditions do not: the shop serves all the same.
func (p *Provisioner) announceUnbound(w *work) {
	p.record(w.store, corev1.EventTypeWarning, "CreatorNotBound", "Bind", fmt.Sprintf(
		"The creator %s cannot look into the shop yet; it is tried again. "+
			"If it stays so, see that the platform's roles are installed as its chart has them, and that no policy refuses RoleBinding %s: %v",
		w.store.Status.Creator, creatorBinding, w.unbound))
}

func newCreatorBinding(w *work) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.namespace, Name: creatorBinding,
			Labels: map[string]string{v1alpha1.LabelStore: w.store.Name, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy},
		},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: creatorRole},
		Subjects: []rbacv1.Subject{*subjectOf(w.store.Status.Creator)},
	}
}
