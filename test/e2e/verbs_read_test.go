package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

func TestKubectlGet(t *testing.T) {
	t.Parallel()
	newStore(t, "get")
	if got, want := feed(t, manifest("get"), "create", "--filename=-"), "store.platform.example.io/get created\n"; got != want {
		t.Errorf("create says %q, want %q", got, want)
	}
	if _, stderr, code := exits(t, manifest("get"), "create", "--filename=-"); code != 1 || !strings.Contains(stderr, "(AlreadyExists)") {
		t.Errorf("a second create exits with %d: %s", code, stderr)
	}
	want := untilSettled(t, "get")

	header := func(args ...string) []string {
		first, _, _ := strings.Cut(kubectl(t, append([]string{"get", "stores", "get"}, args...)...), "\n")
		return strings.Fields(first)
	}
	columns := []string{"NAME", "ENGINE", "VERSION", "PHASE", "READY", "URL", "AGE"}
	if diff := cmp.Diff(columns, header()); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(append(columns, "PLAN", "NAMESPACE", "REASON"), header("--output=wide")); diff != "" {
		t.Errorf("wide columns (-want +got):\n%s", diff)
	}
	row := strings.Fields(kubectl(t, "get", "sto", "get", "--no-headers", "--output=wide"))
	row = slices.Delete(row, 6, 7) // the age
	if diff := cmp.Diff([]string{"get", "woocommerce", "10.9.4", "Suspended", "False", "http://get.localtest.me", "starter", "store-get", "Suspended"}, row); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	if got := kubectl(t, "get", "store.platform.example.io", "get", "--output=name"); got != "store.platform.example.io/get\n" {
		t.Errorf("-o name is %q", got)
	}
	want.ManagedFields = nil // kubectl does not show them
	decoders := map[string]func([]byte, any) error{
		"json": json.Unmarshal,
		"yaml": func(data []byte, into any) error { return yaml.UnmarshalStrict(data, into) },
	}
	for format, decode := range decoders {
		got := &v1alpha1.Store{}
		if err := decode([]byte(kubectl(t, "get", "store", "get", "--output="+format)), got); err != nil {
			t.Fatal(err)
		}
		got.TypeMeta = metav1.TypeMeta{} // typed clients drop it
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-o %s (-want +got):\n%s", format, diff)
		}
	}
	if _, stderr, code := exits(t, "", "get", "store", "no-such-store"); code != 1 || !strings.Contains(stderr, `stores.platform.example.io "no-such-store" not found`) {
		t.Errorf("get of what does not exist exits with %d: %s", code, stderr)
	}
}

// TestKubectlGetWatch watches a store from its birth to its end.
func TestKubectlGetWatch(t *testing.T) {
	t.Parallel()
	watched := func(store *v1alpha1.Store) { store.Labels = map[string]string{"e2e": "watch"} }
	order(t, "watch-before", watched, suspended)

	ctx, stop := context.WithTimeout(t.Context(), patience)
	command := cluster.KubectlCommand(ctx, cluster.Kubeconfig(), "get", "stores", "--watch", "--output-watch-events",
		"--no-headers", "--selector=e2e=watch")
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
	lines := make(chan []string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			lines <- strings.Fields(scanner.Text())
		}
	}()
	// next returns the event and phase of the first line about a store that has either.
	next := func(store string, events, phases []string) (seen []string) {
		t.Helper()
		for line := range lines {
			if len(line) < 5 || line[1] != store {
				continue
			}
			seen = append(seen, line[0]+" "+line[4])
			if slices.Contains(events, line[0]) && slices.Contains(phases, line[4]) {
				return seen
			}
		}
		t.Fatalf("kubectl stopped watching, after %v, before %v %v", seen, events, phases)
		return nil
	}
	next("watch-before", []string{"ADDED"}, []string{"Pending", "Provisioning", "Suspended"})
	order(t, "watch-after", watched)
	seen := next("watch-after", []string{"MODIFIED"}, []string{"Ready"})
	if seen[0] != "ADDED Pending" {
		t.Errorf("the first event is %s, want ADDED Pending", seen[0])
	}
	kubectl(t, "delete", "store", "watch-after", "--wait=false")
	next("watch-after", []string{"MODIFIED"}, []string{"Terminating"})
	next("watch-after", []string{"DELETED"}, []string{"Terminating"})
}

