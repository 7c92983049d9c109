package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

// TestEnforcement renders each chart of testdata/hostile: a template that an
// engine might have and must not. The file's first line says which rule stops
// it: `# rule: <name>`, and after it why.
func TestEnforcement(t *testing.T) {
	files, err := filepath.Glob("testdata/hostile/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d hostile templates: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			template, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("read template: %v", err)
			}
			first, _, _ := strings.Cut(string(template), "\n")
			rule, found := strings.CutPrefix(first, "# rule: ")
			if !found {
				t.Fatalf("the first line of %s names no rule", file)
			}
			revision := writeEngine(t, map[string]string{"templates/hostile.yaml": string(template)})
			release, err := revision.Render(engine.Input{Store: probeStore(), Platform: config.Default()})
			if rule == "none" {
				if err != nil {
					t.Fatalf("Render: %v, want it to pass: the others are this with one thing wrong", err)
				}
				return
			}
			if release != nil {
				t.Error("Render returned a release, want nothing of it to be usable")
			}
			if rule == "template" {
				var broken *engine.TemplateError
				if !errors.As(err, &broken) {
					t.Fatalf("Render: %v, want a TemplateError", err)
				}
				return
			}
			var violation *engine.ViolationError
			if !errors.As(err, &violation) {
				t.Fatalf("Render: %v, want a ViolationError", err)
			}
			if violation.Rule != rule {
				t.Errorf("Render broke rule %q, want %q: %v", violation.Rule, rule, err)
			}
		})
	}
}
