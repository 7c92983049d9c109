package cluster

import (
	_ "embed"
	"strings"

	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/pki"
)

const (
	authorityName  = "ca"
	serviceIPRange = "10.96.0.0/16"
	serviceIP      = "10.96.0.1" // of the Service default/kubernetes
)

//go:embed audit.yaml
var auditPolicy []byte

// apiserverFiles are the files that kube-apiserver is started with.
type apiserverFiles struct {
	serving, proxy         pki.Pair
	signingKey, signingPub string // of service accounts' tokens
	auditPolicy            string
}

func (b *blueprint) planKubeAPIServer() error {
	port, err := b.ports.take(component.KubeAPIServer)
	if err != nil {
		return err
	}
	b.state.Server = https(port, "")
	b.state.CAFile = b.authority.CertFile
	b.state.Kubeconfig = b.layout.Kubeconfig()
	admin, err := b.authority.Ensure("admin", pki.Client("localcluster-admin", "system:masters"))
	if err != nil {
		return err
	}
	if err := pki.Kubeconfig(b.state.Kubeconfig, b.state.Server, b.authority.CertFile, "localcluster-admin", admin); err != nil {
		return err
	}
	files, err := b.ensureAPIServerFiles()
	if err != nil {
		return err
	}
	reach, err := b.reachArgs()
	if err != nil {
		return err
	}
	args := append(b.apiserverArgs(files), reach...)
	b.add(component.KubeAPIServer, "", append(args, b.options.KubeAPIServerArgs...),
		Endpoint{URL: b.state.Server + "/readyz?verbose", CAFile: b.authority.CertFile, Pair: admin})
	return nil
}

func (b *blueprint) ensureAPIServerFiles() (files apiserverFiles, err error) {
	hosts := []string{
		"localhost", loopback, serviceIP,
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
	}
	if b.options.RealNodes > 0 {
		hosts = append(hosts, hubAddress())
	}
	if files.serving, err = b.authority.Ensure("kube-apiserver", pki.Server("kube-apiserver", hosts...)); err != nil {
		return files, err
	}
	if files.proxy, err = b.frontProxy.Ensure("front-proxy-client", pki.Client("front-proxy-client")); err != nil {
		return files, err
	}
	if files.signingKey, files.signingPub, err = pki.EnsureSigningKey(b.layout.pki(), "service-account"); err != nil {
		return files, err
	}
	files.auditPolicy = b.layout.run("audit-policy.yaml")
	return files, pki.WriteFile(files.auditPolicy, auditPolicy)
}

func (b *blueprint) apiserverArgs(files apiserverFiles) []string {
	args := []string{
		"--secure-port=" + portOf(b.state.Server),
		"--tls-cert-file=" + files.serving.CertFile,
		"--tls-private-key-file=" + files.serving.KeyFile,
		"--client-ca-file=" + b.authority.CertFile,
		"--authorization-mode=Node,RBAC",
		"--allow-privileged=true",
		"--etcd-servers=" + b.state.Etcd.URL,
		"--etcd-cafile=" + b.state.Etcd.CAFile,
		"--etcd-certfile=" + b.state.Etcd.CertFile,
		"--etcd-keyfile=" + b.state.Etcd.KeyFile,
		"--service-cluster-ip-range=" + serviceIPRange,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + files.signingPub,
		"--service-account-signing-key-file=" + files.signingKey,
		// Aggregation. Its routing stays off: with it a Service of type
		// ExternalName, which is how a server on loopback is reached, is refused.
		"--enable-aggregator-routing=false",
		"--requestheader-client-ca-file=" + b.frontProxy.CertFile,
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-uid-headers=X-Remote-Uid",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + files.proxy.CertFile,
		"--proxy-client-key-file=" + files.proxy.KeyFile,
		"--audit-policy-file=" + files.auditPolicy,
		"--audit-log-path=" + b.layout.AuditLog(),
		"--audit-log-maxsize=50",
		"--audit-log-maxbackup=1",
	}
	if b.options.Bare {
		args = append(args, "--feature-gates=APIServerIdentity=false,UnknownVersionInteroperabilityProxy=false")
	}
	return args
}

// reachArgs say from where kube-apiserver is reached, and how it reaches kubelets.
func (b *blueprint) reachArgs() ([]string, error) {
	if b.options.RealNodes == 0 {
		return []string{
			"--bind-address=" + loopback,
			"--advertise-address=" + loopback,
			// The endpoints of default/kubernetes may not be a loopback address,
			// and nothing in this cluster could use them.
			"--endpoint-reconciler-type=none",
		}, nil
	}
	client, err := b.authority.Ensure("kubelet-client", pki.Client("kube-apiserver-kubelet-client", "system:masters"))
	if err != nil {
		return nil, err
	}
	return []string{
		// All addresses of its machine, which nobody outside of it reaches.
		"--bind-address=0.0.0.0",
		"--advertise-address=" + hubAddress(),
		"--kubelet-certificate-authority=" + b.authority.CertFile,
		"--kubelet-client-certificate=" + client.CertFile,
		"--kubelet-client-key=" + client.KeyFile,
		"--kubelet-preferred-address-types=InternalIP",
		// A kubelet may change its own node and pods only.
		"--enable-admission-plugins=NodeRestriction",
	}, nil
}

// portOf returns what follows the last colon of a URL without a path.
func portOf(url string) string { return url[strings.LastIndexByte(url, ':')+1:] }
