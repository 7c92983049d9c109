package pki

import (
	"fmt"
	"os"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// ContextName names the cluster and context of every kubeconfig written here.
const ContextName = "localcluster"

// Kubeconfig writes a self-contained kubeconfig to path: the identity in pair,
// against the server that caFile vouches for.
func Kubeconfig(path, server, caFile, user string, pair Pair) error {
	cert, err := os.ReadFile(pair.CertFile)
	if err != nil {
		return fmt.Errorf("read client certificate: %w", err)
	}
	key, err := os.ReadFile(pair.KeyFile)
	if err != nil {
		return fmt.Errorf("read client key: %w", err)
	}
	return writeKubeconfig(path, server, caFile, user, cert, key)
}

// UserKubeconfig writes a kubeconfig to path for a user that exists nowhere
// but in its certificate, which authority signs now.
func UserKubeconfig(path, server, caFile string, authority *Authority, user string, groups ...string) error {
	cert, key, err := authority.Issue(Client(user, groups...))
	if err != nil {
		return err
	}
	return writeKubeconfig(path, server, caFile, user, cert, key)
}

func writeKubeconfig(path, server, caFile, user string, cert, key []byte) error {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return fmt.Errorf("read cluster authority: %w", err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters[ContextName] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{ClientCertificateData: cert, ClientKeyData: key}
	config.Contexts[ContextName] = &clientcmdapi.Context{Cluster: ContextName, AuthInfo: user}
	config.CurrentContext = ContextName
	data, err := clientcmd.Write(*config)
	if err != nil {
		return fmt.Errorf("encode kubeconfig: %w", err)
	}
	return WriteFile(path, data)
}
