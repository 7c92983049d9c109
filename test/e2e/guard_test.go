package e2e

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

const policyOfUsers = "ValidatingAdmissionPolicy 'store-platform-users'"

// TestNamespacesAreThePlatforms has somebody who may do anything to namespaces, one
// who may repair stores beside that, and an administrator go past the API.
func TestNamespacesAreThePlatforms(t *testing.T) {
	t.Parallel()
	order(t, "guarded", suspended)
	order(t, "guarded-protected", suspended, func(s *v1alpha1.Store) { s.Spec.DeletionProtection = true })
	untilSettled(t, "guarded")
	untilSettled(t, "guarded-protected")
	foreignNamespace(t, "guarded-foreign", nil)
	const namespaces = `{apiGroups: [""], resources: [namespaces, namespaces/status, namespaces/finalize], verbs: [get, list, create, update, patch, delete]}`
	permit(t, kube, "e2e-guard-namespaces", "["+namespaces+"]", "e2e-guard-tenant", "e2e-guard-repairer")
	permit(t, kube, "e2e-guard-repair", "[{apiGroups: [platform.example.io], resources: [stores], verbs: [repair]}]", "e2e-guard-repairer")
	tenant := kubernetes.NewForConfigOrDie(cluster.UserConfig(t, "e2e-guard-tenant")).CoreV1().Namespaces()
	repairer := kubernetes.NewForConfigOrDie(cluster.UserConfig(t, "e2e-guard-repairer")).CoreV1().Namespaces()
	client := func(who string) interface {
		Create(context.Context, *corev1.Namespace, metav1.CreateOptions) (*corev1.Namespace, error)
		Patch(context.Context, string, types.PatchType, []byte, metav1.PatchOptions, ...string) (*corev1.Namespace, error)
		Delete(context.Context, string, metav1.DeleteOptions) error
	} {
		switch who {
		case "tenant":
			return tenant
		case "repairer":
			return repairer
		}
		return kube.CoreV1().Namespaces()
	}
	create := func(who, name string, labels map[string]string) func(context.Context) error {
		return func(ctx context.Context) error {
			object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
			_, err := client(who).Create(ctx, object, metav1.CreateOptions{DryRun: dryRun})
			return err
		}
	}
	patch := func(who, name, patch string, subresources ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := client(who).Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{DryRun: dryRun}, subresources...)
			return err
		}
	}
	remove := func(who, name string) func(context.Context) error {
		return func(ctx context.Context) error {
			return client(who).Delete(ctx, name, metav1.DeleteOptions{DryRun: dryRun})
		}
	}
	labelled := map[string]string{v1alpha1.LabelStore: "guarded-new"}
	const (
		harmless  = `{"metadata":{"annotations":{"example.com/team":"a"}}}`
		spec      = `{"metadata":{"annotations":{"platform.example.io/spec":"{}"}}}`
		noStatus  = `{"metadata":{"annotations":{"platform.example.io/status":null}}}`
		unlabel   = `{"metadata":{"labels":{"platform.example.io/store":null}}}`
		unmanaged = `{"metadata":{"labels":{"app.kubernetes.io/managed-by":null}}}`
		privilege = `{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"privileged"}}}`
	)
	eventually(t, "their rights have arrived", func(ctx context.Context) error {
		_, err := tenant.Get(ctx, "guarded-foreign", metav1.GetOptions{})
		return errors.Join(err, patch("repairer", "store-guarded", spec)(ctx))
	})
	tryAll(t, []attempt{
		{"make a namespace", "", "that is a tenant's right", create("tenant", "guarded-own", nil)},
		{"label a namespace", "", "it is no store's", patch("tenant", "guarded-foreign", privilege)},
		{"delete a namespace", "", "it is no store's", remove("tenant", "guarded-foreign")},
		{"annotate a store's", "", "the annotation is nobody's", patch("tenant", "store-guarded", harmless)},
		{"make a store's", policyOfUsers, "a store is ordered", create("tenant", "store-guarded-new", nil)},
		{"make what a store's is", policyOfUsers, "a store is ordered", create("tenant", "store-guarded-new", labelled)},
		{"make one that says it is a store's", policyOfUsers, "the label is ours", create("tenant", "guarded-new", labelled)},
		{"say that one is a store's", policyOfUsers, "the label is ours", patch("tenant", "guarded-foreign", `{"metadata":{"labels":{"platform.example.io/store":"guarded-foreign"}}}`)},
		{"order past validation", policyOfUsers, "the API validates", patch("tenant", "store-guarded", spec)},
		{"take the status away", policyOfUsers, "it is what the platform saw", patch("tenant", "store-guarded", noStatus)},
		{"take the label off", policyOfUsers, "the store would be gone", patch("tenant", "store-guarded", unlabel)},
		{"say that another manages it", policyOfUsers, "labels of a store's namespace are the platform's", patch("tenant", "store-guarded", unmanaged)},
		{"let in privileged pods", policyOfUsers, "labels of a store's namespace are the platform's", patch("tenant", "store-guarded", privilege)},
		{"relabel by the status", policyOfUsers, "a subresource carries labels, too", patch("tenant", "store-guarded", privilege, "status")},
		{"order by the status", policyOfUsers, "a subresource carries annotations, too", patch("tenant", "store-guarded", spec, "status")},
		{"delete a store's", policyOfUsers, "the Store is deleted", remove("tenant", "store-guarded")},
		{"delete a protected store's", policyOfUsers, "the Store is protected", remove("tenant", "store-guarded-protected")},
		{"repair a store", "", "that is what the right is for", patch("repairer", "store-guarded", spec)},
		{"restore a store", "", "a backup is restored", create("repairer", "store-guarded-new", labelled)},
		{"give a store up", "", "one that is beyond repair", remove("repairer", "store-guarded")},
		{"give a protected store up", policyOfUsers, "protection is taken off first", remove("repairer", "store-guarded-protected")},
		{"administer a store away", "", "an administrator may do everything", remove("administrator", "store-guarded")},
		{"administer a protected store away", policyOfUsers, "but not by accident", remove("administrator", "store-guarded-protected")},
	})
	if err := stores.Delete(t.Context(), "guarded-protected", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("a protected store is deleted, or gives %v", err)
	}
	merge(t, "guarded-protected", `{"spec":{"deletionProtection":false}}`)
	if err := remove("administrator", "store-guarded-protected")(t.Context()); err != nil {
		t.Errorf("a store that is protected no more: %v", err)
	}
}
