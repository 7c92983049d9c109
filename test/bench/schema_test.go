package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStoreSchemaIsStructural(t *testing.T) {
	const published = `{
		"x.Time": {"type": "string", "format": "date-time"},
		"x.Quantity": {"description": "how much", "oneOf": [{"type": "string"}, {"type": "number"}]},
		"x.Spec": {"type": "object", "default": {}, "required": ["engine"], "properties": {
			"engine": {"type": "string", "default": ""},
			"sizes": {"type": "object", "additionalProperties": {"allOf": [{"$ref": "#/components/schemas/x.Quantity"}]}},
			"hosts": {"type": "array", "items": {"type": "string", "default": ""}, "x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge"},
			"since": {"$ref": "#/components/schemas/x.Time"}}},
		"x.Meta": {"type": "object", "properties": {"name": {"type": "string"}}},
		"x.Store": {"type": "object",
			"x-kubernetes-group-version-kind": [{"group": "platform.example.io", "kind": "Store", "version": "v1alpha1"}],
			"properties": {
				"metadata": {"allOf": [{"$ref": "#/components/schemas/x.Meta"}]},
				"spec": {"description": "what is wanted", "default": {}, "allOf": [{"$ref": "#/components/schemas/x.Spec"}]}}},
		"x.StoreList": {"x-kubernetes-group-version-kind": [{"group": "platform.example.io", "kind": "StoreList", "version": "v1alpha1"}]}}`
	const want = `{"type": "object", "properties": {
		"metadata": {"type": "object"},
		"spec": {"description": "what is wanted", "type": "object", "required": ["engine"], "properties": {
			"engine": {"type": "string"},
			"sizes": {"type": "object", "additionalProperties": {"x-kubernetes-int-or-string": true}},
			"hosts": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
			"since": {"type": "string", "format": "date-time"}}}}}`
	var schemas map[string]map[string]any
	var wanted map[string]any
	for text, into := range map[string]any{published: &schemas, want: &wanted} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	got, err := storeSchema(schemas)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	delete(schemas, "x.Time")
	if _, err := storeSchema(schemas); err == nil {
		t.Error("a reference to nothing is resolved")
	}
	delete(schemas, "x.Store")
	if _, err := storeSchema(schemas); err == nil {
		t.Error("a schema is found that is not published")
	}
}
