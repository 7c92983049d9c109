package node

import (
	"embed"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"platform.example.io/stores/hack/localcluster/manifest"
)

//go:embed *.yaml
var manifests embed.FS

// Objects are what a cluster of real nodes needs to be whole: DNS, a provisioner
// of volumes and an ingress controller.
func Objects() ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	for _, file := range []string{"dns.yaml", "storage.yaml", "ingress.yaml"} {
		data, err := manifests.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read manifest: %w", err)
		}
		decoded, err := manifest.Decode(data)
		if err != nil {
			return nil, fmt.Errorf("read manifest %s: %w", file, err)
		}
		objects = append(objects, decoded...)
	}
	return objects, nil
}
