package cluster

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/node"
	"platform.example.io/stores/hack/localcluster/pki"
)

// hub is the index of the node whose machine the control plane lives in too.
const hub = 1

// planRuntimes adds what plays the containers of real nodes. They need nothing of the
// control plane, and their images are loaded while it starts.
func (b *blueprint) planRuntimes() error {
	runc, err := exec.LookPath("runc")
	if err != nil {
		return err
	}
	binaries, err := filepath.Abs(b.options.NodeBinaries)
	if err != nil {
		return err
	}
	for index := hub; index <= b.options.RealNodes; index++ {
		n := node.Node{
			Index: index, Binaries: binaries, Runc: runc, Authority: b.authority.CertFile,
		}
		// Each its own: a kubelet takes groups of pods that are not its for orphans, and removes them.
		n.ControlGroup = b.layout.controlGroup() + "/" + n.Name()
		for name, port := range map[string]*int{
			component.Containerd: &n.RuntimePort, component.Kubelet: &n.KubeletPort, component.KubeProxy: &n.ProxyPort,
			component.PolicyEnforcer: &n.PolicyPort,
		} {
			if *port, err = b.ports.take(on(n, name)); err != nil {
				return err
			}
		}
		b.addOn(n, Component{
			Name: on(n, component.Containerd), Binary: filepath.Join(binaries, component.Containerd), Args: n.ContainerdArgs(),
			Health: Endpoint{URL: "http://" + address(n.RuntimePort) + "/v1/metrics"},
		})
		b.nodes = append(b.nodes, n)
	}
	return nil
}

// planNodes adds the nodes themselves, and writes what configures all of it.
func (b *blueprint) planNodes() error {
	for i := range b.nodes {
		n := &b.nodes[i]
		serving, err := b.authority.Ensure(on(*n, "kubelet-serving"), pki.Server(n.Name(), n.Name(), n.Address()))
		if err != nil {
			return err
		}
		n.CertFile, n.KeyFile = serving.CertFile, serving.KeyFile
		n.KubeletKubeconfig, err = b.nodeKubeconfig(on(*n, component.Kubelet), "system:node:"+n.Name(), "system:nodes")
		if err != nil {
			return err
		}
		n.ProxyKubeconfig, err = b.nodeKubeconfig(on(*n, component.KubeProxy), "system:kube-proxy")
		if err != nil {
			return err
		}
		// It reads pods, namespaces and policies of the whole cluster, and writes nothing there.
		n.PolicyKubeconfig, err = b.nodeKubeconfig(on(*n, component.PolicyEnforcer), "localcluster-policy-enforcer", "system:masters")
		if err != nil {
			return err
		}
		b.addOn(*n, Component{
			Name: on(*n, component.Kubelet), Program: component.Kubelet, Args: n.KubeletArgs(),
			Health: Endpoint{URL: "http://" + address(n.KubeletPort) + "/healthz"},
		})
		b.addOn(*n, Component{
			Name: on(*n, component.KubeProxy), Program: component.KubeProxy, Args: n.ProxyArgs(),
			Health: Endpoint{URL: "http://" + address(n.ProxyPort) + "/healthz"},
		})
		b.addOn(*n, Component{
			Name: on(*n, component.PolicyEnforcer), Program: component.PolicyEnforcer, Args: n.PolicyArgs(),
			Health: Endpoint{URL: "http://" + address(n.PolicyPort) + "/healthz"},
		})
		if err := b.writeFiles(*n); err != nil {
			return err
		}
	}
	return nil
}

// planExpander adds what has volumes grow, one for all nodes.
func (b *blueprint) planExpander() error {
	port, err := b.ports.take(component.VolumeExpander)
	if err != nil {
		return err
	}
	// What it may do is in node/storage.yaml.
	kubeconfig, err := b.kubeconfig(component.VolumeExpander, "localcluster-volume-expander")
	if err != nil {
		return err
	}
	b.add(component.VolumeExpander, "", []string{
		"--kubeconfig=" + kubeconfig,
		"--health-address=" + address(port),
	}, Endpoint{URL: "http://" + address(port) + "/healthz"})
	return nil
}

func (b *blueprint) writeFiles(n node.Node) error {
	files, err := n.Files()
	if err != nil {
		return err
	}
	for name, data := range files {
		file := filepath.Join(b.layout.node(n.Name()), name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return fmt.Errorf("make directory of node %s: %w", n.Name(), err)
		}
		if err := pki.WriteFile(file, data); err != nil {
			return err
		}
	}
	return nil
}

func (b *blueprint) addOn(n node.Node, c Component) {
	c.Machine = n.Name()
	c.PIDFile, c.LogFile = b.layout.PID(c.Name), b.layout.Log(c.Name)
	b.state.Components = append(b.state.Components, c)
}

// nodeKubeconfig is for programs that may run on another node than the control plane.
func (b *blueprint) nodeKubeconfig(file, user string, groups ...string) (string, error) {
	pair, err := b.authority.Ensure(file, pki.Client(user, groups...))
	if err != nil {
		return "", err
	}
	path := filepath.Join(b.layout.pki(), file+".kubeconfig")
	return path, pki.Kubeconfig(path, b.hubURL(), b.authority.CertFile, user, pair)
}

// planIngress chooses where the shops are reached.
func (b *blueprint) planIngress() error {
	const name = "ingress"
	port := b.options.IngressPort
	if port != 0 {
		if !b.ports.claim(port) {
			return fmt.Errorf("port %d of this machine, where the shops are to be reached, is taken: choose another one with --ingress-port", port)
		}
		b.ports.given[name] = port
	} else {
		var err error
		if port, err = b.ports.take(name); err != nil {
			return err
		}
	}
	b.state.RealNodes, b.state.Ingress = b.options.RealNodes, address(port)
	return nil
}

// hubURL is where kube-apiserver is reached from other nodes and from pods.
func (b *blueprint) hubURL() string {
	return "https://" + hubAddress() + ":" + portOf(b.state.Server)
}

func hubAddress() string { return node.Node{Index: hub}.Address() }

// on names a component of a node.
func on(n node.Node, name string) string { return name + "-" + n.Name() }

// controlGroup is one name for each cluster of this machine.
func (l Layout) controlGroup() string {
	return fmt.Sprintf("localcluster-%x", sha256.Sum256([]byte(l.Dir)))[:len("localcluster-")+8]
}

// node is where a real node keeps what outlives it: images and logs.
func (l Layout) node(name string) string { return filepath.Join(l.Dir, "nodes", name) }

// volumes is where the volumes of all real nodes are.
func (l Layout) volumes() string { return filepath.Join(l.Dir, "volumes") }
