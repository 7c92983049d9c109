package e2e

import (
	"context"
	"fmt"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	storesclient "platform.example.io/stores/pkg/generated/clientset/versioned/typed/stores/v1alpha1"
)

// permit gives users a ClusterRole of their own, from the YAML of its rules.
func permit(t testing.TB, on kubernetes.Interface, role, rules string, users ...string) {
	t.Helper()
	object := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: role}}
	fromYAML(t, rules, &object.Rules)
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
	}
	for _, name := range users {
		binding.Subjects = append(binding.Subjects, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name})
	}
	client := on.RbacV1()
	if _, err := client.ClusterRoles().Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.ClusterRoles().Delete(context.Background(), role, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	if _, err := client.ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.ClusterRoleBindings().Delete(context.Background(), role, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// account is somebody's client, of stores and of what the typed one lacks.
type account struct {
	storesclient.StoreInterface
	rest rest.Interface
}

// TestFineRights has users with one narrow right each try everything: a name, a
// verb and a subresource are each a right of their own.
func TestFineRights(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"rights-mine", "rights-theirs"} {
		order(t, name, suspended, func(s *v1alpha1.Store) { s.Labels = map[string]string{"e2e": "rights"} })
		untilSettled(t, name)
	}
	dry := []string{metav1.DryRunAll}
	patch := func(name string, kind types.PatchType, body string, subresources ...string) func(context.Context, account) error {
		return func(ctx context.Context, s account) error {
			_, err := s.Patch(ctx, name, kind, []byte(body), metav1.PatchOptions{DryRun: dry, FieldManager: "e2e"}, subresources...)
			return err
		}
	}
	read := func(name string) func(context.Context, account) error {
		return func(ctx context.Context, s account) error {
			_, err := s.Get(ctx, name, metav1.GetOptions{})
			return err
		}
	}
	list := func(field string) func(context.Context, account) error {
		return func(ctx context.Context, s account) error {
			_, err := s.List(ctx, metav1.ListOptions{FieldSelector: field})
			return err
		}
	}
	watch := func(field string) func(context.Context, account) error {
		return func(ctx context.Context, s account) error {
			w, err := s.Watch(ctx, metav1.ListOptions{FieldSelector: field})
			if err == nil {
				w.Stop()
			}
			return err
		}
	}
	update := func(write func(account, context.Context, *v1alpha1.Store) error) func(context.Context, account) error {
		return func(ctx context.Context, s account) error {
			return write(s, ctx, get(t, "rights-mine"))
		}
	}
	const applied = `{"apiVersion":"platform.example.io/v1alpha1","kind":"Store","metadata":{"name":"%s","labels":{"applied":"yes"}},"spec":{"engine":"woocommerce"}}`
	actions := []struct {
		name string
		do   func(context.Context, account) error
	}{
		{"get mine", read("rights-mine")},
		{"get theirs", read("rights-theirs")},
		{"list", list("")},
		{"list mine", list("metadata.name=rights-mine")},
		{"list theirs", list("metadata.name=rights-theirs")},
		{"watch", watch("")},
		{"watch mine", watch("metadata.name=rights-mine")},
		{"create", func(ctx context.Context, s account) error { return try(ctx, s, "rights-new") }},
		{"update mine", update(func(s account, ctx context.Context, store *v1alpha1.Store) error {
			_, err := s.Update(ctx, store, metav1.UpdateOptions{DryRun: dry})
			return err
		})},
		{"patch mine", patch("rights-mine", types.MergePatchType, `{"spec":{"displayName":"x"}}`)},
		{"patch theirs", patch("rights-theirs", types.MergePatchType, `{"spec":{"displayName":"x"}}`)},
		{"apply mine", patch("rights-mine", types.ApplyPatchType, fmt.Sprintf(applied, "rights-mine"))},
		{"apply new", patch("rights-new", types.ApplyPatchType, fmt.Sprintf(applied, "rights-new"))},
		{"delete mine", func(ctx context.Context, s account) error {
			return s.Delete(ctx, "rights-mine", metav1.DeleteOptions{DryRun: dry})
		}},
		{"delete theirs", func(ctx context.Context, s account) error {
			return s.Delete(ctx, "rights-theirs", metav1.DeleteOptions{DryRun: dry})
		}},
		{"delete many", func(ctx context.Context, s account) error {
			return s.DeleteCollection(ctx, metav1.DeleteOptions{DryRun: dry}, metav1.ListOptions{LabelSelector: "e2e=rights"})
		}},
		{"get status", func(ctx context.Context, s account) error {
			return s.rest.Get().Resource("stores").Name("rights-mine").SubResource("status").Do(ctx).Error()
		}},
		{"update status", update(func(s account, ctx context.Context, store *v1alpha1.Store) error {
			_, err := s.UpdateStatus(ctx, store, metav1.UpdateOptions{DryRun: dry})
			return err
		})},
		{"patch status", patch("rights-mine", types.MergePatchType, `{"status":{"url":"x"}}`, "status")},
	}
	for _, c := range []struct {
		name, rules, reason string
		may                 []string
	}{
		{
			name: "named", reason: "resourceNames name stores, and a list or watch of one by its name is about that one",
			rules: `{apiGroups: [platform.example.io], resources: [stores], resourceNames: [rights-mine], verbs: [get, list, watch, patch, delete]}`,
			may:   []string{"get mine", "list mine", "watch mine", "patch mine", "apply mine", "delete mine"},
		},
		{
			name: "named-new", reason: "a create has no name that RBAC could see; an apply has, when it is a create too",
			rules: `{apiGroups: [platform.example.io], resources: [stores], resourceNames: [rights-new], verbs: [create, patch]}`,
			may:   []string{"apply new"},
		},
		{
			name: "applier", reason: "with patch of the name and create, apply makes it",
			rules: `{apiGroups: [platform.example.io], resources: [stores], resourceNames: [rights-new], verbs: [patch]}, {apiGroups: [platform.example.io], resources: [stores], verbs: [create]}`,
			may:   []string{"create", "apply new"},
		},
		{name: "getter", rules: `{apiGroups: [platform.example.io], resources: [stores], verbs: [get]}`, may: []string{"get mine", "get theirs"}, reason: "get is no list"},
		{name: "lister", rules: `{apiGroups: [platform.example.io], resources: [stores], verbs: [list]}`, may: []string{"list", "list mine", "list theirs"}, reason: "list is no get"},
		{name: "watcher", rules: `{apiGroups: [platform.example.io], resources: [stores], verbs: [watch]}`, may: []string{"watch", "watch mine"}, reason: "watch is no list"},
		{name: "creator", rules: `{apiGroups: [platform.example.io], resources: [stores], verbs: [create]}`, may: []string{"create"}, reason: "who makes them cannot change them"},
		{name: "updater", rules: `{apiGroups: [platform.example.io], resources: [stores], verbs: [update]}`, may: []string{"update mine"}, reason: "update is no patch"},
		{name: "patcher", rules: `{apiGroups: [platform.example.io], resources: [stores], verbs: [patch]}`, may: []string{"patch mine", "patch theirs", "apply mine"}, reason: "patch is no update, and makes nothing"},
		{name: "deleter", rules: `{apiGroups: [platform.example.io], resources: [stores], verbs: [delete]}`, may: []string{"delete mine", "delete theirs"}, reason: "one at a time"},
		{name: "sweeper", rules: `{apiGroups: [platform.example.io], resources: [stores], verbs: [deletecollection]}`, may: []string{"delete many"}, reason: "many at a time"},
		{name: "reporter", rules: `{apiGroups: [platform.example.io], resources: [stores/status], verbs: [get, update, patch]}`, may: []string{"get status", "update status", "patch status"}, reason: "who reports does not order"},
		{name: "star", rules: `{apiGroups: [platform.example.io], resources: [stores], verbs: ["*"]}`, reason: "all of the store is nothing of its status", may: []string{
			"get mine", "get theirs", "list", "list mine", "list theirs", "watch", "watch mine", "create", "update mine", "patch mine", "patch theirs",
			"apply mine", "apply new", "delete mine", "delete theirs", "delete many"}},
		{name: "other-group", rules: `{apiGroups: [""], resources: ["*"], verbs: ["*"]}`, reason: "who may do anything to namespaces may do nothing to stores"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name := "e2e-rights-" + c.name
			permit(t, kube, name, "["+c.rules+", {apiGroups: [platform.example.io], resources: [engines], verbs: [list]}]", name)
			clients := versioned.NewForConfigOrDie(cluster.UserConfig(t, name)).PlatformV1alpha1()
			client := account{clients.Stores(), clients.RESTClient()}
			// Until this one arrives, every right is missing.
			eventually(t, "the rights of "+name+" have arrived", func(ctx context.Context) error {
				_, err := clients.Engines().List(ctx, metav1.ListOptions{})
				return err
			})
			may := map[string]bool{}
			for _, action := range c.may {
				may[action] = true
			}
			for _, action := range actions {
				if may[action.name] {
					delete(may, action.name)
					eventually(t, c.name+" may "+action.name, func(ctx context.Context) error { return action.do(ctx, client) })
				} else if err := action.do(t.Context(), client); !apierrors.IsForbidden(err) {
					t.Errorf("%s gives %v, want forbidden: %s", action.name, err, c.reason)
				}
			}
			if len(may) > 0 {
				t.Errorf("nobody tried %v", may)
			}
		})
	}
}
