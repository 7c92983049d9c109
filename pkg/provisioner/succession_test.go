package provisioner

import (
	"context"
	"fmt"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// TestUpgradeInOrder upgrades a shop to another version and a larger plan while an
// administrator's policy holds up first the database, then the bootstrap. The
// application serves as before until both are done.
func TestUpgradeInOrder(t *testing.T) {
	b := newBench(t)
	p := b.provision(nil)
	b.order("upgrade", func(s *v1alpha1.Store) { s.Spec.Version = "10.8.0" })
	b.ready("upgrade")
	const namespace = "store-upgrade"
	before := b.serving(namespace)
	settings := b.configMap(namespace, "settings")

	allowDatabase := b.refusePods(namespace, "database")
	allowBootstrap := b.refusePods(namespace, "bootstrap")
	b.edit("upgrade", func(s *v1alpha1.StoreSpec) { s.Version, s.Plan = "10.9.4", "business" })

	b.condition("upgrade", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonPodsRefused)
	held := b.condition("upgrade", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonWaitingForDatabase)
	b.servesAsBefore(held, before)

	allowDatabase()
	b.condition("upgrade", v1alpha1.ConditionBootstrapComplete, metav1.ConditionFalse, health.ReasonPodsRefused)
	held = b.condition("upgrade", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonWaitingForBootstrap)
	b.condition("upgrade", v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue, health.ReasonReady)
	b.servesAsBefore(held, before)
	// A pod of the old release that is restarted finds the settings it was made for.
	if _, err := b.kube.CoreV1().ConfigMaps(namespace).Get(t.Context(), settings, metav1.GetOptions{}); err != nil {
		t.Errorf("the settings of the release that serves: %v", err)
	}

	allowBootstrap()
	after := b.ready("upgrade")
	if after.Status.EngineVersion != "10.9.4" {
		t.Errorf("engineVersion is %q", after.Status.EngineVersion)
	}
	if image := b.serving(namespace); image == before {
		t.Errorf("the application still has image %s", image)
	}
	if _, err := b.kube.CoreV1().ConfigMaps(namespace).Get(t.Context(), settings, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the settings of the release before are not pruned: %v", err)
	}
	checkAsRendered(t, p, after)
}

// TestUpgradeTakenBack orders the version before again while the upgrade is held up.
func TestUpgradeTakenBack(t *testing.T) {
	b := newBench(t)
	p := b.provision(nil)
	b.order("taken-back", func(s *v1alpha1.Store) { s.Spec.Version = "10.8.0" })
	b.ready("taken-back")
	const namespace = "store-taken-back"
	before := b.serving(namespace)
	b.refusePods(namespace, "bootstrap")
	b.edit("taken-back", func(s *v1alpha1.StoreSpec) { s.Version = "10.9.4" })
	held := b.condition("taken-back", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonWaitingForBootstrap)
	b.servesAsBefore(held, before)
	b.edit("taken-back", func(s *v1alpha1.StoreSpec) { s.Version = "10.8.0" })
	b.servesAsBefore(b.ready("taken-back"), before)
	checkAsRendered(t, p, b.ready("taken-back"))
}

// serving returns the image of a shop's application as it is ordered now.
func (b *bench) serving(namespace string) string {
	b.t.Helper()
	application, err := b.kube.AppsV1().Deployments(namespace).Get(b.t.Context(), "application", metav1.GetOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	if application.Status.ReadyReplicas == 0 || application.Status.ObservedGeneration != application.Generation {
		b.t.Errorf("the application of %s does not serve: %+v", namespace, application.Status)
	}
	return application.Spec.Template.Spec.Containers[0].Image
}

func (b *bench) servesAsBefore(store *v1alpha1.Store, image string) {
	b.t.Helper()
	if now := b.serving(store.Status.Namespace); now != image {
		b.t.Errorf("the application has image %s already, not %s", now, image)
	}
	if store.Status.EngineVersion != "10.8.0" {
		b.t.Errorf("engineVersion is %q, but 10.8.0 serves", store.Status.EngineVersion)
	}
}

// refusePods has the API server refuse the pods of a component until the returned
// function is called.
func (b *bench) refusePods(namespace, component string) (allow func()) {
	b.t.Helper()
	name := namespace + "-" + component
	policies := b.kube.AdmissionregistrationV1()
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: ptr.To(admissionregistrationv1.Fail),
			MatchConstraints: &admissionregistrationv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
				ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
					Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
					Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
				}}},
			},
			Validations: []admissionregistrationv1.Validation{{
				Expression: fmt.Sprintf("object.metadata.labels[?'%s'].orValue('') != '%s'", labelComponent, component),
				Message:    "no such pods now",
			}},
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
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "probe-", Labels: map[string]string{labelComponent: component}},
			Spec: corev1.PodSpec{
				SecurityContext: &corev1.PodSecurityContext{
					RunAsNonRoot: ptr.To(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
				Containers: []corev1.Container{{Name: "probe", Image: "probe", SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: ptr.To(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}}}},
			},
		}
		_, err := b.kube.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err != nil && strings.Contains(err.Error(), "no such pods now"), fmt.Sprint(err)
	})
	return remove
}
