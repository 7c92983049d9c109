package cluster

import (
	"path/filepath"

	"platform.example.io/stores/hack/localcluster/aggregation"
	"platform.example.io/stores/hack/localcluster/pki"
)

// PlatformName is the component name of the aggregated API server under development.
const PlatformName = aggregation.Name

// planPlatform adds the aggregated API server, with the identities its
// ServiceAccounts would give it in a cluster that runs containers: a client
// certificate of that name is matched by the same RBAC subjects.
func (b *blueprint) planPlatform() error {
	port, err := b.ports.take(PlatformName)
	if err != nil {
		return err
	}
	// An authority of its own, so that the APIService's CA bundle vouches for
	// this server and for nothing else.
	authority, err := pki.OpenAuthority(b.layout.pki(), PlatformName+"-ca")
	if err != nil {
		return err
	}
	serving, err := authority.Ensure(PlatformName, pki.Server(aggregation.Host, aggregation.Host, "localhost", loopback))
	if err != nil {
		return err
	}
	server, err := b.accountKubeconfig(aggregation.Name)
	if err != nil {
		return err
	}
	provisioner, err := b.accountKubeconfig("store-provisioner")
	if err != nil {
		return err
	}
	binary, err := filepath.Abs(b.options.Platform.Binary)
	if err != nil {
		return err
	}
	args := []string{
		"--bind-address=" + loopback,
		"--secure-port=" + portOf(https(port, "")),
		"--tls-cert-file=" + serving.CertFile,
		"--tls-private-key-file=" + serving.KeyFile,
		"--kubeconfig=" + server,
		"--authentication-kubeconfig=" + server,
		"--authorization-kubeconfig=" + server,
		"--provisioner=in-process",
		"--provisioner-kubeconfig=" + provisioner,
	}
	if b.options.Platform.Config != "" {
		config, err := filepath.Abs(b.options.Platform.Config)
		if err != nil {
			return err
		}
		args = append(args, "--config="+config)
	}
	b.add(PlatformName, binary, append(args, b.options.Platform.Args...),
		Endpoint{URL: https(port, "/readyz?verbose"), CAFile: authority.CertFile})
	return nil
}

func (b *blueprint) accountKubeconfig(account string) (string, error) {
	return b.kubeconfig(account+"-account",
		"system:serviceaccount:"+aggregation.Namespace+":"+account,
		"system:serviceaccounts", "system:serviceaccounts:"+aggregation.Namespace, "system:authenticated")
}
