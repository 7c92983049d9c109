package provisioner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// turns has moves to another revision decided and written one after the other,
// each seeing those before it.
type turns struct {
	mu sync.Mutex
	// surveyed tells that the moves of those who led before are known.
	surveyed bool
	// known are the stores whose move the cache may not show yet.
	known map[string]bool
}

// begin is for a new term of office: another provisioner may have moved stores meanwhile.
func (t *turns) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.surveyed = false
}

// takeTurn waits until it is this worker's turn to decide of a move, which it is
// until release is called, once or more often.
//
// The cache of stores can be behind what the leader before wrote last. One list a
// term tells, so that a change of leaders moves no more stores at once than may be.
func (p *Provisioner) takeTurn(ctx context.Context) (release func(), err error) {
	p.turns.mu.Lock()
	release = sync.OnceFunc(p.turns.mu.Unlock)
	if p.turns.surveyed {
		return release, nil
	}
	found, err := p.stores.PlatformV1alpha1().Stores().List(ctx, metav1.ListOptions{})
	if err != nil {
		release()
		return nil, fmt.Errorf("list stores that are being moved: %w", err)
	}
	p.turns.known = map[string]bool{}
	for i := range found.Items {
		if store := &found.Items[i]; health.Moving(store) {
			p.recent.remember(p.clock.Now(), storeKey(store.Name), store)
			p.turns.known[store.Name] = true
		}
	}
	p.turns.surveyed = true
	return release, nil
}

// moves notes a store whose move was written. Whether one was of which there is
// no answer, the next survey tells.
func (t *turns) moves(store string, err error) error {
	t.known[store] = true
	t.surveyed = err == nil
	return err
}

// moving returns an engine's stores that are being moved, by name; own writes
// count as seen. What is being deleted takes no turn from others.
func (p *Provisioner) moving(engine string) []*v1alpha1.Store {
	names, err := p.caches.stores.GetIndexer().IndexKeys(indexMoving, engine)
	if err != nil {
		return nil
	}
	for name := range p.turns.known {
		names = append(names, name)
	}
	slices.Sort(names)
	var moving []*v1alpha1.Store
	for _, name := range slices.Compact(names) {
		store, found := p.caches.store(name)
		if !found || !underWay(store) {
			delete(p.turns.known, name)
			continue
		}
		if store.Spec.Engine == engine {
			moving = append(moving, store)
		}
	}
	return moving
}

// indexMoving finds the stores of an engine that are being moved, indexWaiting
// those that are to be, which are also those whose move failed.
const (
	indexMoving  = "moving"
	indexWaiting = "waiting"
)

var rolloutIndexers = cache.Indexers{
	indexMoving: engineOfThose(health.Moving),
	indexWaiting: engineOfThose(func(store *v1alpha1.Store) bool {
		switch stageOf(store) {
		case health.ReasonRolloutWaiting, health.ReasonRolloutPaused, health.ReasonRolloutFailed:
			return true
		}
		return false
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

// turned has the next stores looked at when a move ends, fails or recovers: as
// many as may move, because each of the others finds out in its own time, and
// those that failed, for which there may be room now.
func (p *Provisioner) turned(before, after *v1alpha1.Store) {
	if !underWay(before) || (after != nil && underWay(after) && stageOf(before) == stageOf(after)) {
		return
	}
	items, err := p.caches.stores.GetIndexer().ByIndex(indexWaiting, before.Spec.Engine)
	if err != nil {
		return
	}
	var names []string
	for _, item := range items {
		switch store, ok := item.(*v1alpha1.Store); {
		case !ok || store.Name == before.Name:
		case health.Moving(store):
			p.enqueue(store.Name)
		case movable(store):
			names = append(names, store.Name)
		}
	}
	slices.SortFunc(names, strings.Compare)
	for _, name := range names[:min(len(names), int(*p.platform.Provisioning.MaxConcurrentRollouts))] {
		p.enqueue(name)
	}
}

// underWay tells of a store that it takes a turn.
func underWay(store *v1alpha1.Store) bool {
	return health.Moving(store) && store.DeletionTimestamp == nil
}

// stageOf is the reason of a store's UpToDate condition.
func stageOf(store *v1alpha1.Store) string {
	if found := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionUpToDate); found != nil {
		return found.Reason
	}
	return ""
}
