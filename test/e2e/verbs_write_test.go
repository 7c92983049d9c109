package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestKubectlEdit edits as a person does, with an editor; spec moves the
// generation and a label does not.
func TestKubectlEdit(t *testing.T) {
	t.Parallel()
	order(t, "edited", suspended, func(s *v1alpha1.Store) { s.Spec.DisplayName = "Before" })
	untilSettled(t, "edited")
	edit := func(script string) (string, error) {
		command := cluster.KubectlCommand(t.Context(), cluster.Kubeconfig(), "edit", "store", "edited")
		command.Env = append(command.Env, "KUBE_EDITOR=sed -i '"+script+"'")
		out, err := command.CombinedOutput()
		return string(out), err
	}
	if out, err := edit("s/Before/After/"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := get(t, "edited"); got.Spec.DisplayName != "After" || got.Generation != 2 {
		t.Errorf("after an edit displayName is %q and generation %d, want After and 2", got.Spec.DisplayName, got.Generation)
	}
	if out, err := edit(`s/^  name: edited$/  labels: {edited: yes-it-is}\n&/`); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := get(t, "edited"); got.Labels["edited"] != "yes-it-is" || got.Generation != 2 {
		t.Errorf("after an edit labels are %v and generation is %d, want edited=yes-it-is and 2", got.Labels, got.Generation)
	}
	if out, err := edit("s/woocommerce/medusa/"); err == nil || !strings.Contains(out, `"edited" is invalid`) {
		t.Errorf("an edit of what is immutable ends with %v: %s", err, out)
	}
}

// TestKubectlPatch patches in each of the ways that built-in resources know.
func TestKubectlPatch(t *testing.T) {
	t.Parallel()
	order(t, "patched", suspended)
	for _, c := range []struct{ kind, patch, name string }{
		{kind: "merge", patch: `{"spec":{"displayName":"Merge"}}`, name: "Merge"},
		{kind: "json", patch: `[{"op":"test","path":"/spec/displayName","value":"Merge"},{"op":"replace","path":"/spec/displayName","value":"JSON"}]`, name: "JSON"},
		{kind: "strategic", patch: `{"spec":{"displayName":"Strategic"}}`, name: "Strategic"},
	} {
		if out := kubectl(t, "patch", "store", "patched", "--type="+c.kind, "--patch="+c.patch); out != "store.platform.example.io/patched patched\n" {
			t.Errorf("a %s patch says %q", c.kind, out)
		}
		if got := get(t, "patched").Spec.DisplayName; got != c.name {
			t.Errorf("after a %s patch displayName is %q, want %q", c.kind, got, c.name)
		}
	}
	// kubectl compares the whole object, and the provisioner reports on it.
	before := untilSettled(t, "patched").Generation
	if out := kubectl(t, "patch", "store", "patched", "--type=merge", `--patch={"spec":{"displayName":"Strategic"}}`); !strings.Contains(out, "(no change)") {
		t.Errorf("a patch that changes nothing says %q", out)
	}
	if got := get(t, "patched").Generation; got != before {
		t.Errorf("a patch that changes nothing moves the generation from %d to %d", before, got)
	}
	if _, stderr, code := exits(t, "", "patch", "store", "patched", "--type=json", `--patch=[{"op":"test","path":"/spec/displayName","value":"other"}]`); code != 1 {
		t.Errorf("a JSON patch whose test fails exits with %d: %s", code, stderr)
	}
}

// TestKubectlApply applies on the client's side and finds what it applied.
func TestKubectlApply(t *testing.T) {
	t.Parallel()
	newStore(t, "applied")
	apply := func(want string, spec ...string) {
		t.Helper()
		if got := feed(t, manifest("applied", spec...), "apply", "--filename=-"); got != "store.platform.example.io/applied "+want+"\n" {
			t.Errorf("apply says %q, want %s", got, want)
		}
	}
	diff := func(want int, spec ...string) string {
		t.Helper()
		stdout, stderr, code := exits(t, manifest("applied", spec...), "diff", "--filename=-")
		if code != want {
			t.Errorf("diff exits with %d, want %d: %s%s", code, want, stdout, stderr)
		}
		return stdout
	}
	diff(1)
	apply("created", "displayName: One", "hosts: [one.example.com]")
	untilSettled(t, "applied")
	apply("unchanged", "displayName: One", "hosts: [one.example.com]")
	diff(0, "displayName: One", "hosts: [one.example.com]")
	if got := diff(1, "displayName: Two"); !strings.Contains(got, "\n+  displayName: Two\n") || !strings.Contains(got, "\n-  - one.example.com\n") {
		t.Errorf("diff says\n%s", got)
	}
	if _, stderr, code := exits(t, manifest("applied", "plan: none"), "diff", "--filename=-"); code <= 1 {
		t.Errorf("diff of what cannot be applied exits with %d, want more than 1: %s", code, stderr)
	}
	apply("configured", "displayName: Two")
	if got := get(t, "applied").Spec; got.DisplayName != "Two" || len(got.Hosts) != 0 {
		t.Errorf("apply leaves %+v", got)
	}
	untilSettled(t, "applied")
}

// TestServerSideApply shares a store between two field managers.
func TestServerSideApply(t *testing.T) {
	t.Parallel()
	newStore(t, "shared")
	one := []string{"apply", "--server-side", "--field-manager=one", "--filename=-"}
	two := []string{"apply", "--server-side", "--field-manager=two", "--filename=-"}
	feed(t, manifest("shared", "displayName: One", "hosts: [one.example.org]"), one...)
	if _, stderr, code := exits(t, manifest("shared", "displayName: Two"), two...); code != 1 || !strings.Contains(stderr, ".spec.displayName") {
		t.Errorf("a conflict exits with %d: %s", code, stderr)
	}
	_, err := stores.Patch(t.Context(), "shared", types.ApplyPatchType, []byte(manifest("shared", "displayName: Two")), metav1.PatchOptions{FieldManager: "two"})
	if status := statusOf(t, err); status.Reason != metav1.StatusReasonConflict ||
		!cmp.Equal(causes(status), []string{"FieldManagerConflict .spec.displayName"}) {
		t.Errorf("a conflict is %s %v", status.Reason, causes(status))
	}
	feed(t, manifest("shared", "displayName: Two", "hosts: [two.example.org]"), append(two, "--force-conflicts")...)
	got := get(t, "shared")
	if diff := cmp.Diff([]string{"one.example.org", "two.example.org"}, got.Spec.Hosts); got.Spec.DisplayName != "Two" || diff != "" {
		t.Errorf("displayName is %q; hosts, a set that both own a part of (-want +got):\n%s", got.Spec.DisplayName, diff)
	}
	// What its only owner applies no longer goes; what another owns stays.
	feed(t, manifest("shared"), one...)
	got = untilSettled(t, "shared")
	if diff := cmp.Diff([]string{"two.example.org"}, got.Spec.Hosts); got.Spec.DisplayName != "Two" || diff != "" {
		t.Errorf("displayName is %q; hosts (-want +got):\n%s", got.Spec.DisplayName, diff)
	}
	for _, entry := range got.ManagedFields {
		if entry.APIVersion != "platform.example.io/v1alpha1" {
			t.Errorf("manager %s owns fields of %s, which is not the Store", entry.Manager, entry.APIVersion)
		}
	}
}

// TestKubectlLabel keeps labels on the Store and off its namespace, where they
// would mean something to others.
func TestKubectlLabel(t *testing.T) {
	t.Parallel()
	order(t, "labelled", suspended)
	kubectl(t, "label", "store", "labelled", "team=blue", "pod-security.kubernetes.io/enforce=privileged")
	kubectl(t, "annotate", "store", "labelled", "note=first")
	if _, stderr, code := exits(t, "", "label", "store", "labelled", "team=red"); code != 1 || !strings.Contains(stderr, "--overwrite") {
		t.Errorf("a label is overwritten with exit code %d: %s", code, stderr)
	}
	got := get(t, "labelled")
	if got.Labels["team"] != "blue" || got.Annotations["note"] != "first" || got.Generation != 1 {
		t.Errorf("labels are %v, annotations %v, generation %d", got.Labels, got.Annotations, got.Generation)
	}
	namespace, err := kube.CoreV1().Namespaces().Get(t.Context(), "store-labelled", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, has := namespace.Labels["team"]; has || namespace.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		t.Errorf("the namespace has the labels %v", namespace.Labels)
	}
	kubectl(t, "label", "store", "labelled", "team-")
	kubectl(t, "annotate", "store", "labelled", "note-")
	if got := get(t, "labelled"); got.Labels["team"] != "" || len(got.Annotations) != 0 {
		t.Errorf("labels are %v, annotations %v", got.Labels, got.Annotations)
	}
}

// TestKubectlDelete deletes one store by name, some by label, and as a collection.
func TestKubectlDelete(t *testing.T) {
	t.Parallel()
	names := []string{"delete-1", "delete-2", "delete-3", "delete-4", "delete-5"}
	for _, name := range names {
		order(t, name, suspended, func(s *v1alpha1.Store) { s.Labels = map[string]string{"e2e": "delete", "name": name} })
	}
	if out := kubectl(t, "delete", "store", "delete-1", "--timeout="+patience.String()); !strings.HasPrefix(out, `store.platform.example.io "delete-1" deleted`) {
		t.Errorf("delete says %q", out)
	}
	if _, err := stores.Get(t.Context(), "delete-1", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after kubectl delete a get gives %v, want not found", err)
	}
	kubectl(t, "delete", "stores", "--selector=e2e=delete,name in (delete-2,delete-3)", "--wait=false")
	kubectl(t, "wait", "--for=delete", "store/delete-2", "store/delete-3", "--timeout="+patience.String())
	if left := column(t, kubectl(t, "get", "stores", "--selector=e2e=delete"), "NAME"); !cmp.Equal(left, names[3:]) {
		t.Errorf("left are %v, want %v", left, names[3:])
	}
	err := stores.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "e2e=delete"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		untilGone(t, name)
	}
	if _, stderr, code := exits(t, "", "delete", "store", "delete-1"); code != 1 || !strings.Contains(stderr, "(NotFound)") {
		t.Errorf("a second delete exits with %d: %s", code, stderr)
	}
	kubectl(t, "delete", "store", "delete-1", "--ignore-not-found")
}

