// Package node says how the programs of a real node are configured: container
// runtime, kubelet, pod network and service proxy, and what a cluster with such
// nodes needs beside them (DNS, volumes, ingress).
//
// Duties: configuration files, arguments, images and manifests. It starts
// nothing. Danger: all paths are those inside a machine (package machine); the
// host has other files there, or none.
package node

import (
	"encoding/json"
	"fmt"
	"path"

	"platform.example.io/stores/hack/localcluster/machine"
)

// Addresses inside a cluster. Those of pods and services are upstream's defaults.
const (
	PodRange  = "10.244.0.0/16"
	DNS       = "10.96.0.10"
	Ingress   = "10.96.0.80"
	nodeRange = "10.200.0.0/24"
	dnsDomain = "cluster.local"
)

// Places inside a machine.
const (
	// Socket is where the container runtime listens.
	Socket     = "/run/containerd/containerd.sock"
	containers = machine.Home + "/containerd"
	etc        = machine.Home + "/etc"
)

// Node is one real node.
type Node struct {
	// Index counts from 1; names, addresses and ranges follow from it.
	Index int
	// Binaries is the directory of the programs of package node.
	Binaries string
	// Runc is the low-level runtime of this machine.
	Runc string
	// ControlGroup is the one that pods are put below.
	ControlGroup string
	// Ports of health and metrics, on the machine's loopback.
	RuntimePort, KubeletPort, ProxyPort, PolicyPort int
	// Authority vouches for who calls the kubelet; the pair is what it shows them.
	Authority, CertFile, KeyFile string
	// The kubeconfig files of kubelet, kube-proxy and policy enforcer.
	KubeletKubeconfig, ProxyKubeconfig, PolicyKubeconfig string
}

// Name is the node's, and its machine's.
func (n Node) Name() string { return fmt.Sprintf("n%d", n.Index) }

// Address is the node's own.
func (n Node) Address() string { return fmt.Sprintf("10.200.0.%d", n.Index) }

// PodRange is the range of the node's pods.
func (n Node) PodRange() string { return fmt.Sprintf("10.244.%d.0/24", n.Index) }

// ContainerdArgs are the container runtime's.
func (n Node) ContainerdArgs() []string { return []string{"--config=" + etc + "/containerd.toml"} }

// KubeletArgs are the kubelet's.
func (n Node) KubeletArgs() []string {
	return []string{
		"--config=" + etc + "/kubelet.json",
		"--kubeconfig=" + n.KubeletKubeconfig,
		"--hostname-override=" + n.Name(),
		"--node-ip=" + n.Address(),
		"--root-dir=" + machine.Home + "/kubelet",
	}
}

// ProxyArgs are kube-proxy's.
func (n Node) ProxyArgs() []string { return []string{"--config=" + etc + "/kube-proxy.json"} }

// PolicyArgs are the policy enforcer's.
func (n Node) PolicyArgs() []string {
	return []string{
		"--kubeconfig=" + n.PolicyKubeconfig,
		"--node=" + n.Name(),
		"--node-range=" + nodeRange,
		fmt.Sprintf("--health-address=127.0.0.1:%d", n.PolicyPort),
	}
}

// ImportArgs are those of ctr, which reads an image archive from its standard input.
func (n Node) ImportArgs() []string {
	return []string{"--address=" + Socket, "--namespace=k8s.io", "images", "import", "--snapshotter=overlayfs", "-"}
}

// Files are the node's configuration, by their names below the machine's state.
func (n Node) Files() (map[string][]byte, error) {
	files := map[string][]byte{"etc/containerd.toml": []byte(n.containerd())}
	for name, content := range map[string]any{
		"etc/kubelet.json":         n.kubelet(),
		"etc/kube-proxy.json":      n.proxy(),
		"etc/cni/10-pods.conflist": n.network(),
	} {
		data, err := json.MarshalIndent(content, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", name, err)
		}
		files[name] = data
	}
	return files, nil
}

type object = map[string]any

func (n Node) kubelet() object {
	return object{
		"apiVersion":               "kubelet.config.k8s.io/v1beta1",
		"kind":                     "KubeletConfiguration",
		"containerRuntimeEndpoint": "unix://" + Socket,
		"authentication": object{
			"anonymous": object{"enabled": false},
			"webhook":   object{"enabled": true},
			"x509":      object{"clientCAFile": n.Authority},
		},
		"authorization":     object{"mode": "Webhook"},
		"tlsCertFile":       n.CertFile,
		"tlsPrivateKeyFile": n.KeyFile,
		"clusterDomain":     dnsDomain,
		"clusterDNS":        []string{DNS},
		// There is no way out, and so nobody to ask about the names outside.
		"resolvConf":      "",
		"healthzPort":     n.KubeletPort,
		"volumePluginDir": machine.Home + "/plugins",
		// The host's control groups, in a corner of them.
		"cgroupDriver":           "cgroupfs",
		"cgroupRoot":             "/" + n.ControlGroup,
		"failCgroupV1":           false,
		"enforceNodeAllocatable": []string{"pods"},
		"failSwapOn":             false,
		// The machine shows it the values it wants; it shall not write any.
		"protectKernelDefaults":  true,
		"makeIPTablesUtilChains": false,
		// The disk is the host's, and images cannot be pulled again: no garbage
		// collection, and eviction only where nothing would work any more.
		"imageGCHighThresholdPercent": 100,
		"evictionHard": object{
			"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%", "nodefs.inodesFree": "1%",
		},
	}
}

func (n Node) proxy() object {
	never := "0s"
	return object{
		"apiVersion":         "kubeproxy.config.k8s.io/v1alpha1",
		"kind":               "KubeProxyConfiguration",
		"mode":               "nftables",
		"hostnameOverride":   n.Name(),
		"clientConnection":   object{"kubeconfig": n.ProxyKubeconfig},
		"clusterCIDR":        PodRange,
		"detectLocalMode":    "ClusterCIDR",
		"healthzBindAddress": fmt.Sprintf("127.0.0.1:%d", n.ProxyPort),
		// These settings are the kernel's, not the machine's: left alone.
		"conntrack": object{"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": never, "tcpCloseWaitTimeout": never},
	}
}

func (n Node) network() object {
	return object{
		"cniVersion": "1.0.0",
		"name":       "pods",
		"plugins": []object{{
			"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "forceAddress": true,
			// Pods see each other's addresses, also across nodes, and nothing lies outside.
			"ipMasq": false,
			"ipam": object{
				"type":   "host-local",
				"ranges": [][]object{{{"subnet": n.PodRange()}}},
				"routes": []object{{"dst": "0.0.0.0/0"}},
				// Forgotten with the machine, as the pods' namespaces are.
				"dataDir": "/run/cni",
			},
		}},
	}
}

func (n Node) containerd() string {
	return fmt.Sprintf(`version = 3
root = %q
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs", "io.containerd.nri.v1.nri", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = %q

[metrics]
  address = "127.0.0.1:%d"

[plugins."io.containerd.internal.v1.opt"]
  path = %q

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = %q

[plugins."io.containerd.cri.v1.runtime"]
  # Without it no sandbox starts where the host forbids a better score than one's own.
  restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = [%q]
  conf_dir = %q

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  runtime_path = %q

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  BinaryName = %q
  SystemdCgroup = false
`, containers, Socket, n.RuntimePort, containers+"/opt", pause,
		n.Binaries, etc+"/cni", path.Join(n.Binaries, "containerd-shim-runc-v2"), n.Runc)
}
