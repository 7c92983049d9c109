// Package command is the localcluster command line: flags in, one call into
// package cluster, exit code out.
package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"platform.example.io/stores/hack/localcluster/cluster"
	"platform.example.io/stores/hack/localcluster/component"
)

// Execute runs the command line and returns the exit code.
func Execute(args []string) int {
	// SIGHUP too: a terminal that is closed must not leave a cluster behind.
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	// The linked components put flags of theirs into the global set, which cobra adds to ours.
	pflag.CommandLine = pflag.NewFlagSet("localcluster", pflag.ExitOnError)
	root := root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return 130 // as a shell reports an interrupt
	default:
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
}

func root() *cobra.Command {
	root := &cobra.Command{
		Use:   "localcluster",
		Short: "A real Kubernetes control plane on loopback",
		Long: "A real Kubernetes control plane on loopback.\n\n" +
			"Called by one of these names, or with one as its first argument, it runs that program: etcd,\n" +
			"kube-apiserver, kube-controller-manager, kube-scheduler, kwok, kubectl.",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(up(), run(), down(), status(), check(), user(), kubectl())
	return root
}

func up() *cobra.Command {
	var options cluster.Options
	command := &cobra.Command{
		Use:   "up",
		Short: "Start the cluster in the background, or say that it is up",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return cluster.Up(command.Context(), options, given(command), command.OutOrStdout())
		},
	}
	addOptions(command, &options)
	return command
}

func down() *cobra.Command {
	var dir string
	command := &cobra.Command{
		Use:   "down",
		Short: "Stop the cluster and everything that belongs to it; its data is kept",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return cluster.Down(command.Context(), dir, command.OutOrStdout())
		},
	}
	addDir(command, &dir)
	return command
}

func status() *cobra.Command {
	var dir string
	command := &cobra.Command{
		Use:   "status",
		Short: "Show every component, its address and its health; fails unless all are healthy",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return cluster.Status(command.Context(), dir, command.OutOrStdout())
		},
	}
	addDir(command, &dir)
	return command
}

func check() *cobra.Command {
	var dir, binaries string
	command := &cobra.Command{
		Use:   "preflight",
		Short: "List what this machine lacks to run real nodes; fails if anything is missing",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return cluster.Preflight(dir, binaries, command.OutOrStdout())
		},
	}
	addDir(command, &dir)
	addNodeBinaries(command, &binaries)
	return command
}

func user() *cobra.Command {
	var dir, out string
	var groups []string
	command := &cobra.Command{
		Use:   "user NAME",
		Short: "Write a kubeconfig for any user in any groups",
		Example: "  localcluster user alice --group agency --out alice.kubeconfig\n" +
			"  localcluster user system:serviceaccount:default:builder --group system:serviceaccounts --out builder.kubeconfig",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return cluster.User(dir, out, args[0], groups)
		},
	}
	addDir(command, &dir)
	command.Flags().StringArrayVar(&groups, "group", nil, "group of the user (repeatable)")
	command.Flags().StringVar(&out, "out", "", "file to write")
	if err := command.MarkFlagRequired("out"); err != nil {
		panic(err) // the flag is defined one line above
	}
	return command
}

// kubectl is only here to be listed: main dispatches to it before flags are parsed.
func kubectl() *cobra.Command {
	return &cobra.Command{
		Use:                component.Kubectl,
		Short:              "Run kubectl; it uses this cluster unless KUBECONFIG or --kubeconfig says otherwise",
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("kubectl must be the first argument")
		},
	}
}
