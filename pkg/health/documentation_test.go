package health

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const reference = "../../docs/conditions.md"

// TestEveryReasonIsProvoked holds docs/conditions.md to speak of every reason, and
// to name for each a test that there is.
func TestEveryReasonIsProvoked(t *testing.T) {
	rows := rowsOf(t)
	tests := testsIn(t, "../provisioner", "../../test/e2e", "../../test/faults")
	for reason, named := range rows {
		if len(named) == 0 {
			t.Errorf("%s names no test that provokes %s", reference, reason)
		}
		for _, name := range named {
			if !tests[name] {
				t.Errorf("%s names %s for %s, and there is no such test", reference, name, reason)
			}
		}
	}
	reasons := 0
	for _, dir := range []string{".", "../provisioner", "../apis/stores/v1alpha1"} {
		for _, reason := range reasonsIn(t, dir) {
			reasons++
			if _, found := rows[reason]; !found {
				t.Errorf("%s does not speak of reason %s", reference, reason)
			}
		}
	}
	if reasons < 45 || len(rows) < reasons {
		t.Errorf("%d reasons and %d rows were looked at, want all of them", reasons, len(rows))
	}
}

// rowsOf returns the tests that the tables with a column for them name, by reason.
func rowsOf(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatalf("read reference: %v", err)
	}
	rows := map[string][]string{}
	column := 0 // of the tests; 0 outside of a table
	header := true
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "|") {
			column, header = 0, true
			continue
		}
		cells := strings.Split(strings.TrimSpace(line), "|")
		switch {
		case header:
			header = false
			for i, cell := range cells {
				if strings.TrimSpace(cell) == "Provoked by" {
					column = i
				}
			}
			if first := strings.TrimSpace(cells[1]); column == 0 && first != "Condition" {
				t.Errorf("the table of %q has no column for tests", first)
			}
		case column == 0 || strings.HasPrefix(line, "|---"):
		default:
			reason := strings.Trim(cells[1], " `")
			var named []string
			if column < len(cells) {
				for field := range strings.FieldsSeq(cells[column]) {
					named = append(named, strings.Trim(field, "`,"))
				}
			}
			rows[reason] = append(rows[reason], named...)
		}
	}
	return rows
}

func parse(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return file
}

// testsIn returns the names of the tests below directories.
func testsIn(t *testing.T, dirs ...string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			for _, declared := range parse(t, path).Decls {
				function, ok := declared.(*ast.FuncDecl)
				if ok && function.Recv == nil && strings.HasPrefix(function.Name.Name, "Test") {
					found[function.Name.Name] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("look for tests: %v", err)
		}
	}
	return found
}

// reasonsIn returns the values of a package's constants that are called Reason….
func reasonsIn(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatalf("look for reasons: %v", err)
	}
	var reasons []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		ast.Inspect(parse(t, path), func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				reason, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatalf("read %s: %v", spec.Names[0].Name, err)
				}
				reasons = append(reasons, reason)
			}
			return true
		})
	}
	return reasons
}
