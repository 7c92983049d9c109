// Package app is the command line: flags become options, options become a
// configuration, a configuration becomes a server.
package app

import (
	"context"

	"github.com/spf13/cobra"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/cli/globalflag"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/component-base/term"
	"k8s.io/component-base/version/verflag"
)

// NewCommand returns the command `apiserver`. It serves until the context ends.
func NewCommand(ctx context.Context) *cobra.Command {
	options := NewOptions()
	command := &cobra.Command{
		Use:   "apiserver",
		Short: "Serve stores.platform.example.io",
		Long: "Serve stores.platform.example.io, an aggregated Kubernetes API in which every Store is a\n" +
			"namespace with a working shop in it, and provision the shops.",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE:         begin(ctx, options.Logs, options.Run),
	}
	addFlags(command, options.Flags())
	command.AddCommand(newProvisionerCommand(ctx))
	command.AddCommand(newDashboardCommand(ctx))
	return command
}

// newProvisionerCommand returns `apiserver provisioner`: the provisioner alone,
// with an account of its own, beside API servers that run without one.
func newProvisionerCommand(ctx context.Context) *cobra.Command {
	options := NewProvisionerOptions()
	command := &cobra.Command{
		Use:   "provisioner",
		Short: "Provision stores without serving the API",
		Long: "Provision the shops of all Stores, as the only duty of this process. Several may run: one\n" +
			"works at a time, the one that holds the lease.",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE:         begin(ctx, options.Logs, options.Run),
	}
	addFlags(command, options.Flags())
	return command
}

// newDashboardCommand returns `apiserver dashboard`: the page for people, with no
// rights of its own.
func newDashboardCommand(ctx context.Context) *cobra.Command {
	options := NewDashboardOptions()
	command := &cobra.Command{
		Use:   "dashboard",
		Short: "Serve the dashboard",
		Long: "Serve the page on which people see, order and remove stores. What the page asks of the API is\n" +
			"passed on to kube-apiserver with the token of whoever opened it; this process has no rights.",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE:         begin(ctx, options.Logs, options.Run),
	}
	addFlags(command, options.Flags())
	return command
}

// begin is what every command does: logging first, so that its own first lines
// are as they were asked for, then all flags as they were understood, then the work.
func begin(ctx context.Context, logging *logs.Options, run func(context.Context) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, _ []string) error {
		verflag.PrintAndExitIfRequested()
		if err := logsapi.ValidateAndApply(logging, nil); err != nil {
			return err
		}
		cliflag.PrintFlags(command.Flags())
		return run(ctx)
	}
}

func addFlags(command *cobra.Command, sections cliflag.NamedFlagSets) {
	verflag.AddFlags(sections.FlagSet("global"))
	globalflag.AddGlobalFlags(sections.FlagSet("global"), command.Name(), logs.SkipLoggingConfigurationFlags())
	for _, section := range sections.Order {
		command.Flags().AddFlagSet(sections.FlagSets[section])
	}
	columns, _, _ := term.TerminalSize(command.OutOrStdout())
	cliflag.SetUsageAndHelpFunc(command, sections, columns)
}
