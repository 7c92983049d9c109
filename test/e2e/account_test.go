package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

const (
	policyOfNamespaces = "ValidatingAdmissionPolicy 'store-platform-namespaces'"
	policyOfBindings   = "ValidatingAdmissionPolicy 'store-platform-bindings'"
	byRBAC             = "is forbidden: User"
)

// Everything is tried dry: an attempt that gets through would hurt the cluster
// that other tests share, and authorization and admission are asked all the same.
var dryRun = []string{metav1.DryRunAll}

func accountClient(t testing.TB, name string) kubernetes.Interface {
	t.Helper()
	return kubernetes.NewForConfigOrDie(cluster.UserConfig(t, "system:serviceaccount:store-platform:"+name,
		"system:serviceaccounts", "system:serviceaccounts:store-platform", "system:authenticated"))
}

// foreignNamespace is a namespace that no store made.
func foreignNamespace(t testing.TB, name string, labels map[string]string) {
	t.Helper()
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	if _, err := kube.CoreV1().Namespaces().Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kube.CoreV1().Namespaces().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// attempt is something that an account may do, or is refused by somebody.
type attempt struct {
	name, refusedBy, reason string
	do                      func(context.Context) error
}

func tryAll(t *testing.T, attempts []attempt) {
	t.Helper()
	for _, a := range attempts {
		t.Run(a.name, func(t *testing.T) {
			err := a.do(t.Context())
			switch {
			case a.refusedBy == "" && err != nil:
				t.Errorf("got %v, want it to be allowed: %s", err, a.reason)
			case a.refusedBy != "" && (!apierrors.IsForbidden(err) || !strings.Contains(err.Error(), a.refusedBy)):
				t.Errorf("got %v, want forbidden by %q: %s", err, a.refusedBy, a.reason)
			}
		})
	}
}

// TestAPIServerStaysInStores has whoever stole the API server's account write to
// namespaces.
func TestAPIServerStaysInStores(t *testing.T) {
	t.Parallel()
	order(t, "escape-server", suspended)
	untilSettled(t, "escape-server")
	foreignNamespace(t, "escape-foreign", nil)
	foreignNamespace(t, "store-escape-foreign", map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy})
	client := accountClient(t, "store-apiserver")
	namespaces := client.CoreV1().Namespaces()
	patch := func(name, patch string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := namespaces.Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{DryRun: dryRun})
			return err
		}
	}
	remove := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			return namespaces.Delete(ctx, name, metav1.DeleteOptions{DryRun: dryRun})
		}
	}
	create := func(name string, labels map[string]string) func(context.Context) error {
		return func(ctx context.Context) error {
			object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
			_, err := namespaces.Create(ctx, object, metav1.CreateOptions{DryRun: dryRun})
			return err
		}
	}
	labels := func(store, managedBy, level string) map[string]string {
		return map[string]string{v1alpha1.LabelStore: store, v1alpha1.LabelManagedBy: managedBy, "pod-security.kubernetes.io/enforce": level}
	}
	adopt := func(store string) string {
		return fmt.Sprintf(`{"metadata":{"labels":{%q:%q,%q:%q}}}`, v1alpha1.LabelStore, store, v1alpha1.LabelManagedBy, v1alpha1.ManagedBy)
	}
	const harmless = `{"metadata":{"annotations":{"a":"b"}}}`
	ours := v1alpha1.ManagedBy
	attempts := []attempt{
		{"annotate a store's", "", "a Store is a Namespace", patch("store-escape-server", harmless)},
		{"delete a store's", "", "deleting a Store is that", remove("store-escape-server")},
		{"make a store's", "", "creating a Store is that", create("store-escape-new", labels("escape-new", ours, "restricted"))},
		{"make the fence", "", "consistent reads may need it", create("platform-example-io-fence", map[string]string{v1alpha1.LabelStore: "FENCE", v1alpha1.LabelManagedBy: ours})},
		{"delete kube-system", byAnyone, "kube-apiserver itself keeps it", remove("kube-system")},
		{"delete the platform's", policyOfNamespaces, "its name looks like a store's, and its label is none", remove("store-platform")},
		{"make another", policyOfNamespaces, "it makes stores", create("escape-new", labels("escape-new", ours, "restricted"))},
		{"make one of another label", policyOfNamespaces, "the label is the store's name", create("store-escape-new", labels("other", ours, "restricted"))},
		{"make one that is not managed", policyOfNamespaces, "what it makes says whose it is", create("store-escape-new", labels("escape-new", "helm", "restricted"))},
		{"make one for privileged pods", policyOfNamespaces, "no engine may have any", create("store-escape-new", labels("escape-new", ours, "privileged"))},
		{"make one for any pods", policyOfNamespaces, "nothing said is privileged in most clusters", create("store-escape-new", map[string]string{v1alpha1.LabelStore: "escape-new", v1alpha1.LabelManagedBy: ours})},
		{"relax a store's", policyOfNamespaces, "no engine may have privileged pods", patch("store-escape-server", `{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"privileged"}}}`)},
		{"take a store's label off", policyOfNamespaces, "it would be nobody's", patch("store-escape-server", `{"metadata":{"labels":{"platform.example.io/store":null}}}`)},
		{"make another into the fence", policyOfNamespaces, "only that name is the fence's", create("escape-new", map[string]string{v1alpha1.LabelStore: "FENCE", v1alpha1.LabelManagedBy: ours})},
		{"finalize a store's", byRBAC, "only the namespace controller does", func(ctx context.Context) error {
			_, err := namespaces.Finalize(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "store-escape-server"}}, metav1.UpdateOptions{DryRun: dryRun})
			return err
		}},
	}
	for _, name := range []string{"kube-system", "default", "store-platform", "escape-foreign", "store-escape-foreign"} {
		store := strings.TrimPrefix(name, v1alpha1.NamespacePrefix)
		attempts = append(attempts,
			attempt{"annotate " + name, policyOfNamespaces, "it is no store's", patch(name, harmless)},
			attempt{"adopt " + name, policyOfNamespaces, "a namespace is a store's from the beginning", patch(name, adopt(store))},
			attempt{"delete " + name, byAnyone, "it is no store's", remove(name)},
		)
	}
	for _, name := range []string{"kube-system", "escape-foreign", "store-escape-server"} {
		attempts = append(attempts, reaches(client, name)...)
	}
	tryAll(t, attempts)
}

