package policy

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// table is ours alone: it is replaced as a whole.
const table = "inet localcluster-policy"

// Render returns the ruleset for the pods of the node, for `nft -f`. The same
// state gives the same text.
func Render(state State) string {
	var chains, jumps strings.Builder
	number := 0
	for _, pod := range state.addressed() {
		if pod.Spec.NodeName != state.Node {
			continue
		}
		for _, way := range ways {
			policies := state.applying(pod, way.direction)
			if len(policies) == 0 {
				continue
			}
			number++
			name := fmt.Sprintf("%s%d", way.chain, number)
			fmt.Fprintf(&chains, "  chain %s { # %s of %s/%s\n", name, way.direction, pod.Namespace, pod.Name)
			for _, rule := range way.rules(state, pod, policies) {
				fmt.Fprintf(&chains, "    %s return\n", rule)
			}
			fmt.Fprintf(&chains, "    reject with icmpx admin-prohibited\n  }\n")
			fmt.Fprintf(&jumps, "    ip %s %s jump %s\n", way.own, pod.Status.PodIP, name)
		}
	}
	return fmt.Sprintf("add table %[1]s\ndelete table %[1]s\ntable %[1]s {\n%[2]s"+
		"  chain pods {\n    ct state established,related return\n%[3]s%[4]s  }\n"+
		// Between pods, and from a pod to its own node, where the API may be.
		"  chain forward { type filter hook forward priority filter; policy accept; jump pods; }\n"+
		"  chain input { type filter hook input priority filter; policy accept; jump pods; }\n}\n",
		table, chains.String(), fromNodes(state.Nodes), jumps.String())
}

func fromNodes(ranges []string) string {
	if len(ranges) == 0 {
		return ""
	}
	return "    ip saddr { " + strings.Join(ranges, ", ") + " } return\n"
}

// way is one direction of a pod's connections.
type way struct {
	direction networkingv1.PolicyType
	chain     string
	own, peer string // which end of a packet the pod is, and its peer
}

var ways = []way{
	{direction: networkingv1.PolicyTypeEgress, chain: "out", own: "saddr", peer: "daddr"},
	{direction: networkingv1.PolicyTypeIngress, chain: "in", own: "daddr", peer: "saddr"},
}

// rules are the matches of what the policies allow together.
func (w way) rules(state State, pod *corev1.Pod, policies []*networkingv1.NetworkPolicy) []string {
	var rules []string
	for _, policy := range policies {
		if w.direction == networkingv1.PolicyTypeIngress {
			for _, rule := range policy.Spec.Ingress {
				rules = append(rules, w.rule(state, pod, policy.Namespace, rule.From, rule.Ports)...)
			}
			continue
		}
		for _, rule := range policy.Spec.Egress {
			rules = append(rules, w.rule(state, pod, policy.Namespace, rule.To, rule.Ports)...)
		}
	}
	return rules
}

func (w way) rule(state State, pod *corev1.Pod, namespace string, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) []string {
	var rules []string
	for _, ends := range w.ends(state, namespace, peers) {
		for _, port := range portsOf(ports) {
			if port == nil {
				rules = append(rules, strings.TrimSpace(ends.match+" meta l4proto { tcp, udp, sctp, icmp }"))
				continue
			}
			// A named port is the one that whoever is connected to calls so.
			listeners := []*corev1.Pod{pod}
			if w.direction == networkingv1.PolicyTypeEgress {
				listeners = ends.pods
			}
			if match, ok := portMatch(*port, listeners); ok {
				rules = append(rules, strings.TrimSpace(ends.match+" "+match))
			}
		}
	}
	return rules
}

func portsOf(ports []networkingv1.NetworkPolicyPort) []*networkingv1.NetworkPolicyPort {
	if len(ports) == 0 {
		return []*networkingv1.NetworkPolicyPort{nil} // all of them
	}
	var each []*networkingv1.NetworkPolicyPort
	for i := range ports {
		each = append(each, &ports[i])
	}
	return each
}

// far is the other end of connections.
type far struct {
	match string
	pods  []*corev1.Pod // where it is pods
}

func (w way) ends(state State, namespace string, peers []networkingv1.NetworkPolicyPeer) []far {
	if len(peers) == 0 {
		return []far{{pods: state.addressed()}} // anybody
	}
	var ends []far
	for _, peer := range peers {
		if block := peer.IPBlock; block != nil {
			if strings.Contains(block.CIDR, ":") {
				continue // there is no IPv6 on these nodes
			}
			match := fmt.Sprintf("ip %s %s", w.peer, block.CIDR)
			if len(block.Except) > 0 {
				match += fmt.Sprintf(" ip %s != { %s }", w.peer, strings.Join(block.Except, ", "))
			}
			ends = append(ends, far{match: match})
			continue
		}
		// One by one: each may call another port by the same name.
		for _, pod := range state.selected(peer, namespace) {
			ends = append(ends, far{match: fmt.Sprintf("ip %s %s", w.peer, pod.Status.PodIP), pods: []*corev1.Pod{pod}})
		}
	}
	return ends
}

// portMatch matches a port of a policy, or reports that none of the listeners has it.
func portMatch(port networkingv1.NetworkPolicyPort, listeners []*corev1.Pod) (string, bool) {
	protocol := corev1.ProtocolTCP
	if port.Protocol != nil {
		protocol = *port.Protocol
	}
	name := strings.ToLower(string(protocol))
	switch {
	case port.Port == nil:
		return "meta l4proto " + name, true
	case port.Port.Type == intstr.Int && port.EndPort != nil:
		return fmt.Sprintf("%s dport %d-%d", name, port.Port.IntVal, *port.EndPort), true
	case port.Port.Type == intstr.Int:
		return fmt.Sprintf("%s dport %d", name, port.Port.IntVal), true
	}
	var numbers []string
	for _, pod := range listeners {
		for _, container := range pod.Spec.Containers {
			for _, listed := range container.Ports {
				if listed.Name == port.Port.StrVal && (listed.Protocol == protocol || listed.Protocol == "") {
					numbers = append(numbers, fmt.Sprint(listed.ContainerPort))
				}
			}
		}
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	return fmt.Sprintf("%s dport { %s }", name, strings.Join(numbers, ", ")), len(numbers) > 0
}
