package storefront

import (
	"cmp"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"

	"platform.example.io/stores/pkg/health"
	"platform.example.io/stores/pkg/provisioner/metric"
)

// How often shops are asked. One that does not answer is asked soon again, for it
// may be about to, and ever more slowly.
const (
	askers     = 16
	pauseFirst = time.Second
	jitter     = 0.2
)

// DefaultInterval is how often a shop that answers is asked.
const DefaultInterval = 30 * time.Second

// Options are what a Prober is made of.
type Options struct {
	// Dial connects to shops. Defaults to the machine's network.
	Dial Dial
	// Interval is how often a shop that answers is asked, and one that does not at
	// the least. Defaults to DefaultInterval.
	Interval time.Duration
	// Clock paces the asking. Defaults to the machine's.
	Clock clock.WithTicker
	// Changed hears of a store whose shop answers otherwise than before. It must
	// not wait.
	Changed func(store string)
}

// Prober asks shops again and again.
type Prober struct {
	asker    *asker
	interval time.Duration
	clock    clock.WithTicker
	changed  func(store string)
	queue    workqueue.TypedDelayingInterface[string]

	mu    sync.Mutex
	shops map[string]*shop // every one is in the queue, or being asked
}

// shop is one that is asked. Only Prober.note changes it; another target is another shop.
type shop struct {
	target   Target
	answer   *health.Answer
	failures int
}

// New makes a Prober; it asks nobody before Run.
func New(options Options) *Prober {
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	return &Prober{
		asker: newAsker(options.Dial), interval: cmp.Or(options.Interval, DefaultInterval), clock: options.Clock, changed: options.Changed,
		queue: workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[string]{Clock: options.Clock}),
		shops: map[string]*shop{},
	}
}

// Run asks until the context ends.
func (p *Prober) Run(ctx context.Context) {
	var asking sync.WaitGroup
	for range askers {
		asking.Go(func() {
			for p.next(ctx) {
			}
		})
	}
	<-ctx.Done()
	p.queue.ShutDown()
	asking.Wait()
}

// Watch has a shop asked from now on. One that is known to answer is asked in its
// turn, so that a new leader does not ask all shops at once; any other now. Where
// the target is the one that is asked already, nothing changes; otherwise the last
// answer counts until there is one from there.
func (p *Prober) Watch(target Target, answers bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.shops[target.Store]
	watched := &shop{target: target}
	switch {
	case known == nil && answers:
		p.queue.AddAfter(target.Store, rand.N(p.interval))
	case known == nil:
		p.queue.Add(target.Store)
	case known.target.equal(target):
		return
	default:
		watched.answer, watched.failures = known.answer, known.failures
		p.queue.Add(target.Store)
	}
	p.shops[target.Store] = watched
}

// Forget has a shop asked no more, and its answers forgotten.
func (p *Prober) Forget(store string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.shops, store)
}

// Seen returns the last answer of a shop, nil where there is none yet, and how many
// in a row were not good.
func (p *Prober) Seen(store string) (answer *health.Answer, failures int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.shops[store]; known != nil {
		return known.answer, known.failures
	}
	return nil, 0
}

// next asks one shop; false ends the asker.
func (p *Prober) next(ctx context.Context) bool {
	store, shutdown := p.queue.Get()
	if shutdown {
		return false
	}
	defer p.queue.Done(store)
	p.mu.Lock()
	asked := p.shops[store]
	p.mu.Unlock()
	if asked == nil {
		return true
	}
	began := p.clock.Now()
	answer := p.asker.ask(ctx, asked.target)
	if ctx.Err() != nil {
		return false // no answer of the shop's
	}
	metric.Probed(ctx, string(answer.Outcome), p.clock.Since(began))
	if p.note(asked, answer) {
		p.changed(store)
	}
	return true
}

// note keeps an answer and has the shop asked again. It tells whether the answer
// says anything new.
func (p *Prober) note(asked *shop, answer health.Answer) (news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	store := asked.target.Store
	if p.shops[store] != asked {
		return false // it is asked elsewhere meanwhile, or no more
	}
	if answer.Outcome == health.Answered {
		asked.failures = 0
	} else {
		asked.failures++
	}
	news = asked.answer == nil || *asked.answer != answer || asked.failures == health.StorefrontPatience
	asked.answer = &answer
	p.queue.AddAfter(store, wait.Jitter(pause(asked.failures, p.interval), jitter))
	return news
}

// pause is how long a shop is left alone after so many answers in a row that were
// not good.
func pause(failures int, interval time.Duration) time.Duration {
	pause := pauseFirst
	for ; failures > 1 && pause < interval; failures-- {
		pause *= 2
	}
	if failures == 0 {
		return interval
	}
	return min(pause, interval)
}