// byAnyone is a refusal of kube-system, which admission plugins give before policies are asked.
const byAnyone = "forbidden"

// reaches tries what no account of the platform may do in a namespace.
func reaches(client kubernetes.Interface, namespace string) []attempt {
	role := func(kind, name string) rbacv1.RoleRef {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
	}
	bind := func(ref rbacv1.RoleRef) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := client.RbacV1().RoleBindings(namespace).Create(ctx, bindingOf("store-provisioner", ref), metav1.CreateOptions{DryRun: dryRun})
			return err
		}
	}
	return []attempt{
		{"list secrets in " + namespace, byRBAC, "they are read by name, if at all", func(ctx context.Context) error {
			_, err := client.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{})
			return err
		}},
		{"watch secrets in " + namespace, byRBAC, "they are never watched", func(ctx context.Context) error {
			_, err := client.CoreV1().Secrets(namespace).Watch(ctx, metav1.ListOptions{})
			return err
		}},
		{"make a pod in " + namespace, byRBAC, "a pod may run as any account of its namespace", func(ctx context.Context) error {
			_, err := client.CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "escape"}}, metav1.CreateOptions{DryRun: dryRun})
			return err
		}},
		{"ask for a token in " + namespace, byRBAC, "that is to become another account", func(ctx context.Context) error {
			_, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, "default", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
			return err
		}},
		{"bind cluster-admin in " + namespace, "forbidden", "nobody grants what they do not have", bind(role("ClusterRole", "cluster-admin"))},
		{"bind edit in " + namespace, "forbidden", "one role may be bound", bind(role("ClusterRole", "edit"))},
		{"make a role in " + namespace, byRBAC, "roles come with the chart", func(ctx context.Context) error {
			_, err := client.RbacV1().Roles(namespace).Create(ctx, &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "escape"}}, metav1.CreateOptions{DryRun: dryRun})
			return err
		}},
		{"bind over all from " + namespace, byRBAC, "nothing is granted over all namespaces", func(ctx context.Context) error {
			binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "escape"}, RoleRef: role("ClusterRole", "cluster-admin")}
			_, err := client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{DryRun: dryRun})
			return err
		}},
		{"list all secrets from " + namespace, byRBAC, "nothing that is read over all namespaces holds a secret", func(ctx context.Context) error {
			_, err := client.CoreV1().Secrets(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
			return err
		}},
	}
}

func bindingOf(name string, ref rbacv1.RoleRef, subjects ...rbacv1.Subject) *rbacv1.RoleBinding {
	if len(subjects) == 0 {
		subjects = []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: "store-platform", Name: "store-provisioner"}}
	}
	return &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: ref, Subjects: subjects}
}

// bindsBy returns attempts of one client to make a binding in a namespace.
func bindsBy(client kubernetes.Interface) func(namespace string, binding *rbacv1.RoleBinding) func(context.Context) error {
	return func(namespace string, binding *rbacv1.RoleBinding) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := client.RbacV1().RoleBindings(namespace).Create(ctx, binding, metav1.CreateOptions{DryRun: dryRun})
			if apierrors.IsAlreadyExists(err) {
				return nil // it was let through to what there is
			}
			return err
		}
	}
}

// TestPoliciesAreInstalled wants the policies on a cluster that was brought up as
// `make up` does it, and kube-controller-manager to find no fault with them.
func TestPoliciesAreInstalled(t *testing.T) {
	t.Parallel()
	client := kube.AdmissionregistrationV1()
	for _, name := range []string{"store-platform-namespaces", "store-platform-bindings", "store-platform-users"} {
		eventually(t, "policy "+name+" is checked", func(ctx context.Context) error {
			policy, err := client.ValidatingAdmissionPolicies().Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if policy.Status.TypeChecking == nil || policy.Status.ObservedGeneration != policy.Generation {
				return fmt.Errorf("its status is %+v", policy.Status)
			}
			for _, warning := range policy.Status.TypeChecking.ExpressionWarnings {
				t.Errorf("%s: %s: %s", name, warning.FieldRef, warning.Warning)
			}
			return nil
		})
		binding, err := client.ValidatingAdmissionPolicyBindings().Get(t.Context(), name, metav1.GetOptions{})
		if err != nil || binding.Spec.PolicyName != name || binding.Spec.ValidationActions[0] != admissionregistrationv1.Deny {
			t.Errorf("binding of %s: %+v, %v", name, binding, err)
		}
	}
	options, err := platformOptions()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Dir(filepath.Dir(options.PlatformConfig))
	up, err := os.ReadFile(filepath.Join(root, "hack", "up.sh"))
	if err != nil {
		t.Fatal(err)
	}
	for _, manifest := range options.Manifests {
		relative, err := filepath.Rel(root, manifest)
		if err != nil || !strings.Contains(string(up), "--manifest "+relative) {
			t.Errorf("`make up` does not install %s, which these tests do: %v", relative, err)
		}
	}
}
