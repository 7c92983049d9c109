package chart

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

func TestSchemaRefuses(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		override     map[string]any
	}{
		{name: "unknown value", override: map[string]any{"replicas": 3}, reason: "a misspelt value is not silently a default"},
		{name: "unknown workload value", override: map[string]any{"apiserver": map[string]any{"replica": 3}}, reason: "below the top level, too"},
		{name: "no replica", override: map[string]any{"apiserver": map[string]any{"replicas": 0}}, reason: "an APIService without a server blocks every namespace deletion"},
		{name: "mode of the API server", override: map[string]any{"apiserver": map[string]any{"mode": "InProcess"}}, reason: "only the provisioner has a mode"},
		{name: "unknown mode", override: map[string]any{"provisioner": map[string]any{"mode": "Sidecar"}}, reason: "there are two"},
		{name: "certificate without its Secret", override: map[string]any{"servingCertificate": map[string]any{"mode": "Existing", "caBundle": "bWluZQ=="}}, reason: "mode Existing needs it"},
		{name: "certificate without its issuer", override: map[string]any{"servingCertificate": map[string]any{"mode": "Existing", "secretName": "mine"}}, reason: "kube-apiserver would not trust it"},
		{name: "tag with a digest in it", override: map[string]any{"image": map[string]any{"tag": "1@sha256:abc"}}, reason: "digest has a value of its own"},
		{name: "kind of the configuration", override: map[string]any{"config": map[string]any{"kind": "Other"}}, reason: "the chart writes it"},
		{name: "policy parameters in Secrets", override: map[string]any{"rbac": map[string]any{"policyParameters": []any{map[string]any{"apiGroup": "", "resources": []any{"secrets"}}}}}, reason: "the API server must not read every secret of the cluster"},
		{name: "positional argument", override: map[string]any{"apiserver": map[string]any{"extraArgs": []any{"provisioner"}}}, reason: "an argument could choose another subcommand"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := render(t, nil, c.override); err == nil {
				t.Errorf("rendered: %s", c.reason)
			}
		})
	}
}

func TestProductionSurvivesANode(t *testing.T) {
	objects := renderObjects(t, valueSets["prod"], nil)
	for _, name := range []string{"store-apiserver", "store-provisioner"} {
		deployment := findDeployment(t, objects, name)
		if *deployment.Spec.Replicas < 2 {
			t.Errorf("%s has %d replicas: one node less, and it is gone", name, *deployment.Spec.Replicas)
		}
		if deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue() != 0 {
			t.Errorf("%s: a rollout takes away a replica before it has another", name)
		}
		if len(deployment.Spec.Template.Spec.TopologySpreadConstraints) == 0 {
			t.Errorf("%s: all replicas may run on one node", name)
		}
		if !budgeted(find[*policyv1.PodDisruptionBudget](objects), deployment) {
			t.Errorf("%s has no PodDisruptionBudget: draining nodes may take all replicas at once", name)
		}
	}
}

func budgeted(budgets []*policyv1.PodDisruptionBudget, deployment *appsv1.Deployment) bool {
	for _, budget := range budgets {
		matches := true
		for key, value := range budget.Spec.Selector.MatchLabels {
			matches = matches && deployment.Spec.Template.Labels[key] == value
		}
		if matches {
			return true
		}
	}
	return false
}

// TestInProcess wants the API server's account to hold the provisioner's
// permissions exactly where it does the provisioner's work.
func TestInProcess(t *testing.T) {
	for _, c := range []struct {
		name, mode, reason string
		want               bool
	}{
		{name: "in process", mode: "InProcess", want: true, reason: "the API server's pods have one account, which does both"},
		{name: "separate", mode: "Deployment", want: false, reason: "an API server must not be able to write workloads"},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects := renderObjects(t, nil, map[string]any{"provisioner": map[string]any{"mode": c.mode}})
			for _, binding := range find[*rbacv1.ClusterRoleBinding](objects) {
				if binding.RoleRef.Name != "store-provisioner" {
					continue
				}
				got := false
				for _, subject := range binding.Subjects {
					got = got || subject.Name == "store-apiserver"
				}
				if got != c.want {
					t.Errorf("store-apiserver is bound to store-provisioner: %v, want %v: %s", got, c.want, c.reason)
				}
			}
		})
	}
}
