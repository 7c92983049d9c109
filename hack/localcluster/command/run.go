package command

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"platform.example.io/stores/hack/localcluster/cluster"
)

// run is the supervisor. up starts it in the background; tests start it
// themselves, so that it ends with them.
func run() *cobra.Command {
	var (
		options   cluster.Options
		reportFD  int
		untilDone bool
	)
	command := &cobra.Command{
		Use:   "run",
		Short: "Run the cluster in the foreground until Ctrl-C",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			ctx, cancel := context.WithCancel(command.Context())
			defer cancel()
			if untilDone {
				go func() {
					// Whatever it says: only its end matters.
					_, _ = io.Copy(io.Discard, os.Stdin)
					cancel()
				}()
			}
			progress := newProgress(command.OutOrStdout(), reportFD)
			err := cluster.Run(ctx, options, progress.say, progress.ready)
			progress.end(err)
			return err
		},
	}
	addOptions(command, &options)
	command.Flags().IntVar(&reportFD, "report-fd", 0,
		"file descriptor that progress is also written to, and last \""+cluster.ReadyLine+"\"; it is closed then, or when the start fails")
	command.Flags().BoolVar(&untilDone, "until-stdin-closes", false,
		"stop when standard input ends: a parent that holds its other end cannot leave a cluster behind, however it dies")
	return command
}
