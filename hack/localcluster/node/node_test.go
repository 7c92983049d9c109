package node

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func example() Node {
	return Node{Index: 2, Binaries: "/bin/node", Runc: "/usr/sbin/runc", ControlGroup: "localcluster-x", RuntimePort: 1, KubeletPort: 2, ProxyPort: 3}
}

func TestFilesNameTheNodesOwn(t *testing.T) {
	files, err := example().Files()
	if err != nil {
		t.Fatal(err)
	}
	wants := map[string][]string{
		"etc/containerd.toml":      {`bin_dirs = ["/bin/node"]`, `BinaryName = "/usr/sbin/runc"`, `address = "127.0.0.1:1"`, pause},
		"etc/kubelet.json":         {`"cgroupRoot": "/localcluster-x"`, `"healthzPort": 2`, `"anonymous"`},
		"etc/kube-proxy.json":      {`"hostnameOverride": "n2"`, `127.0.0.1:3`},
		"etc/cni/10-pods.conflist": {`10.244.2.0/24`},
	}
	for name, texts := range wants {
		for _, text := range texts {
			if !bytes.Contains(files[name], []byte(text)) {
				t.Errorf("%s does not say %s:\n%s", name, text, files[name])
			}
		}
	}
	if len(files) != len(wants) {
		t.Errorf("%d files are written, %d are looked at", len(files), len(wants))
	}
}

func TestNothingIsReachedWithoutACertificate(t *testing.T) {
	kubelet, err := json.Marshal(example().kubelet())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"anonymous":{"enabled":false}`, `"mode":"Webhook"`, `"protectKernelDefaults":true`} {
		if !bytes.Contains(kubelet, []byte(want)) {
			t.Errorf("the kubelet's configuration does not say %s", want)
		}
	}
}

func TestObjectsUseOnlyImagesThatAreLoaded(t *testing.T) {
	objects, err := Objects()
	if err != nil {
		t.Fatal(err)
	}
	loaded := []string{Busybox, "localhost/coredns:local", "localhost/skipper:local", "localhost/local-path-provisioner:local"}
	deployments := 0
	for _, object := range objects {
		if object.GetKind() != "Deployment" {
			continue
		}
		deployments++
		containers, _, err := unstructured.NestedSlice(object.Object, "spec", "template", "spec", "containers")
		if err != nil {
			t.Fatal(err)
		}
		for _, container := range containers {
			image, _ := container.(map[string]any)["image"].(string)
			if !strings.Contains(strings.Join(loaded, " "), image) || image == "" {
				t.Errorf("%s runs %q, and there is no registry", object.GetName(), image)
			}
		}
	}
	if deployments != 3 {
		t.Errorf("%d deployments, want DNS, volumes and ingress", deployments)
	}
}

func TestAddressesOfServicesAreThoseOfTheManifests(t *testing.T) {
	objects, err := Objects()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, object := range objects {
		if object.GetKind() == "Service" {
			got[object.GetName()], _, _ = unstructured.NestedString(object.Object, "spec", "clusterIP")
		}
	}
	if got["kube-dns"] != DNS || got["skipper"] != Ingress {
		t.Errorf("the manifests say %v, programs are told %s and %s", got, DNS, Ingress)
	}
}

func TestDNSListensWherePoliciesExpectIt(t *testing.T) {
	objects, err := Objects()
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		if object.GetKind() != "Deployment" || object.GetName() != "coredns" {
			continue
		}
		containers, _, err := unstructured.NestedSlice(object.Object, "spec", "template", "spec", "containers")
		if err != nil || len(containers) != 1 {
			t.Fatalf("got %d containers, error %v", len(containers), err)
		}
		ports, _, err := unstructured.NestedSlice(containers[0].(map[string]any), "ports")
		if err != nil {
			t.Fatal(err)
		}
		for _, port := range ports {
			if number := port.(map[string]any)["containerPort"]; number != int64(53) {
				t.Errorf("DNS listens on %v, and a policy that allows port 53 would not reach it", number)
			}
		}
		return
	}
	t.Error("there is no DNS")
}
