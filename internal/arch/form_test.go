package arch

import (
	"bytes"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// maxLines is where a file has more than one duty.
const maxLines = 400

func TestFileLength(t *testing.T) {
	for _, file := range handwritten(t, ".go") {
		if lines := bytes.Count(file.content, []byte("\n")); lines > maxLines {
			t.Errorf("%s has %d lines: over %d it has more than one duty; split it by them", file.path, lines, maxLines)
		}
	}
}

func TestPackages(t *testing.T) {
	vague := []string{"util", "utils", "helper", "helpers", "manager", "common", "misc", "lib"}
	for _, p := range listPackages(t) {
		if strings.HasPrefix(p.ImportPath, module+"/pkg/generated/") {
			continue
		}
		if slices.Contains(vague, path.Base(p.ImportPath)) {
			t.Errorf("%s: name the package after what it owns", p.ImportPath)
		}
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment: state its duties, and its dangers", p.ImportPath)
		}
	}
}

// aliases are the names under which every file knows these packages.
var aliases = map[string]string{
	"k8s.io/api/core/v1":                                 "corev1",
	"k8s.io/api/apps/v1":                                 "appsv1",
	"k8s.io/api/batch/v1":                                "batchv1",
	"k8s.io/api/networking/v1":                           "networkingv1",
	"k8s.io/api/policy/v1":                               "policyv1",
	"k8s.io/api/rbac/v1":                                 "rbacv1",
	"k8s.io/apimachinery/pkg/apis/meta/v1":               "metav1",
	"k8s.io/apimachinery/pkg/api/errors":                 "apierrors",
	"k8s.io/apiserver/pkg/server":                        "genericapiserver",
	"k8s.io/apiserver/pkg/registry/generic/registry":     "genericregistry",
	"k8s.io/kube-aggregator/pkg/apis/apiregistration/v1": "apiregistrationv1",
}

func TestImportAliases(t *testing.T) {
	for _, file := range handwritten(t, ".go") {
		parsed, err := parser.ParseFile(token.NewFileSet(), file.path, file.content, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			alias, ok := aliases[imported]
			if ok && (spec.Name == nil || spec.Name.Name != alias && spec.Name.Name != "_") {
				t.Errorf("%s imports %s: everywhere else it is called %s", file.path, imported, alias)
			}
		}
	}
}
