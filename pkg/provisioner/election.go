package provisioner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// How provisioners take turns unless told otherwise; docs/operations.md has the
// reasons and what they cost.
const (
	// DefaultLeaseDuration is how long a silent leader keeps the lease.
	DefaultLeaseDuration = 6 * time.Second
	// DefaultRenewDeadline is when a leader that cannot renew has stopped working.
	DefaultRenewDeadline = 4 * time.Second
	// DefaultRetryPeriod is the time between tries.
	DefaultRetryPeriod = time.Second
)

// LeaderElection says how provisioners take turns.
type LeaderElection struct {
	// Namespace of the Lease. Defaults to DefaultLeaseNamespace.
	Namespace string
	// Identity of this process. Defaults to its host name and a random part.
	Identity string
	// LeaseDuration is how long a silent leader keeps the lease: whole seconds,
	// because that is what a Lease says. Defaults to DefaultLeaseDuration.
	LeaseDuration time.Duration
	// RenewDeadline is how long after its last renewal a leader has stopped
	// working. Defaults to DefaultRenewDeadline.
	RenewDeadline time.Duration
	// RetryPeriod is the time between tries. Defaults to DefaultRetryPeriod.
	RetryPeriod time.Duration
}

func (e LeaderElection) withDefaults() (*LeaderElection, error) {
	if e.Namespace == "" {
		e.Namespace = DefaultLeaseNamespace
	}
	if e.Identity == "" {
		host, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("name this provisioner for leader election: %w", err)
		}
		e.Identity = host + "_" + string(uuid.NewUUID())
	}
	for field, value := range map[*time.Duration]time.Duration{
		&e.LeaseDuration: DefaultLeaseDuration, &e.RenewDeadline: DefaultRenewDeadline, &e.RetryPeriod: DefaultRetryPeriod,
	} {
		if *field == 0 {
			*field = value
		}
	}
	return &e, e.Validate()
}

// Validate returns what is wrong with the times.
func (e LeaderElection) Validate() error {
	var errs []error
	if e.LeaseDuration < time.Second || e.LeaseDuration%time.Second != 0 {
		errs = append(errs, fmt.Errorf("lease duration %s must be whole seconds: a Lease stores no fractions", e.LeaseDuration))
	}
	if e.LeaseDuration <= e.RenewDeadline {
		errs = append(errs, fmt.Errorf("lease duration %s must be longer than the renew deadline %s: a leader stops before its lease can pass on", e.LeaseDuration, e.RenewDeadline))
	}
	if e.RetryPeriod <= 0 || e.RenewDeadline <= time.Duration(leaderelection.JitterFactor*float64(e.RetryPeriod)) {
		errs = append(errs, fmt.Errorf("renew deadline %s must be longer than %v times the retry period %s, which must be positive", e.RenewDeadline, leaderelection.JitterFactor, e.RetryPeriod))
	}
	return errors.Join(errs...)
}

// client returns the client for the Lease. It gives up early enough that one
// request that hangs costs no lease, by client-go's own rule
// (resourcelock.NewFromKubeconfig).
func (e *LeaderElection) client(base *rest.Config) (kubernetes.Interface, error) {
	own := rest.AddUserAgent(rest.CopyConfig(base), "leader-election")
	own.Timeout = max(e.RenewDeadline/2, time.Second)
	client, err := kubernetes.NewForConfig(own)
	if err != nil {
		return nil, fmt.Errorf("make client for leader election: %w", err)
	}
	return client, nil
}

// takeTurns leads whenever this provisioner holds the lease.
func (p *Provisioner) takeTurns(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := p.term(ctx); err != nil {
			return err
		}
	}
	return nil
}

// term campaigns for the lease, leads while it holds, and gives it up when ctx
// ends, after the last worker has stopped.
func (p *Provisioner) term(ctx context.Context) error {
	campaign, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	working, stop := context.WithCancel(ctx)
	defer stop()
	o := &office{fence: p.fence, stop: stop}
	defer o.close()
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name: LeaseName,
		Lock: &fencedLock{
			Interface: &resourcelock.LeaseLock{
				LeaseMeta:  metav1.ObjectMeta{Namespace: p.election.Namespace, Name: LeaseName},
				Client:     p.leases.CoordinationV1(),
				LockConfig: resourcelock.ResourceLockConfig{Identity: p.election.Identity},
			},
			office:   o,
			deadline: p.election.RenewDeadline,
		},
		ReleaseOnCancel: true,
		LeaseDuration:   p.election.LeaseDuration,
		RenewDeadline:   p.election.RenewDeadline,
		RetryPeriod:     p.election.RetryPeriod,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) {
				defer giveUp()
				o.work(func() { p.lead(working) })
			},
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return fmt.Errorf("set up leader election: %w", err)
	}
	// Who leads gives the lease up when the work is put down, others at once.
	defer context.AfterFunc(ctx, func() { o.resign(giveUp) })()
	elector.Run(campaign)
	return nil
}
