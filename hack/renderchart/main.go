// Command renderchart writes the plain manifests in a directory from the
// platform's chart, one file for each purpose.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"platform.example.io/stores/internal/manifest"
)

// files says which templates each manifest is made of, in this order. A
// template that is in none of them is an error, so that a new one is not forgotten.
var files = []struct {
	name      string
	templates []string
}{
	{"namespace.yaml", []string{"namespace.yaml"}},
	// The policies come first: without them the roles grant more than they seem to.
	{"rbac.yaml", []string{"admission.yaml", "admission-users.yaml", "serviceaccounts.yaml", "rbac-apiserver.yaml", "rbac-provisioner.yaml", "rbac-operation.yaml", "rbac-certificate.yaml", "rbac-creator.yaml", "rbac-users.yaml"}},
	{"config.yaml", []string{"config.yaml"}},
	{"service.yaml", []string{"service.yaml", "networkpolicies.yaml"}},
	{"flowcontrol.yaml", []string{"flowcontrol.yaml"}},
	{"deployment.yaml", []string{"apiserver.yaml", "provisioner.yaml", "dashboard.yaml", "disruptionbudgets.yaml"}},
	{"apiservice.yaml", []string{"apiservice.yaml"}},
}

const header = "# Rendered from charts/store-platform by hack/update-artifacts.sh. DO NOT EDIT.\n"

func main() {
	chart := flag.String("chart", "charts/store-platform", "directory of the chart")
	values := flag.String("values", "hack/renderchart/values.yaml", "file of values")
	out := flag.String("out", "artifacts/apiservice", "directory to write the manifests to")
	flag.Parse()
	if err := run(*chart, *values, *out); err != nil {
		fmt.Fprintln(os.Stderr, "renderchart:", err)
		os.Exit(1)
	}
}

func run(chart, values, out string) error {
	templates, err := manifest.Render(manifest.Release{
		Chart: chart, Values: []string{values}, Name: "store-platform", Namespace: "store-platform",
	})
	if err != nil {
		return err
	}
	texts := map[string]string{}
	for _, template := range templates {
		texts[template.Name] = template.Text
	}
	delete(texts, "NOTES.txt")
	for _, file := range files {
		content := bytes.NewBufferString(header)
		for _, name := range file.templates {
			text, ok := texts[name]
			if !ok {
				return fmt.Errorf("compose %s: template %s rendered nothing", file.name, name)
			}
			delete(texts, name)
			content.WriteString("---\n" + strings.TrimPrefix(text, "---\n"))
		}
		if err := os.WriteFile(filepath.Join(out, file.name), content.Bytes(), 0o644); err != nil {
			return fmt.Errorf("write manifest: %w", err)
		}
	}
	for name := range texts {
		return fmt.Errorf("compose manifests: template %s belongs to none; name it in hack/renderchart", name)
	}
	return nil
}
