package e2e

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	storesclient "platform.example.io/stores/pkg/generated/clientset/versioned/typed/stores/v1alpha1"
)

// policed is a store that only the test's own policies and webhooks judge: they
// select by a label, since every other test's stores pass by them too.
func policed(by string) func(*v1alpha1.Store) {
	return func(store *v1alpha1.Store) {
		store.Spec.Suspend = true
		store.Labels = map[string]string{"e2e-policy": by}
	}
}

// selects is how a policy or webhook finds the stores that are policed by it.
func selects(by string) string { return "objectSelector: {matchLabels: {e2e-policy: " + by + "}}" }

// onStores are rules of a policy or webhook for operations on stores.
func onStores(operations string, resources ...string) string {
	if len(resources) == 0 {
		resources = []string{"stores"}
	}
	return "[{apiGroups: [platform.example.io], apiVersions: [v1alpha1], operations: [" + operations + "], resources: [" + strings.Join(resources, ", ") + "]}]"
}

func fromYAML(t testing.TB, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}

// validatingPolicy installs a policy and its binding, from the YAML of their specs.
func validatingPolicy(t testing.TB, on kubernetes.Interface, name, spec, binding string) {
	t.Helper()
	policy := &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	fromYAML(t, spec, &policy.Spec)
	bound := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: name}}
	fromYAML(t, binding, &bound.Spec)
	bound.Spec.PolicyName = name
	client := on.AdmissionregistrationV1()
	if _, err := client.ValidatingAdmissionPolicies().Create(t.Context(), policy, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.ValidatingAdmissionPolicies().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	if _, err := client.ValidatingAdmissionPolicyBindings().Create(t.Context(), bound, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.ValidatingAdmissionPolicyBindings().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// try creates a store that is never stored.
func try(ctx context.Context, client storesclient.StoreInterface, name string, changes ...func(*v1alpha1.Store)) error {
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: "woocommerce"}}
	for _, change := range changes {
		change(store)
	}
	_, err := client.Create(ctx, store, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// untilDenied waits until a policy or webhook that was just installed is known
// to the server, which learns of it by a watch.
func untilDenied(t testing.TB, client storesclient.StoreInterface, changes ...func(*v1alpha1.Store)) {
	t.Helper()
	eventually(t, "the policy is in force", func(ctx context.Context) error {
		if try(ctx, client, "policy-probe", changes...) == nil {
			return errors.New("nobody objects")
		}
		return nil
	})
}

var refusedByPolicy = refusal{http.StatusForbidden, metav1.StatusReasonForbidden, nil}

// TestValidatingPolicy has a policy judge every way to make, change and delete
// a store, by what it is, by what it was and by who asks.
func TestValidatingPolicy(t *testing.T) {
	t.Parallel()
	validatingPolicy(t, kube, "e2e-validating", `
matchConstraints:
  resourceRules: `+onStores("CREATE, UPDATE, DELETE")+`
  `+selects("validating")+`
matchConditions:
  - {name: not-the-boss, expression: "request.userInfo.username != 'e2e-boss'"}
variables:
  - {name: subject, expression: "request.operation == 'DELETE' ? oldObject : object"}
validations:
  - expression: "request.operation == 'DELETE' || variables.subject.spec.engine != 'medusa' || variables.subject.spec.plan == 'business'"
    message: Medusa is for businesses
    reason: Invalid
  - expression: "request.operation != 'UPDATE' || object.spec.plan == oldObject.spec.plan"
    messageExpression: "'the plan stays ' + oldObject.spec.plan"
  - expression: "request.operation != 'DELETE' || !('keep' in oldObject.metadata.?annotations.orValue({}))"
    message: it is kept
    reason: Forbidden
  - expression: "namespaceObject == null && !has(request.namespace) && request.resource.resource == 'stores' && !has(request.subResource)"
    message: this is about stores
  - expression: "request.operation != 'CREATE' || authorizer.group('platform.example.io').resource('stores').name('launch').check('approve').allowed()"
    message: you may not launch
    reason: Forbidden
`, `validationActions: [Deny]`)
	permit(t, kube, "e2e-launcher", `[{apiGroups: [platform.example.io], resources: [stores], resourceNames: [launch], verbs: [approve]}]`, "e2e-policed", "e2e-boss")
	merchant, stranger, boss := user(t, "e2e-policed", "store-admin"), user(t, "e2e-unpoliced", "store-admin"), user(t, "e2e-boss", "store-admin")
	by := policed("validating")
	medusa := func(store *v1alpha1.Store) { store.Spec.Engine = "medusa" }
	// Rights come by a watch as policies do.
	untilDenied(t, stores, by, medusa)
	eventually(t, "merchant and boss have their rights", func(ctx context.Context) error {
		return errors.Join(try(ctx, merchant, "policed", by), try(ctx, boss, "policed", by))
	})
	eventually(t, "the stranger has theirs", func(ctx context.Context) error { return try(ctx, stranger, "policed") })
	newStore(t, "policed")
	newStore(t, "policed-kept")
	create := func(client storesclient.StoreInterface, name string, changes ...func(*v1alpha1.Store)) func() error {
		return func() error {
			store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: "woocommerce"}}
			for _, change := range append(changes, by) {
				change(store)
			}
			_, err := client.Create(t.Context(), store, metav1.CreateOptions{})
			return err
		}
	}
	patch := func(client storesclient.StoreInterface, name string, kind types.PatchType, body string, subresources ...string) func() error {
		return func() error {
			_, err := client.Patch(t.Context(), name, kind, []byte(body), metav1.PatchOptions{FieldManager: "e2e"}, subresources...)
			return err
		}
	}
	kept := func(store *v1alpha1.Store) { store.Annotations = map[string]string{"keep": "me"} }
	invalidCode := refusal{http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, nil}
	for _, c := range []struct {
		name, reason string
		do           func() error
		want         refusal // none means that it is allowed
		says         string
	}{
		{name: "create what is not for sale", do: create(merchant, "policed-medusa", medusa), want: invalidCode, says: "Medusa is for businesses", reason: "CEL sees the spec, and the reason is the policy's"},
		{name: "create by defaults", do: create(merchant, "policed-plan", func(s *v1alpha1.Store) { s.Spec.Engine, s.Spec.Plan = "medusa", "" }), want: invalidCode, says: "Medusa is for businesses", reason: "the plan that the server chose is judged"},
		{name: "create without a right", do: create(stranger, "policed-stranger"), want: refusedByPolicy, says: "you may not launch", reason: "the authorizer asks for the user, not for the server"},
		{name: "create", do: create(merchant, "policed"), reason: "nothing is wrong with it"},
		{name: "create and keep", do: create(merchant, "policed-kept", kept), reason: "nothing is wrong with it"},
		{name: "create by whom it is not for", do: create(boss, "policed-boss", medusa), reason: "the match conditions leave the boss alone"},
		{name: "update", do: patch(merchant, "policed", types.MergePatchType, `{"spec":{"plan":"business"}}`), want: invalidCode, says: "the plan stays starter", reason: "CEL sees what was, and makes the message"},
		{name: "apply", do: patch(merchant, "policed", types.ApplyPatchType, manifest("policed", "plan: business")), want: invalidCode, says: "the plan stays starter", reason: "server-side apply is an update"},
		{name: "apply what is missing", do: patch(merchant, "policed-missing", types.ApplyPatchType, `{"apiVersion":"platform.example.io/v1alpha1","kind":"Store","metadata":{"name":"policed-missing","labels":{"e2e-policy":"validating"}},"spec":{"engine":"medusa"}}`), want: invalidCode, says: "Medusa is for businesses", reason: "server-side apply is a create"},
		{name: "leave the selection and change", do: patch(merchant, "policed", types.MergePatchType, `{"metadata":{"labels":null},"spec":{"plan":"business"}}`), want: invalidCode, says: "the plan stays starter", reason: "what was selected before is judged too"},
		{name: "update of something else", do: patch(merchant, "policed", types.MergePatchType, `{"spec":{"displayName":"Policed"}}`), reason: "the plan stays"},
		{name: "status", do: patch(boss, "policed", types.MergePatchType, `{"status":{"url":"x"}}`, "status"), want: refusedByPolicy, reason: "by RBAC: an admin of stores writes no status"},
		{name: "delete", do: func() error { return merchant.Delete(t.Context(), "policed-kept", metav1.DeleteOptions{}) }, want: refusedByPolicy, says: "it is kept", reason: "deletion is judged by what is deleted"},
		{name: "delete many", do: func() error {
			return merchant.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "e2e-policy=validating", FieldSelector: "metadata.name=policed-kept"})
		}, want: refusedByPolicy, says: "it is kept", reason: "each of many is judged"},
		{name: "delete what is not kept", do: func() error { return merchant.Delete(t.Context(), "policed", metav1.DeleteOptions{}) }, reason: "nobody keeps it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.do()
			if c.want.code == 0 {
				if err != nil {
					t.Errorf("%v, and yet: %s", err, c.reason)
				}
				return
			}
			expectPolicy(t, err, c.want, c.says)
		})
	}
	newStore(t, "policed-boss")
	if store := get(t, "policed-kept"); store.DeletionTimestamp != nil || store.Annotations["keep"] != "me" {
		t.Errorf("a refused deletion began: %+v", store)
	}
	if created := get(t, "policed-boss").Status.Creator; created != "e2e-boss" {
		t.Errorf("the boss's store was created by %s", created)
	}
}

// expectPolicy demands a policy's refusal, in its own words and about a Store.
func expectPolicy(t testing.TB, err error, want refusal, says string) {
	t.Helper()
	status := statusOf(t, err)
	if diff := cmp.Diff(want, refusal{status.Code, status.Reason, nil}, cmp.AllowUnexported(refusal{})); diff != "" || !strings.Contains(status.Message, says) {
		t.Errorf("want %q (-want +got):\n%s%s", says, diff, status.Message)
	}
	if strings.Contains(status.Message, "namespaces") || strings.Contains(status.Message, `"store-`) {
		t.Errorf("the message speaks of namespaces: %s", status.Message)
	}
}
