package provisioner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

const (
	// bindingName is the RoleBinding in a store's namespace by which the provisioner
	// may work there.
	bindingName = "store-provisioner"
	// boundRole is the one ClusterRole that the provisioner may bind.
	boundRole = "store-provisioner-in-store"

	// ReasonBinding is a RoleBinding that could not be made or has no effect yet.
	ReasonBinding = "Binding"
	// ReasonBindingForeign is a RoleBinding of the provisioner's name to another role.
	ReasonBindingForeign = "BindingForeign"
)

// A binding takes effect when kube-apiserver's own watch of bindings brings it.
const (
	bindingPoll     = 5 * time.Millisecond
	bindingPatience = 5 * time.Second
)

// bind gives the provisioner its role in the store's namespace, and nowhere else:
// over all namespaces it writes nothing but this. What is bound already costs no
// request; a binding that somebody deletes or changes is made again.
func (p *Provisioner) bind(ctx context.Context, w *work) *stop {
	err := p.ensureBinding(ctx, w)
	var foreign *foreignBindingError
	switch {
	case err == nil:
		if w.unbound = p.bindCreator(ctx, w); w.unbound != nil {
			p.announceUnbound(w)
		}
		return nil
	case namespaceGone(err):
		return &stop{gone: true}
	case errors.As(err, &foreign):
		return refuseForNow(ReasonBindingForeign,
			"RoleBinding %s binds %s %s, which cannot be changed; delete it (`kubectl -n %s delete rolebinding %s`)",
			bindingName, foreign.roleRef.Kind, foreign.roleRef.Name, w.namespace, bindingName)
	}
	return &stop{
		verdict: health.Fails(health.Working, ReasonBinding,
			"the provisioner could not be given its rights in namespace %s yet; it is tried again. If it stays so, see that the platform's roles and admission policies are installed as its chart has them", w.namespace),
		err: fmt.Errorf("bind role in namespace %s: %w", w.namespace, err),
	}
}

// foreignBindingError is a RoleBinding whose role is another: that cannot be changed.
type foreignBindingError struct{ roleRef rbacv1.RoleRef }

func (e *foreignBindingError) Error() string {
	return fmt.Sprintf("rolebinding %s binds %s %s", bindingName, e.roleRef.Kind, e.roleRef.Name)
}

func (p *Provisioner) ensureBinding(ctx context.Context, w *work) error {
	subject, err := p.self(ctx)
	if err != nil {
		return err
	}
	wanted := newBinding(w, subject)
	of := p.caches.mustKind(kindRoleBinding)
	if live, found := p.live(of, w.namespace, bindingName).(*rbacv1.RoleBinding); found && binds(live, wanted) {
		return nil
	}
	made, err := p.makeBinding(ctx, wanted)
	if err != nil {
		return err
	}
	if err := p.awaitRights(ctx, w.namespace); err != nil {
		return err
	}
	p.recent.remember(p.clock.Now(), objectKey{kindRoleBinding, w.namespace, bindingName}, made)
	return nil
}

// makeBinding creates the binding, or corrects the one that there is.
func (p *Provisioner) makeBinding(ctx context.Context, wanted *rbacv1.RoleBinding) (*rbacv1.RoleBinding, error) {
	client := p.kube.RbacV1().RoleBindings(wanted.Namespace)
	made, err := client.Create(ctx, wanted, metav1.CreateOptions{FieldManager: FieldManager})
	if !apierrors.IsAlreadyExists(err) {
		return made, err
	}
	live, err := client.Get(ctx, bindingName, metav1.GetOptions{})
	switch {
	case err != nil:
		return nil, err
	case live.RoleRef != wanted.RoleRef:
		return nil, &foreignBindingError{live.RoleRef}
	case binds(live, wanted):
		return live, nil
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": live.ResourceVersion, "labels": wanted.Labels},
		"subjects": wanted.Subjects,
	})
	if err != nil {
		return nil, fmt.Errorf("encode patch: %w", err)
	}
	made, err = client.Patch(ctx, bindingName, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager})
	if err != nil {
		return nil, err
	}
	klog.FromContext(ctx).Info("Corrected RoleBinding", "namespace", wanted.Namespace, "name", bindingName)
	return made, nil
}

// awaitRights waits until a binding that was made just now has effect. Otherwise
// the first writes to each new store would be refused, and its status would say so.
func (p *Provisioner) awaitRights(ctx context.Context, namespace string) error {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "create", Resource: "secrets"},
	}}
	client := p.kube.AuthorizationV1().SelfSubjectAccessReviews()
	return wait.PollUntilContextTimeout(ctx, bindingPoll, bindingPatience, true, func(ctx context.Context) (bool, error) {
		answer, err := client.Create(ctx, review, metav1.CreateOptions{})
		return err == nil && answer.Status.Allowed, err
	})
}

// self is the account that this process acts as, which it asks once.
func (p *Provisioner) self(ctx context.Context) (*rbacv1.Subject, error) {
	if known := p.subject.Load(); known != nil {
		return known, nil
	}
	review, err := p.kube.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("ask for own account: %w", err)
	}
	subject := subjectOf(review.Status.UserInfo.Username)
	p.subject.Store(subject)
	return subject, nil
}

func subjectOf(user string) *rbacv1.Subject {
	if account, isAccount := strings.CutPrefix(user, "system:serviceaccount:"); isAccount {
		if namespace, name, found := strings.Cut(account, ":"); found {
			return &rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}
		}
	}
	return &rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}
}

func newBinding(w *work, subject *rbacv1.Subject) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.namespace, Name: bindingName,
			Labels: map[string]string{v1alpha1.LabelStore: w.store.Name, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy},
		},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: boundRole},
		Subjects: []rbacv1.Subject{*subject},
	}
}

func binds(live, wanted *rbacv1.RoleBinding) bool {
	return live.DeletionTimestamp == nil && live.RoleRef == wanted.RoleRef && slices.Equal(live.Subjects, wanted.Subjects) &&
		live.Labels[v1alpha1.LabelStore] == wanted.Labels[v1alpha1.LabelStore] &&
		live.Labels[v1alpha1.LabelManagedBy] == wanted.Labels[v1alpha1.LabelManagedBy]
}
