package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/test/controlplane"
)

// TestPolicyParameters gives policies parameters of a kind that the server may
// not read, and then lets it. The cluster is its own, since the first of them
// concerns every server that enforces policies.
func TestPolicyParameters(t *testing.T) {
	t.Parallel()
	own := bare(t, controlplane.Etcd, controlplane.KubeAPIServer, controlplane.ControllerManager)
	kube := kubernetes.NewForConfigOrDie(own.RESTConfig())
	stores := versioned.NewForConfigOrDie(own.RESTConfig()).PlatformV1alpha1().Stores()

	// Whoever writes a policy for something else asks nobody here, and a server
	// that is not ready stops every deletion of a namespace in the cluster.
	validatingPolicy(t, kube, "of-something-else", `
paramKind: {apiVersion: v1, kind: Secret}
matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
validations: [{expression: "params != null", message: nothing set}]
`, `{validationActions: [Deny], paramRef: {name: none, namespace: default, parameterNotFoundAction: Deny}}`)
	own.Kill(t, controlplane.Platform)
	own.WaitReady(t)
	if err := try(t.Context(), stores, "unconcerned"); err != nil {
		t.Errorf("a policy of pods refuses a store: %v", err)
	}

	validatingPolicy(t, kube, "of-stores", `
paramKind: {apiVersion: v1, kind: ConfigMap}
matchConstraints:
  resourceRules: `+onStores("CREATE")+`
  `+selects("parameters")+`
validations: [{expression: "object.spec.plan in params.data.plans.split(',')", messageExpression: "'one of ' + params.data.plans"}]
`, `{validationActions: [Deny], paramRef: {name: plans, namespace: default, parameterNotFoundAction: Deny}}`)
	plans, err := kube.CoreV1().ConfigMaps("default").Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "plans"}, Data: map[string]string{"plans": "starter,growth"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	by := policed("parameters")
	plan := func(name string) func(*v1alpha1.Store) {
		return func(s *v1alpha1.Store) { s.Spec.Plan = name }
	}
	says := func(what string) func(context.Context) error {
		return func(ctx context.Context) error {
			if err := try(ctx, stores, "parametrized", by, plan("business")); err == nil || !strings.Contains(err.Error(), what) {
				return errors.Join(errors.New("it does not"), err)
			}
			return nil
		}
	}
	eventually(t, "a policy whose parameters cannot be read refuses, and says why", says("not yet synced"))
	permit(t, kube, "read-parameters", `[{apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}]`, "system:serviceaccount:store-platform:store-apiserver")
	eventually(t, "the parameters are read", says("one of starter,growth"))
	if err := try(t.Context(), stores, "parametrized", by, plan("starter")); err != nil {
		t.Error(err)
	}
	plans.Data["plans"] = "business"
	if _, err := kube.CoreV1().ConfigMaps("default").Update(t.Context(), plans, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "other parameters have other effect", func(ctx context.Context) error {
		return try(ctx, stores, "parametrized", by, plan("business"))
	})
}
