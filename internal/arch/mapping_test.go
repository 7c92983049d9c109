package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mappingHome is the one package that knows how a Store lies in a Namespace.
const mappingHome = "pkg/registry/store/nsstorage/"

// mappingKeys are the annotations that hold a Store.
var mappingKeys = []string{"platform.example.io/spec", "platform.example.io/status", "platform.example.io/metadata"}

// TestMappingKeysStayHome demands that whoever wants to know a Store asks the
// API: a second reader of the annotations is a second decoder, which will
// disagree with the first about a damaged one.
func TestMappingKeysStayHome(t *testing.T) {
	for _, file := range handwritten(t, ".go") {
		// Tests damage annotations on purpose.
		if strings.HasPrefix(file.path, mappingHome) || strings.HasSuffix(file.path, "_test.go") {
			continue
		}
		for _, use := range mappingKeyUses(t, file.path, file.content) {
			t.Errorf("%s: only %s knows the annotations that hold a Store; read it through the API", use, mappingHome)
		}
	}
}

func TestMappingKeyUses(t *testing.T) {
	for _, c := range []struct {
		name, expression, reason string
		want                     int
	}{
		{name: "the key", expression: `"platform.example.io/spec"`, want: 1, reason: "the plain case"},
		{name: "in a longer text", expression: `"annotation platform.example.io/status is damaged"`, want: 1, reason: "a message must speak of the Store, too"},
		{name: "concatenated", expression: `group + "/metadata"`, want: 1, reason: "the usual way to write a key"},
		{name: "a label", expression: `"platform.example.io/store"`, reason: "labels are public"},
		{name: "a subresource", expression: `"stores/status"`, reason: "a subresource is no key"},
		{name: "a path", expression: `base + "/other"`, reason: "other paths are nobody's business"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := "package p\n\nvar group, base string\n\nvar x = " + c.expression + "\n"
			if got := mappingKeyUses(t, "p.go", []byte(source)); len(got) != c.want {
				t.Errorf("found %v in %s, want %d: %s", got, c.expression, c.want, c.reason)
			}
		})
	}
}

// mappingKeyUses returns the positions of string literals that name a key of
// the mapping, or that make one by being added to something.
func mappingKeyUses(t *testing.T, path string, content []byte) []string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, content, 0)
	if err != nil {
		t.Fatal(err)
	}
	var uses []string
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.BasicLit:
			if slices.ContainsFunc(mappingKeys, func(key string) bool { return containsKey(text(node), key) }) {
				uses = append(uses, files.Position(node.Pos()).String())
			}
		case *ast.BinaryExpr:
			suffix, ok := node.Y.(*ast.BasicLit)
			if ok && node.Op == token.ADD && slices.ContainsFunc(mappingKeys, func(key string) bool {
				return text(suffix) == key[strings.Index(key, "/"):]
			}) {
				uses = append(uses, files.Position(suffix.Pos()).String())
			}
		}
		return true
	})
	return uses
}

// containsKey tells whether a text holds a key that does not go on as a longer name.
func containsKey(text, key string) bool {
	_, rest, found := strings.Cut(text, key)
	return found && (rest == "" || !isNameByte(rest[0]))
}

func isNameByte(b byte) bool {
	return b == '-' || b == '_' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

func text(literal *ast.BasicLit) string {
	if literal.Kind != token.STRING {
		return ""
	}
	unquoted, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return unquoted
}
