package provisioner

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// backoff is how long a store whose work failed waits to be tried again: twice as
// long each time. An attempt that an event brought about before its time does not
// lengthen the wait: while an API server restarts, a store that is provisioned
// sees dozens of events in seconds, and would then sleep for minutes. It is a
// workqueue.TypedRateLimiter.
type backoff struct {
	clock       clock.PassiveClock
	least, most time.Duration

	mu      sync.Mutex
	failing map[string]*failing
}

type failing struct {
	tries int
	wait  time.Duration
	due   time.Time // when the wait ends
}

func newBackoff(clock clock.PassiveClock, least, most time.Duration) *backoff {
	return &backoff{clock: clock, least: least, most: most, failing: map[string]*failing{}}
}

// When tells, of a store whose work has just failed, how long it waits.
func (b *backoff) When(name string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, found := b.failing[name]
	if !found {
		f = &failing{}
		b.failing[name] = f
	}
	f.tries++
	now := b.clock.Now()
	if now.Before(f.due) {
		return f.due.Sub(now)
	}
	f.wait = min(max(2*f.wait, b.least), b.most)
	f.due = now.Add(f.wait)
	return f.wait
}

// Forget has the next failure be the first.
func (b *backoff) Forget(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.failing, name)
}

// NumRequeues counts the failures since the last success.
func (b *backoff) NumRequeues(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f, found := b.failing[name]; found {
		return f.tries
	}
	return 0
}
