package arch

import (
	"slices"
	"strings"
	"testing"
)

const module = "platform.example.io/stores"

// walls say what may not be imported directly. A pattern is an import path, or
// one with `/...` for it and all below it; `ours` is every package of the module.
var walls = []struct {
	name   string
	from   string
	not    []string
	except []string
	// tests holds the tests of the packages to the wall, too.
	tests  bool
	reason string
}{
	{
		name: "the API stands alone", from: module + "/pkg/apis/...",
		not: []string{"ours"}, except: []string{module + "/pkg/apis/..."}, tests: true,
		reason: "clients import the types; whatever the types import, every client must build",
	},
	{
		name: "the configuration stands alone", from: module + "/pkg/config",
		not: []string{"ours", "k8s.io/client-go/...", "k8s.io/klog/..."}, except: []string{module + "/pkg/config"}, tests: true,
		reason: "a configuration means the same in every component and in every test",
	},
	{
		name: "generated clients know the API only", from: module + "/pkg/generated/...",
		not: []string{"ours"}, except: []string{module + "/pkg/apis/...", module + "/pkg/generated/..."},
		reason: "they are what other programs import",
	},
	{
		name: "engines are rendered from data alone", from: module + "/pkg/engine/...",
		not: []string{"ours"}, tests: true,
		except: []string{module + "/pkg/engine/...", module + "/pkg/config", module + "/pkg/apis/...", module + "/charts"},
		reason: "the same store and configuration must render the same objects, in a test as in a cluster",
	},
	{
		name: "health is judged from what it is shown", from: module + "/pkg/health/...",
		not: []string{"ours"}, tests: true,
		except: []string{module + "/pkg/health/...", module + "/pkg/config", module + "/pkg/apis/..."},
		reason: "every rule must be a row in a table, without a cluster",
	},
	{
		name: "rendering is pure", from: module + "/pkg/engine/...",
		not:    []string{"k8s.io/client-go/...", "k8s.io/klog/...", "k8s.io/utils/clock/...", "log/...", "net/http", "math/rand/...", "crypto/rand"},
		reason: "no cluster, no clock, no chance: otherwise every render is a change to apply",
	},
	{
		name: "judging health is pure", from: module + "/pkg/health/...",
		not:    []string{"k8s.io/client-go/...", "k8s.io/klog/...", "k8s.io/utils/clock/...", "log/...", "net/http", "math/rand/...", "crypto/rand"},
		reason: "conditions must be the same for the same objects, or status is written for ever",
	},
	{
		name: "the provisioner is a client like any other", from: module + "/pkg/provisioner/...",
		not:    []string{module + "/pkg/registry/...", module + "/pkg/server/...", module + "/cmd/...", "k8s.io/apiserver/..."},
		tests:  true,
		reason: "it meets stores only through the API, as any user's controller would",
	},
	{
		name: "the registry provisions nothing", from: module + "/pkg/registry/...",
		not: []string{module + "/pkg/provisioner/...", module + "/pkg/health/...", module + "/pkg/server/...", module + "/cmd/..."}, tests: true,
		reason: "writing a Store has no side effects: what follows from it is level-triggered",
	},
	{
		name: "the storage knows no shop", from: module + "/pkg/registry/store/nsstorage/...",
		not:    []string{module + "/pkg/engine/...", module + "/pkg/config", module + "/pkg/generated/clientset/..."},
		reason: "it is generic over a codec, so that upstream's conformance suite can examine it",
	},
	{
		name: "the server is below the command", from: module + "/pkg/...",
		not: []string{module + "/cmd/...", module + "/hack/...", module + "/internal/..."}, tests: true,
		reason: "imports go downward only",
	},
	{
		name: "the test kit stays in tests", from: module + "/...",
		not: []string{module + "/test/..."}, except: []string{module + "/test/..."},
		reason: "what ships must not be able to start or kill a control plane",
	},
	{
		name: "the API stays below the machinery", from: module + "/pkg/apis/...",
		not:    []string{"k8s.io/apiserver/...", "k8s.io/client-go/...", "helm.sh/..."},
		reason: "clients import the types; an API server and Helm are not theirs to build",
	},
}

func TestWalls(t *testing.T) {
	packages := listPackages(t)
	for _, wall := range walls {
		t.Run(wall.name, func(t *testing.T) {
			for _, p := range packages {
				if !matches(wall.from, p.ImportPath) {
					continue
				}
				imports := slices.Clone(p.Imports)
				if wall.tests {
					imports = append(imports, p.TestImports...)
					imports = append(imports, p.XTestImports...)
				}
				for _, imported := range imports {
					// The kit serves the tests of every package; what ships has a wall of its own against it.
					if matchesAny(wall.except, imported) || imported == module+"/test/controlplane" && !slices.Contains(p.Imports, imported) {
						continue
					}
					if matchesAny(wall.not, imported) {
						t.Errorf("%s imports %s: %s", p.ImportPath, imported, wall.reason)
					}
				}
			}
		})
	}
}

// TestWallsStand makes sure that a package that is renamed takes its wall along.
func TestWallsStand(t *testing.T) {
	packages := listPackages(t)
	for _, wall := range walls {
		if !slices.ContainsFunc(packages, func(p listedPackage) bool { return matches(wall.from, p.ImportPath) }) {
			t.Errorf("wall %q: no package matches %s", wall.name, wall.from)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		name, pattern, path, reason string
		want                        bool
	}{
		{name: "itself", pattern: "a/b", path: "a/b", want: true, reason: "a plain pattern is one package"},
		{name: "below a plain pattern", pattern: "a/b", path: "a/b/c", reason: "a plain pattern is one package"},
		{name: "root of a tree", pattern: "a/b/...", path: "a/b", want: true, reason: "as the go command reads it"},
		{name: "in a tree", pattern: "a/b/...", path: "a/b/c/d", want: true, reason: "as the go command reads it"},
		{name: "beside a tree", pattern: "a/b/...", path: "a/bc", reason: "names end at a slash"},
		{name: "ours", pattern: "ours", path: module + "/pkg/x", want: true, reason: "every package of the module"},
		{name: "not ours", pattern: "ours", path: "k8s.io/api", reason: "only packages of the module"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := matches(c.pattern, c.path); got != c.want {
				t.Errorf("matches(%q, %q) = %v: %s", c.pattern, c.path, got, c.reason)
			}
		})
	}
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, path) })
}

func matches(pattern, path string) bool {
	if pattern == "ours" {
		pattern = module + "/..."
	}
	tree, isTree := strings.CutSuffix(pattern, "/...")
	return path == tree || isTree && strings.HasPrefix(path, tree+"/")
}
