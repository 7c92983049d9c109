package provisioner

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// Reasons of the UpToDate condition; health has the one that it reads too.
const (
	// ReasonCurrent is on a store that runs the newest revision that it can.
	ReasonCurrent = "Current"
	// ReasonRolloutWaiting is on a store that is yet to be moved to a newer revision.
	ReasonRolloutWaiting = "RolloutWaiting"
	// ReasonRolloutPaused is on a store that is not moved because another failed.
	ReasonRolloutPaused = "RolloutPaused"
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
// and writes the status. A move is only that: the next reconcile is the first to
// render the new revision, so whatever stops this one, the old revision never
// undoes what the new one did. Moves are decided and written one after the
// other, each seeing those before it.
func (p *Provisioner) conclude(ctx context.Context, w *work, report health.Report) error {
	status := p.nextStatus(w, report)
	if w.revision == nil {
		// Nothing is known of revisions, except that a move is not over.
		if !health.Moving(w.store) {
			meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionUpToDate)
		}
		return p.write(ctx, w, status)
	}
	store := w.store.DeepCopy()
	store.Status = *status
	store.Status.EngineRevision = cmp.Or(status.EngineRevision, w.revision.Name)
	r := p.rolloutFor(store)
	free := func() {}
	if r.outdated(store) {
		p.turns.Lock()
		free = sync.OnceFunc(p.turns.Unlock)
		defer free()
		r.moving = p.moving(store.Spec.Engine)
	}
	verdict, move := r.decide(store, p.shown(w))
	if move {
		status.EngineRevision = r.target
	} else {
		free()
	}
	meta.SetStatusCondition(&status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionUpToDate, Status: verdict.Status, Reason: verdict.Reason, Message: verdict.Message,
		ObservedGeneration: w.store.Generation, LastTransitionTime: p.now(),
	})
	return p.write(ctx, w, status)
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
// has just been observed; shown tells that the observation was of all that the
// running revision renders.
func (r rollout) decide(store *v1alpha1.Store, shown bool) (health.Verdict, bool) {
	running, outdated := store.Status.EngineRevision, r.outdated(store)
	repairable := outdated && health.Moving(store) && r.failed(store)
	if health.Moving(store) && !repairable && !(shown && arrived(store)) {
		last := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionUpToDate)
		return health.Fails(health.Working, health.ReasonRolloutRunning, "%s", last.Message), false
	}
	if !outdated {
		verdict := health.Holds("revision %s is the newest that has the store's version and plan", running)
		verdict.Reason = ReasonCurrent
		return verdict, false
	}
	busy, failed := r.others(store)
	switch {
	case r.limit == 0:
		return r.waits("revision %s is installed; the store stays at %s because the platform's provisioning.maxConcurrentRollouts is 0", r.target, running), false
	case failed != nil:
		return health.Fails(health.Working, ReasonRolloutPaused,
			"the move from revision %s to %s is paused because store %s failed on %s; repair that store (`kubectl describe store %s`) or install a revision that mends it. The rollout goes on by itself when it is ready",
			running, r.target, failed.Name, r.target, failed.Name), false
	case !repairable && !(shown && movable(store)):
		return r.waits("moves from revision %s to %s when it is ready and not suspended, in its turn", running, r.target), false
	case busy >= r.limit:
		return r.waits("waits its turn to move from revision %s to %s; at most %d stores of an engine move at once", running, r.target, r.limit), false
	}
	return health.Fails(health.Working, health.ReasonRolloutRunning, "moves from revision %s to %s", running, r.target), true
}

func (r rollout) waits(format string, args ...any) health.Verdict {
	return health.Fails(health.Working, ReasonRolloutWaiting, format, args...)
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
// ready before, so what is wrong came with the new revision.
func (r rollout) failed(store *v1alpha1.Store) bool {
	ready := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionReady)
	late := ready != nil && ready.Status != metav1.ConditionTrue && r.now.Sub(ready.LastTransitionTime.Time) > r.timeout
	return late || broken(store)
}

// broken does not wait for the timeout: pausing costs little, and most of what
// breaks a shop is never called stalled because it might come right by itself.
func broken(store *v1alpha1.Store) bool {
	return store.Status.Phase == v1alpha1.StoreDegraded || meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionStalled)
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

// shown tells whether the caches show what conditions are about as rendered.
// Right after an apply they may still hold the shop of the revision before.
func (p *Provisioner) shown(w *work) bool {
	if w.release == nil {
		return false
	}
	for _, d := range w.release.objects {
		if !slices.Contains(judged, d.kind.GroupKind()) {
			continue
		}
		objects := list[metav1.Object](p.caches, d.kind.GroupKind(), w.store.Name)
		if !slices.ContainsFunc(objects, func(live metav1.Object) bool {
			return live.GetName() == d.name && live.GetAnnotations()[annotationApplied] == d.digest
		}) {
			return false
		}
	}
	return true
}

// indexMoving finds the stores of an engine that are being moved, indexWaiting
// those that are to be.
const (
	indexMoving  = "moving"
	indexWaiting = "waiting"
)

var rolloutIndexers = cache.Indexers{
	indexMoving: engineOfThose(health.Moving),
	indexWaiting: engineOfThose(func(store *v1alpha1.Store) bool {
		found := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionUpToDate)
		return found != nil && (found.Reason == ReasonRolloutWaiting || found.Reason == ReasonRolloutPaused)
	}),
}

func engineOfThose(chosen func(*v1alpha1.Store) bool) cache.IndexFunc {
	return func(obj any) ([]string, error) {
		if store, ok := obj.(*v1alpha1.Store); ok && chosen(store) {
			return []string{store.Spec.Engine}, nil
		}
		return nil, nil
	}
}

// moving returns an engine's stores that are being moved, by name; our own writes
// count as seen. What is being deleted takes no turn from others.
func (p *Provisioner) moving(engine string) []*v1alpha1.Store {
	names, err := p.caches.stores.GetIndexer().IndexKeys(indexMoving, engine)
	if err != nil {
		return nil
	}
	names = append(names, p.recent.stores()...)
	slices.Sort(names)
	var moving []*v1alpha1.Store
	for _, name := range slices.Compact(names) {
		store, found := p.caches.store(name)
		if found && store.Spec.Engine == engine && store.DeletionTimestamp == nil && health.Moving(store) {
			moving = append(moving, store)
		}
	}
	return moving
}

// turned has the next stores looked at when a move ends, fails or recovers: as
// many as may move, because each of the others finds out in its own time.
func (p *Provisioner) turned(before, after *v1alpha1.Store) {
	if !underWay(before) || (after != nil && underWay(after) && broken(before) == broken(after)) {
		return
	}
	items, err := p.caches.stores.GetIndexer().ByIndex(indexWaiting, before.Spec.Engine)
	if err != nil {
		return
	}
	var names []string
	for _, item := range items {
		if store, ok := item.(*v1alpha1.Store); ok && movable(store) {
			names = append(names, store.Name)
		}
	}
	slices.SortFunc(names, strings.Compare)
	for _, name := range names[:min(len(names), int(*p.platform.Provisioning.MaxConcurrentRollouts))] {
		p.enqueue(name)
	}
}

func underWay(store *v1alpha1.Store) bool {
	return health.Moving(store) && store.DeletionTimestamp == nil
}
