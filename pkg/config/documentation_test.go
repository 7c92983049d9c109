package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestEveryFieldIsDocumented: docs/configuration.md is the reference that people have.
func TestEveryFieldIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatalf("read reference: %v", err)
	}
	seen := 0
	var check func(of reflect.Type)
	check = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || of.PkgPath() != reflect.TypeFor[PlatformConfiguration]().PkgPath() {
			return
		}
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" {
				continue
			}
			if !strings.Contains(string(text), name) {
				t.Errorf("docs/configuration.md does not speak of field %s of %s", name, of.Name())
			}
			seen++
			check(field.Type)
		}
	}
	check(reflect.TypeFor[PlatformConfiguration]())
	if seen < 35 {
		t.Errorf("%d fields were looked for, want all of them", seen)
	}
}
