package cluster

import (
	"crypto/x509"

	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/pki"
)

func (b *blueprint) planEtcd() error {
	clientPort, err := b.ports.take("etcd")
	if err != nil {
		return err
	}
	peerPort, err := b.ports.take("etcd-peer")
	if err != nil {
		return err
	}
	// One certificate for both roles: etcd's gateway calls itself as a client.
	request := pki.Server("etcd", "localhost", loopback)
	request.Usages = append(request.Usages, x509.ExtKeyUsageClientAuth)
	server, err := b.etcdAuthority.Ensure("etcd", request)
	if err != nil {
		return err
	}
	client, err := b.etcdAuthority.Ensure("etcd-client", pki.Client("kube-apiserver"))
	if err != nil {
		return err
	}
	b.state.Etcd = Endpoint{URL: https(clientPort, ""), CAFile: b.etcdAuthority.CertFile, Pair: client}

	health := b.state.Etcd
	health.URL += "/health"
	b.add(component.Etcd, "", []string{
		"--name=local",
		"--data-dir=" + b.layout.etcdData(b.options.RealNodes > 0),
		"--listen-client-urls=" + https(clientPort, ""),
		"--advertise-client-urls=" + https(clientPort, ""),
		"--listen-peer-urls=" + https(peerPort, ""),
		"--initial-advertise-peer-urls=" + https(peerPort, ""),
		"--initial-cluster=local=" + https(peerPort, ""),
		"--client-cert-auth",
		"--trusted-ca-file=" + b.etcdAuthority.CertFile,
		"--cert-file=" + server.CertFile,
		"--key-file=" + server.KeyFile,
		"--peer-client-cert-auth",
		"--peer-trusted-ca-file=" + b.etcdAuthority.CertFile,
		"--peer-cert-file=" + server.CertFile,
		"--peer-key-file=" + server.KeyFile,
		// Throw-away data: a killed process loses nothing, a machine that
		// loses power loses this cluster. In return writes cost no disk.
		"--unsafe-no-fsync",
		"--log-level=warn",
	}, health)
	return nil
}
