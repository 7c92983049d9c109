package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionreviewv1 "k8s.io/api/admission/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// mutatingPolicy installs a policy and its binding, from the YAML of its spec.
func mutatingPolicy(t testing.TB, name, spec string) {
	t.Helper()
	policy := &admissionv1.MutatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	fromYAML(t, spec, &policy.Spec)
	client := kube.AdmissionregistrationV1()
	if _, err := client.MutatingAdmissionPolicies().Create(t.Context(), policy, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.MutatingAdmissionPolicies().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	bound := &admissionv1.MutatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: name}}
	bound.Spec.PolicyName = name
	if _, err := client.MutatingAdmissionPolicyBindings().Create(t.Context(), bound, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.MutatingAdmissionPolicyBindings().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// untilMutated waits until the policy has the effect on a store that is never stored.
func untilMutated(t testing.TB, by string, changed func(*v1alpha1.Store) bool) {
	t.Helper()
	eventually(t, "the policy "+by+" has its effect", func(ctx context.Context) error {
		store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "mutated-probe"}, Spec: v1alpha1.StoreSpec{Engine: "woocommerce"}}
		policed(by)(store)
		got, err := stores.Create(ctx, store, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil && !changed(got) {
			return fmt.Errorf("it has not: %+v %+v", got.ObjectMeta, got.Spec)
		}
		return err
	})
}

