package cluster

import (
	"fmt"
	"path/filepath"

	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/node"
	"platform.example.io/stores/hack/localcluster/pki"
)

// blueprint is everything about a cluster that is decided before anything runs:
// certificates, ports, configuration files and the components' arguments.
type blueprint struct {
	layout  Layout
	options Options
	ports   *ports

	// authority signs clients and kube-apiserver; frontProxy signs only what
	// kube-apiserver calls aggregated servers with; etcdAuthority only etcd's
	// peers, so that no user's certificate opens the database.
	authority, frontProxy, etcdAuthority *pki.Authority

	nodes []node.Node // the real ones

	state State
}

func newBlueprint(layout Layout, options Options) (*blueprint, error) {
	last, err := LoadState(layout)
	if err != nil {
		return nil, err
	}
	b := &blueprint{layout: layout, options: options, ports: newPorts(last.Ports)}
	if err := b.openAuthorities(); err != nil {
		return nil, err
	}
	// In the order of their start; each function appends its component.
	for _, plan := range []struct {
		name string
		do   func() error
	}{
		{component.Etcd, b.planEtcd},
		{component.Containerd, b.planRuntimes},
		{component.KubeAPIServer, b.planKubeAPIServer},
		{component.ControllerManager, b.planControllerManager},
		{component.Scheduler, b.planScheduler},
		{component.Kwok, b.planKwok},
		{component.Kubelet, b.planNodes},
		{component.VolumeExpander, b.planExpander},
	} {
		if !options.has(plan.name) && !(options.RealNodes > 0 && isOfNode(plan.name)) {
			continue
		}
		if err := plan.do(); err != nil {
			return nil, fmt.Errorf("plan %s: %w", plan.name, err)
		}
	}
	if options.Platform.Binary != "" {
		if err := b.planPlatform(); err != nil {
			return nil, fmt.Errorf("plan %s: %w", PlatformName, err)
		}
	}
	if options.RealNodes > 0 {
		if err := b.planIngress(); err != nil {
			return nil, err
		}
	}
	b.state.Ports = b.ports.given
	return b, nil
}

func isOfNode(name string) bool {
	return name == component.Containerd || name == component.Kubelet || name == component.VolumeExpander
}

func (b *blueprint) openAuthorities() (err error) {
	if b.authority, err = pki.OpenAuthority(b.layout.pki(), authorityName); err != nil {
		return err
	}
	if b.frontProxy, err = pki.OpenAuthority(b.layout.pki(), "front-proxy-ca"); err != nil {
		return err
	}
	b.etcdAuthority, err = pki.OpenAuthority(b.layout.pki(), "etcd-ca")
	return err
}

func (b *blueprint) add(name, binary string, args []string, health Endpoint) {
	b.state.Components = append(b.state.Components, Component{
		Name:    name,
		Binary:  binary,
		Args:    args,
		Health:  health,
		PIDFile: b.layout.PID(name),
		LogFile: b.layout.Log(name),
	})
}

// kubeconfig writes a component's own kubeconfig and returns its path.
func (b *blueprint) kubeconfig(file, user string, groups ...string) (string, error) {
	pair, err := b.authority.Ensure(file, pki.Client(user, groups...))
	if err != nil {
		return "", err
	}
	path := filepath.Join(b.layout.pki(), file+".kubeconfig")
	return path, pki.Kubeconfig(path, b.state.Server, b.authority.CertFile, user, pair)
}
