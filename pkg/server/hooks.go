package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
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

// cacheReadiness collects the checks of watch caches.
type cacheReadiness struct {
	mu     sync.Mutex
	checks []func() error
}

func (r *cacheReadiness) add(check func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(r.checks, check)
}

func (r *cacheReadiness) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, check := range r.checks {
		errs = append(errs, check())
	}
	return errors.Join(errs...)
}

// addReadiness makes /readyz wait for two things that the generic server does
// not: without the watch cache lists answer 429, and without the request-header
// configuration every aggregated request is anonymous and answers 403.
func addReadiness(server *genericapiserver.GenericAPIServer, config *Config, caches *cacheReadiness) error {
	err := server.AddReadyzChecks(
		healthz.NamedCheck("store-cache", func(*http.Request) error { return caches.check() }),
		healthz.NamedCheck("request-header-authentication", func(*http.Request) error {
			headers := config.Generic.Authentication.RequestHeaderConfig
			if headers == nil {
				return errors.New("no request-header configuration: kube-apiserver publishes it in kube-system/extension-apiserver-authentication, which this server must be allowed to read")
			}
			if len(headers.CAContentProvider.CurrentCABundleContent()) == 0 || len(headers.UsernameHeaders.Value()) == 0 {
				return errors.New("the request-header configuration has not been read yet")
			}
			return nil
		}),
	)
	if err != nil {
		return fmt.Errorf("add readiness checks: %w", err)
	}
	return nil
}

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