// TestMutatingPolicy has policies of both kinds of mutation change what is
// stored, within what validation lets through.
func TestMutatingPolicy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, mutation, reason string }{
		{
			name: "apply", reason: "an apply configuration, typed by the published schema",
			mutation: `{patchType: ApplyConfiguration, applyConfiguration: {expression: "Object{metadata: Object.metadata{labels: {'owner': request.userInfo.username}}, spec: Object.spec{hosts: ['added-apply.example.com'], deletionProtection: true}}"}}`,
		},
		{
			name: "json", reason: "a JSON patch",
			mutation: `{patchType: JSONPatch, jsonPatch: {expression: "[JSONPatch{op: 'add', path: '/metadata/labels/owner', value: request.userInfo.username}, JSONPatch{op: 'add', path: '/spec/hosts', value: (has(object.spec.hosts) ? object.spec.hosts : []) + ['added-json.example.com']}, JSONPatch{op: 'add', path: '/spec/deletionProtection', value: true}]"}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			by := "mutate-" + c.name
			mutatingPolicy(t, "e2e-"+by, `
matchConstraints:
  resourceRules: `+onStores("CREATE")+`
  `+selects(by)+`
failurePolicy: Fail
reinvocationPolicy: Never
mutations: [`+c.mutation+`]`)
			untilMutated(t, by, func(s *v1alpha1.Store) bool { return s.Spec.DeletionProtection })
			own := "own-" + c.name + ".example.com"
			order(t, by, policed(by), func(s *v1alpha1.Store) { s.Spec.Hosts = []string{own} })
			got := get(t, by)
			if diff := cmp.Diff([]string{own, "added-" + c.name + ".example.com"}, got.Spec.Hosts); diff != "" || got.Labels["owner"] != "localcluster-admin" || !got.Spec.DeletionProtection {
				t.Errorf("%s leaves labels %v, protection %v and hosts (-want +got):\n%s", c.reason, got.Labels, got.Spec.DeletionProtection, diff)
			}
			if !strings.Contains(stored(t, by, specAnnotation), "added-"+c.name) {
				t.Error("the mutation is not in the namespace")
			}
			namespace, err := kube.CoreV1().Namespaces().Get(t.Context(), "store-"+by, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, leaked := namespace.Labels["owner"]; leaked {
				t.Errorf("a mutation of the store labels the namespace: %v", namespace.Labels)
			}
		})
	}
}

// TestMutatingPolicyIsValidated has policies make stores that nobody may order.
func TestMutatingPolicyIsValidated(t *testing.T) {
	t.Parallel()
	mutatingPolicy(t, "e2e-mutate-badly", `
matchConstraints:
  resourceRules: `+onStores("CREATE, UPDATE")+`
  `+selects("mutate-badly")+`
matchConditions: [{name: asked-for, expression: "has(object.spec.displayName)"}]
failurePolicy: Fail
reinvocationPolicy: Never
mutations: [{patchType: JSONPatch, jsonPatch: {expression: "[JSONPatch{op: 'replace', path: '/spec/' + object.spec.displayName.split('=')[0], value: object.spec.displayName.split('=')[1]}]"}}]`)
	by := policed("mutate-badly")
	named := func(name string) func(*v1alpha1.Store) {
		return func(s *v1alpha1.Store) { s.Spec.DisplayName = name }
	}
	eventually(t, "the policy is in force", func(ctx context.Context) error {
		// Upstream answers 503 until it has read the published schema.
		return refusedWith(http.StatusUnprocessableEntity, try(ctx, stores, "mutated-badly", by, named("plan=free")))
	})
	expect(t, try(t.Context(), stores, "mutated-badly", by, named("plan=free")), invalid("FieldValueNotSupported spec.plan"))
	expect(t, try(t.Context(), stores, "mutated-badly", by, named("engine=magento")), invalid("FieldValueNotSupported spec.engine"))
	order(t, "mutated-badly", by)
	_, err := tryMerge(t, "mutated-badly", `{"spec":{"displayName":"engine=medusa"}}`)
	status := statusOf(t, err)
	if !strings.Contains(strings.Join(causes(status), " "), "FieldValueInvalid spec.engine") {
		t.Errorf("a policy changes what is immutable: %v", err)
	}
	if spec := get(t, "mutated-badly").Spec; spec.Engine != "woocommerce" || spec.DisplayName != "" {
		t.Errorf("a refused mutation left %+v", spec)
	}
	if _, err := tryMerge(t, "mutated-badly", `{"spec":{"displayName":"nowhere"}}`); err == nil {
		t.Error("a mutation that fails is passed over")
	}
}

// TestMutatingWebhook has a webhook change a store on its way in, on update as
// well, and sees that the status of its own is left alone.
func TestMutatingWebhook(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(r *admissionreviewv1.AdmissionRequest) *admissionreviewv1.AdmissionResponse {
		var store v1alpha1.Store
		if err := json.Unmarshal(r.Object.Raw, &store); err != nil {
			return denied(http.StatusBadRequest, err.Error())
		}
		patch := `[{"op":"add","path":"/metadata/labels/seen","value":"` + strings.ToLower(string(r.Operation)) + `"},
			{"op":"add","path":"/spec/displayName","value":"By ` + r.UserInfo.Username + `"},
			{"op":"add","path":"/status","value":{"creator":"nobody","phase":"Ready"}}]`
		return &admissionreviewv1.AdmissionResponse{Allowed: true, Patch: []byte(patch), PatchType: ptr.To(admissionreviewv1.PatchTypeJSONPatch)}
	})
	h.mutating(t, "e2e-mutating", "rules: "+onStores("CREATE, UPDATE")+"\n"+selects("mutating-webhook"))
	by := policed("mutating-webhook")
	untilAsked(t, h, by)
	client := user(t, "e2e-mutated", "store-editor")
	store := newStore(t, "mutated-hook")
	by(store)
	eventually(t, "the user may order", func(ctx context.Context) error {
		_, err := client.Create(ctx, store, metav1.CreateOptions{})
		return err
	})
	check := func(seen, name string) {
		t.Helper()
		got := get(t, "mutated-hook")
		if got.Labels["seen"] != seen || got.Spec.DisplayName != name {
			t.Errorf("the webhook leaves labels %v and the name %q, want %s and %q", got.Labels, got.Spec.DisplayName, seen, name)
		}
		if got.Status.Creator != "e2e-mutated" {
			t.Errorf("the webhook makes the creator %q", got.Status.Creator)
		}
	}
	check("create", "By e2e-mutated")
	merge(t, "mutated-hook", `{"metadata":{"labels":{"seen":null}},"spec":{"displayName":"Mine"}}`)
	check("update", "By localcluster-admin")
	// The webhook sees no write to the status, by the provisioner's among them.
	settled := untilSettled(t, "mutated-hook")
	if settled.Spec.DisplayName != "By localcluster-admin" {
		t.Errorf("reports change the name to %q", settled.Spec.DisplayName)
	}
	for _, question := range h.questions("mutated-hook") {
		if strings.Contains(question, "system:serviceaccount") {
			t.Errorf("the webhook is asked in our own name: %s", question)
		}
	}
	if len(h.questions("mutated-hook")) == 0 {
		t.Error("the webhook was never asked")
	}
}
