package provisioner

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// refusal is a request in a store's namespace that an administrator's policy refuses.
type refusal struct {
	operation admissionregistrationv1.OperationType
	group     string
	resource  string
	// reason is what the API server answers with; empty for Forbidden.
	reason metav1.StatusReason
}

// refuse has the API server refuse requests until the returned function is called.
func (b *bench) refuse(namespace string, r refusal) (allow func()) {
	b.t.Helper()
	return b.refuseUnless(strings.ToLower(namespace+"-"+string(r.operation)+"-"+r.resource), namespace, r, "false")
}

// refusePods has the API server refuse the pods of a component until the returned
// function is called.
func (b *bench) refusePods(namespace, component string) (allow func()) {
	b.t.Helper()
	return b.refuseUnless(namespace+"-"+component, namespace, refusal{operation: admissionregistrationv1.Create, resource: "pods"},
		fmt.Sprintf("object.metadata.labels[?'%s'].orValue('') != '%s'", labelComponent, component))
}

// refuseUnless refuses requests that a CEL expression does not admit, by a policy of
// the given name, and returns when it is in force, of which a Lease is the probe.
func (b *bench) refuseUnless(name, namespace string, r refusal, admitted string) (allow func()) {
	b.t.Helper()
	const probe = "policy-probe"
	policies := b.kube.AdmissionregistrationV1()
	rule := func(operation admissionregistrationv1.OperationType, group, resource string) admissionregistrationv1.NamedRuleWithOperations {
		return admissionregistrationv1.NamedRuleWithOperations{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
			Operations: []admissionregistrationv1.OperationType{operation},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: []string{resource}},
		}}
	}
	validation := admissionregistrationv1.Validation{
		Expression: fmt.Sprintf("request.resource.resource == 'leases' ? request.name != '%s' : %s", probe, admitted),
		Message:    "not in this test",
	}
	if r.reason != "" {
		validation.Reason = ptr.To(r.reason)
	}
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: ptr.To(admissionregistrationv1.Fail),
			MatchConstraints: &admissionregistrationv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
				ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{
					rule(r.operation, r.group, r.resource), rule(admissionregistrationv1.Create, "coordination.k8s.io", "leases"),
				},
			},
			Validations: []admissionregistrationv1.Validation{validation},
		},
	}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	}
	if _, err := policies.ValidatingAdmissionPolicies().Create(b.t.Context(), policy, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := policies.ValidatingAdmissionPolicyBindings().Create(b.t.Context(), binding, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
	remove := func() {
		for _, err := range []error{
			policies.ValidatingAdmissionPolicyBindings().Delete(context.WithoutCancel(b.t.Context()), name, metav1.DeleteOptions{}),
			policies.ValidatingAdmissionPolicies().Delete(context.WithoutCancel(b.t.Context()), name, metav1.DeleteOptions{}),
		} {
			if err != nil && !apierrors.IsNotFound(err) {
				b.t.Error(err)
			}
		}
	}
	b.t.Cleanup(remove)
	b.eventually("the policy is in force", func(ctx context.Context) (bool, string) {
		lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: probe}}
		_, err := b.kube.CoordinationV1().Leases(namespace).Create(ctx, lease, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err != nil && strings.Contains(err.Error(), "not in this test"), fmt.Sprint(err)
	})
	return remove
}

