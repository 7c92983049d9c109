package provisioner

import (
	"cmp"
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// rollout moves the stores of an engine to a newer revision, a few at a time.
// All that it decides by is in the Stores.
type rollout struct {
	target    string   // the newest revision that the store can run
	revisions []string // installed, oldest first
	limit     int
	timeout   time.Duration
	now       time.Time
	moving    []*v1alpha1.Store // the engine's stores that are being moved, by name
}

// conclude decides whether it is the store's turn to move to a newer revision,
// writes the status, and tells when to look again because time alone changes it.
//
// A move is only that: the next reconcile is the first to render the new revision,
// so whatever stops this one, the old revision never undoes what the new one did.
func (p *Provisioner) conclude(ctx context.Context, w *work, report health.Report) (recheck time.Duration, err error) {
	status := p.nextStatus(w, report)
	if w.revision == nil {
		// Nothing is known of revisions, except that a move is not over.
		if !health.Moving(w.store) {
			meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionUpToDate)
		}
		return report.Recheck, p.write(ctx, w, status)
	}
	store := w.store.DeepCopy()
	store.Status = *status
	store.Status.EngineRevision = cmp.Or(status.EngineRevision, w.revision.Name)
	r := p.rolloutFor(store)
	if r.outdated(store) {
		return cmp.Or(r.untilLate(store), report.Recheck), p.concludeOutdated(ctx, w, r, store, status)
	}
	verdict, _ := r.decide(store)
	p.setUpToDate(w, status, verdict)
	return cmp.Or(r.untilLate(store), report.Recheck), p.write(ctx, w, status)
}

// concludeOutdated concludes for a store for which there is a newer revision.
func (p *Provisioner) concludeOutdated(ctx context.Context, w *work, r rollout, store *v1alpha1.Store, status *v1alpha1.StoreStatus) error {
	release, err := p.takeTurn(ctx)
	if err != nil {
		return err
	}
	defer release()
	r.moving = p.moving(store.Spec.Engine)
	verdict, move := r.decide(store)
	if move {
		halt := p.prepare(ctx, w, r.target)
		if halt == nil {
			status.EngineRevision = r.target
			p.setUpToDate(w, status, verdict)
			return p.turns.moves(store.Name, p.write(ctx, w, status))
		}
		verdict, err = r.unprepared(store, halt), halt.err
	}
	release()
	p.setUpToDate(w, status, verdict)
	return cmp.Or(p.write(ctx, w, status), err)
}

// prepare sees to it, before a store is moved, that the revision can render it and
// that it has its Secrets: afterwards one that is missing counts as lost.
func (p *Provisioner) prepare(ctx context.Context, w *work, revision string) (halt *stop) {
	ctx, end := step(ctx, "Prepare move")
	defer func() { end(halt.reason()) }()
	moved := &work{store: w.store, namespace: w.namespace, conflicts: w.conflicts}
	if installed, found := p.catalogue.Lookup(w.store.Spec.Engine); found {
		moved.revision, _ = installed.Revision(revision)
	}
	if halt := p.render(ctx, moved); halt != nil {
		return halt
	}
	return p.makeSecrets(ctx, moved)
}

func (p *Provisioner) setUpToDate(w *work, status *v1alpha1.StoreStatus, verdict health.Verdict) {
	meta.SetStatusCondition(&status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionUpToDate, Status: verdict.Status, Reason: verdict.Reason, Message: verdict.Message,
		ObservedGeneration: w.store.Generation, LastTransitionTime: p.now(),
	})
}

// rolloutFor returns the rollout that concerns a store.
func (p *Provisioner) rolloutFor(store *v1alpha1.Store) rollout {
	r := rollout{
		target:  store.Status.EngineRevision,
		limit:   int(*p.platform.Provisioning.MaxConcurrentRollouts),
		timeout: p.platform.Provisioning.Timeout.Duration,
		now:     p.clock.Now(),
	}
	installed, found := p.catalogue.Lookup(store.Spec.Engine)
	if !found {
		return r
	}
	r.revisions = installed.Revisions()
	for _, name := range r.revisions {
		if revision, found := installed.Revision(name); found && offers(revision, store.Spec.Version, store.Spec.Plan) {
			r.target = name
		}
	}
	return r
}

func (r rollout) outdated(store *v1alpha1.Store) bool {
	return slices.Index(r.revisions, store.Status.EngineRevision) < slices.Index(r.revisions, r.target)
}

