package e2e

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// looks are what the creator of a store may do in its namespace, by name.
func looks(client kubernetes.Interface, namespace string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"read the login": func(ctx context.Context) error {
			_, err := client.CoreV1().Secrets(namespace).Get(ctx, "admin", metav1.GetOptions{})
			return err
		},
		"list pods": func(ctx context.Context) error {
			_, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
			return err
		},
		"read logs": func(ctx context.Context) error {
			_, err := client.CoreV1().Pods(namespace).GetLogs("none", &corev1.PodLogOptions{}).DoRaw(ctx)
			if apierrors.IsNotFound(err) {
				return nil // let through to a pod that is not there
			}
			return err
		},
		"list events": func(ctx context.Context) error {
			_, err := client.EventsV1().Events(namespace).List(ctx, metav1.ListOptions{})
			return err
		},
		"list what the shop consists of": func(ctx context.Context) error {
			_, deployments := client.AppsV1().Deployments(namespace).List(ctx, metav1.ListOptions{})
			_, claims := client.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{})
			return errors.Join(deployments, claims)
		},
	}
}

// TestCreator has three people with the same right to order: who ordered a store
// looks into its namespace, and into no other; who did not, does not, until an
// administrator says so.
func TestCreator(t *testing.T) {
	t.Parallel()
	const shop, other = "store-creator-alices", "store-creator-bobs"
	clients := map[string]kubernetes.Interface{}
	for name, role := range map[string]string{"alice": "store-editor", "bob": "store-editor", "carol": "store-viewer"} {
		name = "e2e-creator-" + name
		ordering := user(t, name, role)
		clients[name] = kubernetes.NewForConfigOrDie(cluster.UserConfig(t, name))
		if role != "store-editor" {
			continue
		}
		mine := map[string]string{"e2e-creator-alice": "creator-alices", "e2e-creator-bob": "creator-bobs"}[name]
		eventually(t, name+" orders", func(ctx context.Context) error {
			store := newStore(t, mine)
			suspended(store)
			_, err := ordering.Create(ctx, store, metav1.CreateOptions{})
			if apierrors.IsAlreadyExists(err) {
				return nil
			}
			return err
		})
	}
	alice, bob, carol := clients["e2e-creator-alice"], clients["e2e-creator-bob"], clients["e2e-creator-carol"]
	untilSettled(t, "creator-alices")
	untilSettled(t, "creator-bobs")
	may := func(who string, client kubernetes.Interface, namespace string) {
		t.Helper()
		for what, do := range looks(client, namespace) {
			eventually(t, who+" may "+what+" in "+namespace, do)
		}
	}
	mayNot := func(who string, client kubernetes.Interface, namespace string) {
		t.Helper()
		for what, do := range looks(client, namespace) {
			if err := do(t.Context()); !apierrors.IsForbidden(err) {
				t.Errorf("%s may %s in %s, or gets %v", who, what, namespace, err)
			}
		}
	}
	may("alice", alice, shop)
	may("bob", bob, other)
	mayNot("bob", bob, shop)
	mayNot("carol", carol, shop)
	mayNot("alice", alice, other)
	mayNot("alice", alice, "default")
	if _, err := alice.CoreV1().Secrets(shop).List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("the creator lists secrets, or gets %v", err)
	}
	if err := alice.CoreV1().Pods(shop).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("the creator deletes pods, or gets %v", err)
	}
	// As docs/security.md says it: one is added, and the creator is taken off.
	kubectl(t, "-n", shop, "create", "rolebinding", "agency", "--clusterrole=store-creator", "--user=e2e-creator-bob")
	may("bob", bob, shop)
	kubectl(t, "-n", shop, "patch", "rolebinding", "store-creator", "--type=merge", "-p", `{"subjects":[]}`)
	eventually(t, "the creator sees nothing any more", func(ctx context.Context) error {
		if _, err := alice.CoreV1().Secrets(shop).Get(ctx, "admin", metav1.GetOptions{}); !apierrors.IsForbidden(err) {
			return errors.Join(errors.New("alice reads the login"), err)
		}
		return nil
	})
	merge(t, "creator-alices", `{"spec":{"displayName":"Looked at again"}}`)
	untilSettled(t, "creator-alices")
	binding, err := kube.RbacV1().RoleBindings(shop).Get(t.Context(), "store-creator", metav1.GetOptions{})
	if err != nil || len(binding.Subjects) > 0 {
		t.Errorf("the provisioner gave back what an administrator took: %+v, %v", binding, err)
	}
	// Whoever deletes the binding has it made again: the person is the Store's creator still.
	kubectl(t, "-n", shop, "delete", "rolebinding", "store-creator")
	may("alice", alice, shop)
}

var roleOfCreator = rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "store-creator"}

// TestProvisionerGrantsReadingOnly has whoever stole the provisioner's account use
// the second role that it may bind.
func TestProvisionerGrantsReadingOnly(t *testing.T) {
	t.Parallel()
	const shop = "store-creator-escape"
	order(t, "creator-escape", suspended)
	untilSettled(t, "creator-escape")
	client := accountClient(t, "store-provisioner")
	person := func(kind, name string) rbacv1.Subject {
		return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
	}
	create := bindsBy(client)
	alice, bob := person(rbacv1.UserKind, "alice"), person(rbacv1.UserKind, "bob")
	everybody := person(rbacv1.GroupKind, "system:authenticated")
	tryAll(t, []attempt{
		{"bind a user", "", "who ordered the store", create(shop, bindingOf("store-creator", roleOfCreator, alice))},
		{"bind an account", "", "a program may have ordered it", create(shop, bindingOf("store-creator", roleOfCreator, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: "shops", Name: "agency"}))},
		{"bind everybody", policyOfBindings, "one user orders a store", create(shop, bindingOf("store-creator", roleOfCreator, everybody))},
		{"bind two", policyOfBindings, "one user orders a store", create(shop, bindingOf("store-creator", roleOfCreator, alice, bob))},
		{"bind the writing role to a user", policyOfBindings, "people read", create(shop, bindingOf("store-creator", roleInStore, alice))},
		{"bind by another name", policyOfBindings, "an administrator knows it by its name", create(shop, bindingOf("escape", roleOfCreator, alice))},
		{"bind in kube-system", policyOfBindings, "it is no store's", create("kube-system", bindingOf("store-creator", roleOfCreator, alice))},
		{"bind in the platform's namespace", policyOfBindings, "it is no store's", create("store-platform", bindingOf("store-creator", roleOfCreator, alice))},
		{"give back what was taken", byRBAC, "an administrator took it", func(ctx context.Context) error {
			_, err := client.RbacV1().RoleBindings(shop).Patch(ctx, "store-creator", types.MergePatchType, []byte(`{"subjects":[]}`), metav1.PatchOptions{DryRun: dryRun})
			return err
		}},
	})
}
