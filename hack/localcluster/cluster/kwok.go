package cluster

import (
	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/pki"
	"platform.example.io/stores/hack/localcluster/simulation"
)

// planKwok adds what plays the kubelets of the simulated nodes, and the
// provisioner of their volumes.
func (b *blueprint) planKwok() error {
	port, err := b.ports.take(component.Kwok)
	if err != nil {
		return err
	}
	kubeconfig, err := b.kubeconfig(component.Kwok, "kwok", "system:masters")
	if err != nil {
		return err
	}
	stages := b.layout.run("kwok.yaml")
	if err := pki.WriteFile(stages, simulation.Stages()); err != nil {
		return err
	}
	b.add(component.Kwok, "", []string{
		"--kubeconfig=" + kubeconfig,
		"--config=" + stages,
		"--manage-all-nodes=true",
		"--enable-crds=", // the stages are in the file, not in the cluster
		"--cidr=10.244.0.1/16",
		"--server-address=" + address(port),
	}, Endpoint{URL: "http://" + address(port) + "/healthz"})
	return nil
}
