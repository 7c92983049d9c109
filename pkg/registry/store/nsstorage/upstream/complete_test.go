package upstream

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// notApplicable are upstream's tests that do not apply, by their names without RunTest.
var notApplicable = map[string]string{
	"CreateWithTTL":                                                "a namespace does not expire",
	"GuaranteedUpdateWithTTL":                                      "a namespace does not expire",
	"GuaranteedUpdate":                                             "it exchanges the transformer between storage and etcd, which is kube-apiserver's own; the two tests after it run",
	"GuaranteedUpdateChecksStoredData":                             "it exchanges the transformer; that a no-op re-reads what is stored is TestTrap7… of the registry",
	"ListResourceVersionMatch":                                     "it exchanges the transformer's prefix; List has the matches, too",
	"WatchError":                                                   "it makes the transformer fail; a namespace always decodes",
	"TransformationFailure":                                        "it makes the transformer fail",
	"GetListWithErrorAggregation":                                  "it makes the transformer fail",
	"GetListWithoutErrorAggregation":                               "it makes the transformer fail",
	"WatchWithUnsafeDelete":                                        "it makes the transformer fail",
	"RunWatchErrorIsBlockingFurtherEvents":                         "it makes the transformer fail",
	"DeleteExpectedTransformOrDecodeError":                         "it makes the transformer fail",
	"DeleteWithConflictAndMissingExpectedTransformOrDecodeError":   "it makes the transformer fail",
	"DeleteWithSuggestionAndMissingExpectedTransformOrDecodeError": "it makes the transformer fail",
	"Stats":                         "it compares sizes of values in etcd with those of its own codec and transformer",
	"RunOptionalTestProgressNotify": "it sets etcd's interval of progress notifications, which kube-apiserver does not pass on; TestUpstreamFence waits for ours",
	"RunBenchmarkWriteThroughput":   "a benchmark; ours is make bench",
	"RunBenchmarkStoreList":         "a benchmark; ours is make bench",
	"RunBenchmarkStoreStats":        "a benchmark; ours is make bench",
}

// Whatever upstream tests is tested here, or has its reason: a test that a
// later version adds must not go by unseen.
func TestEveryUpstreamTestRunsOrHasItsReason(t *testing.T) {
	covered := map[string]bool{}
	for _, test := range suite {
		covered[test.name] = true
	}
	offered := offeredTests(t)
	for _, name := range offered {
		_, excused := notApplicable[name]
		if covered[name] == excused {
			t.Errorf("test %s must be run or have a reason, and not both", name)
		}
		delete(covered, name)
		if excused {
			covered[name] = false
		}
	}
	for name, missing := range covered {
		if missing {
			t.Errorf("upstream has no test %s any more", name)
		}
	}
	for name := range notApplicable {
		if _, offers := covered[name]; !offers {
			t.Errorf("upstream has no test %s any more, which has a reason here", name)
		}
	}
}

// offeredTests reads the names of upstream's tests from its source.
func offeredTests(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "k8s.io/apiserver/pkg/storage/testing").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || function.Recv != nil || !strings.HasPrefix(function.Name.Name, "Run") {
				continue
			}
			name := strings.TrimPrefix(function.Name.Name, "RunTest")
			names = append(names, renamed(name))
		}
	}
	if len(names) < len(suite) {
		t.Fatalf("found only %d tests in %s", len(names), strings.TrimSpace(string(out)))
	}
	return names
}

// renamed returns the name of a test here: a few of upstream's do not begin
// with RunTest, and have here the name that follows Run.
func renamed(name string) string {
	if short := strings.TrimPrefix(name, "Run"); short != name {
		if _, excused := notApplicable[name]; !excused {
			return short
		}
	}
	return strings.TrimPrefix(name, "Optional")
}
