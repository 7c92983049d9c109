package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testApply(t *testing.T, k kubectl, prefix string) {
	newStore(t, prefix)
	host := prefix + ".example.com"
	for _, step := range []struct {
		says, diff string
		spec       []string
	}{
		{says: "created", spec: []string{"displayName: One", "hosts: [" + host + "]"}, diff: "\n+  displayName: One\n"},
		{says: "unchanged", spec: []string{"displayName: One", "hosts: [" + host + "]"}},
		{says: "configured", spec: []string{"displayName: Two"}, diff: "\n-  - " + host + "\n"},
	} {
		out, stderr, code := k.exits(t, manifest(prefix, step.spec...), "diff", "--filename=-")
		if differs := code == 1; differs != (step.diff != "") || code > 1 || !strings.Contains(out, step.diff) {
			t.Errorf("diff before %s exits with %d: %s%s", step.says, code, out, stderr)
		}
		if out := k.feed(t, manifest(prefix, step.spec...), "apply", "--filename=-"); out != "store.platform.example.io/"+prefix+" "+step.says+"\n" {
			t.Errorf("apply says %q, want %s", out, step.says)
		}
		if step.says == "created" {
			// The provisioner's writes must not show in a diff.
			untilSettled(t, prefix)
		}
	}
	if spec := get(t, prefix).Spec; spec.DisplayName != "Two" || len(spec.Hosts) > 0 || !spec.Suspend {
		t.Errorf("apply leaves %+v", spec)
	}
	if out := k.feed(t, manifest(prefix, "displayName: Three"), "apply", "--filename=-", "--dry-run=server"); out != "store.platform.example.io/"+prefix+" configured (server dry run)\n" {
		t.Errorf("a dry run says %q", out)
	}
	if name := get(t, prefix).Spec.DisplayName; name != "Two" {
		t.Errorf("a dry run made displayName %q", name)
	}
	k.fails(t, manifest(prefix, "nonsense: true"), []string{`unknown field "spec.nonsense"`}, "apply", "--filename=-")
}

func testServerSide(t *testing.T, k kubectl, prefix string) {
	newStore(t, prefix)
	apply := func(manager string, more ...string) []string {
		return append([]string{"apply", "--server-side", "--filename=-", "--field-manager=" + manager}, more...)
	}
	if out := k.feed(t, manifest(prefix, "displayName: One"), apply("one")...); out != "store.platform.example.io/"+prefix+" serverside-applied\n" {
		t.Errorf("apply says %q", out)
	}
	k.fails(t, manifest(prefix, "displayName: Two"), []string{`conflict with "one"`, ".spec.displayName"}, apply("two")...)
	k.feed(t, manifest(prefix, "displayName: Two"), apply("two", "--force-conflicts")...)
	k.fails(t, manifest(prefix, "displayName: One"), []string{`conflict with "two"`}, apply("one")...)
	k.feed(t, manifest(prefix), apply("two")...)
	if spec := get(t, prefix).Spec; spec.DisplayName != "" || spec.Engine != "woocommerce" {
		t.Errorf("what its only manager gave up leaves %+v", spec)
	}
	untilSettled(t, prefix)
	if out, stderr, code := k.exits(t, manifest(prefix), "diff", "--server-side", "--field-manager=two", "--filename=-"); code != 0 {
		t.Errorf("diff --server-side of what is there exits with %d: %s%s", code, out, stderr)
	}
	// From one way to apply to the other, as people do.
	k.feed(t, manifest(prefix+"-2", "displayName: Client"), "apply", "--filename=-")
	newStore(t, prefix+"-2")
	k.feed(t, manifest(prefix+"-2", "displayName: Server"), "apply", "--server-side", "--filename=-")
	if name := get(t, prefix+"-2").Spec.DisplayName; name != "Server" {
		t.Errorf("after client-side apply became server-side displayName is %q", name)
	}
}

func testPrune(t *testing.T, k kubectl, prefix string) {
	one, two := newStore(t, prefix+"-1").Name, newStore(t, prefix+"-2").Name
	labels := "clients: " + prefix
	apply := []string{"apply", "--filename=-", "--prune", "--selector=clients=" + prefix, "--prune-allowlist=platform.example.io/v1alpha1/Store"}
	k.feed(t, labelledManifest(one, labels)+"---\n"+labelledManifest(two, labels), apply...)
	// Not applied, and so not pruned.
	newStore(t, prefix+"-3")
	k.feed(t, labelledManifest(prefix+"-3", labels), "create", "--filename=-")
	out := k.feed(t, labelledManifest(one, labels), apply...)
	if want := "store.platform.example.io/" + two + " pruned\n"; !strings.Contains(out, want) || strings.Count(out, "pruned") != 1 {
		t.Errorf("apply --prune says %q, want %q", out, want)
	}
	untilGone(t, two)
	if get(t, one).DeletionTimestamp != nil || get(t, prefix+"-3").DeletionTimestamp != nil {
		t.Error("more was pruned than that")
	}
}

