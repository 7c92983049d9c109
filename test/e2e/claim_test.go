package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
	"platform.example.io/stores/test/controlplane"
)

// TestClaimIsDeleted has somebody delete the claim of a shop that serves, and bring
// its volume back by the commands of docs/operations.md.
func TestClaimIsDeleted(t *testing.T) {
	t.Parallel()
	const name, namespace = "claim-deleted", "store-claim-deleted"
	order(t, name)
	untilReady(t, name)
	volume := func() string {
		return kubectl(t, "--namespace="+namespace, "get", "pvc", "database", "--output=jsonpath={.spec.volumeName}")
	}
	before := volume()

	kubectl(t, "--namespace="+namespace, "delete", "pvc", "database", "--wait=false")
	store := untilCondition(t, name, v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonClaimTerminating)
	if said := apimeta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionDatabaseReady).Message; !strings.Contains(said, "kubectl patch pv "+before+" ") {
		t.Errorf("the Store does not say how to keep volume %s: %s", before, said)
	}
	untilCondition(t, name, v1alpha1.ConditionStalled, metav1.ConditionTrue, health.ReasonClaimTerminating)

	follow(t, "operations.md", "## A deleted claim", name)
	untilReady(t, name)
	if after := volume(); after != before {
		t.Errorf("the claim is bound to %s, not to %s as before", after, before)
	}
}

// follow types the commands of a chapter that are about store acme, for another
// one, in one shell.
func follow(t *testing.T, document, chapter, store string) {
	t.Helper()
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", document))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+chapter+"\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	// Every other piece between fences is commands.
	var commands strings.Builder
	for i, piece := range strings.Split(rest, "\n```\n") {
		if i%2 == 1 {
			commands.WriteString(piece + "\n")
		}
	}
	if commands.Len() == 0 {
		t.Fatalf("docs/%s has no commands below %q", document, chapter)
	}
	programs := t.TempDir()
	if err := os.Symlink(filepath.Join(root, ".local", "bin", "kubectl"), filepath.Join(programs, "kubectl")); err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), "bash", "-o", "errexit", "-o", "nounset", "-o", "pipefail", "-c", strings.ReplaceAll(commands.String(), "acme", store))
	shell.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "KUBECONFIG="+cluster.Kubeconfig(), "HOME="+programs)
	if said, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%s\nends with %v: %s", commands.String(), err, said)
	}
}
