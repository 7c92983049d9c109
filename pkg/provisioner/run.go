package provisioner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
)

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
	background.Go(func() { p.countStores(ctx) })

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

	queue := newQueue(p.platform.Provisioning, p.clock)
	p.queue.Store(queue)
	defer p.queue.Store(nil)
	for _, name := range p.caches.storeNames() {
		p.enqueue(name)
	}
	var workers sync.WaitGroup
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

// takeTurns leads whenever this provisioner holds the lease. The lease is given
// up only after the last worker has stopped, so that no two provisioners work
// at once while all goes well; what makes it safe when it does not is said in
// the package's documentation.
func (p *Provisioner) takeTurns(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := p.term(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *Provisioner) term(ctx context.Context) error {
	campaign, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	var office sync.Mutex // held while working
	started := false
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name: LeaseName,
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: p.election.Namespace, Name: LeaseName},
			Client:     p.kube.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: p.election.Identity},
		},
		ReleaseOnCancel: true,
		LeaseDuration:   p.election.LeaseDuration,
		RenewDeadline:   p.election.RenewDeadline,
		RetryPeriod:     p.election.RetryPeriod,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(leading context.Context) {
				office.Lock()
				defer office.Unlock()
				if leading.Err() != nil {
					return
				}
				// Also when the whole provisioner stops: then the lease follows.
				defer giveUp()
				started = true
				working, stop := context.WithCancel(leading)
				defer stop()
				defer context.AfterFunc(ctx, stop)()
				p.lead(working)
			},
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return fmt.Errorf("set up leader election: %w", err)
	}
	defer context.AfterFunc(ctx, func() {
		office.Lock()
		defer office.Unlock()
		if !started {
			giveUp()
		}
	})()
	elector.Run(campaign)
	// The lease is lost or given up; work that is still being put down ends first.
	office.Lock()
	defer office.Unlock()
	return nil
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
	again, err := p.guarded(klog.NewContext(ctx, logger), name)
	reconcileDuration.WithLabelValues(outcome(err)).Observe(p.clock.Since(began).Seconds())
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
