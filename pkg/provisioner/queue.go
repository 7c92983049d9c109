package provisioner

import (
	"sync"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/provisioner/metric"
)

// queue hands out the names of stores: never the same one to two workers, the
// urgent before the routine, and failing ones ever more slowly.
type queue struct {
	workqueue.TypedRateLimitingInterface[string]
	lanes *lanes
}

func newQueue(pace config.Provisioning, clock clock.WithTicker) *queue {
	const name = metric.QueueName
	lanes := newLanes()
	ordered := workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[string]{Name: name, Clock: clock, Queue: lanes})
	delaying := workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[string]{
		Name: name, Clock: clock, Queue: ordered,
	})
	return &queue{
		TypedRateLimitingInterface: workqueue.NewTypedRateLimitingQueueWithConfig(newBackoff(clock, pace),
			workqueue.TypedRateLimitingQueueConfig[string]{Name: name, Clock: clock, DelayingQueue: delaying}),
		lanes: lanes,
	}
}

// addUrgent adds a store ahead of all routine ones, also if it waits among them.
func (q *queue) addUrgent(name string) {
	q.lanes.hasten(name)
	q.Add(name)
}

// routineShare is how many urgent stores go before a routine one, so that a rush
// of orders does not stop the care for the shops that exist.
const routineShare = 8

// lanes orders the work: two first-in, first-out lines. The workqueue calls it
// under its own lock, except for hasten.
type lanes struct {
	mu      sync.Mutex
	urgent  map[string]bool // wanted, whether or not in a line already
	rush    []string
	routine []string
	served  int
}

func newLanes() *lanes { return &lanes{urgent: map[string]bool{}} }

func (l *lanes) hasten(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.urgent[name] = true
}

// Push adds a name that is in no line.
func (l *lanes) Push(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.urgent[name] {
		l.rush = append(l.rush, name)
		return
	}
	l.routine = append(l.routine, name)
}

// Touch moves a name that has become urgent to the other line.
func (l *lanes) Touch(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.urgent[name] {
		return
	}
	for at, waiting := range l.routine {
		if waiting == name {
			l.routine = append(l.routine[:at:at], l.routine[at+1:]...)
			l.rush = append(l.rush, name)
			return
		}
	}
}

// Len counts both lines.
func (l *lanes) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.rush) + len(l.routine)
}

// Pop takes the next name; there is one.
func (l *lanes) Pop() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := &l.rush
	if len(l.rush) == 0 || (l.served >= routineShare && len(l.routine) > 0) {
		line = &l.routine
	}
	if line == &l.rush {
		l.served++
	} else {
		l.served = 0
	}
	name := (*line)[0]
	(*line)[0] = ""
	*line = (*line)[1:]
	delete(l.urgent, name)
	return name
}
