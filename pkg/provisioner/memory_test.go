package provisioner

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	clocktesting "k8s.io/utils/clock/testing"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
)

// unconnected is a provisioner whose caches the test fills, and that reaches nobody.
func unconnected(t *testing.T, stores ...*v1alpha1.Store) *Provisioner {
	t.Helper()
	p, err := New(Options{
		RESTConfig: &rest.Config{Host: "https://127.0.0.1:1"}, Platform: unasked(), Catalogue: must(embedded()),
		Clock: clocktesting.NewFakeClock(rolloutNow),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, indexers := range []cache.Indexers{{indexHost: hostsOf}, rolloutIndexers} {
		if err := p.caches.stores.AddIndexers(indexers); err != nil {
			t.Fatal(err)
		}
	}
	for _, store := range stores {
		if err := p.caches.stores.GetStore().Add(store); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// fills everything that is remembered of a store that is worked on.
func fills(p *Provisioner, store *v1alpha1.Store) {
	p.vouched.remember(rolloutNow, &work{store: store, release: &release{Release: &engine.Release{}}})
	p.pace.wrote(rolloutNow, store.Name, &v1alpha1.StoreStatus{Conditions: []metav1.Condition{
		{Type: v1alpha1.ConditionReconciling, Status: metav1.ConditionTrue},
	}})
	p.recent.remember(rolloutNow, storeKey(store.Name), store)
}

func remembered(p *Provisioner) int {
	return len(p.vouched.seen) + len(p.pace.written) + len(p.pace.onWay) + len(p.recent.written)
}

// TestGoneStoreIsForgotten has a store go in the midst of a reconcile, which
// remembers it after everybody has been told.
func TestGoneStoreIsForgotten(t *testing.T) {
	p := unconnected(t)
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "gone", UID: "1"}}
	p.queue.Store(newQueue(p.platform.Provisioning, p.clock))
	storeHandler{p}.OnDelete(store)
	fills(p, store)
	name, _ := p.queue.Load().Get()
	if _, err := p.reconcile(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if n := remembered(p); n != 0 {
		t.Errorf("%d things are remembered of a store that is gone: memory grows with each", n)
	}
}

// TestTermBeginsAfresh leads twice: what was remembered of the first term another
// provisioner has overtaken.
func TestTermBeginsAfresh(t *testing.T) {
	p := unconnected(t)
	ended, end := context.WithCancel(t.Context())
	end()
	p.lead(ended)
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: "1"}}
	fills(p, store)
	p.lead(ended)
	if _, holds := p.vouched.holds(rolloutNow, &work{store: store, release: &release{Release: &engine.Release{}}}, time.Hour); holds {
		t.Error("Secrets of which another provisioner may have seen other values are not read again")
	}
	if n := len(p.pace.onWay); n != 0 {
		t.Errorf("%d stores that another provisioner brought up slow down those that are on their way", n)
	}
}

// TestRivalsAreLookedAt says who is looked at when a store comes to want other hosts.
func TestRivalsAreLookedAt(t *testing.T) {
	wanting := func(name string, hosts ...string) *v1alpha1.Store {
		return &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Hosts: hosts}}
	}
	spoilt := wanting("older", "shop.example.com")
	spoilt.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionValid, Status: metav1.ConditionFalse}}
	tests := []struct {
		name, reason  string
		before, after *v1alpha1.Store
		want          string
	}{
		{"let go", "the younger may have it now", wanting("older", "shop.example.com"), wanting("older"), "older younger"},
		{"repaired", "what it could not ask for meanwhile it takes back", spoilt, wanting("older", "shop.example.com"), "older younger"},
		{"spoilt", "it routes nothing any more", wanting("older", "shop.example.com"), spoilt, "older younger"},
		{"changed", "of two that were written at once the older has it", wanting("older"), wanting("older", "shop.example.com"), "older younger"},
		{"created", "two of one second are told apart by their names", nil, wanting("older", "shop.example.com"), "older younger"},
		{"as before", "nobody is bothered", wanting("older", "shop.example.com"), wanting("older", "shop.example.com"), "older"},
		{"elsewhere", "nobody is bothered", wanting("older"), wanting("older", "other.example.com"), "older"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := unconnected(t, wanting("younger", "shop.example.com"), tt.after)
			queue := newQueue(p.platform.Provisioning, p.clock)
			p.queue.Store(queue)
			if tt.before == nil {
				storeHandler{p}.OnAdd(tt.after, false)
			} else {
				storeHandler{p}.OnUpdate(tt.before, tt.after)
			}
			var names []string
			for queue.Len() > 0 {
				name, _ := queue.Get()
				names = append(names, name)
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("looked at %q, want %q: %s", got, tt.want, tt.reason)
			}
		})
	}
}
