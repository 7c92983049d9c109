package reference

import (
	"cmp"
	"flag"
	"fmt"
	"go/doc"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite docs/reference.md")

const document = "../../docs/reference.md"

// header precedes what is generated. ' is a backquote.
const header = `<!-- Written by go test ./test/reference -update, from pkg/apis/stores/v1alpha1. DO NOT EDIT. -->
# API reference: platform.example.io/v1alpha1

Every resource, type and field. 'kubectl explain store --recursive' says the same on a cluster; what the API promises beyond its
fields is in [api.md](api.md), how the objects work together in [concepts.md](concepts.md). Rules are enforced when a value is
written or changed; a stored value that was valid stays writable. What is not marked 'required' may be left out.

Stores and engines are cluster-scoped.
`

// TestReference wants docs/reference.md to list every type and field as it is, and
// no field without an explanation.
func TestReference(t *testing.T) {
	pkg := parseTypes(t)
	w := &writer{T: t, types: map[string]*doc.Type{}, values: map[string]string{}}
	for _, of := range pkg.Types {
		w.types[of.Name] = of
		for _, group := range of.Consts {
			w.learn(group)
		}
	}
	for _, group := range pkg.Consts {
		w.learn(group)
	}
	w.WriteString(strings.ReplaceAll(header, "'", "`"))
	w.resources(resources(t))
	for _, of := range declared(pkg) {
		w.object(of)
	}
	for _, group := range pkg.Consts {
		if group.Doc == "" || len(group.Decl.Specs) == 1 {
			continue // the group's name, and a reason that is in docs/conditions.md
		}
		title, _, _ := strings.Cut(explain(group.Doc).text, ".")
		fmt.Fprintf(w, "\n## %s\n\n| Value | Meaning |\n|---|---|\n", title)
		w.constants(group)
	}
	if t.Failed() {
		return
	}
	if *update {
		if err := os.WriteFile(document, []byte(w.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), w.String()); diff != "" {
		t.Errorf("docs/reference.md is not what the types say; run with -update (-want +got):\n%s", diff)
	}
}

// declared returns the types in the order in which the source has them, which is
// the reader's: what is ordered first, and then what it consists of.
func declared(pkg *doc.Package) []*doc.Type {
	types := slices.Clone(pkg.Types)
	slices.SortFunc(types, func(a, b *doc.Type) int { return cmp.Compare(a.Decl.Pos(), b.Decl.Pos()) })
	return types
}

// resources writes what is served, and how kubectl prints it.
func (w *writer) resources(all []resource) {
	w.WriteString("\n## Resources\n\n| Resource | Kind | Served at | Verbs | kubectl also knows it as |\n|---|---|---|---|---|\n")
	for _, r := range all {
		kind := r.kind(w.T)
		fmt.Fprintf(w, "| `%s` | [%s](#%s) | `%s` | %s | %s |\n", r.name, kind, strings.ToLower(kind), r.path(), list(r.verbs()), list(r.otherNames()))
	}
	for _, r := range all {
		columns := r.columns(w.T)
		if columns == nil {
			continue
		}
		fmt.Fprintf(w, "\nColumns of `kubectl get %s`:\n\n| Column | Meaning |\n|---|---|\n", r.name)
		for _, column := range columns {
			wide := ""
			if column.Priority > 0 {
				wide = " (with `-o wide`)"
			}
			fmt.Fprintf(w, "| %s%s | %s |\n", column.Name, wide, column.Description)
		}
	}
}

// list is names as prose.
func list(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}