// decide says how a store stands, and whether it moves now. Its status is as it
// has just been observed.
func (r rollout) decide(store *v1alpha1.Store) (verdict health.Verdict, move bool) {
	running := store.Status.EngineRevision
	broke := health.Moving(store) && !arrived(store) && r.failed(store)
	busy, failed := r.others(store)
	switch {
	case broke && r.outdated(store) && failed == nil && busy < r.limit:
		// It cannot become ready where it is; the newer revision may be the repair.
	case broke:
		return r.failure(store), false
	case health.Moving(store) && !arrived(store):
		return health.Fails(health.Working, health.ReasonRolloutRunning, "is being moved to revision %s", running), false
	case !r.outdated(store):
		verdict = health.Holds("revision %s is the newest that has the store's version and plan", running)
		verdict.Reason = health.ReasonCurrent
		return verdict, false
	case r.limit == 0:
		return r.waits("revision %s is installed; the store stays at %s because the platform's provisioning.maxConcurrentRollouts is 0", r.target, running), false
	case failed != nil:
		return health.Fails(health.Working, health.ReasonRolloutPaused,
			"the move from revision %s to %s is paused because store %s failed on %s; it continues when that store is ready (`kubectl describe store %s`), suspended or deleted, or when a revision that repairs it is installed",
			running, r.target, failed.Name, r.target, failed.Name), false
	case !movable(store):
		return r.waits("moves from revision %s to %s when it is ready and not suspended, in its turn", running, r.target), false
	case busy >= r.limit:
		return r.waits("waits its turn to move from revision %s to %s; at most %d stores of an engine move at once", running, r.target, r.limit), false
	}
	return health.Fails(health.Working, health.ReasonRolloutRunning, "is being moved to revision %s", r.target), true
}

// unprepared is the verdict on a store whose move could not be prepared. It runs as before.
func (r rollout) unprepared(store *v1alpha1.Store, halt *stop) health.Verdict {
	if health.Moving(store) {
		return r.failure(store)
	}
	return r.waits("is not moved from revision %s to %s yet: %s", store.Status.EngineRevision, r.target, halt.verdict.Message)
}

func (r rollout) failure(store *v1alpha1.Store) health.Verdict {
	return health.Fails(health.Working, health.ReasonRolloutFailed,
		"it was ready before the move to revision %[1]s and has not been since; no other store is moved to %[1]s until this one is ready, suspended or deleted, or a revision that repairs it is installed. The Ready condition says what is wrong",
		store.Status.EngineRevision)
}

func (r rollout) waits(format string, args ...any) health.Verdict {
	return health.Fails(health.Working, health.ReasonRolloutWaiting, format, args...)
}

// others counts the moves under way beside a store's own, and finds one that
// failed on the target. What failed on another revision waits for its repair,
// which a newer revision may be, and takes no turn from it.
func (r rollout) others(store *v1alpha1.Store) (busy int, failed *v1alpha1.Store) {
	for _, other := range r.moving {
		switch {
		case other.Name == store.Name:
			continue
		case !r.failed(other):
		case other.Status.EngineRevision != r.target:
			continue
		case failed == nil:
			failed = other
		}
		busy++
	}
	return busy, failed
}

// failed tells of a store that is being moved that the move went wrong: it was
// ready before, so what is wrong came with the new revision. What breaks a shop
// is not given until the timeout, although it might come right by itself: a pause
// costs little.
func (r rollout) failed(store *v1alpha1.Store) bool {
	ready := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionReady)
	late := ready != nil && ready.Status != metav1.ConditionTrue && r.now.Sub(ready.LastTransitionTime.Time) >= r.timeout
	return late || store.Status.Phase == v1alpha1.StoreDegraded ||
		meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionStalled)
}

// untilLate is how long a store that is being moved has left; zero for no other.
func (r rollout) untilLate(store *v1alpha1.Store) time.Duration {
	ready := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionReady)
	if !health.Moving(store) || arrived(store) || ready == nil || r.failed(store) {
		return 0
	}
	return r.timeout - r.now.Sub(ready.LastTransitionTime.Time)
}

// movable tells of a store that whatever goes wrong with it next is the move's.
func movable(store *v1alpha1.Store) bool {
	ready := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == store.Generation &&
		!store.Spec.Suspend && store.DeletionTimestamp == nil
}

// arrived tells that a store is as its spec says, be it scaled to zero.
func arrived(store *v1alpha1.Store) bool {
	return meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionReady) || store.Status.Phase == v1alpha1.StoreSuspended
}
