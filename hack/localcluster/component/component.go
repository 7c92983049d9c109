// Package component names the parts of a control plane.
package component

// The names are what argv[0], pid files and log files say.
const (
	Etcd              = "etcd"
	KubeAPIServer     = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
	Kwok              = "kwok"
	// Those of a real node.
	Containerd = "containerd"
	Kubelet    = "kubelet"
	KubeProxy  = "kube-proxy"
	// PolicyEnforcer is ours: the pod network knows nothing of NetworkPolicies.
	PolicyEnforcer = "policy-enforcer"
	// VolumeExpander is ours, too: the provisioner of volumes does not have them grow.
	VolumeExpander = "volume-expander"
	// Kubectl is a program of the same binary, and no part of a cluster.
	Kubectl = "kubectl"
)

// All are the parts of a cluster with simulated nodes, in the order they start.
func All() []string {
	return []string{Etcd, KubeAPIServer, ControllerManager, Scheduler, Kwok}
}
