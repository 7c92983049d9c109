package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

// TestExamples renders what the documentation tells people to create, with the
// version and plan that the API server would choose.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("found %d examples: %v", len(files), err)
	}
	catalogue, platform := embedded(t), config.Default()
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("read example: %v", err)
			}
			store := &v1alpha1.Store{}
			if err := yaml.UnmarshalStrict(data, store); err != nil {
				t.Fatalf("decode example: %v", err)
			}
			known, found := catalogue.Lookup(store.Spec.Engine)
			if !found {
				t.Fatalf("there is no engine %s", store.Spec.Engine)
			}
			definition := known.Latest().Definition
			if store.Spec.Version == "" {
				store.Spec.Version = definition.DefaultVersion
			}
			if store.Spec.Plan == "" {
				store.Spec.Plan = definition.DefaultPlan
			}
			if _, err := render(catalogue, engine.Input{Store: store, Platform: platform}); err != nil {
				t.Errorf("render example: %v", err)
			}
			if platform.Reserved(store.Name) {
				t.Errorf("the name %s is reserved", store.Name)
			}
			for _, host := range store.Spec.Hosts {
				if platform.UnderBaseDomain(host) {
					t.Errorf("host %s is under the base domain", host)
				}
			}
		})
	}
}
