package lifecycle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestLifecycle is the life of one installation, in order.
func TestLifecycle(t *testing.T) {
	begin(t)

	step(t, "the previous release is installed", func(t *testing.T) { install(t, previous()) })
	served(t)
	shops := map[string]shop{}
	step(t, "stores are ordered", func(t *testing.T) {
		for _, name := range []string{"life-one", "life-two"} {
			order(t, name)
		}
		for _, name := range []string{"life-one", "life-two"} {
			shops[name] = ready(t, name)
		}
	})
	step(t, "it is upgraded under load", func(t *testing.T) {
		clients := startLoad(t, "life-upgrade")
		upgrade(t, current())
		served(t)
		clients.check(t)
		unharmed(t, shops)
	})
	step(t, "the API server is restarted under load", func(t *testing.T) {
		clients := startLoad(t, "life-restart")
		kubectl(t, "-n", namespace, "rollout", "restart", "deployment/store-apiserver")
		kubectl(t, "-n", namespace, "rollout", "status", "deployment/store-apiserver", "--timeout=2m")
		clients.check(t)
	})
	step(t, "certificates are renewed under load", func(t *testing.T) {
		upgrade(t, append(current(), "--values", "testdata/values-short.yaml"))
		served(t)
		clients := startLoad(t, "life-renewal")
		// As docs/operations.md has it: all anew, from now on with short lives.
		kubectl(t, "-n", namespace, "patch", "secret", "store-apiserver-serving", "--type=json", "-p", `[{"op":"remove","path":"/data"}]`)
		renewed(t)
		clients.check(t)
	})
	step(t, "it is rolled back", func(t *testing.T) {
		upgrade(t, current())
		clients := startLoad(t, "life-rollback")
		helm(t, append([]string{"rollback", release, "3"}, waiting...)...)
		served(t)
		clients.check(t)
		unharmed(t, shops)
	})
	step(t, "it is rolled back to the previous release", func(t *testing.T) {
		// That one has a certificate of the chart's own, and says itself whom to trust.
		helm(t, append([]string{"rollback", release, "1", "--force-conflicts"}, waiting...)...)
		served(t)
		unharmed(t, shops)
	})
	step(t, "it is upgraded again, and removed", func(t *testing.T) {
		trustedByServer(t)
		upgrade(t, current())
		before := len(deletions(t))
		uninstall(t)
		removed(t, before)
		unharmed(t, shops)
	})
	step(t, "it is installed again, and finds its stores", func(t *testing.T) {
		install(t, current())
		served(t)
		for name, was := range shops {
			if is := ready(t, name); is.uid != was.uid {
				t.Errorf("Store %s is another: %s, was %s", name, is.uid, was.uid)
			}
		}
		unharmed(t, shops)
		order(t, "life-three")
		ready(t, "life-three")
	})
}

// step runs a part, and nothing after it where it fails.
func step(t *testing.T, name string, run func(*testing.T)) {
	t.Helper()
	if !t.Run(name, run) {
		t.FailNow()
	}
}

func kubectl(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*patience)
	defer cancel()
	command := cluster.KubectlCommand(ctx, cluster.Kubeconfig(), args...)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("kubectl %v: %v\n%s", args, errors.Join(err, ctx.Err()), stderr.String())
	}
	return string(out)
}

// served waits until kube-apiserver reaches the API by what the release installed.
func served(t testing.TB) {
	t.Helper()
	kubectl(t, "wait", "--for=condition=Available", "apiservice/"+apiService, "--timeout=2m")
	eventually(t, "stores are listed", func(ctx context.Context) error {
		_, err := stores.PlatformV1alpha1().Stores().List(ctx, metav1.ListOptions{})
		return err
	})
}

// shop is what of a store must outlive the platform.
type shop struct {
	uid, namespaceUID string
	pods              []string
}

func order(t testing.TB, name string) {
	t.Helper()
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: "woocommerce"}}
	if _, err := stores.PlatformV1alpha1().Stores().Create(t.Context(), store, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func ready(t testing.TB, name string) shop {
	t.Helper()
	var is shop
	eventually(t, "Store "+name+" is ready", func(ctx context.Context) error {
		store, err := stores.PlatformV1alpha1().Stores().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if !apimeta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionReady) {
			return fmt.Errorf("its conditions are %+v", store.Status.Conditions)
		}
		is = seen(ctx, t, name)
		is.uid = string(store.UID)
		return nil
	})
	return is
}

func seen(ctx context.Context, t testing.TB, name string) shop {
	t.Helper()
	of := v1alpha1.NamespacePrefix + name
	found, err := kube.CoreV1().Namespaces().Get(ctx, of, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pods, err := kube.CoreV1().Pods(of).List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	is := shop{namespaceUID: string(found.UID)}
	for _, pod := range pods.Items {
		// Those that serve: a Job's runs now and then, and ends.
		if _, once := pod.Labels[batchv1.JobNameLabel]; pod.Status.Phase == corev1.PodRunning && !once {
			is.pods = append(is.pods, string(pod.UID))
		}
	}
	slices.Sort(is.pods)
	return is
}

// unharmed wants the pods of every shop to be those that they were: customers
// noticed nothing.
func unharmed(t testing.TB, shops map[string]shop) {
	t.Helper()
	for name, was := range shops {
		is := seen(t.Context(), t, name)
		if is.namespaceUID != was.namespaceUID || !slices.Equal(is.pods, was.pods) || len(is.pods) == 0 {
			t.Errorf("the shop of %s was %+v, and is %+v", name, was, is)
		}
	}
}

// removed wants nothing of the platform left but stores, the API unregistered
// before its servers went, and the cluster free to delete namespaces. Before are the
// deletions that Helm did not make to remove it.
func removed(t testing.TB, before int) {
	t.Helper()
	for _, kind := range []string{"apiservices", "clusterroles", "clusterrolebindings", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "flowschemas", "prioritylevelconfigurations"} {
		if left := kubectl(t, "get", kind, "--selector", "app.kubernetes.io/name=store-platform", "--output", "name"); left != "" {
			t.Errorf("these are left: %s", left)
		}
	}
	var order []string
	for _, event := range deletions(t)[before:] {
		order = append(order, event.ObjectRef.Resource)
	}
	if first := slices.Index(order, "apiservices"); first < 0 || slices.Contains(order[:first], "deployments") || slices.Contains(order[:first], "services") {
		t.Errorf("Helm deleted in this order: %v; the APIService has to go first, or deletions of namespaces hang", order)
	}
	bystander := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "life-bystander"}}
	if _, err := kube.CoreV1().Namespaces().Create(t.Context(), bystander, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := kube.CoreV1().Namespaces().Delete(t.Context(), bystander.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a namespace can be deleted without the platform", func(ctx context.Context) error {
		_, err := kube.CoreV1().Namespaces().Get(ctx, bystander.Name, metav1.GetOptions{})
		return gone(err)
	})
}

type auditEvent struct {
	Verb      string
	ObjectRef struct{ Resource, Namespace, Name string }
}

// deletions are what was deleted of the platform, in order.
func deletions(t testing.TB) []auditEvent {
	t.Helper()
	log, err := os.ReadFile(cluster.LogPath("audit"))
	if err != nil {
		t.Fatal(err)
	}
	var events []auditEvent
	for line := range bytes.Lines(log) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // it is being written
		}
		var event auditEvent
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if event.ObjectRef.Namespace == namespace || event.ObjectRef.Name == apiService {
			events = append(events, event)
		}
	}
	return events
}

// apiService is the registration of the API.
const apiService = "v1alpha1.platform.example.io"
