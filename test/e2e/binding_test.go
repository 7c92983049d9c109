package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

var roleInStore = rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "store-provisioner-in-store"}

// TestProvisionerStaysInStores has whoever stole the provisioner's account reach
// for other namespaces, and for more rights in a store's.
func TestProvisionerStaysInStores(t *testing.T) {
	t.Parallel()
	const shop = "store-escape-provisioner"
	order(t, "escape-provisioner", suspended)
	untilSettled(t, "escape-provisioner")
	foreignNamespace(t, "escape-elsewhere", nil)
	foreignNamespace(t, "store-escape-elsewhere", map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, v1alpha1.LabelStore: "another"})
	client := accountClient(t, "store-provisioner")
	bind := bindsBy(client)
	correct := func(namespace, patch string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := client.RbacV1().RoleBindings(namespace).Patch(ctx, "store-provisioner", types.MergePatchType, []byte(patch), metav1.PatchOptions{DryRun: dryRun})
			return err
		}
	}
	clusterAdmin := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"}
	attempts := []attempt{
		{"bind itself in a store", "", "how it may work there", bind(shop, bindingOf("store-provisioner", roleInStore))},
		{"read a store's secret", "", "it sees that they are there", func(ctx context.Context) error {
			_, err := client.CoreV1().Secrets(shop).Get(ctx, "admin", metav1.GetOptions{})
			return err
		}},
		{"write a store's deployment", "", "that is its work", writes(client, shop)["deployment"]},
		{"correct its binding", "", "somebody may have changed it", correct(shop, `{"metadata":{"labels":{"a":"b"}}}`)},
		{"bind by another name", policyOfBindings, "by that name it is found and corrected", bind(shop, bindingOf("escape", roleInStore))},
		{"bind a user", policyOfBindings, "the rights are its own", bind(shop, bindingOf("store-provisioner", roleInStore, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "mallory"}))},
		{"bind the API server", policyOfBindings, "the rights are its own", bind(shop, bindingOf("store-provisioner", roleInStore, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: "store-platform", Name: "store-apiserver"}))},
		{"bind a namesake", policyOfBindings, "accounts have namespaces", bind(shop, bindingOf("store-provisioner", roleInStore, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: "kube-system", Name: "store-provisioner"}))},
		{"let everybody in", policyOfBindings, "a correction is no grant", correct(shop, `{"subjects":[{"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"system:authenticated"}]}`)},
		{"bind cluster-admin in its name", byAnyone, "nobody grants what they do not have", bind(shop, bindingOf("store-provisioner", clusterAdmin))},
		{"change the platform's own binding", policyOfBindings, "it has the same name, in no store", correct("store-platform", `{"metadata":{"labels":{"a":"b"}}}`)},
		{"annotate a store's namespace", byRBAC, "that would be to write Stores past the API", writes(client, shop)["namespace"]},
		{"delete a store's namespace", byRBAC, "the API server does", func(ctx context.Context) error {
			return client.CoreV1().Namespaces().Delete(ctx, shop, metav1.DeleteOptions{DryRun: dryRun})
		}},
		{"delete a store's secret", byRBAC, "they go with their store", func(ctx context.Context) error {
			return client.CoreV1().Secrets(shop).Delete(ctx, "admin", metav1.DeleteOptions{DryRun: dryRun})
		}},
		{"be somebody else", byRBAC, "it is nobody's proxy", func(ctx context.Context) error {
			config := cluster.UserConfig(t, "system:serviceaccount:store-platform:store-provisioner")
			config.Impersonate.UserName = "admin"
			_, err := kubernetes.NewForConfigOrDie(config).CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
			return err
		}},
	}
	attempts = append(attempts, reaches(client, shop)...)
	for _, namespace := range []string{"kube-system", "default", "store-platform", "escape-elsewhere", "store-escape-elsewhere"} {
		attempts = append(attempts, attempt{"bind itself in " + namespace, policyOfBindings, "it is no store's", bind(namespace, bindingOf("store-provisioner", roleInStore))})
		for what, do := range writes(client, namespace) {
			attempts = append(attempts, attempt{"write a " + what + " of " + namespace, byRBAC, "it is no store's", do})
		}
		attempts = append(attempts, attempt{"read a secret of " + namespace, byRBAC, "it is no store's", func(ctx context.Context) error {
			_, err := client.CoreV1().Secrets(namespace).Get(ctx, "any", metav1.GetOptions{})
			return err
		}})
		attempts = append(attempts, reaches(client, namespace)...)
	}
	tryAll(t, attempts)
}