// TestDryRun does everything on the server, and nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	order(t, "dry", suspended)
	want := untilSettled(t, "dry")
	if got := feed(t, manifest("dry-new"), "create", "--dry-run=server", "--filename=-", "--output=jsonpath={.spec.plan}"); got != "starter" {
		t.Errorf("a dry run of create answers with plan %q, want the default that the server chooses", got)
	}
	for _, args := range [][]string{{"apply"}, {"apply", "--server-side"}} {
		feed(t, manifest("dry-new"), append(args, "--dry-run=server", "--filename=-")...)
		feed(t, manifest("dry", "displayName: Dry"), append(args, "--dry-run=server", "--filename=-")...)
	}
	kubectl(t, "patch", "store", "dry", "--dry-run=server", "--type=merge", `--patch={"spec":{"displayName":"Dry"}}`)
	kubectl(t, "label", "store", "dry", "--dry-run=server", "dry=run")
	kubectl(t, "delete", "store", "dry", "--dry-run=server")
	if diff := cmp.Diff(want, get(t, "dry")); diff != "" {
		t.Errorf("a dry run changed the store (-want +got):\n%s", diff)
	}
	if _, err := kube.CoreV1().Namespaces().Get(t.Context(), "store-dry-new", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a dry run made a namespace: %v", err)
	}
}

