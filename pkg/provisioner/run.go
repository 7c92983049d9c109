package provisioner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/provisioner/metric"
)

// storeCountPeriod is how often stores are counted by phase; metric's help says so, too.
const storeCountPeriod = 15 * time.Second

// Ready tells whether this provisioner could work on stores: its caches are
// filled. Whether it leads is no matter; one that stands by is ready to.
func (p *Provisioner) Ready() error {
	if !p.ready.Load() {
		return errors.New("caches are not filled yet; the account may lack list or watch permission, see the log")
	}
	return nil
}

// Run provisions stores until the context ends and every worker has stopped.
//
// The caches are filled also while another provisioner leads, so that taking
// over needs no listing.
func (p *Provisioner) Run(ctx context.Context) error {
	ctx = klog.NewContext(ctx, klog.FromContext(ctx).WithName("provisioner"))
	var background sync.WaitGroup
	defer background.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	if err := p.broadcaster.StartRecordingToSinkWithContext(ctx); err != nil {
		return fmt.Errorf("start recording events: %w", err)
	}
	defer p.broadcaster.Shutdown()
	if err := p.caches.start(ctx, &background); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	klog.FromContext(ctx).Info("Caches are filled")
	p.ready.Store(true)
	defer p.ready.Store(false)
	background.Go(func() {
		wait.UntilWithContext(ctx, func(context.Context) { metric.CountStores(p.caches.stores.GetStore().List()) }, storeCountPeriod)
	})

	if p.election == nil {
		p.lead(ctx)
		return nil
	}
	return p.takeTurns(ctx)
}

// lead works on stores until the context ends and the last of them is put down.
func (p *Provisioner) lead(ctx context.Context) {
	logger := klog.FromContext(ctx)
	logger.Info("Provisioning", "workers", p.platform.Provisioning.Workers)
	defer logger.Info("Stopped provisioning")

	metric.Leading(true)
	defer metric.Leading(false)
	p.turns.begin()
	p.vouched.begin()
	p.pace.begin()
	p.progress.TakeOver(p.clock.Now(), p.caches.stores.GetStore().List())
	queue := newQueue(p.platform.Provisioning, p.clock)
	p.queue.Store(queue)
	defer p.queue.Store(nil)
	for _, name := range p.caches.storeNames() {
		p.enqueue(name)
	}
	var workers sync.WaitGroup
	defer p.askStorefronts(ctx, &workers)()
	for range p.platform.Provisioning.Workers {
		workers.Go(func() {
			for p.next(ctx, queue) {
			}
		})
	}
	<-ctx.Done()
	queue.ShutDown()
	workers.Wait()
}

// next works on one store; false ends the worker.
func (p *Provisioner) next(ctx context.Context, queue *queue) bool {
	name, shutdown := queue.Get()
	if shutdown {
		return false
	}
	defer queue.Done(name)
	if ctx.Err() != nil {
		return false
	}
	logger := klog.FromContext(ctx).WithValues("store", name)
	began := p.clock.Now()
	traced, end := p.trace(klog.NewContext(ctx, logger), name)
	again, err := p.guarded(traced, name)
	end(err)
	metric.Reconciled(traced, p.clock.Since(began), err)
	if err != nil {
		if ctx.Err() == nil {
			logger.V(2).Info("Store is tried again", "err", err, "tries", queue.NumRequeues(name)+1)
		}
		queue.AddRateLimited(name)
		return true
	}
	queue.Forget(name)
	if again > 0 {
		queue.AddAfter(name, again)
	}
	return true
}

var errPanic = errors.New("reconcile panicked")

// guarded keeps one store that trips a defect from stopping all others.
func (p *Provisioner) guarded(ctx context.Context, name string) (again time.Duration, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			klog.FromContext(ctx).Error(errPanic, "Panic while reconciling", "panic", reason, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return p.reconcile(ctx, name)
}
