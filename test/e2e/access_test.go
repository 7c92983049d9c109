package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	storesclient "platform.example.io/stores/pkg/generated/clientset/versioned/typed/stores/v1alpha1"
)

// user is somebody with a ClusterRole, or with none.
func user(t testing.TB, name, role string) storesclient.StoreInterface {
	t.Helper()
	if role != "" {
		binding := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "e2e-" + name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
		}
		if _, err := kube.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := kube.RbacV1().ClusterRoleBindings().Delete(context.Background(), binding.Name, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	return versioned.NewForConfigOrDie(cluster.UserConfig(t, name)).PlatformV1alpha1().Stores()
}

// TestRoles has users of each role do what they may and what they may not.
func TestRoles(t *testing.T) {
	t.Parallel()
	order(t, "access", suspended)
	untilSettled(t, "access")
	dry := metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}
	verbs := []struct {
		name string
		try  func(storesclient.StoreInterface) error
	}{
		{"list", func(s storesclient.StoreInterface) error {
			_, err := s.List(t.Context(), metav1.ListOptions{})
			return err
		}},
		{"get", func(s storesclient.StoreInterface) error {
			_, err := s.Get(t.Context(), "access", metav1.GetOptions{})
			return err
		}},
		{"create", func(s storesclient.StoreInterface) error {
			store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "access-new"}, Spec: v1alpha1.StoreSpec{Engine: "medusa"}}
			_, err := s.Create(t.Context(), store, metav1.CreateOptions{DryRun: dry.DryRun})
			return err
		}},
		{"patch", func(s storesclient.StoreInterface) error {
			_, err := s.Patch(t.Context(), "access", "application/merge-patch+json", []byte(`{"spec":{"displayName":"x"}}`), dry)
			return err
		}},
		{"delete", func(s storesclient.StoreInterface) error {
			return s.Delete(t.Context(), "access", metav1.DeleteOptions{DryRun: dry.DryRun})
		}},
		{"deletecollection", func(s storesclient.StoreInterface) error {
			return s.DeleteCollection(t.Context(), metav1.DeleteOptions{DryRun: dry.DryRun}, metav1.ListOptions{LabelSelector: "e2e=nothing"})
		}},
		{"status", func(s storesclient.StoreInterface) error {
			_, err := s.Patch(t.Context(), "access", "application/merge-patch+json", []byte(`{"status":{"url":"x"}}`), dry, "status")
			return err
		}},
	}
	for _, c := range []struct{ name, role, reason, may string }{
		{name: "stranger", role: "", may: "", reason: "nothing is public"},
		{name: "viewer", role: "store-viewer", may: " list get ", reason: "a viewer reads"},
		{name: "editor", role: "store-editor", may: " list get create patch delete ", reason: "an editor orders; what is true is not theirs to say"},
		{name: "admin", role: "store-admin", may: " list get create patch delete deletecollection ", reason: "an admin does so many at a time"},
		{name: "developer", role: "edit", may: " list get create patch delete ", reason: "the cluster's editors are the stores'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := user(t, "e2e-"+c.name, c.role)
			for _, verb := range verbs {
				allowed := bytes.Contains([]byte(c.may), []byte(" "+verb.name+" "))
				if allowed {
					eventually(t, c.name+" may "+verb.name, func(context.Context) error { return verb.try(client) })
				} else if err := verb.try(client); !apierrors.IsForbidden(err) {
					t.Errorf("%s of a %s gives %v, want forbidden: %s", verb.name, c.name, err, c.reason)
				}
			}
		})
	}
}

