package faults

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"

	"platform.example.io/stores/pkg/generated/clientset/versioned"
	storesclient "platform.example.io/stores/pkg/generated/clientset/versioned/typed/stores/v1alpha1"
	"platform.example.io/stores/test/controlplane"
)

const platformNamespace = "store-platform"

// platform is our programs on a control plane, each a process of its own.
type platform struct {
	own          *controlplane.Cluster
	servers      []*process
	provisioners []*process
	balancer     *balancer
	proxies      []*proxy
	stores       storesclient.StoreInterface
}

// shape says what a platform consists of.
type shape struct {
	options               controlplane.Options
	servers, provisioners int
	serverArgs            []string
	seed                  uint64 // of the faults between us and kube-apiserver
	faults                bool   // whether there is anything that could cause them
}

// start starts a control plane and our programs on it.
func start(t testing.TB, s shape) *platform {
	t.Helper()
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(root, ".local", "bin", "apiserver")
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("find the platform (build it with `make build`): %v", err)
	}
	config := "--config=" + filepath.Join(root, "hack", "platform.yaml")
	manifests := filepath.Join(root, "artifacts", "apiservice")
	s.options.Manifests = []string{filepath.Join(manifests, "namespace.yaml"), filepath.Join(manifests, "rbac.yaml")}
	p := &platform{own: controlplane.Start(t, s.options)}
	p.stores = versioned.NewForConfigOrDie(p.own.RESTConfig()).PlatformV1alpha1().Stores()

	host := "store-apiserver." + platformNamespace + ".svc"
	serving, key, err := cert.GenerateSelfSignedCertKey(host, []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := write(t, "serving.crt", serving), write(t, "serving.key", key)
	account := p.account(t, "store-apiserver", s)
	var addresses []string
	for i := range s.servers {
		port := strconv.Itoa(controlplane.FreePort(t))
		addresses = append(addresses, net.JoinHostPort("127.0.0.1", port))
		args := []string{binary, config, "--provisioner=off", "--bind-address=127.0.0.1", "--secure-port=" + port,
			"--tls-cert-file=" + certFile, "--tls-private-key-file=" + keyFile,
			"--kubeconfig=" + account, "--authentication-kubeconfig=" + account, "--authorization-kubeconfig=" + account}
		p.servers = append(p.servers, run(t, p.own, fmt.Sprintf("server-%d", i), append(args, s.serverArgs...)...))
	}
	p.balancer = newBalancer(t, addresses...)
	p.register(t, serving)
	for _, address := range addresses {
		up(t, address)
	}
	if s.provisioners > 0 {
		account := p.account(t, "store-provisioner", s)
		for i := range s.provisioners {
			p.provisioners = append(p.provisioners, run(t, p.own, fmt.Sprintf("provisioner-%d", i),
				binary, "provisioner", config, "--kubeconfig="+account, "--secure-port=0", "-v=2"))
		}
	}
	p.served(t)
	return p
}

// up waits until a server is ready: as long as one of two is not, the other has all
// connections.
func up(t testing.TB, address string) {
	t.Helper()
	// It vouches for itself; whom kube-apiserver trusts is examined by what it serves.
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	eventually(t, "the server at "+address+" is ready", func(context.Context) error {
		answer, err := client.Get("https://" + address + "/readyz")
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return errors.New(answer.Status)
		}
		return nil
	})
}

// served waits until stores are served through kube-apiserver.
func (p *platform) served(t testing.TB) {
	t.Helper()
	eventually(t, "stores are served", func(ctx context.Context) error {
		_, err := p.stores.List(ctx, metav1.ListOptions{})
		return err
	})
}

// account writes the kubeconfig of one of the platform's accounts, which leads
// through a proxy if there are to be faults.
func (p *platform) account(t testing.TB, name string, s shape) string {
	t.Helper()
	path := p.own.UserKubeconfig(t, "system:serviceaccount:"+platformNamespace+":"+name,
		"system:serviceaccounts", "system:serviceaccounts:"+platformNamespace, "system:authenticated")
	if !s.faults {
		return path
	}
	direct, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	through := newProxy(t, direct, s.seed+uint64(len(p.proxies)))
	p.proxies = append(p.proxies, through)
	config := clientcmdapi.NewConfig()
	config.Clusters["proxy"] = &clientcmdapi.Cluster{
		Server:                   through.URL,
		CertificateAuthorityData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: through.Certificate().Raw}),
	}
	config.AuthInfos["proxy"] = &clientcmdapi.AuthInfo{} // the proxy's are used
	config.Contexts["proxy"] = &clientcmdapi.Context{Cluster: "proxy", AuthInfo: "proxy"}
	config.CurrentContext = "proxy"
	data, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, name+".kubeconfig", data)
}

// inject turns the faults between us and kube-apiserver on or off.
func (p *platform) inject(on bool) {
	for _, proxy := range p.proxies {
		proxy.on.Store(on)
	}
}

// register leads kube-apiserver to the balancer. ExternalName is the one kind of
// Service that may name loopback.
func (p *platform) register(t testing.TB, ca []byte) {
	t.Helper()
	config := p.own.RESTConfig()
	config.Timeout = 30 * time.Second
	client := dynamic.NewForConfigOrDie(config)
	service := map[string]any{"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": "store-apiserver"},
		"spec": map[string]any{"type": "ExternalName", "externalName": "localhost"}}
	registration := map[string]any{"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
		"metadata": map[string]any{"name": "v1alpha1.platform.example.io"},
		"spec": map[string]any{"group": "platform.example.io", "version": "v1alpha1", "groupPriorityMinimum": int64(1000), "versionPriority": int64(15),
			"caBundle": base64.StdEncoding.EncodeToString(ca),
			"service":  map[string]any{"name": "store-apiserver", "namespace": platformNamespace, "port": int64(p.balancer.port())}}}
	_, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "services"}).Namespace(platformNamespace).
		Create(t.Context(), &unstructured.Unstructured{Object: service}, metav1.CreateOptions{})
	if err == nil {
		_, err = client.Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}).
			Create(t.Context(), &unstructured.Unstructured{Object: registration}, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
