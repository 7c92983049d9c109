// Package policy enforces NetworkPolicies on a real node, with nftables.
//
// Duties: what policies mean for the pods of one node, as a ruleset, and to keep
// the node's packet filter like that. Danger: a pod is filtered once its address
// is in the API, which is a moment after it could speak first; it is for tests
// and for trying things, where no stranger's code runs.
package policy

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// State is what a ruleset follows from.
type State struct {
	// Node is the name of the node whose pods are filtered.
	Node string
	// Nodes are the ranges of the nodes' own addresses: kubelets probe from there.
	Nodes      []string
	Pods       []*corev1.Pod
	Namespaces []*corev1.Namespace
	Policies   []*networkingv1.NetworkPolicy
}

// addressed are the pods that have an address of their own, in a stable order.
func (s State) addressed() []*corev1.Pod {
	pods := slices.DeleteFunc(slices.Clone(s.Pods), func(pod *corev1.Pod) bool {
		ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
		return pod.Spec.HostNetwork || pod.Status.PodIP == "" || ended
	})
	slices.SortFunc(pods, func(a, b *corev1.Pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return pods
}

// applying are the policies for one direction of a pod's connections; with none
// of them everything is allowed.
func (s State) applying(pod *corev1.Pod, direction networkingv1.PolicyType) []*networkingv1.NetworkPolicy {
	var found []*networkingv1.NetworkPolicy
	for _, policy := range s.Policies {
		if policy.Namespace == pod.Namespace && governs(policy, direction) && matches(&policy.Spec.PodSelector, pod.Labels) {
			found = append(found, policy)
		}
	}
	slices.SortFunc(found, func(a, b *networkingv1.NetworkPolicy) int { return cmp.Compare(a.Name, b.Name) })
	return found
}

func governs(policy *networkingv1.NetworkPolicy, direction networkingv1.PolicyType) bool {
	if len(policy.Spec.PolicyTypes) > 0 {
		return slices.Contains(policy.Spec.PolicyTypes, direction)
	}
	return direction == networkingv1.PolicyTypeIngress || len(policy.Spec.Egress) > 0
}

// selected are the pods that a peer of a policy in namespace means.
func (s State) selected(peer networkingv1.NetworkPolicyPeer, namespace string) []*corev1.Pod {
	inside := map[string]bool{namespace: peer.NamespaceSelector == nil}
	if peer.NamespaceSelector != nil {
		for _, candidate := range s.Namespaces {
			inside[candidate.Name] = matches(peer.NamespaceSelector, candidate.Labels)
		}
	}
	return slices.DeleteFunc(s.addressed(), func(pod *corev1.Pod) bool {
		return !inside[pod.Namespace] || (peer.PodSelector != nil && !matches(peer.PodSelector, pod.Labels))
	})
}

func matches(selector *metav1.LabelSelector, set map[string]string) bool {
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	// The API lets no selector through that cannot be read; it would select nothing.
	return err == nil && compiled.Matches(labels.Set(set))
}
