package provisioner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestProvision takes each engine from an order to a shop that is ready, and then
// holds the provisioner to costing nothing.
func TestProvision(t *testing.T) {
	tests := []struct{ engine, version string }{
		{"woocommerce", "10.9.4"},
		{"medusa", medusaVersion()},
	}
	for _, tt := range tests {
		t.Run(tt.engine, func(t *testing.T) {
			b := newBench(t)
			name := "provision-" + tt.engine
			p := b.provision(nil)
			b.order(name, func(s *v1alpha1.Store) { s.Spec.Engine, s.Spec.Version = tt.engine, tt.version })
			store := b.condition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")

			checkStatus(t, store, tt.version)
			checkAsRendered(t, p, store)
			checkNothingTwice(t, p.requests.about(name, 0))
			b.quiet(p, name)

			p.stop()
			again := b.provision(nil)
			b.quiet(again, name)
			if writes := writesOf(again.requests.about(name, 0)); len(writes) > 0 {
				t.Errorf("a new process writes what is written already: %v", writes)
			}
		})
	}
}

func medusaVersion() string {
	installed, _ := must(embedded()).Lookup("medusa")
	return installed.Latest().Definition.DefaultVersion
}

func checkStatus(t *testing.T, store *v1alpha1.Store, version string) {
	t.Helper()
	status := store.Status.DeepCopy()
	if status.ProvisioningStartTime == nil || status.ReadyTime == nil || status.ReadyTime.Before(status.ProvisioningStartTime) {
		t.Errorf("started at %v, ready at %v", status.ProvisioningStartTime, status.ReadyTime)
	}
	status.Conditions, status.ProvisioningStartTime, status.ReadyTime = nil, nil, nil
	status.AdminURL = strings.TrimPrefix(status.AdminURL, status.URL)
	installed, _ := must(embedded()).Lookup(store.Spec.Engine)
	want := &v1alpha1.StoreStatus{
		Phase:              v1alpha1.StoreReady,
		ObservedGeneration: 1,
		Namespace:          "store-" + store.Name,
		URL:                "http://" + store.Name + ".localtest.me",
		AdminURL:           installed.Latest().Definition.AdminPath,
		AdminSecretRef:     &v1alpha1.SecretReference{Namespace: "store-" + store.Name, Name: installed.Latest().Definition.AdminSecret},
		EngineVersion:      version,
		EngineRevision:     installed.Latest().Name,
	}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// checkAsRendered compares every object with what the API server keeps of it: the
// proof that the ownership check says yes to all that was applied, which is what
// makes it cost nothing.
func checkAsRendered(t *testing.T, p *running, store *v1alpha1.Store) {
	t.Helper()
	for _, d := range p.rendered(t, store) {
		of, served := p.caches.kind(d.kind.GroupKind())
		if !served {
			t.Errorf("%s is not served", d.kind)
			continue
		}
		live := p.live(of, "store-"+store.Name, d.name)
		settled, err := settle(d, live)
		if err != nil {
			t.Fatal(err)
		}
		if live == nil || !settled.asRendered(live) {
			t.Errorf("%s %s is not as rendered", d.kind.Kind, d.name)
			continue
		}
		if live.GetLabels()[v1alpha1.LabelStore] != store.Name {
			t.Errorf("%s %s does not carry the store's label", d.kind.Kind, d.name)
		}
	}
}

func (r *running) rendered(t *testing.T, store *v1alpha1.Store) []*desired {
	t.Helper()
	w := &work{store: store, namespace: "store-" + store.Name}
	for _, stage := range []func(context.Context, *work) *stop{r.pin, r.render, r.makeSecrets, r.markPods} {
		if halt := stage(t.Context(), w); halt != nil {
			t.Fatalf("render: %s", halt.verdict.Message)
		}
	}
	return w.release.objects
}

// checkNothingTwice holds the provisioner to one request for each object, its own
// binding among them, and to none that only reads.
func checkNothingTwice(t *testing.T, requests []string) {
	t.Helper()
	seen := map[string]int{}
	for _, request := range requests {
		if strings.HasSuffix(request, "/status") || strings.HasSuffix(request, "/secrets") {
			continue
		}
		creates := strings.HasPrefix(request, "POST ") && strings.HasSuffix(request, "/rolebindings")
		if seen[request]++; seen[request] == 2 || !strings.HasPrefix(request, "PATCH ") && !creates {
			t.Errorf("needless request: %s", request)
		}
	}
	t.Logf("%d requests to Ready", len(requests))
}

func writesOf(requests []string) []string {
	return slices.DeleteFunc(slices.Clone(requests), func(request string) bool { return strings.HasPrefix(request, "GET ") })
}

// quiet has a store looked at once more and demands that this costs no write.
func (b *bench) quiet(p *running, name string) {
	b.t.Helper()
	b.eventually("a reconcile of "+name+" without a write", func(ctx context.Context) (bool, string) {
		if p.queue.Load() == nil {
			return false, "not provisioning yet"
		}
		before := p.requests.count()
		if _, err := p.reconcile(ctx, name); err != nil {
			return false, err.Error()
		}
		writes := writesOf(p.requests.about(name, before))
		return len(writes) == 0, fmt.Sprint(writes)
	})
}

// TestTwoStoresShareNothing orders two at once, and looks for one's name in the other's objects.
func TestTwoStoresShareNothing(t *testing.T) {
	b := newBench(t)
	b.provision(nil)
	names := []string{"pair-left", "pair-right"}
	for _, name := range names {
		b.order(name, nil)
	}
	passwords := map[string]bool{}
	for _, name := range names {
		b.applied(name)
		secret, err := b.kube.CoreV1().Secrets("store-"+name).Get(t.Context(), "admin", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		passwords[string(secret.Data["password"])] = true
	}
	if len(passwords) != 2 {
		t.Error("two stores have one password")
	}
}

// TestInvalidStoreIsLeftAlone holds because what could not be decoded is not what
// somebody ordered.
func TestInvalidStoreIsLeftAlone(t *testing.T) {
	b := newBench(t)
	b.order("invalid", nil)
	b.setStatus("invalid", func(s *v1alpha1.StoreStatus) {
		s.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionValid, Status: metav1.ConditionFalse,
			Reason: v1alpha1.ReasonStorageInvalid, LastTransitionTime: metav1.Now(),
		}}
	})
	p := b.provision(nil)
	b.order("valid", nil)
	b.applied("valid")
	b.quiet(p, "invalid")
	if requests := p.requests.about("invalid", 0); len(requests) > 0 {
		t.Errorf("an invalid store was worked on: %v", requests)
	}
	secrets, err := b.kube.CoreV1().Secrets("store-invalid").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(secrets.Items) > 0 {
		t.Errorf("secrets %v, error %v", secrets, err)
	}
}