func testEdit(t *testing.T, k kubectl, prefix string) {
	newStore(t, prefix)
	k.feed(t, manifest(prefix, "displayName: Before"), "create", "--filename=-")
	untilSettled(t, prefix)
	files := t.TempDir()
	edit := func(script string) (string, error) {
		command := k.command(t.Context(), "edit", "store", prefix)
		command.Env = append(command.Env, "KUBE_EDITOR=sed -i '"+script+"'", "TMPDIR="+files)
		out, err := command.CombinedOutput()
		return string(out), err
	}
	if out, err := edit("s/Before/After/"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if store := get(t, prefix); store.Spec.DisplayName != "After" || store.Generation != 2 {
		t.Errorf("after an edit displayName is %q and generation %d", store.Spec.DisplayName, store.Generation)
	}
	if out, err := edit("s/no-such-word/x/"); err != nil || !strings.Contains(out, "no changes made") {
		t.Errorf("an edit that changes nothing ends with %v: %s", err, out)
	}
	if out, err := edit("s/woocommerce/medusa/"); err == nil || !strings.Contains(out, "is invalid") {
		t.Errorf("an edit of what is immutable ends with %v: %s", err, out)
	}
	// kubectl keeps what could not be saved, under a comment that says why.
	kept, err := filepath.Glob(filepath.Join(files, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	why := ""
	for _, path := range kept {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		why += string(text)
	}
	if !strings.Contains(why, "# * spec.engine: Invalid value") {
		t.Errorf("kubectl kept %q, which say\n%s", kept, why)
	}
}

func testReplace(t *testing.T, k kubectl, prefix string) {
	newStore(t, prefix)
	k.feed(t, manifest(prefix), "create", "--filename=-")
	untilSettled(t, prefix)
	before := get(t, prefix)
	chosen := []string{"plan: " + before.Spec.Plan, "version: " + before.Spec.Version}
	if out := k.feed(t, manifest(prefix, append(chosen, "displayName: Replaced")...), "replace", "--filename=-"); out != "store.platform.example.io/"+prefix+" replaced\n" {
		t.Errorf("replace says %q", out)
	}
	if name := get(t, prefix).Spec.DisplayName; name != "Replaced" {
		t.Errorf("replaced, displayName is %q", name)
	}
	stale := strings.Replace(manifest(prefix, chosen...), "metadata:\n", "metadata:\n  resourceVersion: \""+before.ResourceVersion+"\"\n", 1)
	k.fails(t, stale, []string{"(Conflict)", "the object has been modified"}, "replace", "--filename=-")
	k.fails(t, manifest(prefix+"-missing"), []string{"(NotFound)"}, "replace", "--filename=-")
	// Deletes it, waits for that and makes it anew.
	k.feed(t, manifest(prefix, "displayName: Anew"), "replace", "--force", "--filename=-")
	if after := get(t, prefix); after.Spec.DisplayName != "Anew" || after.UID == before.UID {
		t.Errorf("replaced by force, displayName is %q and uid %s, and was %s", after.Spec.DisplayName, after.UID, before.UID)
	}
}

func testPatch(t *testing.T, k kubectl, prefix string) {
	order(t, prefix)
	for kind, patch := range map[string]string{
		"merge":     `{"spec":{"displayName":"merge"}}`,
		"strategic": `{"spec":{"displayName":"strategic"}}`,
		"json":      `[{"op":"add","path":"/spec/displayName","value":"json"}]`,
	} {
		k.run(t, "patch", "store", prefix, "--type="+kind, "--patch="+patch)
		if name := get(t, prefix).Spec.DisplayName; name != kind {
			t.Errorf("after a %s patch displayName is %q", kind, name)
		}
	}
	k.run(t, "label", "store", prefix, "team=blue")
	k.run(t, "annotate", "store", prefix, "note=mine")
	store := get(t, prefix)
	if diff := cmp.Diff([]map[string]string{{"team": "blue"}, {"note": "mine"}}, []map[string]string{store.Labels, store.Annotations}); diff != "" {
		t.Errorf("labels and annotations (-want +got):\n%s", diff)
	}
	k.run(t, "patch", "store", prefix, "--subresource=status", "--type=merge", fmt.Sprintf(`--patch={"status":{"conditions":[{"type":"Seen","status":"True","reason":"By","message":%q,"lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`, k.name))
	if out := k.run(t, "get", "store", prefix, "--subresource=status", `--output=jsonpath={.metadata.name}`); out != prefix {
		t.Errorf("get --subresource=status prints %q", out)
	}
}

func testScale(t *testing.T, k kubectl, prefix string) {
	order(t, prefix)
	untilSettled(t, prefix)
	before := get(t, prefix)
	k.fails(t, "", []string{"the server could not find the requested resource"}, "scale", "store", prefix, "--replicas=2")
	if diff := cmp.Diff(before, get(t, prefix)); diff != "" {
		t.Errorf("refused, and yet (-before +after):\n%s", diff)
	}
}
