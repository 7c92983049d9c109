package chart

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"

	psaapi "k8s.io/pod-security-admission/api"
)

func TestAutoscaler(t *testing.T) {
	objects := renderObjects(t, valueSets["prod"], nil)
	scalers := find[*autoscalingv2.HorizontalPodAutoscaler](objects)
	if len(scalers) != 1 || scalers[0].Spec.ScaleTargetRef.Name != "store-apiserver" || *scalers[0].Spec.MinReplicas < 2 {
		t.Fatalf("autoscalers: %+v", scalers)
	}
	if replicas := findDeployment(t, objects, "store-apiserver").Spec.Replicas; replicas != nil {
		t.Errorf("the Deployment asks for %d pods: each upgrade would undo what the autoscaler chose", *replicas)
	}
}

// TestPriority wants what all shops depend on ahead of any one shop, and the page for people not.
func TestPriority(t *testing.T) {
	objects := renderObjects(t, valueSets["prod"], nil)
	classes := find[*schedulingv1.PriorityClass](objects)
	if len(classes) != 1 || classes[0].GlobalDefault {
		t.Fatalf("priority classes: %+v", classes)
	}
	for name, want := range map[string]string{"store-apiserver": classes[0].Name, "store-provisioner": classes[0].Name, "store-dashboard": ""} {
		if got := findDeployment(t, objects, name).Spec.Template.Spec.PriorityClassName; got != want {
			t.Errorf("%s has priority class %q, want %q", name, got, want)
		}
	}
}

// TestHostNetwork wants pods that a control plane reaches without a pod network,
// and a rollout of them that does not wait for a node to spare.
func TestHostNetwork(t *testing.T) {
	objects := renderObjects(t, nil, map[string]any{
		"namespace": map[string]any{"create": true},
		"apiserver": map[string]any{"hostNetwork": true, "port": 10443},
	})
	deployment := findDeployment(t, objects, "store-apiserver")
	pod := deployment.Spec.Template.Spec
	if !pod.HostNetwork || pod.DNSPolicy != "ClusterFirstWithHostNet" || pod.Containers[0].Ports[0].ContainerPort != 10443 || !slices.Contains(pod.Containers[0].Args, "--secure-port=10443") {
		t.Errorf("the API server's pods: %+v", pod)
	}
	if rolling := deployment.Spec.Strategy.RollingUpdate; rolling.MaxSurge.IntValue() != 0 || rolling.MaxUnavailable.IntValue() != 1 {
		t.Errorf("where every node has a pod, the rollout waits for ever: %+v", rolling)
	}
	if namespace := namespaceOf(t, objects); namespace.Labels[psaapi.EnforceLevelLabel] != string(psaapi.LevelPrivileged) {
		t.Errorf("the namespace refuses the pods: %v", namespace.Labels)
	}
	if findDeployment(t, objects, "store-provisioner").Spec.Template.Spec.HostNetwork {
		t.Error("nobody calls the provisioner: it needs no host's network")
	}
}

// TestDashboardHasNoRights wants no token in its pods and nothing bound to its account.
func TestDashboardHasNoRights(t *testing.T) {
	for name, files := range valueSets {
		objects := renderObjects(t, files, nil)
		pod := findDeployment(t, objects, "store-dashboard").Spec.Template.Spec
		if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken || pod.ServiceAccountName != "store-dashboard" {
			t.Errorf("%s: the dashboard's pods have a token", name)
		}
		var subjects []rbacv1.Subject
		for _, binding := range find[*rbacv1.ClusterRoleBinding](objects) {
			subjects = append(subjects, binding.Subjects...)
		}
		for _, binding := range find[*rbacv1.RoleBinding](objects) {
			subjects = append(subjects, binding.Subjects...)
		}
		if slices.ContainsFunc(subjects, func(s rbacv1.Subject) bool { return s.Name == "store-dashboard" }) {
			t.Errorf("%s: something is granted to the dashboard", name)
		}
	}
}

