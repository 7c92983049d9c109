package provisioner

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/sets"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// The time between two statuses of a store on its way where the later tells of
// progress alone: progressPace, and with many on their way progressShare for each,
// up to progressPatience. A write costs as much as several applies, and takes
// them from shops that wait for theirs; who watches hundreds come up does not miss
// a step of one.
const (
	progressPace     = 5 * time.Second
	progressShare    = 500 * time.Millisecond
	progressPatience = time.Minute
)

// pace remembers when each store's status was written last, and which stores are
// on their way. It is memory: after a restart the first status is written at once.
type pace struct {
	mu      sync.Mutex
	written map[string]time.Time
	onWay   sets.Set[string]
}

func newPace() *pace { return &pace{written: map[string]time.Time{}, onWay: sets.New[string]()} }

func (p *pace) wrote(now time.Time, store string, status *v1alpha1.StoreStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written[store] = now
	if reconciling(status) {
		p.onWay.Insert(store)
	} else {
		p.onWay.Delete(store)
	}
}

// begin is for a new term of office: what was on its way in another may long have
// arrived, without a word of ours, and would slow down those that are on theirs.
func (p *pace) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.written)
	clear(p.onWay)
}

func (p *pace) forget(store string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.written, store)
	p.onWay.Delete(store)
}

// wait is how long a store's next status has to wait; 0 for one that tells of
// more than progress, and for the first.
func (p *pace) wait(now time.Time, store string, before, after *v1alpha1.StoreStatus) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	last, found := p.written[store]
	if !found || !onlyProgress(before, after) {
		return 0
	}
	step := min(max(progressPace, time.Duration(p.onWay.Len())*progressShare), progressPatience)
	return max(0, min(step, step-now.Sub(last)))
}

func reconciling(status *v1alpha1.StoreStatus) bool {
	return meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReconciling)
}

// decisive are the conditions that clients decide by: their turns are told at once.
var decisive = []string{
	v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled, v1alpha1.ConditionResourcesApplied,
}

// onlyProgress tells that two statuses differ in nothing that clients decide by,
// of a store that is on its way in both.
func onlyProgress(before, after *v1alpha1.StoreStatus) bool {
	was, is := *before, *after
	was.Conditions, is.Conditions = nil, nil
	if !reconciling(after) || !equality.Semantic.DeepEqual(was, is) {
		return false
	}
	for _, kind := range decisive {
		was, is := meta.FindStatusCondition(before.Conditions, kind), meta.FindStatusCondition(after.Conditions, kind)
		if was == nil || is == nil || was.Status != is.Status {
			return false
		}
	}
	// Other stores wait for what this one says of its move to another revision.
	return equality.Semantic.DeepEqual(
		meta.FindStatusCondition(before.Conditions, v1alpha1.ConditionUpToDate), meta.FindStatusCondition(after.Conditions, v1alpha1.ConditionUpToDate))
}
