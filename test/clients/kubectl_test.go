package clients

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// kubectl is one release of it.
type kubectl struct {
	name, binary string
	version      string // what it says of itself
}

var (
	pinned = kubectl{name: "pinned", binary: "kubectl", version: "v1.37.2"}
	// kubectls are the one of the server's release, and one of each side of it, as
	// far as the skew goes that Kubernetes supports.
	kubectls = []kubectl{
		pinned,
		{name: "newest", binary: "kubectl-newest", version: "v1.38.0-alpha.0"},
		{name: "oldest", binary: "kubectl-oldest", version: "v1.36.6"},
	}
)

// command is a kubectl that has not been started, as the cluster's administrator.
func (k kubectl) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, built(k.binary), args...)
	// A home of its own: the user's kuberc and discovery cache must neither change
	// what a test sees nor be changed by it.
	home := filepath.Join(cluster.Dir(), "home-"+k.name)
	command.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig(), "HOME="+home,
		"KUBECACHEDIR="+filepath.Join(home, "cache"), "KUBERC=off")
	return command
}

// exits runs kubectl with something to read and returns its exit code, too.
func (k kubectl) exits(t testing.TB, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	command := k.command(t.Context(), args...)
	var out, errOut strings.Builder
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(stdin), &out, &errOut
	err := command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.String(), errOut.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatalf("run kubectl (build it with `make test-clients`): %v", err)
	}
	return out.String(), errOut.String(), 0
}

// feed runs kubectl with something to read and returns what it printed.
func (k kubectl) feed(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	stdout, stderr, code := k.exits(t, stdin, args...)
	if code != 0 {
		t.Fatalf("kubectl %s exits with %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// run runs kubectl and returns what it printed.
func (k kubectl) run(t testing.TB, args ...string) string {
	t.Helper()
	return k.feed(t, "", args...)
}

// fails runs kubectl, which has to fail and to say each of the words.
func (k kubectl) fails(t testing.TB, stdin string, words []string, args ...string) {
	t.Helper()
	stdout, stderr, code := k.exits(t, stdin, args...)
	for _, word := range words {
		if code == 0 || !strings.Contains(stderr, word) {
			t.Errorf("kubectl %s exits with %d, want a failure that says %q\n%s%s", strings.Join(args, " "), code, word, stdout, stderr)
		}
	}
}

// published waits until kube-apiserver, which asks aggregated servers now and then,
// publishes the platform's schemas: kubectl explains and validates by them.
func published(t testing.TB) {
	t.Helper()
	eventually(t, "the platform's OpenAPI is published", func(context.Context) error {
		paths, err := kube.Discovery().OpenAPIV3().Paths()
		if err != nil {
			return err
		}
		group, ok := paths["apis/"+v1alpha1.SchemeGroupVersion.String()]
		if !ok {
			return errors.New("its group is not known")
		}
		schema, err := group.Schema("application/json")
		if err == nil && !bytes.Contains(schema, []byte("StoreSpec")) {
			err = errors.New("its group has no schemas")
		}
		return err
	})
}

// TestKubectl does with each kubectl what people do with it.
func TestKubectl(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		// run uses stores whose names begin with the prefix.
		run func(t *testing.T, k kubectl, prefix string)
	}{
		{name: "api-resources", run: testAPIResources, reason: "discovery, in the aggregated form and not"},
		{name: "explain", run: testExplain, reason: "OpenAPI v3, which kubectl reads by group and version"},
		{name: "get", run: testGet, reason: "tables, categories and selectors"},
		{name: "watch", run: testWatch, reason: "a watch that kubectl prints as it comes"},
		{name: "wait", run: testWait, reason: "three ways to wait, each a list and a watch of its own"},
		{name: "apply", run: testApply, reason: "three-way merge by what was applied last, and diff by dry runs"},
		{name: "server-side", run: testServerSide, reason: "conflicts, and who has them"},
		{name: "prune", run: testPrune, reason: "what was applied once and is no longer said is deleted"},
		{name: "edit", run: testEdit, reason: "an editor's file goes in as a patch"},
		{name: "replace", run: testReplace, reason: "PUT, with a version and without"},
		{name: "patch", run: testPatch, reason: "each kind of patch, and the two commands that are patches"},
		{name: "scale", run: testScale, reason: "there is no such subresource, and a person should be told so"},
	}
	published(t)
	for _, k := range kubectls {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			// Or this would be the same binary three times.
			if out := k.run(t, "version", "--client", "--output=json"); !strings.Contains(out, fmt.Sprintf("%q", k.version)) {
				t.Fatalf("it is not %s: %s", k.version, out)
			}
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, k, k.name+"-"+c.name)
					if t.Failed() {
						t.Log(c.reason)
					}
				})
			}
		})
	}
}
