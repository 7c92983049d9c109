package server

import (
	"context"
	"fmt"
	"sync"
	"time"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/klog/v2"
)

const (
	// countPeriod is how often stored objects are counted, for metrics and for
	// the cost that priority and fairness gives to a list.
	countPeriod = time.Minute
	// provisionerGrace is how long a stopping server waits for the provisioner to
	// put its work down.
	provisionerGrace = 20 * time.Second
	// provisionerName names the hooks of the provisioner.
	provisionerName = "provisioner"
)

// addProvisioner lets the provisioner start and stop with the server.
func addProvisioner(server *genericapiserver.GenericAPIServer, run func(ctx context.Context) error) error {
	if run == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	start := func(hook genericapiserver.PostStartHookContext) error {
		ctx := klog.NewContext(ctx, klog.FromContext(hook))
		done.Go(func() {
			if err := run(ctx); err != nil {
				// The API must go on when provisioning cannot: users still see and
				// delete their stores. Restarting would only hide the reason.
				klog.FromContext(ctx).Error(err, "Provisioner stopped")
			}
		})
		return nil
	}
	stop := func() error {
		cancel()
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			done.Wait()
		}()
		select {
		case <-stopped:
			return nil
		case <-time.After(provisionerGrace):
			return fmt.Errorf("the provisioner did not stop within %s; its next run goes on where it was", provisionerGrace)
		}
	}
	if err := server.AddPostStartHook(provisionerName, start); err != nil {
		return fmt.Errorf("add the provisioner: %w", err)
	}
	if err := server.AddPreShutdownHook(provisionerName, stop); err != nil {
		return fmt.Errorf("add the provisioner: %w", err)
	}
	return nil
}
