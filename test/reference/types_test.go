package reference

import (
	"cmp"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is the package that the reference describes.
const source = "../../pkg/apis/stores/v1alpha1"

// parseTypes reads what people wrote of the package, types.go first: generated
// files declare no type.
func parseTypes(t *testing.T) *doc.Package {
	t.Helper()
	names, err := filepath.Glob(source + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.Contains(filepath.Base(name), "generated") })
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(strings.Count(b, "/types.go"), strings.Count(a, "/types.go"))
	})
	files, parsed := token.NewFileSet(), []*ast.File{}
	for _, name := range names {
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	pkg, err := doc.NewFromFiles(files, parsed, "platform.example.io/stores/pkg/apis/stores/v1alpha1", doc.PreserveAST)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// explained is a comment, taken apart: the text that `kubectl explain` shows, and
// the markers that generators read, by name.
type explained struct {
	text    string
	markers map[string][]string
}

// explain reads a comment as openapi-gen does: a marker's line begins with +, and
// what follows --- is for the reader of the source.
func explain(comment string) explained {
	e := explained{markers: map[string][]string{}}
	comment, internal, _ := strings.Cut(comment, "\n---\n")
	var words []string
	for line := range strings.SplitSeq(comment+"\n"+internal, "\n") {
		line = strings.TrimSpace(line)
		if marker, ok := strings.CutPrefix(line, "+"); ok {
			name, value, _ := strings.Cut(marker, "=")
			e.markers[name] = append(e.markers[name], value)
		}
	}
	for line := range strings.SplitSeq(comment, "\n") {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "+") {
			words = append(words, line)
		}
	}
	// What else a type's comment says is for programmers.
	e.text, _, _ = strings.Cut(strings.TrimSpace(strings.Join(words, " ")), "  ")
	return e
}

func (e explained) has(marker string) bool { return len(e.markers[marker]) > 0 }

// field is one field as manifests have it.
type field struct {
	explained
	name, goName string
	kind         ast.Expr
	required     bool
}

// fieldsOf returns the fields of a struct, those of an embedded TypeMeta spelt out.
func fieldsOf(t *testing.T, kind *ast.StructType) []field {
	t.Helper()
	var fields []field
	for _, f := range kind.Fields.List {
		tag, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		name, flags, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" && strings.Contains(flags, "inline") {
			fields = append(fields, typeMeta...)
			continue
		}
		e := explain(f.Doc.Text())
		if e.text == "" {
			t.Errorf("field %s says nothing of itself: write a comment above it", name)
		}
		goName := name
		if len(f.Names) > 0 {
			goName = f.Names[0].Name
		}
		fields = append(fields, field{
			explained: e, name: name, goName: goName, kind: f.Type,
			required: e.has("k8s:required") || !e.has("optional") && !strings.Contains(flags, "omitempty"),
		})
	}
	return fields
}

var typeMeta = []field{
	{explained: explained{text: "`platform.example.io/v1alpha1`."}, name: "apiVersion", goName: "APIVersion", kind: ast.NewIdent("string"), required: true},
	{explained: explained{text: "The name of this type."}, name: "kind", goName: "Kind", kind: ast.NewIdent("string"), required: true},
}