func TestKubectlDescribe(t *testing.T) {
	t.Parallel()
	order(t, "described")
	kubectl(t, "wait", "--for=condition=Ready", "store/described", "--timeout="+patience.String())
	eventually(t, "describe shows what happened", func(context.Context) error {
		text := kubectl(t, "describe", "store", "described")
		for _, want := range []string{"Name:         described\n", "Engine:   woocommerce\n", "ProvisioningStarted", "BecameReady", "Admin Secret Ref:"} {
			if !strings.Contains(text, want) {
				return fmt.Errorf("no %q in\n%s", want, text)
			}
		}
		return nil
	})
}

// TestSelectors selects by every field that can be selected, and by label.
func TestSelectors(t *testing.T) {
	t.Parallel()
	labelled := func(store *v1alpha1.Store) { store.Labels = map[string]string{"e2e": "select"} }
	order(t, "select-a", suspended, labelled, func(s *v1alpha1.Store) { s.Spec.Plan = "business" })
	order(t, "select-b", suspended, labelled, func(s *v1alpha1.Store) { s.Spec.Engine = "medusa" })
	order(t, "select-c", suspended)
	for _, name := range []string{"select-a", "select-b", "select-c"} {
		untilSettled(t, name)
	}
	for _, c := range []struct {
		name, label, field string
		want               []string
	}{
		{name: "label", label: "e2e=select", want: []string{"select-a", "select-b"}},
		{name: "label set", label: "e2e in (select),nothing!=here", want: []string{"select-a", "select-b"}},
		{name: "name", field: "metadata.name=select-c", want: []string{"select-c"}},
		{name: "engine", label: "e2e=select", field: "spec.engine=medusa", want: []string{"select-b"}},
		{name: "not engine", label: "e2e=select", field: "spec.engine!=medusa", want: []string{"select-a"}},
		{name: "plan", label: "e2e=select", field: "spec.plan=business", want: []string{"select-a"}},
		{name: "phase", label: "e2e=select", field: "status.phase=Suspended,spec.plan=starter", want: []string{"select-b"}},
		{name: "no such phase", label: "e2e=select", field: "status.phase=Ready", want: []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Fields(kubectl(t, "get", "stores", "--output=jsonpath={.items[*].metadata.name}", "--selector="+c.label, "--field-selector="+c.field))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, stderr, code := exits(t, "", "get", "stores", "--field-selector=spec.suspend=true"); code != 1 || !strings.Contains(stderr, "(BadRequest)") {
		t.Errorf("an unknown field exits with %d: %s", code, stderr)
	}
}

// TestPages gets a list in pages, which together are the list at one version.
func TestPages(t *testing.T) {
	t.Parallel()
	var want []string
	for i := range 5 {
		name := fmt.Sprintf("page-%d", i)
		order(t, name, suspended, func(s *v1alpha1.Store) { s.Labels = map[string]string{"e2e": "page"} })
		want = append(want, name)
	}
	for _, size := range []string{"1", "2", "5", "0"} {
		got := column(t, kubectl(t, "get", "stores", "--selector=e2e=page", "--chunk-size="+size), "NAME")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in pages of %s (-want +got):\n%s", size, diff)
		}
	}
	var got []string
	var versions []string
	options := metav1.ListOptions{LabelSelector: "e2e=page", Limit: 2}
	for first := true; first || options.Continue != ""; first = false {
		page, err := stores.List(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) > 2 {
			t.Errorf("a page of two has %d items", len(page.Items))
		}
		for _, store := range page.Items {
			got = append(got, store.Name)
		}
		versions = append(versions, page.ResourceVersion)
		options.Continue = page.Continue
		if first {
			// What changes between two pages must show on neither.
			merge(t, "page-4", `{"metadata":{"labels":{"e2e":"turned"}}}`)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if len(slices.Compact(versions)) != 1 {
		t.Errorf("the pages are of versions %v, want one", versions)
	}
}
