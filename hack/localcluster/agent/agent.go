// Package agent is the frame of the programs of ours that work on a cluster through its
// API: the flags that each of them has, a client, an endpoint for health checks, and an
// end when a signal asks for it.
package agent

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// Agent is one such program.
type Agent struct {
	// Name is the program's.
	Name string
	// AddFlags adds the program's own flags to those that each has; nil adds none.
	AddFlags func(*pflag.FlagSet)
	// Check returns what is wrong, for /healthz. Without it the process is healthy
	// while it lives.
	Check func() error
	// Run works until the context ends.
	Run func(ctx context.Context, client kubernetes.Interface) error
}

// Main runs the agent with the arguments of this process until a signal ends it, and
// returns the exit code.
func (a Agent) Main() int {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	return a.main(ctx, os.Args[1:])
}

func (a Agent) main(ctx context.Context, args []string) int {
	flags := pflag.NewFlagSet(a.Name, pflag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API")
	health := flags.String("health-address", "", "where /healthz answers")
	if a.AddFlags != nil {
		a.AddFlags(flags)
	}
	if err := flags.Parse(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if err := a.run(ctx, *kubeconfig, *health); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (a Agent) run(ctx context.Context, kubeconfig, health string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("build client: %w", err)
	}
	listener, err := net.Listen("tcp", health)
	if err != nil {
		return fmt.Errorf("listen for health checks: %w", err)
	}
	go func() { _ = http.Serve(listener, a.healthz()) }() // ends with the process
	return a.Run(ctx, client)
}

func (a Agent) healthz() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if a.Check == nil {
			return
		}
		if err := a.Check(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	return mux
}
