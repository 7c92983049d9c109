package chart

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"platform.example.io/stores/pkg/config"
)

// schemaNode is what the comparison below needs of a JSON schema.
type schemaNode struct {
	Ref                  string                 `json:"$ref"`
	Type                 any                    `json:"type"`
	Enum                 []any                  `json:"enum"`
	Properties           map[string]*schemaNode `json:"properties"`
	AdditionalProperties any                    `json:"additionalProperties"`
	Defs                 map[string]*schemaNode `json:"$defs"`
}

// TestConfigurationFields holds the schema of `config` to the type that reads it:
// what Helm lets through must not stop the pods, and what they read must be let through.
func TestConfigurationFields(t *testing.T) {
	data, err := os.ReadFile(chartDirectory + "/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	root := &schemaNode{}
	if err := json.Unmarshal(data, root); err != nil {
		t.Fatal(err)
	}
	// The chart writes these itself.
	sameFields(t, root, "config", reflect.TypeFor[config.PlatformConfiguration](), root.Defs["config"], "apiVersion", "kind", "engineDirectory")
}

func sameFields(t *testing.T, root *schemaNode, path string, of reflect.Type, schema *schemaNode, except ...string) {
	t.Helper()
	fields := fieldsOf(of)
	for _, name := range except {
		delete(fields, name)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(schema.Properties))); diff != "" {
		t.Errorf("values.schema.json, %s: not the fields of %s (-type +schema):\n%s", path, of, diff)
	}
	if schema.AdditionalProperties != false {
		t.Errorf("values.schema.json, %s: a misspelt field is let through", path)
	}
	for name, field := range fields {
		below := schema.Properties[name]
		if below == nil {
			continue
		}
		if name, found := strings.CutPrefix(below.Ref, "#/$defs/"); found {
			below = root.Defs[name]
		}
		got := below.Type
		for field.Kind() == reflect.Pointer {
			field = field.Elem()
			// Values that come later take such a field back with null.
			if both, nullable := got.([]any); nullable && len(both) == 2 && both[1] == "null" {
				got = both[0]
			}
		}
		if want := jsonType(field); got != want && !(below.Enum != nil && want == "string") {
			t.Errorf("values.schema.json, %s.%s is %v, and %s is %s", path, name, got, field, want)
		}
		if field.Kind() == reflect.Struct && field.PkgPath() == of.PkgPath() {
			sameFields(t, root, path+"."+name, field, below)
		}
	}
}

// fieldsOf are the fields of a type by their names in YAML.
func fieldsOf(of reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range of.NumField() {
		field := of.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if strings.Contains(options, "inline") {
			maps.Copy(fields, fieldsOf(field.Type))
		} else {
			fields[name] = field.Type
		}
	}
	return fields
}

func jsonType(of reflect.Type) string {
	if of.Name() == "Duration" {
		return "string"
	}
	switch of.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int32, reflect.Int64, reflect.Int:
		return "integer"
	case reflect.Slice:
		return "array"
	default:
		return "object"
	}
}
