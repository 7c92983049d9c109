package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// definition is the custom resource that has the schema, the columns and the
// selectable fields of Stores, taken from what our server publishes.
func (b *bench) definition(ctx context.Context) (any, error) {
	var document struct {
		Components struct {
			Schemas map[string]map[string]any `json:"schemas"`
		} `json:"components"`
	}
	// kube-apiserver fetches it some time after the API is served.
	path := "/openapi/v3/apis/" + v1alpha1.SchemeGroupVersion.String()
	if err := b.eventually(ctx, func(ctx context.Context) error {
		return b.admin.json(ctx, request{path: path}, &document)
	}); err != nil {
		return nil, err
	}
	schema, err := storeSchema(document.Components.Schemas)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": copyPlural + "." + copyGroup},
		"spec": map[string]any{
			"group": copyGroup,
			"scope": "Cluster",
			"names": map[string]any{"plural": copyPlural, "singular": strings.ToLower(copyKind), "kind": copyKind},
			"versions": []any{map[string]any{
				"name": "v1alpha1", "served": true, "storage": true,
				"schema":                   map[string]any{"openAPIV3Schema": schema},
				"subresources":             map[string]any{"status": map[string]any{}},
				"additionalPrinterColumns": columns(),
				"selectableFields": []any{
					map[string]any{"jsonPath": ".spec.engine"},
					map[string]any{"jsonPath": ".spec.plan"},
					map[string]any{"jsonPath": ".status.phase"},
				},
			}},
		},
	}, nil
}

// columns are those of `kubectl get stores`.
func columns() []any {
	column := func(name, path string, priority int) any {
		return map[string]any{"name": name, "type": "string", "jsonPath": path, "priority": priority}
	}
	return []any{
		column("Engine", ".spec.engine", 0),
		column("Version", ".spec.version", 0),
		column("Phase", ".status.phase", 0),
		column("Ready", `.status.conditions[?(@.type=="Ready")].status`, 0),
		column("URL", ".status.url", 0),
		map[string]any{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
		column("Plan", ".spec.plan", 1),
		column("Namespace", ".status.namespace", 1),
		column("Reason", `.status.conditions[?(@.type=="Ready")].reason`, 1),
	}
}

// storeSchema finds the schema of Store and makes it structural.
func storeSchema(schemas map[string]map[string]any) (map[string]any, error) {
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		kinds, _ := schemas[name]["x-kubernetes-group-version-kind"].([]any)
		for _, entry := range kinds {
			gvk, _ := entry.(map[string]any)
			if gvk["kind"] != "Store" || gvk["group"] != v1alpha1.SchemeGroupVersion.Group {
				continue
			}
			schema, err := structural(schemas[name], schemas)
			if err != nil {
				return nil, fmt.Errorf("make the schema of %s structural: %w", name, err)
			}
			// kube-apiserver knows what metadata is, and refuses to be told.
			schema["properties"].(map[string]any)["metadata"] = map[string]any{"type": "object"}
			return schema, nil
		}
	}
	return nil, fmt.Errorf("find the schema of Store: none of %d published schemas is it", len(schemas))
}

const refPrefix = "#/components/schemas/"

// structural resolves references and leaves out what a custom resource's schema
// may not say. Recursive schemas, which Store has none of, would not end.
func structural(schema map[string]any, schemas map[string]map[string]any) (map[string]any, error) {
	if ref, ok := schema["$ref"].(string); ok {
		target, ok := schemas[strings.TrimPrefix(ref, refPrefix)]
		if !ok {
			return nil, fmt.Errorf("resolve %s: it is not published", ref)
		}
		return structural(target, schemas)
	}
	if _, ok := schema["oneOf"]; ok {
		// A quantity, which is a number or a string.
		return map[string]any{"x-kubernetes-int-or-string": true}, nil
	}
	result := map[string]any{}
	for key, value := range schema {
		switch key {
		case "default", "x-kubernetes-group-version-kind", "x-kubernetes-patch-strategy", "x-kubernetes-patch-merge-key":
			// Defaults are our server's business; the rest is not allowed.
		case "allOf":
			// How a reference is given a description of its own.
			for _, part := range value.([]any) {
				resolved, err := structural(part.(map[string]any), schemas)
				if err != nil {
					return nil, err
				}
				for key, value := range resolved {
					if _, own := schema[key]; !own {
						result[key] = value
					}
				}
			}
		case "properties":
			properties := map[string]any{}
			for name, property := range value.(map[string]any) {
				resolved, err := structural(property.(map[string]any), schemas)
				if err != nil {
					return nil, err
				}
				properties[name] = resolved
			}
			result[key] = properties
		case "items", "additionalProperties":
			nested, ok := value.(map[string]any)
			if !ok {
				result[key] = value
				continue
			}
			resolved, err := structural(nested, schemas)
			if err != nil {
				return nil, err
			}
			result[key] = resolved
		default:
			result[key] = value
		}
	}
	return result, nil
}