// TestPlatformAccounts asks the cluster what the platform itself may do: a stolen
// account must open as little as can be.
func TestPlatformAccounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		account, verb, group, resource, namespace, reason string
		want                                              bool
	}{
		{account: "store-apiserver", verb: "create", resource: "namespaces", want: true, reason: "a Store is a Namespace"},
		{account: "store-apiserver", verb: "get", resource: "secrets", namespace: "store-any", reason: "it serves what it stores, which is never a secret"},
		{account: "store-apiserver", verb: "list", resource: "secrets", reason: "nor those of others"},
		{account: "store-apiserver", verb: "get", resource: "configmaps", namespace: "store-any", reason: "it touches nothing in a shop"},
		{account: "store-apiserver", verb: "create", resource: "pods", namespace: "store-any", reason: "it touches nothing in a shop"},
		{account: "store-apiserver", verb: "update", group: "platform.example.io", resource: "stores", reason: "it is no client of itself"},
		{account: "store-provisioner", verb: "get", resource: "secrets", namespace: "store-any", reason: "it may only where it was bound: see TestAccountsStayInStores"},
		{account: "store-provisioner", verb: "create", group: "apps", resource: "deployments", namespace: "store-any", reason: "who may do that in kube-system runs as any account of it"},
		{account: "store-provisioner", verb: "create", group: "events.k8s.io", resource: "events", namespace: "kube-system", reason: "those of stores are in default"},
		{account: "store-provisioner", verb: "list", resource: "secrets", reason: "nothing that it reads over all namespaces holds a secret"},
		{account: "store-provisioner", verb: "watch", resource: "secrets", reason: "nothing that it reads over all namespaces holds a secret"},
		{account: "store-provisioner", verb: "delete", resource: "secrets", namespace: "store-any", reason: "they go with their store"},
		{account: "store-provisioner", verb: "delete", resource: "persistentvolumeclaims", namespace: "store-any", reason: "they go with their store"},
		{account: "store-provisioner", verb: "delete", resource: "namespaces", reason: "the API server deletes a store's"},
		{account: "store-provisioner", verb: "patch", resource: "namespaces", reason: "that would be to write Stores past the API"},
		{account: "store-provisioner", verb: "update", group: "platform.example.io", resource: "stores", reason: "it reports; it does not order"},
		{account: "store-provisioner", verb: "create", resource: "pods/exec", namespace: "store-any", reason: "it looks at shops from outside"},
		{account: "store-provisioner", verb: "create", group: "rbac.authorization.k8s.io", resource: "clusterrolebindings", reason: "it binds in namespaces only"},
		{account: "store-provisioner", verb: "delete", group: "rbac.authorization.k8s.io", resource: "rolebindings", namespace: "store-any", reason: "what grants rights to others is not its own"},
		{account: "store-apiserver", verb: "create", group: "rbac.authorization.k8s.io", resource: "rolebindings", namespace: "store-any", reason: "it grants nothing"},
	} {
		t.Run(c.account+"/"+c.verb+" "+c.resource, func(t *testing.T) {
			review, err := kube.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{
				Spec: authorizationv1.SubjectAccessReviewSpec{
					User:   "system:serviceaccount:store-platform:" + c.account,
					Groups: []string{"system:serviceaccounts", "system:serviceaccounts:store-platform", "system:authenticated"},
					ResourceAttributes: &authorizationv1.ResourceAttributes{
						Namespace: c.namespace, Verb: c.verb, Group: c.group, Resource: c.resource,
					},
				},
			}, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if review.Status.Allowed != c.want {
				t.Errorf("allowed: %v, want %v, for %s", review.Status.Allowed, c.want, c.reason)
			}
		})
	}
	// The rules mean what the server does.
	account := kubernetes.NewForConfigOrDie(cluster.UserConfig(t, "system:serviceaccount:store-platform:store-apiserver"))
	if _, err := account.CoreV1().Secrets("kube-system").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("the API server's account lists secrets: %v", err)
	}
}

// TestCreatorAndAudit finds who ordered a store, on the Store and in the audit log.
func TestCreatorAndAudit(t *testing.T) {
	t.Parallel()
	client := user(t, "e2e-merchant", "store-editor")
	store := newStore(t, "audited")
	store.Spec.Suspend = true
	store.Status.Creator = "somebody-else"
	eventually(t, "the merchant may order", func(ctx context.Context) error {
		_, err := client.Create(ctx, store, metav1.CreateOptions{})
		return err
	})
	if creator := get(t, "audited").Status.Creator; creator != "e2e-merchant" {
		t.Errorf("the creator is %q", creator)
	}
	// kube-apiserver passes an order on and does not read it: the name of what is
	// made stands in our own log only.
	for path, name := range map[string]string{cluster.LogPath("audit"): "", auditLog: "audited"} {
		eventually(t, "the audit log "+path+" tells of it", func(context.Context) error {
			log, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for line := range bytes.Lines(log) {
				if want := (entry{"create", "e2e-merchant", "stores", name, http.StatusCreated}); audited(line) == want {
					return nil
				}
			}
			return errors.New("it does not")
		})
	}
}

// entry is what an audit log tells of one request.
type entry struct {
	verb, user, resource, name string
	code                       int
}

func audited(line []byte) entry {
	var event struct {
		Verb           string
		User           struct{ Username string }
		ObjectRef      struct{ Resource, Name string }
		ResponseStatus struct{ Code int }
	}
	if err := json.Unmarshal(line, &event); err != nil {
		return entry{} // a line that is still being written
	}
	return entry{event.Verb, event.User.Username, event.ObjectRef.Resource, event.ObjectRef.Name, event.ResponseStatus.Code}
}