// TestWhatTheServerRefuses has the API server refuse one kind of request after
// another; the shop becomes ready by itself once it is allowed.
func TestWhatTheServerRefuses(t *testing.T) {
	const create, remove = admissionregistrationv1.Create, admissionregistrationv1.Delete
	tests := []struct {
		name      string
		reason    string
		refused   refusal
		condition string
		want      string
		phase     v1alpha1.StorePhase
	}{
		{name: "workload", reason: "what is not applied does not exist", refused: refusal{create, "apps", "statefulsets", ""},
			condition: v1alpha1.ConditionDatabaseReady, want: "NotCreated", phase: v1alpha1.StoreFailed},
		{name: "route", reason: "a shop without a route is not reached", refused: refusal{create, "networking.k8s.io", "ingresses", ""},
			condition: v1alpha1.ConditionRouteReady, want: "RouteMissing", phase: v1alpha1.StoreFailed},
		{name: "policy", reason: "a policy says Invalid by default, and no object is the better for being corrected", refused: refusal{create, "", "services", metav1.StatusReasonInvalid},
			condition: v1alpha1.ConditionResourcesApplied, want: ReasonApplyForbidden, phase: v1alpha1.StoreFailed},
		{name: "passing", reason: "an answer that says nothing about the object is tried again", refused: refusal{create, "", "services", metav1.StatusReasonRequestEntityTooLarge},
			condition: v1alpha1.ConditionResourcesApplied, want: ReasonApplying, phase: v1alpha1.StoreProvisioning},
		{name: "secret", reason: "without its Secrets no shop is begun", refused: refusal{create, "", "secrets", ""},
			condition: v1alpha1.ConditionResourcesApplied, want: ReasonSecretUnusable, phase: v1alpha1.StoreProvisioning},
		{name: "binding", reason: "without its rights the provisioner does nothing", refused: refusal{create, "rbac.authorization.k8s.io", "rolebindings", ""},
			condition: v1alpha1.ConditionResourcesApplied, want: ReasonBinding, phase: v1alpha1.StoreProvisioning},
	}
	b := newBench(t)
	allow := map[string]func(){}
	for _, tt := range tests {
		b.order("refused-"+tt.name, nil)
		allow[tt.name] = b.refuse("store-refused-"+tt.name, tt.refused)
	}
	b.order("refused-prune", nil)
	// Nothing tells when a policy is lifted: that it is found out is waited for here.
	platform := unasked()
	platform.Provisioning.MaxBackoff.Duration = time.Second
	b.provision(func(o *Options) { o.Platform = platform })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := b.on(t)
			name := "refused-" + tt.name
			b.condition(name, tt.condition, metav1.ConditionFalse, tt.want)
			b.phase(name, tt.phase)
			allow[tt.name]()
			b.ready(name)
		})
	}
	t.Run("prune", func(t *testing.T) {
		b := b.on(t)
		b.ready("refused-prune")
		allow := b.refuse("store-refused-prune", refusal{remove, "", "configmaps", ""})
		b.edit("refused-prune", func(s *v1alpha1.StoreSpec) { s.Plan = "business" })
		b.condition("refused-prune", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonPruning)
		allow()
		b.ready("refused-prune")
	})
}

// TestWebhookThatDoesNotAnswer has the admission of Services depend on a server
// that is not there.
func TestWebhookThatDoesNotAnswer(t *testing.T) {
	b := newBench(t)
	const name = "unanswered"
	b.order(name, nil)
	hooks := b.kube.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	hook := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name:              "absent.example.io",
			ClientConfig:      admissionregistrationv1.WebhookClientConfig{URL: ptr.To("https://127.0.0.1:1/")},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: "store-" + name}},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"services"}},
			}},
			SideEffects:             ptr.To(admissionregistrationv1.SideEffectClassNone),
			AdmissionReviewVersions: []string{"v1"},
		}},
	}
	if _, err := hooks.Create(t.Context(), hook, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	remove := func() {
		if err := hooks.Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	}
	t.Cleanup(remove)
	b.eventually("the webhook is in force", func(ctx context.Context) (bool, string) {
		service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "probe"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}}}
		_, err := b.kube.CoreV1().Services("store-"+name).Create(ctx, service, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return apierrors.IsInternalError(err), fmt.Sprint(err)
	})
	b.provision(nil)
	b.condition(name, v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonApplyFailed)
	remove()
	b.ready(name)
}

// TestParametersThatDoNotRender holds because parameters that were valid once may
// not be for the revision in use.
func TestParametersThatDoNotRender(t *testing.T) {
	b := newBench(t)
	b.provision(nil)
	b.order("unrendered", func(s *v1alpha1.Store) {
		s.Spec.Parameters = &v1alpha1.JSONObject{Raw: []byte(`{"noSuchParameter":true}`)}
	})
	b.condition("unrendered", v1alpha1.ConditionStalled, metav1.ConditionTrue, ReasonRenderFailed)
	b.condition("unrendered", v1alpha1.ConditionReconciling, metav1.ConditionFalse, "Blocked")
	b.phase("unrendered", v1alpha1.StoreFailed)
	b.edit("unrendered", func(s *v1alpha1.StoreSpec) { s.Parameters = nil })
	b.ready("unrendered")
	b.condition("unrendered", v1alpha1.ConditionReconciling, metav1.ConditionFalse, "Settled")
}