func TestDashboardRoute(t *testing.T) {
	args := func(override map[string]any) []string {
		return findDeployment(t, renderObjects(t, nil, override), "store-dashboard").Spec.Template.Spec.Containers[0].Args
	}
	if got := args(nil); !slices.Contains(got, "--page-only") {
		t.Errorf("behind the service proxy, where no credentials arrive: %v", got)
	}
	gateway := map[string]any{"dashboard": map[string]any{"route": map[string]any{
		"kind": "HTTPRoute", "host": "dashboard.example.com", "parentRefs": []any{map[string]any{"name": "public", "namespace": "gateways"}},
		"caCertificateRefs": []any{map[string]any{"group": "", "kind": "ConfigMap", "name": "authority"}},
	}}}
	if got := args(gateway); slices.Contains(got, "--page-only") || !slices.Contains(got, "--certificate-authority=/run/store-platform/authority/ca.crt") {
		t.Errorf("on a host of its own: %v", got)
	}
	kinds := sets.New[string]()
	for _, object := range find[*unstructured.Unstructured](renderObjects(t, nil, gateway)) {
		kinds.Insert(object.GetKind())
		if hosts, _, _ := unstructured.NestedStringSlice(object.Object, "spec", "hostnames"); object.GetKind() == "HTTPRoute" && !slices.Equal(hosts, []string{"dashboard.example.com"}) {
			t.Errorf("the route has hosts %v", hosts)
		}
	}
	if diff := cmp.Diff([]string{"BackendTLSPolicy", "HTTPRoute"}, sets.List(kinds)); diff != "" {
		t.Errorf("routed by a Gateway (-want +got):\n%s", diff)
	}
	ingresses := find[*networkingv1.Ingress](renderObjects(t, valueSets["prod"], nil))
	if len(ingresses) != 1 || len(ingresses[0].Spec.TLS) != 1 || ingresses[0].Spec.TLS[0].Hosts[0] != ingresses[0].Spec.Rules[0].Host {
		t.Errorf("the dashboard's Ingress carries tokens without TLS: %+v", ingresses)
	}
}

// TestNetworkPolicies wants one policy over the pods of each Deployment, which lets
// in what its ports are for.
func TestNetworkPolicies(t *testing.T) {
	for _, name := range []string{"default", "prod"} {
		objects := renderObjects(t, valueSets[name], nil)
		for _, deployment := range find[*appsv1.Deployment](objects) {
			template := deployment.Spec.Template
			var over []*networkingv1.NetworkPolicy
			for _, policy := range find[*networkingv1.NetworkPolicy](objects) {
				if labels.SelectorFromSet(policy.Spec.PodSelector.MatchLabels).Matches(labels.Set(template.Labels)) {
					over = append(over, policy)
				}
			}
			if len(over) != 1 || len(over[0].Spec.Ingress) != 1 || len(over[0].Spec.Ingress[0].Ports) != 1 {
				t.Errorf("%s: policies over %s: %+v", name, deployment.Name, over)
				continue
			}
			if got, want := over[0].Spec.Ingress[0].Ports[0].Port.IntVal, template.Spec.Containers[0].Ports[0].ContainerPort; got != want {
				t.Errorf("%s: %s listens on %d, and its policy lets %d in", name, deployment.Name, want, got)
			}
			if deployment.Name == "store-provisioner" && len(over[0].Spec.Ingress[0].From) == 0 {
				t.Errorf("%s: everybody reaches the provisioner", name)
			}
			if pageOnly := slices.Contains(template.Spec.Containers[0].Args, "--page-only"); pageOnly && len(over[0].Spec.Egress) > 0 {
				t.Errorf("%s: a page reaches %+v", name, over[0].Spec.Egress)
			}
		}
	}
}

// TestFlowControl wants the API server's own requests never in the seats of those
// that it serves: they would wait for each other.
func TestFlowControl(t *testing.T) {
	for _, mode := range []string{"Deployment", "InProcess"} {
		objects := renderObjects(t, nil, map[string]any{"provisioner": map[string]any{"mode": mode}})
		levels := sets.New("leader-election") // Kubernetes' own
		for _, level := range find[*flowcontrolv1.PriorityLevelConfiguration](objects) {
			levels.Insert(level.Name)
		}
		first := map[string]*flowcontrolv1.FlowSchema{}
		for _, schema := range find[*flowcontrolv1.FlowSchema](objects) {
			if !levels.Has(schema.Spec.PriorityLevelConfiguration.Name) {
				t.Errorf("%s: %s names a level that does not exist", mode, schema.Name)
			}
			// Kubernetes' schema of all service accounts has 9000, that of its own components less than 300.
			if p := schema.Spec.MatchingPrecedence; p < 300 || p > 8999 {
				t.Errorf("%s: %s has precedence %d", mode, schema.Name, p)
			}
			first[schema.Name] = schema
		}
		storage, work := first["store-apiserver"], first["store-provisioner"]
		if storage.Spec.MatchingPrecedence >= work.Spec.MatchingPrecedence || storage.Spec.PriorityLevelConfiguration.Name == work.Spec.PriorityLevelConfiguration.Name {
			t.Errorf("%s: an API server that provisions queues behind itself", mode)
		}
	}
}
