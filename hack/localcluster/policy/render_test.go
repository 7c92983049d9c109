package policy

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func pod(namespace, name, address, node string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{
			NodeName:   node,
			Containers: []corev1.Container{{Ports: []corev1.ContainerPort{{Name: "sql", ContainerPort: 5432}}}},
		},
		Status: corev1.PodStatus{PodIP: address},
	}
}

func app(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
}

// shops are two namespaces, each with a web server and a database, on two nodes.
func shops(policies ...*networkingv1.NetworkPolicy) State {
	state := State{Node: "n1", Nodes: []string{"10.200.0.0/24"}, Policies: policies}
	for i, name := range []string{"acme", "other"} {
		state.Namespaces = append(state.Namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"shop": name}}})
		subnet := []string{"10.244.1.", "10.244.2."}[i]
		node := []string{"n1", "n2"}[i]
		state.Pods = append(state.Pods, pod(name, "web", subnet+"2", node), pod(name, "db", subnet+"3", node))
	}
	return state
}

func policyOf(name string, spec networkingv1.NetworkPolicySpec) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: name}, Spec: spec}
}

func TestRender(t *testing.T) {
	sql, https, udp := intstr.FromString("sql"), intstr.FromInt32(443), corev1.ProtocolUDP
	last := int32(445)
	tests := []struct {
		name         string
		spec         networkingv1.NetworkPolicySpec
		want, refuse []string
		reason       string
	}{
		{
			name:   "default deny",
			spec:   networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress", "Egress"}},
			want:   []string{"ip saddr 10.244.1.2 jump", "ip daddr 10.244.1.2 jump", "ip saddr 10.244.1.3 jump", "ip daddr 10.244.1.3 jump", "reject"},
			refuse: []string{"meta l4proto", "10.244.2."},
			reason: "every pod of the namespace and of this node, in both directions, and no exception",
		},
		{
			name: "named port from a pod",
			spec: networkingv1.NetworkPolicySpec{PodSelector: *app("db"), Ingress: []networkingv1.NetworkPolicyIngressRule{{
				From: []networkingv1.NetworkPolicyPeer{{PodSelector: app("web")}}, Ports: []networkingv1.NetworkPolicyPort{{Port: &sql}},
			}}},
			want:   []string{"ip saddr 10.244.1.2 tcp dport { 5432 } return", "ip daddr 10.244.1.3 jump"},
			refuse: []string{"ip saddr 10.244.2.2", "ip daddr 10.244.1.2 jump", "ip saddr 10.244.1.3 jump"},
			reason: "a selector of pods alone means those of the policy's own namespace",
		},
		{
			name: "another namespace",
			spec: networkingv1.NetworkPolicySpec{PodSelector: *app("web"), Ingress: []networkingv1.NetworkPolicyIngressRule{{
				From: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"shop": "other"}}, PodSelector: app("web")}},
			}}},
			want:   []string{"ip saddr 10.244.2.2 meta l4proto"},
			refuse: []string{"ip saddr 10.244.2.3"},
			reason: "both selectors of one peer have to match",
		},
		{
			name: "out to the internet",
			spec: networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Egress"}, Egress: []networkingv1.NetworkPolicyEgressRule{{
				To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8"}}}},
				Ports: []networkingv1.NetworkPolicyPort{{Port: &https, EndPort: &last}, {Protocol: &udp}},
			}}},
			want: []string{
				"ip daddr 0.0.0.0/0 ip daddr != { 10.0.0.0/8 } tcp dport 443-445 return",
				"ip daddr 0.0.0.0/0 ip daddr != { 10.0.0.0/8 } meta l4proto udp return",
			},
			refuse: []string{"ip daddr 10.244.1.2 jump"},
			reason: "a policy of egress leaves ingress alone",
		},
		{
			name: "named port of whoever is called",
			spec: networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Egress"}, Egress: []networkingv1.NetworkPolicyEgressRule{{
				To: []networkingv1.NetworkPolicyPeer{{PodSelector: app("db")}}, Ports: []networkingv1.NetworkPolicyPort{{Port: &sql}},
			}}},
			want:   []string{"ip daddr 10.244.1.3 tcp dport { 5432 } return"},
			reason: "the name is the listener's, not the caller's",
		},
		{
			name:   "everybody",
			spec:   networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{{}}},
			want:   []string{"    meta l4proto { tcp, udp, sctp, icmp } return"},
			reason: "an empty rule allows everything",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ruleset := Render(shops(policyOf("policy", test.spec)))
			for _, want := range test.want {
				if !strings.Contains(ruleset, want) {
					t.Errorf("%q is not there: %s\n%s", want, test.reason, ruleset)
				}
			}
			for _, refused := range test.refuse {
				if strings.Contains(ruleset, refused) {
					t.Errorf("%q is there: %s\n%s", refused, test.reason, ruleset)
				}
			}
		})
	}
}

func TestWithoutPoliciesNothingIsFiltered(t *testing.T) {
	ruleset := Render(shops())
	if strings.Contains(ruleset, "reject") {
		t.Errorf("something is refused:\n%s", ruleset)
	}
}

func TestPodsOfTheHostsNetworkAndDeadOnesAreLeftOut(t *testing.T) {
	state := shops(policyOf("deny", networkingv1.NetworkPolicySpec{}))
	state.Pods[0].Spec.HostNetwork = true
	state.Pods[1].Status.Phase = corev1.PodSucceeded
	if ruleset := Render(state); strings.Contains(ruleset, "jump in") {
		t.Errorf("somebody else may have that address by now:\n%s", ruleset)
	}
}
