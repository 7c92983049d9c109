package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"platform.example.io/stores/internal/manifest"
	"platform.example.io/stores/pkg/engine"
)

const manifestDirectory = "../../artifacts/apiservice"

// TestManifestsAreObjects wants `kubectl apply -f` to be able to take the whole
// directory: it reads every file that is called so.
func TestManifestsAreObjects(t *testing.T) {
	files, err := os.ReadDir(manifestDirectory)
	if err != nil || len(files) < 5 {
		t.Fatalf("found manifests %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(manifestDirectory, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		objects := documents(t, manifest.Template{Name: file.Name(), Text: string(data)})
		for _, object := range objects {
			var is metav1.PartialObjectMetadata
			if err := yaml.Unmarshal(object, &is); err != nil || is.Kind == "" || is.APIVersion == "" || is.Name == "" {
				t.Errorf("%s holds no object, %v:\n%s", file.Name(), err, object)
			}
		}
		if len(objects) == 0 {
			t.Errorf("%s is empty", file.Name())
		}
	}
}

// TestInstallationNamesImages wants whoever fills a registry of their own to be told of
// every image that a shop of today is made of.
func TestInstallationNamesImages(t *testing.T) {
	document, err := os.ReadFile("../../docs/installation.md")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := engine.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range catalogue.Names() {
		found, _ := catalogue.Lookup(name)
		definition := found.Latest().Definition
		for _, version := range definition.Versions {
			if version.Name != definition.DefaultVersion {
				continue
			}
			for _, image := range version.Images {
				if reference := image.Repository + ":" + image.Tag; !strings.Contains(string(document), reference) {
					t.Errorf("docs/installation.md does not name %s, which engine %s runs", reference, name)
				}
			}
		}
	}
}
