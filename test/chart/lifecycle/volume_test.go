package lifecycle

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// tokenPath is where admission mounts a pod's account.
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// mount writes the files of the pod's volumes, and returns where each path of the
// container is.
func (p *process) mount(ctx context.Context) (map[string]string, error) {
	paths := map[string]string{}
	for _, mount := range p.pod.Spec.Containers[0].VolumeMounts {
		if mount.MountPath == tokenPath {
			continue // the account comes as a kubeconfig
		}
		files, err := p.files(ctx, mount.Name)
		if err != nil {
			return nil, err
		}
		at := filepath.Join(p.dir, mount.MountPath)
		if mount.SubPath != "" {
			files = map[string][]byte{filepath.Base(at): files[mount.SubPath]}
			at = filepath.Dir(at)
		}
		if err := os.MkdirAll(at, 0o700); err != nil {
			return nil, err
		}
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(at, name), content, 0o600); err != nil {
				return nil, err
			}
		}
		paths[mount.MountPath] = filepath.Join(p.dir, mount.MountPath)
	}
	return paths, nil
}

func (p *process) files(ctx context.Context, volume string) (map[string][]byte, error) {
	for _, v := range p.pod.Spec.Volumes {
		if v.Name != volume {
			continue
		}
		files := map[string][]byte{}
		switch {
		case v.ConfigMap != nil:
			found, err := kube.CoreV1().ConfigMaps(p.pod.Namespace).Get(ctx, v.ConfigMap.Name, metav1.GetOptions{})
			if err != nil {
				return nil, err
			}
			for name, text := range found.Data {
				files[name] = []byte(text)
			}
		case v.Secret != nil:
			found, err := kube.CoreV1().Secrets(p.pod.Namespace).Get(ctx, v.Secret.SecretName, metav1.GetOptions{})
			if err != nil {
				return nil, err
			}
			for _, item := range v.Secret.Items {
				files[item.Path] = found.Data[item.Key]
			}
		default:
			return nil, fmt.Errorf("volume %s is of no kind that this kubelet knows", volume)
		}
		return files, nil
	}
	return nil, fmt.Errorf("the pod has no volume %s", volume)
}

// account writes a kubeconfig with a token of the pod's service account. It is not
// bound to the pod: a simulated node deletes a pod before its process has ended.
func (p *process) account(ctx context.Context) (string, error) {
	hour := int64(3600)
	token, err := kube.CoreV1().ServiceAccounts(p.pod.Namespace).CreateToken(ctx, p.pod.Spec.ServiceAccountName, &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &hour},
	}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	admin := cluster.RESTConfig()
	config := clientcmdapi.NewConfig()
	config.Clusters["cluster"] = &clientcmdapi.Cluster{
		Server: admin.Host, CertificateAuthority: admin.CAFile, CertificateAuthorityData: admin.CAData,
	}
	config.AuthInfos["account"] = &clientcmdapi.AuthInfo{Token: token.Status.Token}
	config.Contexts["pod"] = &clientcmdapi.Context{Cluster: "cluster", AuthInfo: "account"}
	config.CurrentContext = "pod"
	path := filepath.Join(p.dir, "kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

// tail returns the last bytes of a file.
func tail(path string, bytes int) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-bytes):])
}
