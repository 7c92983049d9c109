package provisioner

import (
	"context"
	"errors"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/health"
)

// work is one store during one reconcile. Stages fill it in; status is written
// from it once, at the end.
type work struct {
	store     *v1alpha1.Store // as read; never changed
	namespace string
	conflicts []health.Conflict
	revision  *engine.Revision
	release   *release          // nil when the store could not be rendered
	marks     map[string]string // of what is in Secrets, by name, see mark.go
	begun     bool              // the revision's Secrets exist, so that it can be applied
	unbound   error             // why the creator cannot look into the namespace yet
}

// stop ends the stages before the last. The store's other conditions are still
// observed and written.
type stop struct {
	verdict health.Verdict
	// err has the store tried again; nil where only a change of the store or of
	// what is watched can help.
	err error
	// gone is a store that is being deleted: its status is no longer ours to write.
	gone bool
}

// reason names why the stages ended, empty when they did not.
func (s *stop) reason() string {
	if s == nil {
		return ""
	}
	return s.verdict.Reason
}

// reconcile brings one store a step nearer to its spec, writes what was seen to
// its status, and tells when to look again. It can end at any instruction: all
// it needs to go on is in the cluster.
func (p *Provisioner) reconcile(ctx context.Context, name string) (again time.Duration, err error) {
	store, found := p.caches.store(name)
	switch {
	case !found:
		// Again: it may have gone while it was worked on, and been remembered since.
		p.forget(name)
		return 0, nil
	case store.DeletionTimestamp != nil:
		return p.terminate(ctx, store)
	case damaged(store):
		// Its spec is not what somebody wrote. A person repairs it first.
		return 0, nil
	}
	w := &work{store: store, namespace: v1alpha1.NamespacePrefix + store.Name}
	halt := p.carryOut(ctx, w)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if halt.gone {
		return 0, halt.err
	}
	report := health.Observe(p.observe(w, halt.verdict))
	p.watchStorefront(w, report)
	recheck, err := p.conclude(ctx, w, report)
	if err != nil {
		return 0, err
	}
	if err := errors.Join(halt.err, w.unbound); err != nil {
		return 0, err
	}
	return p.lookAgain(recheck), nil
}

// carryOut runs the stages in order; each may end them.
func (p *Provisioner) carryOut(ctx context.Context, w *work) stop {
	w.conflicts = p.hostConflicts(w.store)
	for _, stage := range []struct {
		name string
		run  func(context.Context, *work) *stop
	}{
		{"Pin revision", p.pin},
		{"Render", p.render},
		{"Bind", p.bind},
		{"Make secrets", p.makeSecrets},
		{"Mark pods", p.markPods},
		{"Apply", p.apply},
		{"Prune", p.prune},
	} {
		within, end := step(ctx, stage.name)
		halt := stage.run(within, w)
		end(halt.reason())
		if halt != nil {
			return *halt
		}
	}
	return stop{verdict: health.Holds("every object of the shop is applied as rendered")}
}

// lookAgain spreads the resyncs, so that stores that were taken up together do
// not all return together.
func (p *Provisioner) lookAgain(recheck time.Duration) time.Duration {
	again := wait.Jitter(p.platform.Provisioning.ResyncInterval.Duration, 0.2)
	if recheck > 0 && recheck < again {
		return recheck
	}
	return again
}

func (p *Provisioner) now() metav1.Time { return metav1.NewTime(p.clock.Now()) }

// damaged tells a Store whose stored form could not be decoded. The condition
// is the API server's, derived on every read; nobody can store it.
func damaged(store *v1alpha1.Store) bool {
	return apimeta.IsStatusConditionFalse(store.Status.Conditions, v1alpha1.ConditionValid)
}
