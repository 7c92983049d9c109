package reference

import (
	"fmt"
	"go/ast"
	"go/doc"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// foreign are the types of other packages that fields have, as a manifest knows them.
var foreign = map[string]string{
	"metav1.ObjectMeta": "[ObjectMeta](https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/)",
	"metav1.ListMeta":   "[ListMeta](https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/list-meta/)",
	"metav1.Condition":  "[Condition](https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#Condition)",
	"metav1.Time":       "string, a time as in RFC 3339",
	"resource.Quantity": "[quantity](https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/)",
	"string":            "string",
	"bool":              "boolean",
	"int64":             "integer",
}

// writer writes the types of one package.
type writer struct {
	*testing.T
	strings.Builder
	types  map[string]*doc.Type
	values map[string]string // of the constants, by their names in Go
}

// kind is a type as the reader of a manifest knows it.
func (w *writer) kind(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.StarExpr:
		return w.kind(e.X)
	case *ast.ArrayType:
		return "list of " + w.kind(e.Elt)
	case *ast.MapType:
		return "map of " + w.kind(e.Value)
	case *ast.SelectorExpr:
		if known, ok := foreign[fmt.Sprint(e.X)+"."+e.Sel.Name]; ok {
			return known
		}
	case *ast.Ident:
		if _, ours := w.types[e.Name]; ours {
			return fmt.Sprintf("[%s](#%s)", e.Name, strings.ToLower(e.Name))
		}
		if known, ok := foreign[e.Name]; ok {
			return known
		}
	}
	w.Fatalf("a field has a type (%#v) that the reference has no words for: teach it", expression)
	return ""
}

// rules are what each marker means to the reader of a manifest, in the order in
// which they are told. Those that mean nothing to that reader have no words.
var rules = []struct{ marker, words string }{
	{"k8s:immutable", "cannot be changed"},
	{"k8s:maxLength", "at most %s characters"},
	{"k8s:maxItems", "at most %s items"},
	{"listMapKey", "one item for each `%s`"},
	{"listType=set", "no item twice"},
	{"listType=map", ""},
	{"k8s:required", ""},
	{"k8s:optional", ""},
	{"k8s:opaqueType", ""},
	{"k8s:listType", ""},
	{"k8s:listMapKey", ""},
	{"k8s:eachVal", ""},
	{"optional", ""},
	{"patchMergeKey", ""},
	{"patchStrategy", ""},
}

// rules says what is enforced of a field.
func (w *writer) rules(f field) string {
	var told []string
	if f.required {
		told = append(told, "required")
	}
	known := 0
	for _, rule := range rules {
		name, only, limited := strings.Cut(rule.marker, "=")
		for _, value := range f.markers[name] {
			if limited && value != only {
				continue
			}
			known++
			if rule.words != "" {
				told = append(told, strings.ReplaceAll(rule.words, "%s", value))
			}
		}
	}
	if all := slices.Concat(slices.Collect(maps.Values(f.markers))...); known != len(all) {
		w.Errorf("field %s has the markers %v, and the reference has no words for one of them: teach it", f.name, f.markers)
	}
	if fmt.Sprint(f.kind) == "bool" {
		told = append(told, "default `false`")
	}
	if !strings.EqualFold(f.goName, f.name) {
		told = append(told, "in Go `"+f.goName+"`")
	}
	return strings.Join(told, "; ")
}

// object writes a type and its fields.
func (w *writer) object(of *doc.Type) {
	e := explain(of.Doc)
	if e.text == "" {
		w.Errorf("type %s says nothing of itself: write a comment above it", of.Name)
	}
	fmt.Fprintf(w, "\n## %s\n\n%s\n", of.Name, e.text)
	switch kind := of.Decl.Specs[0].(*ast.TypeSpec).Type.(type) {
	case *ast.StructType:
		fields := fieldsOf(w.T, kind)
		if len(fields) == 0 {
			return
		}
		w.WriteString("\n| Field | Type | Rules | Meaning |\n|---|---|---|---|\n")
		for _, f := range fields {
			fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", f.name, w.kind(f.kind), w.rules(f), w.cell(f.text))
		}
	default:
		w.WriteString("\n| Value | Meaning |\n|---|---|\n")
		for _, group := range of.Consts {
			w.constants(group)
		}
	}
}

// constants writes a row for each constant of a group.
func (w *writer) constants(group *doc.Value) {
	for _, spec := range group.Decl.Specs {
		constant := spec.(*ast.ValueSpec)
		fmt.Fprintf(w, "| `%s` | %s |\n", w.values[constant.Names[0].Name], w.cell(explain(constant.Doc.Text()).text))
	}
}

// learn remembers the values of a group's constants.
func (w *writer) learn(group *doc.Value) {
	for _, spec := range group.Decl.Specs {
		constant := spec.(*ast.ValueSpec)
		literal, ok := constant.Values[0].(*ast.BasicLit)
		if !ok {
			w.Fatalf("constant %s is no literal: the reference has no words for it", constant.Names[0])
		}
		value, err := strconv.Unquote(literal.Value)
		if err != nil {
			w.Fatal(err)
		}
		w.values[constant.Names[0].Name] = value
	}
}

var word = regexp.MustCompile(`\b[A-Z]\w+`)

// cell is text that ends no cell of a table, with values for constants' names.
func (w *writer) cell(text string) string {
	text = word.ReplaceAllStringFunc(text, func(name string) string {
		if value, ok := w.values[name]; ok {
			return "`" + value + "`"
		}
		return name
	})
	return strings.ReplaceAll(text, "|", `\|`)
}
