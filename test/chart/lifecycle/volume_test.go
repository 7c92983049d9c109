package lifecycle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

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
	p.projected = map[string]map[string][]byte{}
	for _, mount := range p.pod.Spec.Containers[0].VolumeMounts {
		if mount.MountPath == tokenPath {
			continue // the account comes as a kubeconfig
		}
		files, err := p.files(ctx, mount.Name)
		if err != nil {
			return nil, err
		}
		at := filepath.Join(p.dir, mount.MountPath)
		paths[mount.MountPath] = at
		if mount.SubPath != "" {
			if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
				return nil, err
			}
			if err := os.WriteFile(at, files[mount.SubPath], 0o600); err != nil {
				return nil, err
			}
			continue
		}
		if err := project(at, files); err != nil {
			return nil, err
		}
		p.projected[mount.Name] = files
	}
	return paths, nil
}

// refresh writes the files anew that have changed since, but for those that are
// mounted one by one, as a kubelet does.
func (p *process) refresh() error {
	ctx, cancel := context.WithTimeout(p.kubelet.ctx, 10*time.Second)
	defer cancel()
	for _, mount := range p.pod.Spec.Containers[0].VolumeMounts {
		had, projected := p.projected[mount.Name]
		if !projected {
			continue
		}
		files, err := p.files(ctx, mount.Name)
		if err != nil {
			return err
		}
		if maps.EqualFunc(had, files, bytes.Equal) {
			continue
		}
		if err := project(filepath.Join(p.dir, mount.MountPath), files); err != nil {
			return err
		}
		p.projected[mount.Name] = files
	}
	return nil
}

// project puts files into a directory as a kubelet does: behind a link that is
// replaced, so that all of them change at once.
func project(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	version, err := os.MkdirTemp(dir, "..version")
	if err != nil {
		return err
	}
	link := filepath.Join(dir, "..data")
	before, _ := os.Readlink(link) // none at first
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(version, name), content, 0o600); err != nil {
			return err
		}
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	if err := os.Symlink(filepath.Base(version), link+".new"); err != nil {
		return err
	}
	if err := os.Rename(link+".new", link); err != nil || before == "" {
		return err
	}
	return os.RemoveAll(filepath.Join(dir, before))
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
				content, has := found.Data[item.Key]
				if !has {
					return nil, fmt.Errorf("secret %s has no key %s", v.Secret.SecretName, item.Key)
				}
				files[item.Path] = content
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
