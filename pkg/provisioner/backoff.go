package provisioner

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"

	"platform.example.io/stores/pkg/config"
)

// backoff is how long a store whose work failed waits to be tried again: twice as
// long each time, and longer where more stores fail than may be tried again each
// second. An attempt that an event brought about before its time lengthens neither
// the store's wait nor that of others: while an API server restarts, a store that is
// provisioned sees dozens of events in seconds, and one whose pods keep crashing
// sees them for as long as they do; each of them would put off everybody's retries.
// It is a workqueue.TypedRateLimiter.
type backoff struct {
	clock       clock.PassiveClock
	least, most time.Duration
	retries     *rate.Limiter

	mu      sync.Mutex
	failing map[string]*failing
}

type failing struct {
	tries int
	wait  time.Duration
	due   time.Time // when the wait ends
}

// retriesAtOnce is how many seconds' worth of retries may begin together.
const retriesAtOnce = 10

func newBackoff(clock clock.PassiveClock, pace config.Provisioning) *backoff {
	return &backoff{
		clock: clock, least: pace.MinBackoff.Duration, most: pace.MaxBackoff.Duration,
		retries: rate.NewLimiter(rate.Limit(pace.StoresPerSecond), retriesAtOnce*int(pace.StoresPerSecond)),
		failing: map[string]*failing{},
	}
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
	wait := max(f.wait, b.retries.ReserveN(now, 1).DelayFrom(now))
	f.due = now.Add(wait)
	return wait
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
