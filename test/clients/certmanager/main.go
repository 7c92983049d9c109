// Command certmanager runs cert-manager's controllers and CA injector, as released
// with this module's github.com/cert-manager/cert-manager, without pods.
//
// cert-manager's own commands are modules that cannot be required from outside: they
// replace what they share by its directory. This is what those commands do for
// issuers that sign for themselves or with an authority's Secret. Left out are ACME,
// Vault and Venafi, which nothing here asks, and the webhook: the API server checks
// what the CRDs say, and the approver approves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	// Not the process's own set: what is imported has put a flag of that name there.
	flags := flag.NewFlagSet("certmanager", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the cluster")
	_ = flags.Parse(os.Args[1:]) // exits where it fails
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ctrl.SetLogger(klog.Background())

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return issue(ctx, *kubeconfig) })
	group.Go(func() error { return inject(ctx, *kubeconfig) })
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
