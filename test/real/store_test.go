package real

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/test/controlplane"
)

// platform is one on a cluster of real nodes, as its administrator sees it.
type platform struct {
	*controlplane.Cluster
	kube   kubernetes.Interface
	stores versioned.Interface
}

// say is what an operator would look at first when something does not come up. It is
// to be had at the end of a test that failed, before its stores are deleted.
func (p platform) say(t *testing.T) {
	if !t.Failed() {
		return
	}
	for _, what := range [][]string{
		{"get", "nodes", "-o", "custom-columns=NAME:.metadata.name,TAINTS:.spec.taints[*].key,CONDITIONS:.status.conditions[*].reason"},
		{"get", "pods,stores", "--all-namespaces", "-o", "wide"},
		{"get", "events", "--all-namespaces", "--sort-by=.metadata.creationTimestamp", "--field-selector=type=Warning"},
	} {
		out, said, _ := p.Kubectl(t, what...) // what it says of its own failure is told as well
		t.Logf("kubectl %s\n%s%s", strings.Join(what, " "), out, said)
	}
}

func platformOn(c *controlplane.Cluster) platform {
	return platform{c, kubernetes.NewForConfigOrDie(c.RESTConfig()), versioned.NewForConfigOrDie(c.RESTConfig())}
}

func (p platform) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, said, err := p.Kubectl(t, args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v: %s", strings.Join(args, " "), err, said)
	}
	return out
}

// make makes an object, and returns its kind and name.
func (p platform) make(t *testing.T, manifest string) string {
	t.Helper()
	out, said, err := p.KubectlAs(t, p.Kubeconfig(), strings.NewReader(manifest), "create", "-o", "name", "-f", "-")
	if err != nil {
		t.Fatalf("create: %v: %s", err, said)
	}
	return strings.TrimSpace(out)
}

// order makes a Store, and deletes it when the test ends.
func (p platform) order(t *testing.T, manifest string) {
	t.Helper()
	name := p.make(t, manifest)
	t.Cleanup(func() {
		p.say(t)
		p.kubectl(t, "delete", name, withPatience)
	})
}

// awaitReady waits until a Store is Ready as its present spec wants it.
func (p platform) awaitReady(t *testing.T, name string) *v1alpha1.Store {
	t.Helper()
	return p.awaitStore(t, name, "ready", func(store *v1alpha1.Store) bool {
		ready := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == store.Generation
	})
}

// awaitStore waits until a Store is as it should be.
func (p platform) awaitStore(t *testing.T, name, what string, is func(*v1alpha1.Store) bool) (store *v1alpha1.Store) {
	t.Helper()
	await(t, "store "+name+" to be "+what, func(ctx context.Context) (bool, string) {
		read, err := p.stores.PlatformV1alpha1().Stores().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err.Error()
		}
		store = read
		return is(read), conditionsOf(read)
	})
	return store
}

func conditionsOf(store *v1alpha1.Store) string {
	text := fmt.Sprintf("generation %d is %s:", store.Generation, store.Status.Phase)
	for _, c := range store.Status.Conditions {
		text += fmt.Sprintf("\n  %s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message)
	}
	return text
}
