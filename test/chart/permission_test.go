package chart

import (
	"bytes"
	"os"
	"slices"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestLeastPrivilege states what no role of the platform may grant.
func TestLeastPrivilege(t *testing.T) {
	for _, role := range find[*rbacv1.ClusterRole](renderObjects(t, nil, nil)) {
		inStore := role.Name == "store-provisioner-in-store" || role.Name == "store-creator"
		for _, rule := range role.Rules {
			if !inStore && slices.Contains(rule.Resources, "secrets") {
				t.Errorf("%s: %v reaches secrets outside the namespaces of stores", role.Name, rule)
			}
			if role.Name == "store-provisioner" && slices.ContainsFunc(rule.Verbs, func(verb string) bool { return !slices.Contains([]string{"get", "list", "watch"}, verb) }) &&
				!slices.Contains(rule.Resources, "stores/status") && !slices.Contains(rule.APIGroups, rbacv1.GroupName) {
				t.Errorf("%s: %v writes over all namespaces", role.Name, rule)
			}
			for _, all := range [][]string{rule.Verbs, rule.Resources, rule.APIGroups} {
				if slices.Contains(all, rbacv1.VerbAll) {
					t.Errorf("%s: %v grants what does not exist yet", role.Name, rule)
				}
			}
			if slices.Contains(rule.Resources, "secrets") && (slices.Contains(rule.Verbs, "list") || slices.Contains(rule.Verbs, "watch")) {
				t.Errorf("%s: %v reads every secret of the cluster", role.Name, rule)
			}
			for _, verb := range []string{"escalate", "impersonate"} {
				if slices.Contains(rule.Verbs, verb) {
					t.Errorf("%s: %v becomes whoever it wants", role.Name, rule)
				}
			}
			if slices.Contains(rule.Verbs, "bind") && !slices.Equal(rule.ResourceNames, []string{"store-provisioner-in-store", "store-creator"}) {
				t.Errorf("%s: %v binds more than the roles in a store", role.Name, rule)
			}
			if slices.Contains(rule.APIGroups, rbacv1.GroupName) && role.Name != "store-provisioner" {
				t.Errorf("%s: %v changes permissions", role.Name, rule)
			}
			if slices.Contains(rule.Resources, "persistentvolumeclaims") && slices.Contains(rule.Verbs, "delete") {
				t.Errorf("%s: %v deletes customers' data; claims go with their namespace only", role.Name, rule)
			}
		}
	}
}

// TestCreatorReads wants the role of a store's creator to change nothing, and to
// open one secret.
func TestCreatorReads(t *testing.T) {
	for _, rule := range clusterRole(t, renderObjects(t, nil, nil), "store-creator").Rules {
		for _, verb := range rule.Verbs {
			if !slices.Contains([]string{"get", "list", "watch"}, verb) {
				t.Errorf("%v changes a shop past its Store", rule)
			}
		}
		if slices.Contains(rule.Resources, "secrets") && !slices.Equal(rule.ResourceNames, []string{"admin"}) {
			t.Errorf("%v opens more than the merchant's login", rule)
		}
	}
}

// TestPolicyParameters wants the API server to read what policies need, and no more.
func TestPolicyParameters(t *testing.T) {
	override := map[string]any{"rbac": map[string]any{"policyParameters": []any{
		map[string]any{"apiGroup": "example.com", "resources": []any{"limits"}},
	}}}
	parameters := schema.GroupResource{Group: "example.com", Resource: "limits"}
	role := clusterRole(t, renderObjects(t, nil, override), "store-apiserver")
	if !grants(role, parameters, "list") || !grants(role, parameters, "watch") {
		t.Error("store-apiserver may not read the parameters: a policy that has them refuses every write to a store")
	}
	if grants(role, parameters, "update") {
		t.Error("store-apiserver may change the parameters of the policies it is subject to")
	}
}

// TestUserRoles states what the roles for people mean.
func TestUserRoles(t *testing.T) {
	stores := schema.GroupResource{Group: "platform.example.io", Resource: "stores"}
	status := schema.GroupResource{Group: "platform.example.io", Resource: "stores/status"}
	for _, c := range []struct {
		name, role, verb, reason string
		resource                 schema.GroupResource
		want                     bool
	}{
		{name: "viewer reads", role: "store-viewer", resource: stores, verb: "watch", want: true, reason: "that is what it is for"},
		{name: "viewer orders", role: "store-viewer", resource: stores, verb: "create", reason: "reading must not cost money"},
		{name: "editor orders", role: "store-editor", resource: stores, verb: "create", want: true, reason: "that is what it is for"},
		{name: "editor deletes many", role: "store-editor", resource: stores, verb: "deletecollection", reason: "every shop at once is for an administrator"},
		{name: "admin deletes many", role: "store-admin", resource: stores, verb: "deletecollection", want: true, reason: "that is what it is for"},
		{name: "admin reports", role: "store-admin", resource: status, verb: "update", reason: "status is what the platform saw; nobody edits it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			role := clusterRole(t, renderObjects(t, nil, nil), c.role)
			if got := grants(role, c.resource, c.verb); got != c.want {
				t.Errorf("%s may %s %s: %v, want %v: %s", c.role, c.verb, c.resource, got, c.want, c.reason)
			}
		})
	}
}

