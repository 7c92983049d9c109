package provisioner

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
