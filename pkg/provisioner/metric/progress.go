package metric

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// Outcomes of an order, which is a store or a change of its spec.
const (
	outcomeReady     = "ready"
	outcomeSuspended = "suspended"
	outcomeFailed    = "failed"
)

// Progress measures how long orders take, from when they were given. It is
// memory, and for metrics only: an order whose provisioner is restarted before
// it is carried out goes uncounted, unless it is the store's first.
type Progress struct {
	mu     sync.Mutex
	orders map[string]*order
}

// order is the latest generation of a store.
type order struct {
	uid        types.UID
	generation int64
	given      time.Time
	failed     bool // it has counted as failed
	done       bool // it has counted as ready or suspended
}

// NewProgress returns a Progress that has seen no store.
func NewProgress() *Progress { return &Progress{orders: map[string]*order{}} }

// See notes a store as it was read. Of an order that is new, its time begins.
func (p *Progress) See(now time.Time, store *v1alpha1.Store) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.see(now, store)
}

func (p *Progress) see(now time.Time, store *v1alpha1.Store) *order {
	known := p.orders[store.Name]
	if known != nil && known.uid == store.UID && known.generation >= store.Generation {
		return known
	}
	o := &order{uid: store.UID, generation: store.Generation, given: now}
	switch {
	case neverDone(store):
		o.given = store.CreationTimestamp.Time
		o.failed = outcomeOf(store) == outcomeFailed
	case store.Status.ObservedGeneration == store.Generation:
		// Taken up before this process looked; how long ago, nothing tells.
		o.done = true
	}
	p.orders[store.Name] = o
	return o
}

// Forget drops a store that is gone.
func (p *Progress) Forget(store *v1alpha1.Store) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.orders[store.Name]; known != nil && known.uid == store.UID {
		delete(p.orders, store.Name)
	}
}

// TakeOver notes what another provisioner has done: it has counted it.
func (p *Progress) TakeOver(now time.Time, all []any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, item := range all {
		if store, ok := item.(*v1alpha1.Store); ok {
			p.see(now, store).note(outcomeOf(store))
		}
	}
}

// Wrote counts what a status that was just written says for the first time.
func (p *Progress) Wrote(now time.Time, before, after *v1alpha1.Store) {
	countFailure(before, after)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.orders[before.Name] == nil {
		return // it is gone already, and nobody would have it forgotten again
	}
	o := p.see(now, before)
	if outcome := outcomeOf(after); o.generation == after.Generation && o.note(outcome) {
		provisioningDuration.WithLabelValues(after.Spec.Engine, outcome).Observe(now.Sub(o.given).Seconds())
	}
}

// note tells whether the outcome is the order's first of its sort.
func (o *order) note(outcome string) bool {
	switch {
	case outcome == "", o.done:
		return false
	case outcome == outcomeFailed:
		first := !o.failed
		o.failed = true
		return first
	default:
		o.done = true
		return true
	}
}

// neverDone tells a store whose first order is under way.
func neverDone(store *v1alpha1.Store) bool {
	return store.Status.ReadyTime == nil && store.Status.Phase != v1alpha1.StoreSuspended
}

// outcomeOf reads what became of the store's latest order; empty while it is
// under way, or nothing is known of it.
func outcomeOf(store *v1alpha1.Store) string {
	switch {
	case store.Status.ObservedGeneration != store.Generation || store.DeletionTimestamp != nil:
		return ""
	case meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionReady):
		return outcomeReady
	case store.Status.Phase == v1alpha1.StoreSuspended:
		return outcomeSuspended
	case meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionStalled):
		return outcomeFailed
	}
	return ""
}

// countFailure counts a turn for the worse.
func countFailure(before, after *v1alpha1.Store) {
	if reason := troubleOf(after); reason != "" && reason != troubleOf(before) {
		failures.WithLabelValues(reason).Inc()
	}
}

// troubleOf returns why a store is Failed or Degraded, empty when it is neither.
func troubleOf(store *v1alpha1.Store) string {
	if phase := store.Status.Phase; phase != v1alpha1.StoreFailed && phase != v1alpha1.StoreDegraded {
		return ""
	}
	if ready := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}
