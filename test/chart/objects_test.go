// Package chart tests charts/store-platform as it is rendered, without a
// cluster: that every object is one the API would accept, that the pods satisfy
// the restricted Pod Security level, that permissions are the least that do.
package chart

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"sigs.k8s.io/yaml"

	"platform.example.io/stores/internal/manifest"
)

const chartDirectory = "../../charts/store-platform"

// authority looks like an issuer's certificate, in PEM in base64.
var authority = base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\nbWluZQ==\n-----END CERTIFICATE-----\n"))

// valueSets are the shipped value sets, by the name of their golden file.
var valueSets = map[string][]string{
	"default": nil,
	"local":   {chartDirectory + "/values-local.yaml"},
	"prod":    {chartDirectory + "/values-prod.yaml"},
}

// untyped are the groups whose kinds no Go type here decodes.
var untyped = map[string]bool{"cert-manager.io/v1": true, "gateway.networking.k8s.io/v1": true, "monitoring.coreos.com/v1": true}

func render(t *testing.T, files []string, override map[string]any) ([]manifest.Template, error) {
	t.Helper()
	return manifest.Render(manifest.Release{
		Chart: chartDirectory, Values: files, Override: override, Name: "platform", Namespace: "store-platform",
	})
}

// renderObjects renders the chart and decodes every object strictly: an unknown
// or repeated field fails the test.
func renderObjects(t *testing.T, files []string, override map[string]any) []runtime.Object {
	t.Helper()
	templates, err := render(t, files, override)
	if err != nil {
		t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiregistrationv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	var objects []runtime.Object
	for _, template := range templates {
		if template.Name == "NOTES.txt" {
			continue
		}
		for _, document := range documents(t, template) {
			object := &unstructured.Unstructured{}
			if err := yaml.UnmarshalStrict(document, &object.Object); err != nil {
				t.Fatalf("decode %s: %v\n%s", template.Name, err, document)
			}
			if untyped[object.GetAPIVersion()] {
				objects = append(objects, object)
				continue
			}
			typed, _, err := decoder.Decode(document, nil, nil)
			if err != nil {
				t.Fatalf("decode %s: %v\n%s", template.Name, err, document)
			}
			objects = append(objects, typed)
		}
	}
	return objects
}

// documents splits a template's text into its YAML documents and drops those of comments only.
func documents(t *testing.T, template manifest.Template) [][]byte {
	t.Helper()
	var documents [][]byte
	for reader := utilyaml.NewYAMLReader(newReader(template.Text)); ; {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents
		}
		if err != nil {
			t.Fatalf("split %s: %v", template.Name, err)
		}
		if content, err := yaml.YAMLToJSON(document); err != nil {
			t.Fatalf("decode %s: %v\n%s", template.Name, err, document)
		} else if !bytes.Equal(content, []byte("null")) {
			documents = append(documents, document)
		}
	}
}

// find returns the objects of one type.
func find[T runtime.Object](objects []runtime.Object) []T {
	var found []T
	for _, object := range objects {
		if typed, ok := object.(T); ok {
			found = append(found, typed)
		}
	}
	return found
}

func findDeployment(t *testing.T, objects []runtime.Object, name string) *appsv1.Deployment {
	t.Helper()
	for _, deployment := range find[*appsv1.Deployment](objects) {
		if deployment.Name == name {
			return deployment
		}
	}
	t.Fatalf("found no Deployment %s", name)
	return nil
}
