package cluster

import (
	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/pki"
)

func (b *blueprint) planControllerManager() error {
	kubeconfig, err := b.kubeconfig(component.ControllerManager, "system:kube-controller-manager")
	if err != nil {
		return err
	}
	private, _, err := pki.EnsureSigningKey(b.layout.pki(), "service-account")
	if err != nil {
		return err
	}
	return b.planController(component.ControllerManager, kubeconfig,
		"--service-account-private-key-file="+private,
		"--root-ca-file="+b.authority.CertFile,
		"--use-service-account-credentials=true",
		"--service-cluster-ip-range="+serviceIPRange,
		// To empty a namespace is to list its hundred kinds of objects, and each of
		// these lists waits up to 100 ms for the cache's next sign of life: workers
		// that wait cost nothing, and ten of them (the default) are all busy
		// waiting where tests delete a hundred namespaces.
		"--concurrent-namespace-syncs=50",
		"--node-monitor-grace-period="+b.nodeGrace(),
		// Otherwise it makes its default directory, outside of ours.
		"--flex-volume-plugin-dir="+b.layout.run("flexvolume"),
	)
}

// nodeGrace is how long a node may be silent before it is given up.
func (b *blueprint) nodeGrace() string {
	if b.options.RealNodes > 0 {
		// Upstream's default is 50s: that of a node whose loss should be noticed.
		return "40s"
	}
	// On a loaded machine the simulated nodes' heartbeats come late, and a
	// node that is given up takes all its pods with it.
	return "5m"
}

func (b *blueprint) planScheduler() error {
	kubeconfig, err := b.kubeconfig(component.Scheduler, "system:kube-scheduler")
	if err != nil {
		return err
	}
	return b.planController(component.Scheduler, kubeconfig)
}

// planController adds a component that works through kube-apiserver and serves
// health and metrics beside it.
func (b *blueprint) planController(name, kubeconfig string, args ...string) error {
	port, err := b.ports.take(name)
	if err != nil {
		return err
	}
	serving, err := b.authority.Ensure(name+"-serving", pki.Server(name, "localhost", loopback))
	if err != nil {
		return err
	}
	b.add(name, "", append([]string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=" + loopback,
		"--secure-port=" + portOf(https(port, "")),
		"--tls-cert-file=" + serving.CertFile,
		"--tls-private-key-file=" + serving.KeyFile,
		// There is one of each; after a restart it should work at once and
		// not first wait for its own old lease to run out.
		"--leader-elect=false",
		// The defaults, meant for a shared control plane, cost seconds at the
		// start and throttle a test that makes hundreds of namespaces.
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
	}, args...), Endpoint{URL: https(port, "/healthz"), CAFile: b.authority.CertFile})
	return nil
}
