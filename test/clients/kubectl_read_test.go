package clients

import (
	"bufio"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func testAPIResources(t *testing.T, k kubectl, _ string) {
	wide := k.run(t, "api-resources", "--api-group=platform.example.io", "--output=wide", "--no-headers")
	rows := map[string][]string{}
	for line := range strings.Lines(wide) {
		fields := strings.Fields(line)
		rows[fields[0]] = fields[1:]
	}
	want := map[string][]string{
		"stores":  {"sto", "platform.example.io/v1alpha1", "false", "Store", "create,delete,deletecollection,get,list,patch,update,watch", "platform"},
		"engines": {"platform.example.io/v1alpha1", "false", "Engine", "get,list", "platform"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("api-resources (-want +got):\n%s", diff)
	}
	if out := k.run(t, "api-resources", "--categories=platform", "--output=name"); !strings.Contains(out, "stores.platform.example.io\n") {
		t.Errorf("the category has %q", out)
	}
	if out := k.run(t, "auth", "can-i", "watch", "stores.platform.example.io"); out != "yes\n" {
		t.Errorf("may the administrator watch? %q", out)
	}
}

func testExplain(t *testing.T, k kubectl, _ string) {
	for path, words := range map[string][]string{
		"store":                     {"GROUP:      platform.example.io", "KIND:       Store", "VERSION:    v1alpha1", "spec\t<StoreSpec>"},
		"sto.spec":                  {"engine\t<string>", "-required-", "hosts\t<[]string>", "storage\t<[]VolumeStorage>"},
		"stores.spec.storage.size":  {"FIELD: size"},
		"stores.status.conditions":  {"FIELD: conditions <[]Condition>", "lastTransitionTime"},
		"stores.metadata.namespace": {"FIELD: namespace <string>"},
	} {
		out := k.run(t, "explain", path)
		for _, word := range words {
			if !strings.Contains(out, word) {
				t.Errorf("explain %s does not say %q:\n%s", path, word, out)
			}
		}
	}
	if out := k.run(t, "explain", "store", "--recursive"); !strings.Contains(out, "deletionProtection\t<boolean>") {
		t.Errorf("explain --recursive says\n%s", out)
	}
	k.fails(t, "", []string{`field "nothing" does not exist`}, "explain", "store.spec.nothing")
}

func testGet(t *testing.T, k kubectl, prefix string) {
	newStore(t, prefix)
	if out := k.feed(t, labelledManifest(prefix, "clients: "+prefix), "create", "--filename=-"); out != "store.platform.example.io/"+prefix+" created\n" {
		t.Errorf("create says %q", out)
	}
	k.fails(t, manifest(prefix), []string{"(AlreadyExists)", `stores.platform.example.io "` + prefix + `" already exists`}, "create", "--filename=-")
	untilSettled(t, prefix)
	lines := strings.Split(strings.TrimSpace(k.run(t, "get", "stores", "--selector=clients="+prefix)), "\n")
	if diff := cmp.Diff([]string{"NAME", "ENGINE", "VERSION", "PHASE", "READY", "URL", "AGE"}, strings.Fields(lines[0])); diff != "" || len(lines) != 2 {
		t.Errorf("get prints %d lines, and columns (-want +got):\n%s", len(lines), diff)
	}
	// A Store is not among what "all" stands for, and does not spoil it either.
	stdout, stderr, code := k.exits(t, "", "get", "all", "--all-namespaces", "--selector=clients="+prefix)
	if code != 0 || stdout != "" || !strings.Contains(stderr, "No resources found") {
		t.Errorf("get all exits with %d: %s%s", code, stdout, stderr)
	}
	if out := k.run(t, "get", "all", "--namespace=store-"+prefix, "--output=name"); !strings.Contains(out, "service/") {
		t.Errorf("the shop's namespace has %q", out)
	}
	if out := k.run(t, "get", "platform", "--selector=clients="+prefix, "--output=name"); out != "store.platform.example.io/"+prefix+"\n" {
		t.Errorf("the category has %q", out)
	}
	if out := k.run(t, "get", "sto", "--field-selector=spec.engine=medusa", "--selector=clients="+prefix, "--output=name"); out != "" {
		t.Errorf("of another engine there is %q", out)
	}
	if out := k.run(t, "describe", "store", prefix); !strings.Contains(out, "Engine:   woocommerce\n") {
		t.Errorf("describe says\n%s", out)
	}
}

func testWatch(t *testing.T, k kubectl, prefix string) {
	order(t, prefix, labelled("clients", prefix))
	ctx, stop := context.WithTimeout(t.Context(), patience)
	command := k.command(ctx, "get", "stores", "--watch", "--output-watch-events", "--no-headers", "--selector=clients="+prefix)
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop()
		_ = command.Wait() // it was killed
	}()
	lines := bufio.NewScanner(out)
	// until reads to an event about a store, in whatever phase where none is given.
	until := func(want ...string) {
		t.Helper()
		var seen []string
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			event := []string{fields[0], fields[1], fields[4]}
			if slices.Equal(event[:len(want)], want) {
				return
			}
			seen = append(seen, strings.Join(event, " "))
		}
		t.Fatalf("kubectl stopped watching before %v, after %q", want, seen)
	}
	// It may have come to rest before kubectl looks: what is watched is changed once more.
	until("ADDED", prefix)
	untilSettled(t, prefix)
	if _, err := stores.Patch(t.Context(), prefix, types.MergePatchType, []byte(`{"metadata":{"annotations":{"note":"watched"}}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	until("MODIFIED", prefix, "Suspended")
	order(t, prefix+"-2", labelled("clients", prefix))
	until("ADDED", prefix+"-2", "Pending")
	// What no longer matches goes, for whoever selects.
	k.run(t, "label", "store", prefix, "--overwrite", "clients=other")
	until("DELETED", prefix, "Suspended")
	if err := stores.Delete(t.Context(), prefix+"-2", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	until("DELETED", prefix+"-2", "Terminating")
}

func testWait(t *testing.T, k kubectl, prefix string) {
	order(t, prefix, running)
	timeout := "--timeout=" + patience.String()
	store := "store/" + prefix
	if out := k.run(t, "wait", "--for=condition=Ready", store, timeout); out != "store.platform.example.io/"+prefix+" condition met\n" {
		t.Errorf("wait says %q", out)
	}
	k.run(t, "wait", "--for=condition=Reconciling=False", store, timeout)
	k.run(t, "wait", "--for=jsonpath={.status.phase}=Ready", store, timeout)
	k.run(t, "wait", "--for=jsonpath={.status.adminSecretRef.name}", store, timeout)
	k.fails(t, "", []string{"timed out waiting for the condition on stores/" + prefix}, "wait", "--for=condition=Stalled", store, "--timeout=1s")
	k.run(t, "delete", store, "--wait=false")
	k.run(t, "wait", "--for=delete", store, timeout)
	k.fails(t, "", []string{"(NotFound)"}, "get", store)
}