func clusterRole(t *testing.T, objects []runtime.Object, name string) *rbacv1.ClusterRole {
	t.Helper()
	for _, role := range find[*rbacv1.ClusterRole](objects) {
		if role.Name == name {
			return role
		}
	}
	t.Fatalf("found no ClusterRole %s", name)
	return nil
}

func grants(role *rbacv1.ClusterRole, resource schema.GroupResource, verb string) bool {
	return slices.ContainsFunc(role.Rules, func(rule rbacv1.PolicyRule) bool {
		return slices.Contains(rule.APIGroups, resource.Group) &&
			slices.Contains(rule.Resources, resource.Resource) && slices.Contains(rule.Verbs, verb)
	})
}

// TestBoundByNamespace wants the roles in a store bound to nobody by the chart: the
// provisioner binds them, in one namespace after the other.
func TestBoundByNamespace(t *testing.T) {
	for name, files := range valueSets {
		for _, binding := range find[*rbacv1.ClusterRoleBinding](renderObjects(t, files, nil)) {
			if binding.RoleRef.Name == "store-provisioner-in-store" || binding.RoleRef.Name == "store-creator" {
				t.Errorf("%s: %s gives it over all namespaces", name, binding.Name)
			}
		}
	}
}

// TestPoliciesFailClosed wants the policies that hold the accounts to stores to
// refuse whenever they cannot tell, and to be the first that is installed.
func TestPoliciesFailClosed(t *testing.T) {
	for name, files := range valueSets {
		t.Run(name, func(t *testing.T) {
			objects := renderObjects(t, files, nil)
			bound := map[string]bool{}
			for _, binding := range find[*admissionregistrationv1.ValidatingAdmissionPolicyBinding](objects) {
				if !slices.Equal(binding.Spec.ValidationActions, []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny}) || binding.Spec.MatchResources != nil {
					t.Errorf("%s does not deny everywhere: %+v", binding.Name, binding.Spec)
				}
				bound[binding.Spec.PolicyName] = true
			}
			policies := find[*admissionregistrationv1.ValidatingAdmissionPolicy](objects)
			if len(policies) != 3 {
				t.Errorf("found %d policies, want one of namespaces, one of bindings and one of users", len(policies))
			}
			for _, policy := range policies {
				if policy.Spec.FailurePolicy == nil || *policy.Spec.FailurePolicy != admissionregistrationv1.Fail || !bound[policy.Name] {
					t.Errorf("%s does not fail closed, or is not bound", policy.Name)
				}
			}
		})
	}
	rbac, err := os.ReadFile("../../artifacts/apiservice/rbac.yaml")
	if err != nil {
		t.Fatal(err)
	}
	policy, role := bytes.Index(rbac, []byte("\nkind: ValidatingAdmissionPolicy\n")), bytes.Index(rbac, []byte("\nkind: ClusterRole\n"))
	if policy < 0 || policy > role {
		t.Errorf("whoever applies rbac.yaml has roles (at %d) before the policies (at %d) that limit them", role, policy)
	}
}