// writes are writes into a namespace.
func writes(client kubernetes.Interface, namespace string) map[string]func(context.Context) error {
	meta, options := metav1.ObjectMeta{Name: "escape"}, metav1.CreateOptions{DryRun: dryRun}
	return map[string]func(context.Context) error{
		"secret": func(ctx context.Context) error {
			_, err := client.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{ObjectMeta: meta}, options)
			return err
		},
		"configmap": func(ctx context.Context) error {
			_, err := client.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{ObjectMeta: meta}, options)
			return err
		},
		"deployment": func(ctx context.Context) error {
			labels := map[string]string{"a": "b"}
			_, err := client.AppsV1().Deployments(namespace).Create(ctx, &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{
				Selector: &metav1.LabelSelector{MatchLabels: labels},
				Template: corev1.PodTemplateSpec{
					ObjectMeta: metav1.ObjectMeta{Labels: labels},
					Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "a", Image: "a"}}},
				},
			}}, options)
			return err
		},
		"serviceaccount": func(ctx context.Context) error {
			_, err := client.CoreV1().ServiceAccounts(namespace).Create(ctx, &corev1.ServiceAccount{ObjectMeta: meta}, options)
			return err
		},
		"namespace": func(ctx context.Context) error {
			_, err := client.CoreV1().Namespaces().Patch(ctx, namespace, types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{DryRun: dryRun})
			return err
		},
	}
}

// TestBindingIsKept takes the provisioner's rights in a store away, and changes
// who has them: both are put right, and the store goes on.
func TestBindingIsKept(t *testing.T) {
	t.Parallel()
	const name, namespace = "binding-kept", "store-binding-kept"
	order(t, name, suspended)
	untilSettled(t, name)
	bindings := kube.RbacV1().RoleBindings(namespace)
	made, err := bindings.Get(t.Context(), "store-provisioner", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	kept := func(what string) {
		t.Helper()
		eventually(t, what, func(ctx context.Context) error {
			now, err := bindings.Get(ctx, made.Name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if now.RoleRef != roleInStore || !slices.Equal(now.Subjects, made.Subjects) {
				return fmt.Errorf("it binds %+v to %+v", now.RoleRef, now.Subjects)
			}
			return nil
		})
	}
	kept("the binding was made")
	mallory := `{"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"mallory"}]}`
	if _, err := bindings.Patch(t.Context(), made.Name, types.MergePatchType, []byte(mallory), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	kept("a changed binding is put right")
	if err := bindings.Delete(t.Context(), made.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	kept("a deleted binding is made again")

	// A role cannot be changed: a person is told.
	if err := bindings.Delete(t.Context(), made.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	foreign := bindingOf(made.Name, rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"})
	eventually(t, "somebody else makes it", func(ctx context.Context) error {
		_, err := bindings.Create(ctx, foreign, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return errors.Join(err, bindings.Delete(ctx, made.Name, metav1.DeleteOptions{}))
		}
		return err
	})
	untilCondition(t, name, v1alpha1.ConditionStalled, metav1.ConditionTrue, "BindingForeign")
	if err := bindings.Delete(t.Context(), made.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	merge(t, name, `{"spec":{"displayName":"Again"}}`)
	kept("it is made again after the person deleted the other")
	untilSettled(t, name)
}
