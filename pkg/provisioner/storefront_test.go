package provisioner

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/health"
	"platform.example.io/stores/pkg/provisioner/storefront"
)

// shopfront is a shop that answers: simulated nodes run none, so what dials the
// cluster's addresses stands for the network, and leads the address of one store's
// Service, and no other, to a server of the test.
type shopfront struct {
	b       *bench
	store   string
	server  *httptest.Server
	answer  atomic.Pointer[http.HandlerFunc]
	network atomic.Int32
}

// What the network does.
const (
	networkWorks int32 = iota
	networkHangs
	networkRefuses
)

func newShopfront(b *bench, store string) *shopfront {
	f := &shopfront{b: b, store: store}
	f.answers(http.StatusOK, "")
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if want := store + ".localtest.me"; r.Host != want || r.Header.Get("X-Forwarded-Proto") != "http" {
			b.t.Errorf("the shop is asked as %s by %s, want as %s by http", r.Host, r.Header.Get("X-Forwarded-Proto"), want)
		}
		(*f.answer.Load())(w, r)
	}))
	b.t.Cleanup(f.server.Close)
	return f
}

func (f *shopfront) answers(status int, location string) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(status)
	})
	f.answer.Store(&handler)
}

func (f *shopfront) dial(ctx context.Context, network, address string) (net.Conn, error) {
	service, err := f.b.kube.CoreV1().Services("store-"+f.store).Get(ctx, engine.ServiceName, metav1.GetOptions{})
	if err != nil || address != net.JoinHostPort(service.Spec.ClusterIP, "80") {
		return nil, errors.New("another shop's address")
	}
	switch f.network.Load() {
	case networkHangs:
		<-ctx.Done()
		return nil, ctx.Err()
	case networkRefuses:
		return nil, errors.New("connection refused")
	}
	return (&net.Dialer{}).DialContext(ctx, network, f.server.Listener.Addr().String())
}

func (f *shopfront) provision() *running {
	f.b.t.Helper()
	return f.b.provision(func(o *Options) {
		o.Platform = config.Default()
		o.Storefront = storefront.Options{Dial: f.dial, Interval: 250 * time.Millisecond}
	})
}

func (b *bench) storefront(name string, status metav1.ConditionStatus, reason string) *v1alpha1.Store {
	b.t.Helper()
	return b.condition(name, v1alpha1.ConditionStorefrontReachable, status, reason)
}

// TestStorefront has a shop that comes up without answering, answers, fails in
// every way, and recovers. Ready follows.
func TestStorefront(t *testing.T) {
	b := newBench(t)
	const name = "front"
	shop := newShopfront(b, name)
	shop.network.Store(networkHangs)
	p := shop.provision()
	b.order(name, nil)
	b.condition(name, v1alpha1.ConditionApplicationReady, metav1.ConditionTrue, health.ReasonReady)
	b.storefront(name, metav1.ConditionFalse, health.ReasonProbePending)
	if store := b.condition(name, v1alpha1.ConditionReady, metav1.ConditionFalse, health.ReasonProbePending); store.Status.ReadyTime != nil {
		t.Error("a shop that nobody has reached was ready")
	}
	p.stop()

	shop.network.Store(networkWorks)
	p = shop.provision()
	b.storefront(name, metav1.ConditionTrue, health.ReasonReady)
	b.ready(name)

	tests := []struct {
		name, reason string
		fail         func()
		want         string
	}{
		{"error", "it does not sell", func() { shop.answers(http.StatusInternalServerError, "") }, health.ReasonStorefrontError},
		{"elsewhere", "customers leave", func() { shop.answers(http.StatusFound, "https://other.example/") }, health.ReasonStorefrontRedirects},
		{"password", "customers have none", func() { shop.answers(http.StatusUnauthorized, "") }, health.ReasonProbeRefused},
		{"unreachable", "no customer reaches it either", func() { shop.network.Store(networkRefuses) }, health.ReasonStorefrontUnreachable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := b.on(t)
			tt.fail()
			store := b.storefront(name, metav1.ConditionFalse, tt.want)
			b.condition(name, v1alpha1.ConditionReady, metav1.ConditionFalse, tt.want)
			b.phase(name, v1alpha1.StoreDegraded)
			b.told(store, "Degraded")
			shop.answers(http.StatusOK, "")
			shop.network.Store(networkWorks)
			b.storefront(name, metav1.ConditionTrue, health.ReasonReady)
			b.ready(name)
		})
	}
	t.Run("application down", func(t *testing.T) {
		b := b.on(t)
		pod := b.theApplication("store-" + name)
		running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
		b.kubelet(pod, corev1.PodRunning, false, running, corev1.ContainerState{})
		b.storefront(name, metav1.ConditionFalse, health.ReasonApplicationNotReady)
		b.condition(name, v1alpha1.ConditionReady, metav1.ConditionFalse, health.ReasonReplicasUnavailable)
		b.kubelet(pod, corev1.PodRunning, true, running, corev1.ContainerState{})
		b.ready(name)
	})
	t.Run("another leader", func(t *testing.T) {
		b := b.on(t)
		p.stop()
		before := b.ready(name)
		shop.network.Store(networkHangs)
		next := shop.provision()
		b.quiet(next, name)
		if after := b.ready(name); after.ResourceVersion != before.ResourceVersion {
			t.Error("that it has not asked yet is no news")
		}
		shop.network.Store(networkWorks)
	})
	t.Run("suspended", func(t *testing.T) {
		b := b.on(t)
		b.edit(name, func(s *v1alpha1.StoreSpec) { s.Suspend = true })
		b.phase(name, v1alpha1.StoreSuspended)
		b.storefront(name, metav1.ConditionFalse, health.ReasonSuspended)
		b.edit(name, func(s *v1alpha1.StoreSpec) { s.Suspend = false })
		b.ready(name)
	})
}

// TestStorefrontIsNotAsked holds a platform that asks no shop to saying so, and to
// admitting nobody for it.
func TestStorefrontIsNotAsked(t *testing.T) {
	b := newBench(t)
	b.provision(func(o *Options) {
		o.Storefront.Dial = func(context.Context, string, string) (net.Conn, error) {
			t.Error("a shop is asked")
			return nil, errors.New("not to be asked")
		}
	})
	b.order("unasked", nil)
	b.ready("unasked")
	b.storefront("unasked", metav1.ConditionUnknown, health.ReasonProbeDisabled)
	admitted, err := b.dyn.Resource(policies).Namespace("store-unasked").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, policy := range admitted.Items {
		if policy.GetName() == "from-prober" {
			t.Error("a policy admits who does not ask")
		}
	}
}

// TestStorefrontWithoutAddress has somebody make the shop's Service a name for
// another place: that is not asked.
func TestStorefrontWithoutAddress(t *testing.T) {
	b := newBench(t)
	const name = "elsewhere"
	newShopfront(b, name).provision()
	b.order(name, nil)
	b.ready(name)
	if err := b.patch(t.Context(), services, "store-"+name, engine.ServiceName,
		`{"spec":{"type":"ExternalName","externalName":"other.example","clusterIP":null,"clusterIPs":null}}`); err != nil {
		t.Fatal(err)
	}
	store := b.storefront(name, metav1.ConditionFalse, health.ReasonStorefrontUnreachable)
	told := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionStorefrontReachable).Message
	if !strings.Contains(told, "has no cluster IP") {
		t.Errorf("message is %q", told)
	}
	if err := b.kube.CoreV1().Services("store-"+name).Delete(t.Context(), engine.ServiceName, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.ready(name)
}