// TestStatusSubresource writes status, and nothing but status.
func TestStatusSubresource(t *testing.T) {
	t.Parallel()
	order(t, "report", suspended)
	before := untilSettled(t, "report")
	kubectl(t, "patch", "store", "report", "--subresource=status", "--type=merge",
		`--patch={"spec":{"plan":"business"},"metadata":{"labels":{"a":"b"}},"status":{"creator":"somebody","url":"http://elsewhere"}}`)
	after := get(t, "report")
	if diff := cmp.Diff(before.Spec, after.Spec); diff != "" || len(after.Labels) != 0 || after.Generation != before.Generation {
		t.Errorf("a write to the status changed labels to %v, generation to %d, or spec (-want +got):\n%s", after.Labels, after.Generation, diff)
	}
	if after.Status.Creator != "localcluster-admin" {
		t.Errorf("the creator is now %q", after.Status.Creator)
	}
	// The provisioner puts right what it reports.
	until(t, "report", "says its own URL", func(s *v1alpha1.Store) bool { return s.Status.URL == before.Status.URL })
	kubectl(t, "patch", "store", "report", "--type=merge", `--patch={"status":{"phase":"Ready","url":"http://elsewhere"}}`)
	if got := get(t, "report"); got.Status.Phase != before.Status.Phase || got.Status.URL != before.Status.URL {
		t.Errorf("a write to the store changed its status to %+v", got.Status)
	}
	_, err := stores.UpdateStatus(t.Context(), &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "report-missing"}}, metav1.UpdateOptions{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the status of a store that does not exist: %v, want not found", err)
	}
}
