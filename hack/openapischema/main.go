// Command openapischema prints the OpenAPI v2 models of the stores API, which
// the apply-configuration generator reads to know how lists merge.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"platform.example.io/stores/pkg/generated/openapi"
)

func main() {
	if err := print(); err != nil {
		fmt.Fprintln(os.Stderr, "print OpenAPI models:", err)
		os.Exit(1)
	}
}

func print() error {
	definitions := openapi.GetOpenAPIDefinitions(func(name string) spec.Ref {
		return spec.MustCreateRef("#/definitions/" + common.EscapeJsonPointer(name))
	})
	models := make(map[string]spec.Schema, len(definitions))
	for name, definition := range definitions {
		models[name] = definition.Schema
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"swagger":     "2.0",
		"info":        map[string]string{"title": "stores.platform.example.io", "version": "v1alpha1"},
		"paths":       map[string]any{},
		"definitions": models,
	})
}
