package arch

import (
	"strings"
	"testing"
)

// foreign are modules that the root module must not need, not even in a test.
var foreign = []struct{ path, reason string }{
	{"k8s.io/kubernetes", "it is no library: its staging modules are unversioned in it, and it would take every consumer's build with it; hack/localcluster builds it"},
	{"sigs.k8s.io/kwok", "it simulates nodes for tests; hack/localcluster builds it"},
	{"sigs.k8s.io/controller-runtime", "two client stacks in one binary, with caches of their own"},
}

func TestForeignDependencies(t *testing.T) {
	out, err := golist("-deps", "-test", "./...")
	if err != nil {
		t.Fatal(err)
	}
	for dependency := range strings.Lines(string(out)) {
		dependency = strings.TrimSpace(dependency)
		for _, f := range foreign {
			if matches(f.path+"/...", dependency) {
				t.Errorf("the root module depends on %s: %s", dependency, f.reason)
			}
		}
	}
}
