package provisioner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// office is one term of a provisioner: the work that may be under way, and the
// fence around it.
type office struct {
	fence *fence
	stop  context.CancelFunc // has the work put down

	mu     sync.Mutex
	opened bool          // the lease was got, and the fence opened
	closed bool          // no work may begin any more
	idle   chan struct{} // closed when the work has ended; nil before it began
}

// renewed notes that the lease is held, by a request after which nobody else
// can have it before until.
func (o *office) renewed(until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
	case o.opened:
		o.fence.move(until)
	default:
		o.opened = true
		o.fence.open(until, o.stop)
	}
}

// work works, unless the term is over before it has begun.
func (o *office) work(lead func()) {
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return
	}
	idle := make(chan struct{})
	o.idle = idle
	o.mu.Unlock()
	defer close(idle)
	lead()
}

// resign gives the lease up where no work was begun; otherwise whoever works does.
func (o *office) resign(giveUp func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.idle == nil {
		o.closed = true
		giveUp()
	}
}

// vacate has the work put down and waits for it.
func (o *office) vacate(ctx context.Context) error {
	o.mu.Lock()
	o.closed = true
	idle := o.idle
	o.mu.Unlock()
	o.stop()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
			return fmt.Errorf("wait for the work to be put down: %w", context.Cause(ctx))
		}
	}
	o.fence.close()
	return nil
}

// close ends the term, however long the work takes to be put down.
func (o *office) close() { _ = o.vacate(context.Background()) }

// fencedLock is a lock that moves the fence with every renewal, and is not
// released while there is work. client-go releases a lease that it could not
// renew before it tells the work to stop (LeaderElector.renew), and by itself
// would let a successor begin beside it.
type fencedLock struct {
	resourcelock.Interface
	office   *office
	deadline time.Duration
}

// Create takes the lease for the first time in the cluster's life.
func (l *fencedLock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	sent := l.office.fence.now()
	if err := l.Interface.Create(ctx, record); err != nil {
		return err
	}
	l.office.renewed(sent.Add(l.deadline))
	return nil
}

// Update takes, renews or releases the lease.
func (l *fencedLock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if record.HolderIdentity == "" {
		if err := l.office.vacate(ctx); err != nil {
			return err
		}
		return l.Interface.Update(ctx, record)
	}
	sent := l.office.fence.now()
	if err := l.Interface.Update(ctx, record); err != nil {
		return err
	}
	l.office.renewed(sent.Add(l.deadline))
	return nil
}
