package provisioner

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestLeadership runs two provisioners: one works, and when it stops it hands
// over at once.
func TestLeadership(t *testing.T) {
	b := newBench(t)
	elected := func(identity string) *running {
		return b.provision(func(o *Options) { o.LeaderElection = &LeaderElection{Identity: identity} })
	}
	holder := func() string {
		lease, err := b.kube.CoordinationV1().Leases(DefaultLeaseNamespace).Get(t.Context(), LeaseName, metav1.GetOptions{})
		if err != nil || lease.Spec.HolderIdentity == nil {
			return fmt.Sprint(err)
		}
		return *lease.Spec.HolderIdentity
	}
	first := elected("first")
	b.eventually("the first leads", func(context.Context) (bool, string) { return holder() == "first", holder() })
	second := elected("second")
	b.order("leader-one", nil)
	b.applied("leader-one")
	if requests := second.requests.about("leader-one", 0); len(requests) > 0 {
		t.Errorf("the one that does not lead works: %v", requests)
	}
	first.stop()
	if holder() == "first" {
		t.Error("the lease was not given up")
	}
	b.order("leader-two", nil)
	b.applied("leader-two")
	if requests := first.requests.about("leader-two", 0); len(requests) > 0 {
		t.Errorf("the one that was stopped works on: %v", requests)
	}
	if first.queue.Load() != nil {
		t.Error("a provisioner that was stopped has a queue")
	}
}

// writes notes when a provisioner sent a write about stores, and can keep it from
// its lease, as a network does that fails in part.
type writes struct {
	severed atomic.Bool
	mu      sync.Mutex
	sent    []time.Time
}

func (w *writes) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		switch {
		case strings.Contains(request.URL.Path, "/leases"):
			if w.severed.Load() {
				<-request.Context().Done()
				return nil, request.Context().Err()
			}
		case request.Method != http.MethodGet && !strings.Contains(request.URL.Path, "/events"):
			w.mu.Lock()
			w.sent = append(w.sent, time.Now())
			w.mu.Unlock()
		}
		return next.RoundTrip(request)
	})
}

// span returns when the first and the last write were sent, and how many.
func (w *writes) span() (first, last time.Time, count int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.sent) == 0 {
		return first, last, 0
	}
	return w.sent[0], w.sent[len(w.sent)-1], len(w.sent)
}

// TestDeposedLeaderStopsFirst keeps a leader from its lease and from nothing else,
// while there is work for it all the time: it must have sent its last write before
// its successor sends the first.
func TestDeposedLeaderStopsFirst(t *testing.T) {
	b := newBench(t)
	elected := func(identity string, observed *writes) {
		b.provision(func(o *Options) {
			o.LeaderElection = &LeaderElection{Identity: identity}
			o.RESTConfig.Wrap(observed.wrap)
		})
	}
	var old, successor writes
	elected("old", &old)
	b.order("deposed", nil)
	b.applied("deposed")
	elected("successor", &successor)

	severed := time.Now()
	old.severed.Store(true)
	work := 0
	b.eventually("the successor works", func(context.Context) (bool, string) {
		work++
		b.edit("deposed", func(spec *v1alpha1.StoreSpec) { spec.DisplayName = fmt.Sprint("Edition ", work) })
		_, _, count := successor.span()
		return count > 0, fmt.Sprintf("%d writes", count)
	})
	b.applied("deposed")
	_, last, count := old.span()
	first, _, _ := successor.span()
	t.Logf("after %d writes the old leader stopped %s after it was severed, its successor began %s later", count, last.Sub(severed), first.Sub(last))
	if !last.Before(first) {
		t.Errorf("two provisioners write: the old one %s after its successor began", last.Sub(first))
	}
	if !last.After(severed) {
		t.Error("the old leader wrote nothing after it was severed: this tested nothing")
	}
}

// forbidServices makes a quota that admits no Service.
func (b *bench) forbidServices(namespace string) {
	b.t.Helper()
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "none"}, Spec: corev1.ResourceQuotaSpec{
		Hard: corev1.ResourceList{corev1.ResourceServices: resource.MustParse("0")}}}
	if _, err := b.kube.CoreV1().ResourceQuotas(namespace).Create(b.t.Context(), quota, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
	b.eventually("the quota is counted", func(ctx context.Context) (bool, string) {
		live, err := b.kube.CoreV1().ResourceQuotas(namespace).Get(ctx, "none", metav1.GetOptions{})
		return err == nil && len(live.Status.Hard) > 0, fmt.Sprint(err)
	})
}
